//! What a `GET` of alerts or groups asks for.

use regex::Regex;
use wheelhouse_core::signal::Pairs;

use super::matcher::anchored;
use super::{Matcher, Reply};

/// The most filters in one query.
pub const MOST_FILTERS: usize = 100;

/// Which alerts are wanted.
#[derive(Clone, Debug)]
pub struct AlertsQuery {
    filters: Vec<Matcher>,
    receiver: Option<Regex>,
    active: bool,
    silenced: bool,
}

impl AlertsQuery {
    /// Reads the query of a request, as it stands after the `?`.
    ///
    /// Known are `filter` (any number), `receiver`, `active` and `silenced`. Nothing is ever inhibited
    /// or unprocessed here, so asking for less of those changes nothing.
    ///
    /// # Errors
    /// The answer to send: 400 with a bare JSON string.
    pub fn parse(query: &str) -> Result<Self, Reply> {
        let mut all = Self { filters: Vec::new(), receiver: None, active: true, silenced: true };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = unescaped(value);
            match unescaped(name).as_str() {
                "filter" if all.filters.len() >= MOST_FILTERS => {
                    return Err(Reply::words(400, &format!("expected at most {MOST_FILTERS} filters")));
                }
                "filter" => all.filters.push(Matcher::parse(&value)?),
                "receiver" if value.len() > super::LONGEST_MATCHER => {
                    return Err(Reply::words(400, "failed to parse receiver param: too long"));
                }
                "receiver" if !value.is_empty() => {
                    let failed = |words| Reply::words(400, &format!("failed to parse receiver param: {words}"));
                    all.receiver = Some(anchored(&value).map_err(failed)?);
                }
                "active" if !value.is_empty() => all.active = means_true(&value),
                "silenced" if !value.is_empty() => all.silenced = means_true(&value),
                _ => {}
            }
        }
        Ok(all)
    }

    /// Whether an alert with these labels, handled by `receiver`, is wanted, covered by a silence or not.
    pub fn wants(&self, labels: &Pairs, receiver: &str, silenced: bool) -> bool {
        (if silenced { self.silenced } else { self.active })
            && self.receiver.as_ref().is_none_or(|wanted| wanted.is_match(receiver))
            && self.filters.iter().all(|filter| filter.matches(labels))
    }

    /// The filters.
    pub fn filters(&self) -> &[Matcher] {
        &self.filters
    }
}

/// The words that Alertmanager's HTTP layer takes for "true"; all others mean "false".
fn means_true(word: &str) -> bool {
    let words = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A form value without its escapes (`+` and `%XX`); what is no escape stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let escaped = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

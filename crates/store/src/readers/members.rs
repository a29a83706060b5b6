//! Searching the signals of a case.

use crate::sql::params;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::signal::Pairs;
use wheelhouse_core::world::StoredSignal;

use super::details::MEMBERS;
use super::{Readers, bound};
use crate::tables::rows::signal;
use crate::{LARGEST_PAGE, Page, StoreError};

/// The most signals that one page looks at.
const MOST_EXAMINED: usize = 20_000;
/// The most rows that are asked for at once.
const ROWS: i64 = 1_000_000;

/// Which signals of a case, in the order first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberQuery {
    /// Words that must all be found: `name=value` in that label, anything else in any label or annotation.
    /// The case of ASCII letters does not matter.
    pub text: Option<String>,
    /// Only those that fire, or only those that have ended.
    pub firing: Option<bool>,
    /// Where the page before ended (`Page::next`): a signal's number.
    pub cursor: Option<u64>,
    /// How many; at most [`LARGEST_PAGE`].
    pub limit: usize,
}

impl Readers {
    /// The signals of a case that a query finds.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn members_like(&self, id: CaseId, query: &MemberQuery) -> Result<Page<StoredSignal>, StoreError> {
        let words = Words::of(query.text.as_deref().unwrap_or_default());
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(MEMBERS)?;
        let mut rows = select.query(params![id.to_string(), bound(query.cursor.unwrap_or(0)), ROWS])?;
        let (mut items, mut examined, mut last) = (Vec::new(), 0, None);
        while let Some(row) = rows.next()? {
            if items.len() == limit || examined == MOST_EXAMINED {
                return Ok(Page { items, next: last });
            }
            let found = signal(&row)?;
            (examined, last) = (examined + 1, Some(found.number.0));
            let fires = found.ended_at.is_none();
            if query.firing.is_none_or(|firing| firing == fires) && words.are_in(&found) {
                items.push(found);
            }
        }
        Ok(Page { items, next: None })
    }
}

/// What is searched for, in small letters.
struct Words(Vec<(Option<String>, String)>);

impl Words {
    fn of(text: &str) -> Self {
        let word = |word: &str| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => (Some(name.to_owned()), value.to_ascii_lowercase()),
            _ => (None, word.to_ascii_lowercase()),
        };
        Self(text.split_whitespace().map(word).collect())
    }

    fn are_in(&self, found: &StoredSignal) -> bool {
        let has = |text: &str, value: &str| text.to_ascii_lowercase().contains(value);
        let any = |pairs: &Pairs, word: &str| pairs.iter().any(|(name, value)| has(name, word) || has(value, word));
        let signal = &found.signal;
        self.0.iter().all(|(name, word)| match name {
            Some(name) => signal.labels.get(name).is_some_and(|value| has(value, word)),
            None => any(&signal.labels, word) || any(&signal.annotations, word),
        })
    }
}

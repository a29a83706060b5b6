//! A message as an incoming webhook of Slack takes it, and Mattermost as well.
//!
//! Both take a `text` and `attachments`; only Slack shows the buttons of an attachment, so the link
//! stands in the text too, in the form `<url|label>` that both read. Foreign texts cannot become
//! markup: `&`, `<` and `>` are escaped as Slack asks for, and words that would call a whole room on
//! Mattermost are broken.

use serde_json::{Value, json};
use wheelhouse_core::case::Severity;

use super::Brief;
use super::view::is_unseen;

/// The most characters of a text; Mattermost takes 4,000 and Slack more.
const LONGEST_TEXT: usize = 3_000;
/// The words with which a message calls everybody on Mattermost.
const CALLS: [&str; 3] = ["channel", "all", "here"];

/// Writes the JSON; `room` overrides where Mattermost posts it, where it is not empty.
pub fn slack(brief: &Brief, room: &str) -> Value {
    let link = link(brief);
    let label = label(brief);
    let text = format!("*{}*\n<{link}|{label}>", escaped(&brief.subject));
    let fields: Vec<Value> =
        [("Severity", brief.severity.map_or("", Severity::as_str)), ("Service", &brief.service), ("Team", &brief.team)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(title, value)| json!({"title": title, "value": escaped(value), "short": true}))
            .collect();
    let mut body = json!({
        "text": text,
        "attachments": [{
            "fallback": escaped(&brief.subject),
            "color": colour(brief),
            "title": escaped(&brief.title),
            "title_link": link,
            "text": escaped(&detail(brief)),
            "fields": fields,
            "footer": escaped(&brief.message),
            "mrkdwn_in": [],
            "actions": [{"type": "button", "text": label, "url": link, "style": if brief.is_page() { "primary" } else { "default" }}],
        }],
    });
    if let (false, Some(body)) = (room.is_empty(), body.as_object_mut()) {
        body.insert("channel".to_owned(), Value::from(room));
    }
    body
}

/// A foreign text that is shown as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A joiner that is not seen keeps formatting marks from pairing up, and rooms from being called.
            '*' | '_' | '~' | '`' => escaped.extend([c, '\u{2060}']),
            '@' if calls_everybody(rest) => escaped.extend([c, '\u{2060}']),
            '\n' | '\t' => escaped.push(c),
            c if is_unseen(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn calls_everybody(rest: &str) -> bool {
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).take(8).collect();
    CALLS.contains(&word.to_ascii_lowercase().as_str())
}

/// The text without what the attachment says already.
fn detail(brief: &Brief) -> String {
    let text = brief.text.split("\n-- \n").next().unwrap_or_default();
    let text =
        text.lines().filter(|line| !["Take it:", "Answer:", "Look:"].iter().any(|start| line.starts_with(start)));
    let text = text.collect::<Vec<_>>().join("\n");
    let text = text.trim();
    if text.chars().count() > LONGEST_TEXT {
        text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

/// An address that cannot end the link it stands in.
fn link(brief: &Brief) -> String {
    brief.link().replace('|', "%7C").replace('<', "%3C").replace('>', "%3E").replace(char::is_whitespace, "%20")
}

fn label(brief: &Brief) -> String {
    match (&brief.take_link, brief.case.is_empty()) {
        (Some(_), _) => format!("Take {}", brief.case),
        (None, _) if brief.answer_link.is_some() => "Answer".to_owned(),
        (None, false) => format!("Look at {}", brief.case),
        (None, true) => "Open Wheelhouse".to_owned(),
    }
}

/// Colours beside words, never instead of them.
const fn colour(brief: &Brief) -> &'static str {
    match brief.severity {
        _ if brief.is_over => "#2e7d32",
        Some(Severity::Sev1) => "#b3261e",
        Some(Severity::Sev2) => "#d9480f",
        Some(Severity::Sev3) => "#b58900",
        Some(Severity::Sev4) => "#546e7a",
        None => "#0b57d0",
    }
}

//! The JSON that a webhook gets.

use serde_json::{Value, json};
use wheelhouse_core::notify::Lane;

use super::view::MessageView;
use crate::api::{CaseSummary, Party, Time, Told};

/// The name and version of the form; a change that breaks readers gets another number.
pub const SCHEMA: &str = "wheelhouse.message/1";

/// Writes the JSON. Fields may be added to it; none is taken away or changed.
pub(super) fn json(view: &MessageView<'_>, subject: &str, text: &str) -> Value {
    let message = view.message;
    let told = Told::from(message);
    let lane = match message.purpose.lane() {
        Lane::Page => "page",
        Lane::Notice => "notice",
    };
    json!({
        "schema": SCHEMA,
        "id": message.id,
        "lane": lane,
        "purpose": told.purpose,
        "stage": told.stage,
        "drill": message.drill,
        "recipient": Party::from(&message.recipient),
        "on_behalf_of": told.on_behalf_of,
        "impact": told.impact,
        "path": told.path,
        "why": view.why(),
        "words": view.words,
        "queued_at": Time(message.queued_at),
        "case": CaseSummary::new(view.case, Some(view.catalog)),
        "links": { "case": view.case_url(), "take": view.link, "answer": view.answer_url() },
        "subject": subject,
        "text": text,
    })
}

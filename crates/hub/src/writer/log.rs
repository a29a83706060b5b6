//! What the log says of a commit: what an operator would look for, and what nobody may overlook.

use std::error::Error;

use wheelhouse_core::notify::{MessageState, Purpose};
use wheelhouse_store::Batch;

use crate::metrics::Metrics;

/// The kinds of entries that the log names.
const NAMED: [&str; 8] = [
    "case_opened",
    "case_reopened",
    "severity_changed",
    "acknowledged",
    "acknowledgement_lapsed",
    "mitigated",
    "resolved",
    "quarantined",
];

/// Names what happened to cases, counts how long messages took, and says loudly which pages reached nobody.
pub(super) fn say(batch: &Batch, metrics: &Metrics) {
    for entry in &batch.entries {
        if let Some(case) = entry.subject.filter(|_| NAMED.contains(&entry.kind)) {
            tracing::info!(%case, by = %entry.actor, drill = entry.drill, "{}", entry.kind);
        }
    }
    for message in batch.messages.iter().filter(|message| message.state == MessageState::Accepted) {
        let accepted_at = message.accepted_at.unwrap_or(batch.at);
        metrics.stages.delivered(message.purpose.lane(), accepted_at.since(message.queued_at));
    }
    let reached_nobody = |purpose: &Purpose, state| matches!(purpose, Purpose::Page) && state == MessageState::GivenUp;
    for message in batch.messages.iter().filter(|message| reached_nobody(&message.purpose, message.state)) {
        metrics.pages_given_up.add(1);
        let answer = message.answer.as_deref().unwrap_or("no contact");
        tracing::error!(page = %message.id, to = %message.recipient, answer, "a page reached nobody: every contact failed");
    }
}

/// An error and what caused it, in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

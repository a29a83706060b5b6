//! `case show`: a case and its timeline.

use serde_json::Value;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::time::Duration;
use wheelhouse_wire::api::{CaseDetail, ChangeView, InstantView, LinkView, TimelineEntry, ahead};

use super::super::who::shown;
use super::super::{Answer, Context};
use super::{missed, segment};
use crate::client::{page_size, read};
use crate::failure::Failure;
use crate::output::{Cell, Look, Table, Tone, brief, cell, clean, exact, relative, severity_cell, state_cell, toned};

/// Shows a case and its timeline; with `why`, the reasons of the hub as well.
pub fn run(id: CaseId, why: bool, context: &Context<'_>) -> Result<Answer, Failure> {
    let (client, id) = (context.client()?, segment(id));
    let mut case = client.get(&["cases", &id], &[])?;
    let query = [("limit", page_size(usize::MAX))];
    let timeline = Value::Array(client.list(&["cases", &id, "timeline"], &query, usize::MAX)?.items);
    if context.look.json() {
        if let Some(fields) = case.as_object_mut() {
            fields.insert("timeline".to_owned(), timeline);
        }
        return Ok(Answer::json(&case));
    }
    let (case, timeline): (CaseDetail, Vec<TimelineEntry>) = (read(case)?, read(timeline)?);
    Ok(Answer::text(render(&case, &timeline, why, &context.look)))
}

fn render(case: &CaseDetail, timeline: &[TimelineEntry], why: bool, look: &Look) -> String {
    let zone = look.zone.iana_name().unwrap_or("local time");
    let told: Vec<&TimelineEntry> = timeline.iter().filter(|entry| why || !is_routine(entry)).collect();
    let left_out = match timeline.len() - told.len() {
        0 => String::new(),
        1 => "1 routine line is left out; --why shows it\n".to_owned(),
        count => format!("{count} routine lines are left out; --why shows them\n"),
    };
    let lines = lines(&told, why, look);
    let proposal = case.proposal.as_ref().map(|proposal| format!("\n{}", missed::lines(proposal))).unwrap_or_default();
    format!("{}\n{}{proposal}\nTimeline, in {zone}\n{lines}{left_out}", title(case, look), facts(case, look))
}

fn title(case: &CaseDetail, look: &Look) -> String {
    let summary = &case.summary;
    let mut table = Table::new(&["", "", "", ""]);
    let drill = if summary.drill { "drill" } else { "" };
    table.row([
        cell(summary.id.to_string()),
        severity_cell(summary.severity),
        state_cell(&summary.state),
        toned(drill, Tone::Warning),
    ]);
    // The title has its own line, as long as it is: it is what one looks for first.
    format!("{}{}\n", table.render(look), clean(&summary.title))
}

fn facts(case: &CaseDetail, look: &Look) -> String {
    let summary = &case.summary;
    let mut table = Table::new(&["", ""]);
    let mut add = |label: &str, value: String| table.row([toned(label, Tone::Faint), cell(value)]);
    add("service", summary.service.clone().unwrap_or_else(|| "not known".to_owned()));
    add("team", summary.team.clone());
    add("owner", summary.owner.clone().unwrap_or_else(|| "nobody yet".to_owned()));
    for holder in &case.roles {
        add(holder.role.as_str(), holder.person.clone());
    }
    let instants = &case.instants;
    // An instant that no longer holds says so: who reads `resolved` of an open case goes back to bed.
    let holds = |label: &'static str, was: &'static str, states: &[&str]| {
        if states.contains(&summary.state.as_str()) { label } else { was }
    };
    for (label, instant) in [
        ("detected", &instants.detected),
        ("opened", &instants.opened),
        (holds("acknowledged", "was acknowledged", &["acknowledged", "mitigated", "resolved"]), &instants.acknowledged),
        ("first told", &instants.first_told),
        (holds("mitigated", "was mitigated", &["mitigated", "resolved"]), &instants.mitigated),
        (holds("resolved", "was resolved", &["resolved"]), &instants.resolved),
    ] {
        if let Some(instant) = instant {
            add(label, said(instant, look));
        }
    }
    if case.reopened > 0 {
        add("reopened", times(case.reopened));
    }
    if let Some(root) = &summary.symptom_of {
        add("symptom of", root.to_string());
    }
    if let Some(since) = summary.flapping_since {
        add("flapping", format!("since {}, {}", exact(since.0, &look.zone), relative(since.0, look.now)));
    }
    if let Some(next) = &summary.next_step {
        let when =
            next.due_at.map(|at| format!("{}, {}: ", relative(at.0, look.now), brief(at.0, look.now, &look.zone)));
        add("next", format!("{}{}", when.unwrap_or_default(), next.words));
    }
    add("signals", format!("{} firing of {}", summary.firing, summary.members));
    add("messages", messages(case));
    for miss in &case.missed {
        add("missed", missed::summary(miss));
    }
    if let Some(rule) = &case.rule {
        add("rule", rule.clone());
    }
    if let Some(silenced) = &case.silenced {
        let names: Vec<String> = silenced.silences.iter().map(ToString::to_string).collect();
        add("silenced", format!("by {}: nobody is paged", names.join(", ")));
    }
    for change in &case.changes {
        add("changed", changed(change));
    }
    for link in &case.links {
        add("link", linked(link));
    }
    if let Some(update) = &case.last_update {
        add("last update", update.clone());
    }
    table.render(look)
}

/// `2026-11-23 03:10:00 CET, 4 min ago, by dana`.
fn said(instant: &InstantView, look: &Look) -> String {
    let at = instant.at.0;
    let edits = match instant.edits.len() {
        0 => String::new(),
        count => format!(", changed {}", times(u32::try_from(count).unwrap_or(u32::MAX))),
    };
    format!("{}, {}, by {}{edits}", exact(at, &look.zone), relative(at, look.now), shown(&instant.source))
}

/// `12 min before: ledger 2.4.1 deployed by ci (it depends on ledger)`.
fn changed(change: &ChangeView) -> String {
    let before = Duration::from_seconds(change.before_seconds.unwrap_or_default());
    let way = change.way.as_ref().map(|way| format!(" ({way})")).unwrap_or_default();
    format!("{}: {}{way}", ahead(before), change.words)
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

const fn plural(count: u64, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}

fn messages(case: &CaseDetail) -> String {
    let counts = &case.told_counts;
    let parts = [
        (counts.pages_accepted, plural(counts.pages_accepted, "page accepted", "pages accepted")),
        (counts.notices_accepted, plural(counts.notices_accepted, "notice accepted", "notices accepted")),
        (counts.queued, "waiting"),
        (counts.given_up, "given up"),
        (counts.withdrawn, "withdrawn"),
        (counts.not_told, "not told, for a reason"),
    ];
    let shown: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn linked(link: &LinkView) -> String {
    let other = link.case.map(|case| case.to_string()).or_else(|| link.url.clone()).unwrap_or_default();
    format!("{} {other}", link.relation.as_str().replace('_', " "))
}

/// What matters to whoever asks why, and not to whoever reads the story: messages that went their
/// way, timers that were set.
fn is_routine(entry: &TimelineEntry) -> bool {
    let routine = ["message_accepted", "escalation_set", "escalation_stepped", "acknowledgement_extended", "quiet_set"];
    routine.contains(&entry.kind.as_str())
}

/// The timeline: what happened, and beneath it what was written and, if asked for, why.
fn lines(timeline: &[&TimelineEntry], why: bool, look: &Look) -> String {
    let mut table = Table::new(&["TIME", "WHO", "WHAT"]).whole(0);
    let beneath = |text: String| [Cell::default(), Cell::default(), cell(text)];
    for entry in timeline {
        table.row([cell(brief(entry.at.0, look.now, &look.zone)), cell(shown(&entry.actor)), cell(&entry.words)]);
        match &entry.text {
            // A line that says no more than the words already do is left out.
            Some(text) if !entry.words.contains(text.trim()) => {
                for line in text.lines() {
                    table.row(beneath(format!("│ {line}")));
                }
            }
            _ if entry.erased => table.row(beneath("│ (the text was erased)".to_owned())),
            _ => {}
        }
        if let Some(reason) = entry.why.as_ref().filter(|_| why) {
            table.row(beneath(format!("because {reason}")));
        }
    }
    table.render(look)
}

#[cfg(test)]
mod tests;

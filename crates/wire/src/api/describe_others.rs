//! What happened to silences, what changes were told and what was attached, in one line.

use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{DrillRunFact, DrillStep, Entry, Fact, FoundChange, RecordRestored};
use wheelhouse_core::silence::{Matcher, SilenceId};
use wheelhouse_core::time::{Duration, Timestamp};

/// What happened to a silence, or to a case by silences; `by` says who did it.
pub(super) fn silence(fact: &Fact, entry: &Entry, by: &str) -> String {
    match fact {
        Fact::CaseSilenced { silences, until } => format!(
            "all of its firing signals are silenced by {}: nobody is paged until {}, unless one fires that is not",
            names(silences),
            to_the_second(*until)
        ),
        Fact::CaseUnsilenced => "not silenced any more".into(),
        Fact::SilenceSet { silence, matchers, starts_at, ends_at, replaces } => {
            let instead = replaces.map(|old| format!(" in place of {old}")).unwrap_or_default();
            format!("{silence} silences {}{}{instead}{by}", written(matchers), span(entry.at, *starts_at, *ends_at))
        }
        Fact::SilenceStarted { silence } => format!("{silence} starts"),
        Fact::SilenceEndsSoon { silence, signals } => {
            let noun = if *signals == 1 { "signal" } else { "signals" };
            format!("{silence} ends soon and holds back {signals} {noun}")
        }
        Fact::SilenceEnded { silence } => format!("{silence} ended{by}"),
        _ => String::new(),
    }
}

/// A restore of the record.
pub(super) fn restored(restored: &RecordRestored) -> String {
    let RecordRestored { from, origin, backup_at, lost } = restored;
    let missing = lost.as_ref().map_or(0, |lost| lost.size.saturating_sub(from.size));
    let missing = if missing == 0 { String::new() } else { format!("; {missing} entries after it are lost") };
    format!(
        "restored from a backup of {}, {} entries of {}{missing}; signed as {origin} from here on",
        to_the_second(*backup_at),
        from.size,
        from.origin
    )
}

/// A file that was attached, by its name where that is not erased; `by` says who did it.
pub(super) fn file(entry: &Entry, by: &str) -> String {
    match entry.body.as_ref().and_then(|body| body.get("name")) {
        Some(name) => format!("{name} attached{by}"),
        None => format!("file attached{by}"),
    }
}

/// A change that was told, or that a case names.
pub(super) fn change(fact: &Fact, entry: &Entry) -> String {
    let text = |field: &str| entry.body.as_ref().and_then(|body| body.get(field)).map_or("", String::as_str);
    match fact {
        Fact::ChangeTold { change, of, service, .. } => {
            let erased = entry.body.is_none();
            let name = service.as_ref().map_or_else(|| text("service"), |service| service.as_str());
            let words = wheelhouse_core::change::summary(*of, name, text("version"), text("by"), text("title"));
            if erased { format!("change {change} told") } else { format!("change {change}: {words}") }
        }
        Fact::ChangeFound(FoundChange { before, path, hard, .. }) => {
            let words = match text("text") {
                "" => "something that is erased",
                words => words,
            };
            let way = way(path, *hard).map(|way| format!(" ({way})")).unwrap_or_default();
            format!("changed {}: {words}{way}", ahead(*before))
        }
        _ => String::new(),
    }
}

/// How a service depends on the changed one, where that is another: `it depends on ledger`.
pub fn way(path: &[ServiceName], hard: bool) -> Option<String> {
    let mut words = String::new();
    for (hop, service) in path.iter().skip(1).enumerate() {
        let link = if hop == 0 { "it depends on " } else { ", which depends on " };
        words += link;
        words += service.as_str();
    }
    if !hard {
        words += ", by a soft dependency";
    }
    (path.len() > 1).then_some(words)
}

/// How long before the trouble a change came: `12 min before`, `just before`.
pub fn ahead(before: Duration) -> String {
    if before.as_seconds() < 1 { "just before".to_owned() } else { format!("{before} before") }
}

pub(super) fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.as_micros().div_euclid(1_000_000))
}

fn names(silences: &[SilenceId]) -> String {
    silences.iter().map(SilenceId::to_string).collect::<Vec<_>>().join(", ")
}

fn written(matchers: &[Matcher]) -> String {
    matchers.iter().map(Matcher::to_string).collect::<Vec<_>>().join(", ")
}

fn span(now: Timestamp, starts_at: Timestamp, ends_at: Timestamp) -> String {
    if starts_at > now {
        return format!(" from {} for {}", to_the_second(starts_at), ends_at.since(starts_at));
    }
    format!(" for {}", ends_at.since(now))
}

/// `run 3 of drill ledger-down started by dana`.
pub(super) fn drill_run(run: &DrillRunFact, by: &str) -> String {
    let became = match run.step {
        DrillStep::Started => "started",
        DrillStep::Held => "came to its end",
        DrillStep::Stopped => "stopped",
        DrillStep::Interrupted => "was interrupted: the hub stopped, or could not go on",
    };
    let by = if run.step == DrillStep::Interrupted { "" } else { by };
    format!("run {} of drill {} {became}{by}", run.run, run.drill)
}

//! What events may hold, so that a pattern that none can match is known ahead of any.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wheelhouse_patterns::{Domain, Pattern};

use super::event::{EventKind, PATHS, WORDS};
use crate::catalog::{listed, nearest};
use crate::signal;

const SEVERITIES: [&str; 4] = ["sev1", "sev2", "sev3", "sev4"];
const STATES: [&str; 4] = ["open", "acknowledged", "mitigated", "resolved"];
const CASES: [&str; 6] = ["incident", "ticket", "request", "change", "finding", "action"];

/// What events of a kind may hold at a path.
pub fn domain<'d>(kind: EventKind, path: &str) -> Domain<'d> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let is_of_signal = matches!(kind, EventKind::SignalFired | EventKind::SignalEnded);
    match first {
        "kind" if rest.is_empty() => words_of(kind),
        "drill" if rest.is_empty() => Domain::Bool,
        "target" if rest.is_empty() => Domain::Text { optional: false },
        "signal" if matches!(kind, EventKind::Acknowledged | EventKind::RunEnded | EventKind::Event) => Domain::Nothing,
        "signal" => optional(signal::domain(rest, None), !is_of_signal),
        "case" => optional(of_case_domain(rest), matches!(kind, EventKind::RunEnded | EventKind::Event)),
        "run" if kind == EventKind::RunEnded => match rest {
            "id" | "runbook" | "how" => Domain::Text { optional: false },
            "automation" => Domain::Text { optional: true },
            "failed" | "skipped" => Domain::Any,
            _ => Domain::Nothing,
        },
        "run" if kind == EventKind::Event => match rest {
            "id" | "runbook" | "step" => Domain::Text { optional: false },
            "automation" => Domain::Text { optional: true },
            _ => Domain::Nothing,
        },
        "type" if kind == EventKind::Event && rest.is_empty() => Domain::Text { optional: false },
        "data" if kind == EventKind::Event => Domain::Any,
        "service" => match rest {
            "name" | "team" => Domain::Text { optional: true },
            "tier" | "reaches" => Domain::Any,
            _ => Domain::Nothing,
        },
        _ => Domain::Nothing,
    }
}

/// The path by which no event of any kind can match a pattern, and what to do about it; nothing where one can.
pub fn impossible(pattern: &Pattern) -> Option<(String, String)> {
    let at = |kind| pattern.impossible_at(&|path: &str| domain(kind, path));
    let paths: Vec<&str> = EventKind::ALL.into_iter().map(at).collect::<Option<_>>()?;
    // What is impossible for the kind that it asks for says most: any path but the kind itself.
    let path = paths.iter().copied().find(|path| *path != "kind").or_else(|| paths.first().copied())?;
    let first = path.split('.').next().unwrap_or(path);
    let help = match nearest(first, PATHS) {
        Some(meant) if meant != first => format!("did you mean `{meant}{}`?", path.strip_prefix(first).unwrap_or("")),
        _ if path == "kind" => format!("the kinds are {}", listed(&EventKind::ALL.map(EventKind::as_str))),
        _ => format!("events have {}; docs/automation.md shows them", listed(&PATHS)),
    };
    Some((path.to_string(), help))
}

fn words_of<'d>(kind: EventKind) -> Domain<'d> {
    Domain::Words { words: WORDS.get(kind.index()..=kind.index()).unwrap_or_default(), optional: false }
}

fn of_case_domain<'d>(path: &str) -> Domain<'d> {
    match path {
        "id" | "team" => Domain::Text { optional: false },
        "service" => Domain::Text { optional: true },
        "kind" => Domain::Words { words: &CASES, optional: false },
        "severity" => Domain::Words { words: &SEVERITIES, optional: false },
        "state" => Domain::Words { words: &STATES, optional: false },
        _ => Domain::Nothing,
    }
}

fn optional(domain: Domain<'_>, may_be_absent: bool) -> Domain<'_> {
    match domain {
        domain if !may_be_absent => domain,
        Domain::Words { words, .. } => Domain::Words { words, optional: true },
        Domain::Text { .. } => Domain::Text { optional: true },
        Domain::Bool => Domain::Any,
        Domain::Nothing | Domain::Any => domain,
    }
}

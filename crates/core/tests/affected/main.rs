//! Whom an incident reaches.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod organisation;
mod reference;

use organisation::{catalog, name, service};
use wheelhouse_core::affected::{Affected, AffectedRecipient, Excluded, Explained, Recipient, affected};
use wheelhouse_core::case::Severity;
use wheelhouse_core::name::ServiceName;

fn look(lines: &[&str], root: &str, severity: Severity) -> Affected {
    affected(&catalog(lines.iter().map(|line| service(line)).collect()), &name(root), severity)
}

fn who(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Team(team) => format!("team {team}"),
        Recipient::Audience(audience) => format!("audience {audience}"),
    }
}

/// Each recipient as `who: why (+ also) [why not]`.
fn told(affected: &Affected) -> Vec<String> {
    let line = |one: &AffectedRecipient| {
        let reason = &one.reason;
        let why = Explained { impact: reason.impact, path: &reason.path };
        let also: Vec<&str> = reason.also.iter().map(ServiceName::as_str).collect();
        let also = if also.is_empty() { String::new() } else { format!(" + {}", also.join(" ")) };
        let not = match one.excluded {
            None => String::new(),
            Some(Excluded::OwnsTheIncident) => " [owns]".into(),
            Some(Excluded::BelowThreshold { from }) => format!(" [from {from}]"),
        };
        format!("{}: {why}{also}{not}", who(&one.recipient))
    };
    affected.recipients.iter().map(line).collect()
}

const HARBOR: [&str; 8] = [
    "database data:",
    "ledger core: database ~search !finance/sev2",
    "payments-api payments: ledger !finance/sev2 !press/sev1",
    "checkout web: payments-api",
    "forms web: payments-api",
    "reports insight: ~ledger !board/sev3",
    "newsletter marketing: ~reports",
    "search data:",
];

#[test]
fn everybody_downstream_is_told_with_the_path_and_upstream_from_sev2() {
    assert_eq!(
        told(&look(&HARBOR, "ledger", Severity::Sev2)),
        [
            "team core: ledger is down [owns]",
            "audience finance: ledger is down + payments-api",
            "team payments: payments-api is down: it depends on ledger",
            "audience press: payments-api is down: it depends on ledger [from sev1]",
            "team web: checkout is down: it depends on payments-api, which depends on ledger + forms",
            "team insight: reports is degraded: it depends on ledger",
            "audience board: reports is degraded: it depends on ledger",
            "team data: ledger, which calls database, is down + search",
        ]
    );
}

#[test]
fn below_sev2_nobody_upstream_is_told_and_audiences_say_from_when() {
    let lines = told(&look(&HARBOR, "ledger", Severity::Sev3));
    assert_eq!(lines[1], "audience finance: ledger is down + payments-api [from sev2]");
    assert!(!lines.iter().any(|line| line.starts_with("team data")), "{lines:?}");
    assert!(lines.contains(&"audience board: reports is degraded: it depends on ledger".to_owned()));
}

#[test]
fn an_audience_is_told_by_the_best_path_that_reaches_its_threshold() {
    let lines = ["a one: !board/sev1", "b two: a !board/sev3", "c two: ~a !board/sev4"];
    let told = told(&look(&lines, "a", Severity::Sev3));
    assert!(told.contains(&"audience board: b is down: it depends on a + c".to_owned()), "{told:?}");
    let lines = ["a one: !board/sev1", "b two: a !board/sev2"];
    let told = self::told(&look(&lines, "a", Severity::Sev3));
    assert!(told.contains(&"audience board: a is down + b [from sev2]".to_owned()), "{told:?}");
}

#[test]
fn cycles_and_unknown_services_are_harmless() {
    let cycle = ["a one: b", "b two: c", "c three: a ~a"];
    let found = look(&cycle, "a", Severity::Sev1);
    assert_eq!(
        told(&found),
        [
            "team one: a is down [owns]",
            "team three: c is down: it depends on a",
            "team two: b is down: it depends on c, which depends on a",
        ]
    );
    let unknown = look(&cycle, "gone", Severity::Sev1);
    assert!(unknown.services.is_empty() && unknown.recipients.is_empty());
    assert!(look(&["a one: gone a"], "a", Severity::Sev1).services.is_empty());
}

#[test]
fn it_is_written_in_the_words_of_the_api() {
    let lines = ["a one: !board/sev1", "b two: a"];
    let found = look(&lines, "a", Severity::Sev2);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "service": "a",
            "services": [{"service": "b", "impact": "down", "path": ["a", "b"]}],
            "recipients": [
                {"recipient": {"team": "one"}, "reason": {"impact": "down", "path": ["a"]},
                 "excluded": "owns_the_incident"},
                {"recipient": {"audience": "board"}, "reason": {"impact": "down", "path": ["a"]},
                 "excluded": {"below_threshold": {"from": "sev1"}}},
                {"recipient": {"team": "two"}, "reason": {"impact": "down", "path": ["a", "b"]}},
            ],
        })
    );
    assert_eq!(serde_json::from_value::<Affected>(json).unwrap(), found);
}

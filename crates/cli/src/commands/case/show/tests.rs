//! What `case show` prints, to the letter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jiff::tz::TimeZone;
use serde_json::json;
use wheelhouse_core::time::Timestamp;

use super::*;
use crate::output::Format;

fn look() -> Look {
    Look {
        format: Format::Table,
        colour: false,
        width: None,
        now: Timestamp::from_jiff("2026-11-23T02:14:00Z".parse().unwrap()),
        zone: TimeZone::get("Europe/Vienna").unwrap(),
    }
}

fn case() -> CaseDetail {
    let by = |at: &str| json!({"at": at, "source": {"kind": "source", "name": "prometheus"}, "edits": []});
    serde_json::from_value(json!({
        "id": "INC-17", "kind": "incident", "title": "Ledger is down", "state": "open", "severity": "sev1",
        "service": "ledger", "team": "payments", "owner": null, "drill": true,
        "opened_at": "2026-11-23T02:10:00Z", "resolved_at": null, "firing": 3, "members": 4,
        "next_step": {"due_at": "2026-11-23T02:20:00Z", "words": "step 2 of 3 of payments"}, "revision": 2,
        "state_by": null, "state_since": null, "severity_set_by_person": false, "group": "service ledger",
        "rule": null, "auto_resolve": true, "roles": [{"role": "commander", "person": "dana"}],
        "instants": {"detected": null, "opened": by("2026-11-23T02:10:00Z"), "acknowledged": null,
            "first_told": null, "mitigated": null, "resolved": null},
        "reopened": 1, "escalation": null, "acknowledgement_lapses_at": null, "recheck_at": null,
        "involved": ["dana"], "told": [],
        "told_counts": {"pages_accepted": 1, "notices_accepted": 0, "queued": 2, "given_up": 0, "withdrawn": 0, "not_told": 0},
        "missed": [], "proposal": null, "links": [{"relation": "caused_by", "case": "INC-9", "url": null}], "last_update": null,
    }))
    .unwrap()
}

fn timeline() -> Vec<TimelineEntry> {
    serde_json::from_value(json!([
        {"seq": 7, "at": "2026-11-23T02:10:00Z", "actor": {"kind": "hub"}, "kind": "paged", "words": "paged dana",
            "why": "step 1 of payments", "why_data": null, "text": null, "erased": false, "drill": true},
        {"seq": 8, "at": "2026-11-22T23:11:00Z", "actor": {"kind": "person", "name": "dana"}, "kind": "note",
            "words": "wrote a note", "why": null, "why_data": null, "text": "looking\nnow", "erased": false, "drill": true},
    ]))
    .unwrap()
}

#[test]
fn a_case_is_a_header_and_a_timeline() {
    assert_eq!(
        render(&case(), &timeline(), false, &look()),
        "\
INC-17  sev1  open  drill
Ledger is down

service    ledger
team       payments
owner      nobody yet
commander  dana
opened     2026-11-23 03:10:00 CET, 4 min ago, by source prometheus
reopened   once
next       in 6 min, 03:20:00: step 2 of 3 of payments
signals    3 firing of 4
messages   1 page accepted, 2 waiting
link       caused by INC-9

Timeline, in Europe/Vienna
TIME      WHO      WHAT
03:10:00  the hub  paged dana
00:11:00  dana     wrote a note
                   │ looking
                   │ now
"
    );
}

#[test]
fn reasons_come_only_when_asked_for() {
    let text = render(&case(), &timeline(), true, &look());
    assert!(text.contains("paged dana\n                   because step 1 of payments\n"), "{text}");
}

#[test]
fn routine_is_left_out_unless_somebody_asks_why() {
    let mut timeline = timeline();
    timeline[0].kind = "message_accepted".to_owned();
    let story = render(&case(), &timeline, false, &look());
    assert!(
        !story.contains("paged dana") && story.ends_with("1 routine line is left out; --why shows it\n"),
        "{story}"
    );
    assert!(render(&case(), &timeline, true, &look()).contains("paged dana"));
}

#[test]
fn an_instant_that_no_longer_holds_says_so() {
    let mut case = case();
    let instant = case.instants.opened.clone();
    (case.instants.acknowledged, case.instants.resolved) = (instant.clone(), instant);
    let shown = |case: &CaseDetail| render(case, &[], false, &look());
    let open = shown(&case);
    assert!(open.contains("was acknowledged  2026") && open.contains("was resolved      2026"), "{open}");
    case.summary.state = "resolved".into();
    let over = shown(&case);
    assert!(over.contains("\nacknowledged  2026") && over.contains("\nresolved      2026"), "{over}");
}

//! The JSON of the API: what is sent, what is taken, and what is said when it is not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod sample;

use sample::{INC_17, at, case, catalog, entry, opening, person, service, team};
use serde_json::json;
use wheelhouse_core::affected::Impact;
use wheelhouse_core::case::{EscalationProgress, Link, MessageId, Relation, Role, Severity};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Refusal};
use wheelhouse_core::name::EscalationName;
use wheelhouse_core::notify::{ContactKind, Digest, NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Canonical, Fact, FallbackCause, Why};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::NotToldRow;
use wheelhouse_wire::api::{
    Acknowledge, Assign, CaseDetail, CaseSummary, LinkRequest, Mitigate, OpenCase, PageRequest, Problem, Resolve,
    SetRole, Time, TimelineEntry, Told, decode, decode_or_default, describe,
};

fn progress(step: u32, round: u32) -> EscalationProgress {
    let escalation = Some(EscalationName::new("payments").unwrap());
    EscalationProgress { escalation, step, round, due_at: at("2026-11-23T02:20:00Z"), parked: false }
}

#[test]
fn a_case_in_a_list_has_the_fields_that_programs_rely_on() {
    let mut case = case("5xx above 20 %");
    case.escalation = Some(progress(1, 0));
    let json = serde_json::to_value(CaseSummary::new(&case, Some(&catalog()))).unwrap();
    assert_eq!(
        json,
        json!({
            "id": "INC-17", "kind": "incident", "title": "5xx above 20 %", "state": "open", "severity": "sev1",
            "service": "payments-api", "team": "payments", "owner": null, "drill": false,
            "opened_at": "2026-11-23T02:10:00Z", "resolved_at": null, "firing": 0, "members": 0,
            "symptom_of": null, "flapping_since": null, "silenced_until": null,
            "next_step": {
                "due_at": "2026-11-23T02:20:00Z", "words": "step 2 of 2 of payments, emil and everybody of team payments",
                "targets": [{"kind": "person", "name": "emil"}, {"kind": "team", "name": "payments"}],
                "people": ["emil", "dana"],
            },
            "paged": null, "update_due_at": null, "revision": 1,
        })
    );
    assert_eq!(serde_json::from_value::<CaseSummary>(json).unwrap(), CaseSummary::new(&case, Some(&catalog())));
}

#[test]
fn the_next_step_is_the_escalation_else_the_lapse_else_the_second_look() {
    let mut case = case("x");
    let words =
        |case: &wheelhouse_core::case::Case| CaseSummary::new(case, Some(&catalog())).next_step.map(|next| next.words);
    assert_eq!(words(&case), None);
    case.escalation = Some(EscalationProgress { escalation: None, ..progress(0, 0) });
    assert_eq!(words(&case).unwrap(), "the organisation's fallback, everybody of team noc");
    case.escalation = Some(EscalationProgress { parked: true, ..progress(0, 1) });
    let next = CaseSummary::new(&case, None).next_step.unwrap();
    assert_eq!(
        (next.due_at, next.words.as_str()),
        (None, "step 1 of payments, round 2 could not be carried out and waits for a person")
    );
    let lapses_at = at("2026-11-23T04:15:00Z");
    case.apply(&entry(
        at("2026-11-23T02:15:00Z"),
        Actor::Person(person("dana")),
        Fact::Acknowledged { lapses_at },
        None,
        None,
    ));
    case.escalation = None;
    assert_eq!(words(&case).unwrap(), "the acknowledgement by dana lapses unless there is a sign of work");
    let detail = serde_json::to_value(CaseDetail::new(&case, None, &[], &[])).unwrap();
    assert_eq!(detail["state"], "acknowledged");
    assert_eq!(detail["state_by"], json!({"kind": "person", "name": "dana"}));
    assert_eq!(detail["acknowledgement_lapses_at"], "2026-11-23T04:15:00Z");
    assert_eq!(
        detail["instants"]["detected"],
        json!({"at": "2026-11-23T02:09:00Z", "source": {"kind": "hub"}, "edits": []})
    );
    assert_eq!(serde_json::from_value::<CaseDetail>(detail).unwrap(), CaseDetail::new(&case, None, &[], &[]));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each fact")]
fn every_fact_is_one_calm_line() {
    let dana = || Actor::Person(person("dana"));
    let lapses_at = at("2026-11-23T04:00:00Z");
    let id = MessageId { case: INC_17, number: 3 };
    let told = |on_behalf_of| Purpose::Told {
        stage: Stage::Opened,
        impact: Impact::Down,
        path: vec![service("payments-api")],
        on_behalf_of,
        digest: Digest::default(),
    };
    let queued = |recipient, purpose| Fact::MessageQueued { message: id, recipient, purpose, not_before: None };
    let benefits = || Recipient::Team(team("benefits"));
    let lines = [
        (Actor::Hub, opening("x").fact, "opened as sev1 on payments-api for team payments"),
        (dana(), Fact::Acknowledged { lapses_at }, "acknowledged by dana"),
        (Actor::Hub, queued(Recipient::Person(person("dana")), Purpose::Page), "paged dana"),
        (Actor::Hub, queued(benefits(), told(None)), "told team benefits: opened"),
        (
            Actor::Hub,
            queued(Recipient::Person(person("emil")), told(Some(benefits()))),
            "told emil, for team benefits: opened",
        ),
        (
            Actor::Hub,
            queued(benefits(), Purpose::Informed { stage: Stage::SeverityChanged }),
            "informed team benefits: severity changed",
        ),
        (
            Actor::Hub,
            Fact::MessageAccepted {
                message: id,
                recipient: Recipient::Person(person("dana")),
                contact: ContactKind::Email,
                crossed_acknowledgement: true,
                repeated: false,
            },
            "INC-17/m3 to dana accepted by mail, crossing an acknowledgement",
        ),
        (
            Actor::Hub,
            Fact::MessageFailed {
                message: id,
                recipient: benefits(),
                contact: Some(ContactKind::Webhook),
                retry: None,
                tried: true,
                unknown: false,
            },
            "INC-17/m3 to team benefits not accepted by webhook; given up",
        ),
        (
            dana(),
            Fact::SeverityChanged { from: Severity::Sev2, to: Severity::Sev1 },
            "severity raised from sev2 to sev1 by dana",
        ),
        (dana(), Fact::OwnerSet { owner: Some(person("dana")) }, "dana took ownership"),
        (dana(), Fact::OwnerSet { owner: Some(person("emil")) }, "given to emil by dana"),
        (dana(), Fact::RoleSet { role: Role::Commander, person: Some(person("dana")) }, "dana took the role commander"),
        (dana(), Fact::Mitigated { at: at("2026-11-23T02:00:00Z") }, "harm stopped since 2026-11-23T02:00:00Z by dana"),
        (Actor::Hub, Fact::Resolved { at: at("2026-11-23T02:30:00Z"), recheck_at: None }, "resolved"),
        (
            dana(),
            Fact::Linked { link: Link { relation: Relation::CausedBy, case: Some(INC_17), url: None } },
            "linked as caused by INC-17 by dana",
        ),
        (Actor::Hub, Fact::EscalationSet { next: Some(progress(1, 0)) }, "next: step 2 of payments, now"),
        (Actor::Hub, Fact::EscalationSet { next: None }, "nobody else will be paged"),
        (
            Actor::Hub,
            Fact::EscalationStepped { step: progress(0, 0), people: vec![person("dana")] },
            "step 1 of payments reached dana",
        ),
    ];
    for (actor, fact, words) in lines {
        assert_eq!(describe(&entry(at("2026-11-23T02:30:00Z"), actor, fact, None, None)), words);
    }
}

#[test]
fn a_timeline_says_why_in_words_and_in_units_that_programs_share() {
    let why = Why::Fallback {
        because: FallbackCause::Exhausted,
        target: Target::Team(team("noc")),
        unacknowledged_for: Duration::from_minutes(10),
    };
    let noted = entry(at("2026-11-23T02:30:00Z"), Actor::Hub, Fact::Noted, Some(why), Some(("text", "hello")));
    let sealed = noted.seal(41, [7; 32]);
    let line = TimelineEntry::new(Canonical::parse(&sealed.canonical).unwrap(), noted.body.clone());
    assert_eq!((line.seq, line.kind.as_str(), line.text.as_deref(), line.erased), (41, "noted", Some("hello"), false));
    assert_eq!(
        line.why.as_deref(),
        Some(
            "the organisation's fallback everybody of team noc: every step of its escalation is used up, 10 min without acknowledgement"
        )
    );
    assert_eq!(
        line.why_data.unwrap(),
        json!({"why": "fallback", "because": "exhausted", "target": {"kind": "team", "name": "noc"}, "unacknowledged_for_seconds": 600.0})
    );
    let erased = TimelineEntry::new(Canonical::parse(&sealed.canonical).unwrap(), None);
    assert_eq!((erased.text, erased.erased), (None, true));
}

#[test]
fn who_was_not_told_is_listed_with_the_reason() {
    let row = NotToldRow {
        case: INC_17,
        recipient: Recipient::Team(team("payments")),
        stage: Stage::SeverityChanged,
        reason: NotTold::BelowThreshold { from: Severity::Sev2 },
        impact: Impact::Degraded,
        path: vec![service("payments-api"), service("checkout")],
        at: at("2026-11-23T02:10:00Z"),
        actor: Actor::Hub,
    };
    let json = serde_json::to_value(Told::from(&row)).unwrap();
    assert_eq!(
        (&json["state"], &json["reason_not_told"], &json["stage"]),
        (&"not_told".into(), &"below_threshold".into(), &"severity_changed".into())
    );
    assert_eq!(json["words"], "checkout is degraded: it depends on payments-api; not told: wants to know from sev2 on");
}

#[test]
fn requests_become_actions() {
    let action = |body: &str| decode::<Assign>(body.as_bytes()).and_then(Assign::into_action);
    assert!(matches!(action(r#"{"person":"dana"}"#), Ok(CaseAction::Assign(Some(name))) if name == person("dana")));
    assert!(matches!(action(r#"{"nobody":true}"#), Ok(CaseAction::Assign(None))));
    assert!(matches!(action(r#"{"team":"noc","service":"ledger"}"#), Ok(CaseAction::AssignTeam(_, Some(_)))));
    for wrong in [
        "{}",
        r#"{"person":"a","team":"b"}"#,
        r#"{"person":"a","service":"b"}"#,
        r#"{"person":"A b"}"#,
        r#"{"nobody":true,"person":"a"}"#,
    ] {
        let problem = action(wrong).unwrap_err();
        assert_eq!((problem.status, problem.errors.len()), (422, 1), "{wrong}: {problem:?}");
    }
    let page = |body: &str| decode::<PageRequest>(body.as_bytes()).and_then(PageRequest::into_action);
    assert!(matches!(page(r#"{"target":{"kind":"team","name":"noc"}}"#), Ok(CaseAction::Page(Target::Team(_)))));
    assert_eq!(page(r#"{"target":{"kind":"hub"}}"#).unwrap_err().errors[0].field, "target");
    let link = |body: &str| decode::<LinkRequest>(body.as_bytes()).and_then(LinkRequest::into_action);
    assert!(matches!(link(r#"{"relation":"related","case":"inc-3"}"#), Ok(CaseAction::Link(_))));
    assert_eq!(link(r#"{"relation":"related"}"#).unwrap_err().status, 422);
    let role = |body: &str| decode::<SetRole>(body.as_bytes()).and_then(SetRole::into_action);
    assert!(matches!(role(r#"{"role":"commander"}"#), Ok(CaseAction::SetRole(Role::Commander, None))));
    let mitigate: Mitigate = decode_or_default(b"").unwrap();
    assert!(matches!(mitigate.into_action(), CaseAction::Mitigate(None)));
    let resolve: Resolve = decode(br#"{"at":"2026-11-23T03:10:00+01:00","text":"rolled back"}"#).unwrap();
    assert!(
        matches!(resolve.into_action(), CaseAction::Resolve { at: Some(when), .. } if when == at("2026-11-23T02:10:00Z"))
    );
    let open: OpenCase = decode(br#"{"title":"Checkout hangs","severity":"sev2","service":"checkout"}"#).unwrap();
    assert_eq!(open.into_report().unwrap().severity, Some(Severity::Sev2));
}

#[test]
fn what_does_not_fit_is_said_clearly_and_changes_nothing() {
    let status = |body: &[u8]| decode::<Acknowledge>(body).map_err(|problem| problem.status);
    assert_eq!(status(b"{}"), Ok(Acknowledge {}));
    assert_eq!((status(b"{"), status(b"5"), status(b"{\"x\":1}")), (Err(400), Err(422), Err(422)));
    assert_eq!(status(&vec![b' '; 65 * 1024]), Err(413));
    let unknown = decode::<OpenCase>(br#"{"title":"x","sevrity":"sev1"}"#).unwrap_err();
    assert!(unknown.detail.contains("unknown field `sevrity`"), "{}", unknown.detail);
    for wrong in [
        "yesterday",
        "2026-11-23",
        "0000-12-31T23:59:59Z",
        "2026-11-23T02:10:00Z[UTC]",
        "2026-11-23T02:10:00",
        "",
        &"9".repeat(99),
    ] {
        assert!(Time::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Time::parse("2026-11-23T03:10:00+01:00").unwrap().to_string(), "2026-11-23T02:10:00Z");
}

#[test]
fn refusals_become_problems_with_their_status() {
    let case = INC_17;
    let by = Actor::Person(person("dana"));
    let refusals = [
        (Refusal::NoSuchCase(case), 404),
        (Refusal::NoSuchToken("tok-1".into()), 404),
        (Refusal::AlreadyResolved { case, by, at: Timestamp::EPOCH }, 409),
        (Refusal::NotResolved(case), 409),
        (Refusal::AnotherIsOpen { case, open: case }, 409),
        (Refusal::Full { case, what: "links", most: 200 }, 409),
        (Refusal::Changed { case, seen: 1, now: 2 }, 412),
        (Refusal::NotInCatalog { kind: "person", name: "dna".into(), nearest: Some("dana".into()) }, 422),
        (Refusal::Invalid { field: "title", expected: "one line".into() }, 422),
        (Refusal::NoCatalog, 503),
        (Refusal::Stale, 503),
    ];
    for (refusal, status) in refusals {
        let problem = Problem::from(&refusal);
        assert_eq!((problem.status, problem.code.as_str()), (status, refusal.code()));
        assert_eq!(
            (problem.detail, problem.kind),
            (refusal.to_string(), format!("urn:wheelhouse:problem:{}", refusal.code()).into())
        );
        assert_ne!(&*problem.title, "Problem");
    }
    let json =
        serde_json::to_value(Problem::from(Refusal::Invalid { field: "title", expected: "one line".into() })).unwrap();
    assert_eq!(json["errors"], json!([{"field": "title", "detail": "expected one line"}]));
}

//! What messages and the pages behind their links say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod sample;

use proptest::prelude::*;
use sample::{INC_17, at, case, catalog, entry, opening, person, service, team};
use wheelhouse_core::affected::Impact;
use wheelhouse_core::case::{Case, CaseId, CaseKind, MessageId};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::name::{AutomationName, EscalationName};
use wheelhouse_core::notify::{Digest, Message, MessageState, Purpose, Recipient, Stage, Wanted};
use wheelhouse_core::record::{Actor, AskedAs, Fact, Why};
use wheelhouse_core::run::{RunId, Want};
use wheelhouse_core::runbook::{RunbookName, StepId};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::TimelineEntry;
use wheelhouse_wire::render::{
    LinkView, MessageView, Rendered, Unusable, confirm_page, done_page, expired_page, message_id, render,
};

const LINK: &str = "https://hub.example.org/l/abc";

fn message(recipient: Recipient, purpose: Purpose) -> Message {
    let queued_at = at("2026-11-23T02:20:00Z");
    Message {
        id: MessageId { case: INC_17, number: 3 },
        drill: false,
        recipient,
        purpose,
        why: None,
        state: MessageState::Queued,
        queued_at,
        due_at: queued_at,
        attempts: 0,
        attempts_with_contact: 0,
        contact: 0,
        contact_kind: None,
        accepted_at: None,
        ended_at: None,
        answer: None,
        withdrawn_because: None,
        crossed_acknowledgement: false,
        repeated: false,
    }
}

fn written(case: &Case, message: &Message, words: Option<&str>) -> Rendered {
    render(&MessageView {
        message,
        case,
        catalog: &catalog(),
        words,
        hub_url: "https://hub.example.org",
        link: matches!(message.purpose, Purpose::Page).then_some(LINK),
        domain: "hub.example.org",
        now: at("2026-11-23T02:20:00Z"),
    })
}

fn step() -> Why {
    Why::Step {
        escalation: EscalationName::new("payments").unwrap(),
        step: 2,
        of: 2,
        round: 1,
        unacknowledged_for: Duration::from_minutes(10),
        late_by: None,
        target: Some(Target::Person(person("dana"))),
    }
}

fn told(stage: Stage) -> Message {
    let path = vec![service("payments-api"), service("checkout")];
    let purpose = Purpose::Told { stage, impact: Impact::Down, path, on_behalf_of: None, digest: Digest::default() };
    message(Recipient::Team(team("shop")), purpose)
}

fn resolved(case: &mut Case) {
    let over = at("2026-11-23T02:19:00Z");
    case.apply(&entry(over, Actor::Person(person("dana")), Fact::Resolved { at: over, recheck_at: None }, None, None));
}

#[test]
fn a_page_says_what_since_when_how_bad_why_you_and_what_next() {
    let page = Message { why: Some(step()), ..message(Recipient::Person(person("dana")), Purpose::Page) };
    let mut case = case("5xx above 20 %");
    case.firing = 3;
    let mail = written(&case, &page, None);
    assert_eq!(mail.subject, "[INC-17 sev1] payments-api: 5xx above 20 %");
    let expected = "payments-api: 5xx above 20 %\n\n\
        INC-17, sev1, open, since Mon 23 Nov 03:09 CET (11 min ago). 3 signals firing.\n\n\
        You are asked to take it: step 2 of 2 of payments (dana), 10 min without acknowledgement.\n\n\
        Team payments handles it; nobody has taken it yet.\n\n\
        Take it:  https://hub.example.org/l/abc\n\
        Look:     https://hub.example.org/cases/INC-17\n\
        Shell:    wheelhouse case ack INC-17\n\n\
        -- \nINC-17/m3 by Wheelhouse\n";
    assert_eq!(mail.text, expected);
    let headers: Vec<String> = mail.headers.fields().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        headers,
        [
            "Message-ID: <INC-17.m3@hub.example.org>",
            "In-Reply-To: <INC-17@hub.example.org>",
            "References: <INC-17@hub.example.org>",
            "Auto-Submitted: auto-generated",
        ]
    );
}

#[test]
fn a_notice_says_what_it_means_and_that_nothing_is_asked() {
    let mail = written(&case("5xx above 20 %"), &told(Stage::Opened), None);
    assert!(
        mail.text.contains("What it means to you: checkout is down: it depends on payments-api.\n"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("since Mon 23 Nov 02:09 UTC"), "{}", mail.text);
    assert!(mail.text.contains("You need not answer"), "{}", mail.text);
    assert!(!mail.text.contains(LINK) && !mail.text.contains("case ack"), "{}", mail.text);
}

#[test]
fn each_stage_has_its_subject() {
    let mut case = case("payments-api is down");
    let subject = |case: &Case, message: &Message| written(case, message, Some("Back in 5.")).subject;
    assert_eq!(subject(&case, &told(Stage::Opened)), "[INC-17 sev1] payments-api is down");
    assert_eq!(subject(&case, &told(Stage::Update)), "[INC-17 sev1] update: payments-api is down");
    assert_eq!(subject(&case, &told(Stage::SeverityChanged)), "[INC-17 sev1] now sev1: payments-api is down");
    assert_eq!(subject(&case, &told(Stage::Reopened)), "[INC-17 sev1] reopened: payments-api is down");
    let lost = Purpose::Undeliverable { message: MessageId { case: INC_17, number: 2 } };
    let lost = message(Recipient::Team(team("noc")), lost);
    assert_eq!(subject(&case, &lost), "[INC-17 sev1] INC-17/m2 reached nobody: payments-api is down");
    resolved(&mut case);
    assert_eq!(subject(&case, &told(Stage::Resolved)), "[INC-17 resolved] payments-api is down");
    case.drill = true;
    assert_eq!(subject(&case, &told(Stage::Resolved)), "[DRILL] [INC-17 resolved] payments-api is down");
    let mail = written(&case, &told(Stage::Resolved), Some("Rolled back."));
    assert!(mail.text.starts_with("THIS IS A DRILL."), "{}", mail.text);
    assert!(mail.text.contains("over since Mon 23 Nov 02:19 UTC after 10 min."), "{}", mail.text);
    assert!(mail.text.contains("\nRolled back.\n"), "{}", mail.text);
}

#[test]
fn a_webhook_gets_the_versioned_form() {
    let json = written(&case("5xx"), &told(Stage::Opened), None).json;
    assert_eq!(json["schema"], "wheelhouse.message/1");
    assert_eq!((&json["id"], &json["lane"], &json["stage"]), (&"INC-17/m3".into(), &"notice".into(), &"opened".into()));
    assert_eq!(json["recipient"], serde_json::json!({"kind": "team", "name": "shop"}));
    assert_eq!(json["path"], serde_json::json!(["payments-api", "checkout"]));
    assert_eq!((&json["case"]["id"], &json["case"]["opened_at"]), (&"INC-17".into(), &"2026-11-23T02:10:00Z".into()));
    assert_eq!(
        json["links"],
        serde_json::json!({"case": "https://hub.example.org/cases/INC-17", "take": null, "answer": null})
    );
}

fn page_of(case: &Case, timeline: &[TimelineEntry], build: impl Fn(&LinkView<'_>) -> String) -> String {
    build(&LinkView {
        case,
        timeline,
        person: "Emil <b>",
        time_zone: Some("Europe/Berlin"),
        post_to: "/l/abc",
        case_url: "https://hub.example.org/cases/INC-17",
        now: at("2026-11-23T02:20:00Z"),
    })
}

#[test]
fn the_link_asks_shows_the_last_lines_and_has_no_script() {
    let note = |number: u64| {
        let noted = entry(
            at("2026-11-23T02:12:00Z"),
            Actor::Person(person("dana")),
            Fact::Noted,
            None,
            Some(("text", "<script>")),
        );
        TimelineEntry::of_entry(number, &noted)
    };
    let timeline: Vec<TimelineEntry> = (0..14).map(note).collect();
    let mut case = case("<img src=x onerror=alert(1)>");
    let html = page_of(&case, &timeline, confirm_page);
    assert!(html.contains("<form method=\"post\" action=\"/l/abc\">"));
    assert!(html.contains(">Take INC-17 as Emil &lt;b&gt;</button>"));
    assert!(html.contains("<h1>payments-api: &lt;img src=x onerror=alert(1)&gt;</h1>"));
    assert_eq!(html.matches("<li>").count(), 10);
    assert!(html.contains("note by dana<br>&lt;script&gt;"));
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("http-equiv"));
    let taken = entry(
        at("2026-11-23T02:15:00Z"),
        Actor::Person(person("dana")),
        Fact::Acknowledged { lapses_at: Timestamp::MAX },
        None,
        None,
    );
    case.apply(&taken);
    assert!(page_of(&case, &timeline, confirm_page).contains("Take INC-17 over from dana"));
    assert!(page_of(&case, &timeline, |view| done_page(view, "Taken by Emil")).contains("\u{2713} Taken by Emil"));
    resolved(&mut case);
    let html = page_of(&case, &timeline, confirm_page);
    assert!(!html.contains("<form") && html.contains("nothing left to take"));
}

#[test]
fn a_dead_link_tells_nothing_and_leads_nowhere_odd() {
    for reason in [Unusable::Expired, Unusable::NotOurs] {
        let html = expired_page(reason, "javascript:alert(1)");
        assert!(html.contains("href=\"#\"") && !html.contains("INC-17") && !html.contains("javascript"));
        assert!(expired_page(reason, "https://hub.example.org").contains("href=\"https://hub.example.org\""));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_foreign_leaves_its_place(title in any::<String>(), words in any::<String>(), domain in any::<String>()) {
        let mut case = case(&title);
        case.owner = Some(person("emil"));
        let page = message(Recipient::Person(person("dana")), Purpose::Page);
        let mail = render(&MessageView {
            message: &page, case: &case, catalog: &catalog(), words: Some(&words), hub_url: "https://h", link: Some(LINK),
            domain: &domain, now: at("2026-11-23T02:20:00Z"),
        });
        prop_assert!(!mail.subject.chars().any(char::is_control));
        prop_assert!(mail.subject.chars().count() < 200);
        for (_, value) in mail.headers.fields() {
            prop_assert!(value.chars().all(|c| c.is_ascii_graphic()));
        }
        let id = message_id(page.id, &domain);
        prop_assert!(id.starts_with("<INC-17.m3@") && id.ends_with('>') && id.matches(['<', '>', '@']).count() == 3);
        prop_assert!(mail.text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
        let line = TimelineEntry::of_entry(0, &opening(&title));
        let html = page_of(&case, &[line], confirm_page);
        let tags = |name: &str| html.matches(&format!("<{name}")).count();
        prop_assert_eq!((tags("script"), tags("form"), tags("li>"), tags("h1>"), tags("meta")), (0, 1, 1, 1, 4));
    }
}

#[test]
fn somebody_who_is_wanted_by_a_run_hears_what_for_until_when_and_where_to_answer() {
    let wanted = Wanted::Run {
        run: RunId(7),
        runbook: RunbookName::parse("payments/drain-node").unwrap(),
        want: Want::Approval,
        step: Some(StepId::new("drain").unwrap()),
    };
    let purpose = |wanted: &Wanted, until| Purpose::Wanted { wanted: wanted.clone(), until };
    let until = Some(at("2026-11-23T03:15:00Z"));
    let asked = message(Recipient::Person(person("dana")), purpose(&wanted, until));
    let asked = Message { why: Some(Why::AskedAs { standing: AskedAs::Approver }), ..asked };
    let mail = written(&case("5xx above 20 %"), &asked, None);
    assert_eq!(mail.subject, "[INC-17 sev1] RUN-7 asks for agreement: payments-api: 5xx above 20 %");
    let expected = "RUN-7 of payments/drain-node asks you to agree to step drain, until Mon 23 Nov 04:15 CET. You see there \
        what it would do, to the letter. Nothing of it happens before. You are asked as somebody who can \
        agree.\n";
    assert!(mail.text.contains(expected), "{}", mail.text);
    let answer = "Answer:   https://hub.example.org/runs/RUN-7\n\
        Look:     https://hub.example.org/cases/INC-17\n\
        Shell:    wheelhouse run input RUN-7 drain\n";
    assert!(mail.text.contains(answer), "{}", mail.text);
    assert_eq!(mail.json["links"]["answer"], "https://hub.example.org/runs/RUN-7");
    assert_eq!((&mail.json["purpose"], &mail.json["lane"]), (&"wanted".into(), &"page".into()));

    // A case that was opened for it says the same in its title.
    let alone = Case {
        id: CaseId { kind: CaseKind::Request, number: 4 },
        group: Group::Hub("RUN-7 wants people".into()),
        service: None,
        ..case("RUN-7 of payments/drain-node asks for agreement")
    };
    let mail = written(&alone, &asked, None);
    assert_eq!(mail.subject, "[REQ-4 request] your agreement: RUN-7 of payments/drain-node asks for agreement");

    let halted = Wanted::Run {
        run: RunId(7),
        runbook: RunbookName::parse("payments/drain-node").unwrap(),
        want: Want::Resume,
        step: None,
    };
    let mail = written(&alone, &message(Recipient::Team(team("payments")), purpose(&halted, None)), None);
    assert!(mail.text.contains("is halted. Nothing more of it happens until somebody lets it go on"), "{}", mail.text);
    let automation = Wanted::Automation {
        automation: AutomationName::new("restart-ledger").unwrap(),
        question: 3,
        runbook: RunbookName::parse("payments/restart").unwrap(),
    };
    let mail = written(&alone, &message(Recipient::Person(person("dana")), purpose(&automation, until)), None);
    assert!(mail.text.contains("Answer:   https://hub.example.org/automations/restart-ledger\n"), "{}", mail.text);
}

//! What messages say when much happens at once.
#![allow(clippy::unwrap_used, reason = "tests")]

mod sample;

use sample::{INC_17, at, case, catalog, person, service, team};
use wheelhouse_core::affected::Impact;
use wheelhouse_core::case::{Case, CaseId, Flapping, Link, MessageId, Relation, Symptom};
use wheelhouse_core::name::AudienceName;
use wheelhouse_core::notify::{Digest, Message, MessageState, Purpose, Recipient, Stage, Way};
use wheelhouse_core::record::Why;
use wheelhouse_wire::render::{MessageView, render};

/// The text of a mail up to who handles it, which other tests show.
fn text(case: &Case, recipient: Recipient, purpose: Purpose, why: Option<Why>) -> String {
    let text = mail(case, recipient, purpose, why).1;
    text.split("Team payments handles it").next().unwrap().trim_end().to_owned()
}

/// The subject and the text of a mail.
fn mail(case: &Case, recipient: Recipient, purpose: Purpose, why: Option<Why>) -> (String, String) {
    let queued_at = at("2026-11-23T02:20:00Z");
    let message = Message {
        id: MessageId { case: INC_17, number: 3 },
        drill: false,
        recipient,
        purpose,
        why,
        state: MessageState::Queued,
        queued_at,
        due_at: queued_at,
        attempts: 0,
        attempts_with_contact: 0,
        contact: 0,
        contact_kind: None,
        accepted_at: None,
        ended_at: None,
        withdrawn_because: None,
        answer: None,
        crossed_acknowledgement: false,
        repeated: false,
    };
    let view = MessageView {
        message: &message,
        case,
        catalog: &catalog(),
        words: None,
        hub_url: "https://hub.example.org",
        link: None,
        domain: "hub.example.org",
        now: queued_at,
    };
    let mail = render(&view);
    (mail.subject, mail.text)
}

fn inc(number: u64) -> CaseId {
    CaseId { number, ..INC_17 }
}

fn audience(name: &str) -> Recipient {
    Recipient::Audience(AudienceName::new(name).unwrap())
}

#[test]
fn stages_that_followed_fast_and_several_paths_are_one_mail() {
    let digest = Digest {
        stages: vec![Stage::Opened, Stage::SeverityChanged],
        ways: vec![
            Way {
                impact: Impact::Down,
                path: vec![service("payments-api")],
                on_behalf_of: Some(audience("press-office")),
            },
            Way {
                impact: Impact::Degraded,
                path: vec![service("payments-api"), service("checkout"), service("shop")],
                on_behalf_of: Some(audience("press-office")),
            },
        ],
        more: 3,
    };
    let purpose = Purpose::Told {
        stage: Stage::Update,
        impact: Impact::Down,
        path: vec![service("payments-api"), service("checkout")],
        on_behalf_of: Some(audience("mayors-office")),
        digest,
    };
    assert_eq!(
        text(&case("5xx above 20 %"), Recipient::Person(person("dana")), purpose, Some(Why::ToldBefore)),
        "payments-api: 5xx above 20 %\n\n\
         INC-17, sev1, open, since Mon 23 Nov 03:09 CET (11 min ago).\n\n\
         All at once, since it went fast: it began, its severity changed, and there is an update.\n\n\
         What it means to you: checkout is down: it depends on payments-api. You hear this for audience mayors-office.\n\n\
         Also:\n\
         - payments-api is down (for audience press-office)\n\
         - shop is degraded: it depends on checkout, which depends on payments-api (for audience press-office)\n\
         - and 3 more"
    );
}

#[test]
fn a_page_for_a_root_names_what_follows_from_it() {
    let mut case = case("5xx above 20 %");
    let link = |number| Link { relation: Relation::Causes, case: Some(inc(number)), url: None };
    case.links = (18..58).map(link).collect();
    let page = text(&case, Recipient::Person(person("dana")), Purpose::Page, None);
    assert!(page.contains("INC-18, INC-19, INC-20, INC-21, INC-22 and 35 more follow from it."), "{page}");
}

#[test]
fn the_subject_of_a_page_says_that_it_is_not_the_first() {
    let subject = |case: &Case| mail(case, Recipient::Person(person("dana")), Purpose::Page, None).0;
    let mut case = case("logins fail");
    assert_eq!(subject(&case), "[INC-17 sev1] payments-api: logins fail");
    case.reopened = 1;
    assert_eq!(subject(&case), "[INC-17 sev1] again: payments-api: logins fail");
    case.flapping = Some(Flapping { since: at("2026-11-23T02:19:00Z"), over_at: None });
    assert_eq!(subject(&case), "[INC-17 sev1] comes and goes: payments-api: logins fail");
}

#[test]
fn the_team_of_a_symptom_hears_why_nobody_is_paged() {
    let mut case = case("logins fail");
    case.symptom = Some(Symptom { root: inc(16), release_at: None });
    let why = Why::Symptom { root: inc(16), path: vec![service("identity"), service("payments-api")] };
    let purpose = Purpose::Informed { stage: Stage::Opened };
    let text = text(&case, Recipient::Team(team("payments")), purpose, Some(why));
    assert!(text.contains("(11 min ago). It follows from INC-16."), "{text}");
    assert!(
        text.contains(
            "Your team handles it. Nobody is paged for it: payments-api is down: it depends on identity, and INC-16 is \
             about that."
        ),
        "{text}"
    );
}

#[test]
fn whoever_was_paged_for_a_symptom_hears_what_explains_it_and_who_has_that() {
    let mut case = case("logins fail");
    case.owner = Some(person("ivo"));
    let why = Why::ExplainsPages { symptoms: vec![inc(18), inc(19)], more: 0 };
    let to = || Recipient::Person(person("dana"));
    let purpose = Purpose::Informed { stage: Stage::Explains };
    let text = text(&case, to(), purpose.clone(), Some(why));
    let said = "You need not take what you were paged for: INC-18, INC-19, for which pages went out, follow from it.";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("ivo of team payments has it"), "{text}");
    assert_eq!(mail(&case, to(), purpose, None).0, "[INC-17 sev1] explains a page to you: payments-api: logins fail");
}

#[test]
fn coming_and_going_is_said_once_and_what_that_means() {
    let mut case = case("logins fail");
    case.flapping = Some(Flapping { since: at("2026-11-23T02:19:00Z"), over_at: None });
    let purpose = Purpose::Told {
        stage: Stage::Flapping,
        impact: Impact::Down,
        path: vec![service("payments-api"), service("checkout")],
        on_behalf_of: None,
        digest: Digest::default(),
    };
    assert_eq!(
        text(&case, Recipient::Team(team("shop")), purpose, None),
        "payments-api: logins fail\n\n\
         INC-17, sev1, open, since Mon 23 Nov 02:09 UTC (11 min ago). It comes and goes since Mon 23 Nov 02:19 UTC; it is \
         over once it has been quiet for a while.\n\n\
         It has ended and begun again several times. You will hear when it has been quiet for a while, and not each \
         time.\n\n\
         What it means to you: checkout is down: it depends on payments-api."
    );
}

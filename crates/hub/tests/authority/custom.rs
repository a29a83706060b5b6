//! Policies of the organisation's own, the bounds that none can leave, and doors.

use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;
use wheelhouse_core::access::TokenId;
use wheelhouse_core::name::SourceName;
use wheelhouse_hub::authority::Action::*;
use wheelhouse_hub::authority::{Action, Authority, Doors, Request};

use crate::organisation::{allowed_by, ask, authority, case, catalog, owner, resource, why_not};

fn refused(text: &str) -> String {
    let custom = [("ops/policies/own.cedar".to_owned(), text.to_owned())];
    Authority::new(Arc::new(catalog()), &custom).expect_err("the policies are wrong").to_string()
}

#[test]
fn a_permit_widens_and_a_forbid_narrows() {
    let authority = authority(&[
        (
            "a.cedar",
            r#"@id("portal-helps") @who("portal") permit (principal in Team::"portal", action == Action::"mitigate", resource);"#,
        ),
        (
            "b.cedar",
            r#"@id("no-lone-resolve") forbid (principal, action == Action::"resolve", resource)
               when { resource has service && resource.service.tier == 1 && !(principal in resource.service.team) };"#,
        ),
    ]);
    assert_eq!(allowed_by(&authority, "pat", Mitigate, "case"), "portal-helps");
    assert_eq!(allowed_by(&authority, "dana", Resolve, "case"), "team-responds");
    let why = why_not(&authority, "lee", Resolve, "case");
    assert_eq!(why, "lee may not resolve INC-17: policy `no-lone-resolve` forbids it");
    assert!(why_not(&authority, "audrey", Mitigate, "case").contains(", operators, people"), "other permits stay");
}

#[test]
fn policies_reach_people_they_name() {
    let text = r#"@id("whatever-ada-may") forbid (principal, action == Action::"note", resource)
                  when { Person::"ada".roles.contains("administrator") && resource.owner != Person::"ada" };"#;
    // `owner` may be absent, which the check of policies notices.
    assert!(refused(text).contains("own.cedar:2:"), "{}", refused(text));
    let text = text.replace("&& resource.owner", "&& resource has owner && resource.owner");
    let authority = authority(&[("own.cedar", &text)]);
    assert!(why_not(&authority, "pat", Note, "case").contains("`whatever-ada-may` forbids it"));
}

#[test]
fn broken_policies_are_refused_with_file_and_line() {
    let said = refused(
        "@id(\"fine\")\npermit (principal, action, resource);\n\npermit (principal is Person, action resource);",
    );
    assert!(said.contains("┌─ ops/policies/own.cedar:4:"), "{said}");
    assert!(said.contains("4 │ permit (principal is Person, action resource);"), "{said}");
    let said =
        refused("// mine\n@id(\"typo\")\npermit (principal is Person, action == Action::\"aknowledge\", resource);");
    assert!(said.contains("own.cedar:3:") && said.contains("aknowledge"), "{said}");
    let said = refused(
        "@id(\"x\")\npermit (principal is Person, action, resource)\nwhen { principal.rolls.contains(\"a\") };",
    );
    assert!(said.contains("own.cedar:3:") && said.contains("rolls"), "{said}");
    let said = refused("\n\npermit (principal, action, resource);");
    assert!(said.contains("error: the policy has no name") && said.contains("own.cedar:3:1"), "{said}");
    let said = refused("@id(\"No Name\") permit (principal, action, resource);");
    assert!(said.contains("`No Name` is not a name for a policy"), "{said}");
    let said = refused("@id(\"team-responds\") permit (principal, action, resource);");
    assert!(said.contains("a policy named `team-responds` stands in default.cedar already"), "{said}");
    let said = refused("@id(\"t\")\npermit (principal == ?principal, action, resource);");
    assert!(said.contains("templates are not supported") && said.contains("own.cedar:2:"), "{said}");
    let said = refused("@id(\"never\")\npermit (principal is Source, action == Action::\"acknowledge\", resource);");
    assert!(said.contains("own.cedar:"), "a policy that can never apply is refused: {said}");
    let said = refused(&format!("//{}", "x".repeat(1 << 20)));
    assert!(said.contains("more than 1048576"), "{said}");
}

#[test]
fn all_faults_are_named_at_once_and_not_without_end() {
    let said = refused(&"permit (principal, action, resource);\n".repeat(80));
    assert_eq!(said.matches("has no name").count(), 50, "{said}");
    assert!(said.ends_with("… and 30 more"), "{said}");
    assert!(said.contains("own.cedar:50:1"), "each fault has its own place: {said}");
}

#[test]
fn versions_follow_catalog_and_policies() {
    let mut other = catalog();
    other.version = "2".into();
    let plain = authority(&[]);
    let again = authority(&[]);
    let custom =
        authority(&[("own.cedar", "@id(\"a\") permit (principal is Person, action == Action::\"update\", resource);")]);
    let moved = Authority::new(Arc::new(other), &[]).unwrap();
    assert_eq!(plain.version(), again.version());
    assert_ne!(plain.version(), custom.version());
    assert_ne!(plain.version(), moved.version());
}

#[test]
fn doors_remember_answers_for_one_version_and_within_bounds() {
    let (first, doors) = (authority(&[]), Doors::default());
    let source = SourceName::new("prometheus").unwrap();
    let asked = |authority: &Authority, who: &str, token| doors.decide(authority, TokenId(token), &owner(who), &source);
    let answer = asked(&first, "source:prometheus", 1);
    assert!(answer.is_allowed());
    assert!(Arc::ptr_eq(&answer, &asked(&first, "source:prometheus", 1)), "the second answer is the first one");
    assert!(!asked(&first, "source:probes", 2).is_allowed());
    assert_eq!(doors.len(), 2);
    let second = authority(&[(
        "own.cedar",
        "@id(\"closed\") forbid (principal, action == Action::\"send_signals\", resource);",
    )]);
    assert!(!asked(&second, "source:prometheus", 1).is_allowed(), "a new version is asked anew");
    assert_eq!(doors.len(), 1);
    for token in 0..5_000 {
        asked(&second, "source:prometheus", token);
    }
    assert!(doors.len() <= 4_096 && !doors.is_empty());
}

/// Not a benchmark: catches a decision that has become slow by orders of magnitude, and prints what
/// it takes (`cargo nextest run --release --no-capture`).
#[test]
fn decisions_are_fast() {
    let authority = authority(&[]);
    let request = Request { principal: owner("otto"), action: Acknowledge, resource: resource("case") };
    let from = Instant::now();
    for _ in 0..1_000 {
        assert!(authority.decide(&request).is_allowed());
    }
    let each = from.elapsed() / 1_000;
    println!("{each:?} a decision");
    assert!(each.as_millis() < 20);
}

fn policy() -> impl Strategy<Value = String> {
    let principal = prop::sample::select(vec![
        "principal",
        "principal is Source",
        "principal is Person",
        "principal == Source::\"prometheus\"",
        "principal is Bootstrap",
    ]);
    let actions = Action::ALL.iter().map(|action| format!("action == Action::\"{action}\""));
    let actions: Vec<_> = actions.chain(["action".to_owned(), "action in Action::\"respond\"".to_owned()]).collect();
    let resource = prop::sample::select(vec!["resource", "resource is Case", "resource == Case::\"INC-17\""]);
    let when = prop::sample::select(vec!["", "when { true }", "unless { false }", "when { principal == principal }"]);
    (principal, prop::sample::select(actions), resource, when)
        .prop_map(|(principal, action, resource, when)| format!("permit ({principal}, {action}, {resource}) {when};"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No policy set, however generous, makes a source or the first-start token handle a case.
    #[test]
    fn no_policy_set_makes_a_source_acknowledge(policies in prop::collection::vec(policy(), 0..6)) {
        let named = policies.iter().enumerate().map(|(n, text)| (format!("{n}.cedar"), format!("@id(\"own-{n}\") {text}")));
        // Sets with a policy that could never apply are refused: also an answer.
        if let Ok(authority) = Authority::new(Arc::new(catalog()), &named.collect::<Vec<_>>()) {
            for action in [Acknowledge, SetSeverity, Assign, SetRole, Update, Mitigate, Resolve, Reopen] {
                for who in ["source:prometheus", "source:probes", "bootstrap"] {
                    prop_assert!(!ask(&authority, who, action, "case").is_allowed(), "{who} {action} {policies:?}");
                }
            }
        }
    }

    /// Policy texts are foreign: they are refused or taken, and never panic.
    #[test]
    fn any_text_is_refused_or_taken(text in "\\PC{0,60}|(@id\\(\"[a-z]\"\\) ?)?permit ?\\((principal|action|resource|[ ,?=\"])*\\)[; ]*") {
        let _ = Authority::new(Arc::new(catalog()), &[("own.cedar".to_owned(), text)]).map_err(|bad| bad.to_string());
    }
}

#[test]
fn even_a_permit_of_everything_stays_within_the_schema() {
    let authority = authority(&[("own.cedar", "@id(\"everything\") permit (principal, action, resource);")]);
    assert_eq!(allowed_by(&authority, "pat", Acknowledge, "case"), "everything");
    assert!(!ask(&authority, "source:prometheus", Acknowledge, "case").is_allowed());
    assert!(!ask(&authority, "bootstrap", Acknowledge, "case").is_allowed());
    assert!(!ask(&authority, "pat", Acknowledge, "organization").is_allowed(), "only cases are acknowledged");
    assert_eq!(case().id.to_string(), "INC-17");
}

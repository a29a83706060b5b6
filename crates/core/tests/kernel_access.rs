//! Who is let in: to a case by what happens in it, and to the hub by its tokens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::access::{Owner, TokenId};
use wheelhouse_core::case::{CaseId, Link, Relation, Role};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Command, Plan, Refusal, What};
use wheelhouse_core::name::{PersonName, TeamName};
use wheelhouse_core::record::{Actor, Hash};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, decide};

fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

fn involved(kernel: &Kernel, case: CaseId) -> Vec<String> {
    kernel.world.case(case).unwrap().involved.iter().map(ToString::to_string).collect()
}

#[test]
fn what_everybody_may_write_lets_nobody_into_a_case() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    assert_eq!(involved(&kernel, case), ["dana"], "who was paged");
    let other = Link { relation: Relation::Related, case: None, url: Some("https://example.org/".into()) };
    for action in
        [CaseAction::Note("hello".into()), CaseAction::Link(other), CaseAction::Page(Target::Person(person("nadia")))]
    {
        kernel.act(at(1), "ines", case, action);
    }
    assert_eq!(involved(&kernel, case), ["dana", "nadia"], "whoever is asked for is let in, not who asks");
    kernel.act(at(2), "dana", case, CaseAction::SetRole(Role::Commander, Some(person("ines"))));
    assert_eq!(involved(&kernel, case), ["dana", "ines", "nadia"]);
}

fn asked(kernel: &Kernel, now: Timestamp, what: What) -> Result<Plan, Refusal> {
    let command = Command { actor: Actor::Bootstrap, policies: Vec::new(), judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(now))
}

fn apply(kernel: &mut Kernel, plan: &Plan) {
    for entry in &plan.entries {
        kernel.world.apply(entry);
    }
}

fn make(kernel: &mut Kernel, owner: Owner, expires_at: Option<Timestamp>) -> TokenId {
    let hash = Hash([u8::try_from(kernel.world.tokens().len()).unwrap(); 32]);
    let what = What::CreateToken { hash, owner, description: String::new(), expires_at };
    let plan = asked(kernel, at(0), what).unwrap();
    apply(kernel, &plan);
    plan.token.unwrap()
}

#[test]
fn the_last_token_that_makes_others_stays() {
    let mut settings = catalog(&[0, 600], 1);
    settings.teams.get_mut(&TeamName::new("payments").unwrap()).unwrap().roles = vec!["administrator".into()];
    for (roles, second) in [(true, true), (true, false), (false, true)] {
        let mut settings = settings.clone();
        if !roles {
            settings.teams.values_mut().for_each(|team| team.roles.clear());
        }
        let mut kernel = Kernel::of(settings);
        let first = make(&mut kernel, Owner::Bootstrap, None);
        let expires_at = (!second).then(|| at(5));
        let other = make(&mut kernel, Owner::Person(person("dana")), expires_at);
        let revoked = asked(&kernel, at(10), What::RevokeToken { token: first });
        if roles && second {
            apply(&mut kernel, &revoked.unwrap());
            let again = asked(&kernel, at(11), What::RevokeToken { token: first }).unwrap();
            assert!(again.entries.is_empty(), "it is revoked already");
            let last = asked(&kernel, at(11), What::RevokeToken { token: other }).unwrap_err();
            assert_eq!(last, Refusal::LastMaker(other));
        } else {
            let refused = revoked.unwrap_err();
            assert_eq!(refused, Refusal::LastMaker(first), "roles {roles}, a good second {second}");
            assert!(refused.to_string().contains("wheelhouse token create --person"), "{refused}");
            assert!(asked(&kernel, at(10), What::RevokeToken { token: other }).is_ok(), "it makes none");
        }
    }
}

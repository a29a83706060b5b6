//! Why something may not be done, in words that say who may and what to do.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{ActionConstraint, Effect, Entities, EntityUid, PolicySet};
use wheelhouse_core::access::Owner;

use super::request::{Request, Resource};
use super::{Action, Policies};

/// Who may do what, by the words that policies give themselves.
pub(super) struct Explained {
    who: BTreeMap<Action, BTreeSet<String>>,
}

impl Explained {
    /// Collects, for each action, whom policies allow it: their `@who`, or their names.
    pub(super) fn new(policies: &Policies) -> Self {
        let groups = policies.schema.action_entities().unwrap_or_else(|_| Entities::empty());
        let who = Action::ALL.iter().map(|action| (*action, who(*action, &policies.set, &groups))).collect();
        Self { who }
    }

    /// Why a request is denied that no policy allows.
    pub(super) fn not_allowed(&self, request: &Request) -> String {
        let denied = denied(request);
        match (&request.principal, &request.resource) {
            (Owner::Bootstrap, _) => format!(
                "{denied}: it makes and revokes tokens, reads, opens cases and sends signals, and no more; \
                 make a token of your own with `wheelhouse token create --person NAME`, and use that one \
                 (`--token` or WHEELHOUSE_TOKEN)"
            ),
            (Owner::Source(name), Resource::Source(_)) => {
                format!(
                    "{denied}: the token belongs to source {name} and sends its signals only; use the token of that source"
                )
            }
            (Owner::Source(_), _) => format!(
                "{denied}: a source's token only sends the signals of that source; \
                 use a person's token (`wheelhouse token create --person NAME`)"
            ),
            (Owner::Runner(_), _) => format!(
                "{denied}: a runner's token only takes the steps of that runner; \
                 use a person's token (`wheelhouse token create --person NAME`)"
            ),
            (Owner::Person(_), Resource::Runner(_)) => format!(
                "{denied}: that is for {}; use a runner's token (`wheelhouse token create --runner NAME`)",
                self.whom(request.action)
            ),
            // A person's token names no source, so neither does the refusal.
            (Owner::Person(_), Resource::Source(_)) => format!(
                "{} may not {}: that is for {}; use a source's token (`wheelhouse token create --source NAME`)",
                request.principal.actor(),
                request.action.deed(),
                self.whom(request.action)
            ),
            (Owner::Person(_), Resource::Case(case)) => format!(
                "{denied}: that is for {}; `wheelhouse case page {} TEAM` asks them to act",
                self.whom(request.action),
                case.id
            ),
            (Owner::Person(_), Resource::Silence(facts)) if facts.service.is_none() => format!(
                "{denied}: that is for {}; name one service of your team (service=\"…\") and you may yourself",
                self.whom(request.action)
            ),
            (Owner::Person(_), _) => format!("{denied}: that is for {}", self.whom(request.action)),
        }
    }

    fn whom(&self, action: Action) -> String {
        let words: Vec<&str> = self.who.get(&action).into_iter().flatten().map(String::as_str).collect();
        match words.split_last() {
            None => "nobody, because no policy allows it".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }
}

/// Why a request is denied that policies forbid.
pub(super) fn forbidden(request: &Request, policies: &[String]) -> String {
    let named: Vec<String> = policies.iter().map(|name| format!("`{name}`")).collect();
    format!("{}: policy {} forbids it", denied(request), named.join(", "))
}

/// Why a request is denied for a reason outside the policies.
pub(super) fn because(request: &Request, reason: &str) -> String {
    format!("{}: {reason}", denied(request))
}

fn denied(request: &Request) -> String {
    format!("{} may not {} {}", request.principal.actor(), request.action.deed(), request.resource)
}

fn who(action: Action, set: &PolicySet, groups: &Entities) -> BTreeSet<String> {
    let is_it = |constrained: &EntityUid| {
        let id = constrained.id();
        let itself: &str = id.as_ref();
        itself == action.as_str()
            || groups.iter().any(|entity| {
                let entity = entity.uid();
                let name: &str = entity.id().as_ref();
                name == action.as_str() && groups.is_ancestor_of(constrained, &entity)
            })
    };
    let permits = set.policies().filter(|policy| policy.effect() == Effect::Permit);
    let about = permits.filter(|policy| match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => is_it(&one),
        ActionConstraint::In(several) => several.iter().any(is_it),
    });
    let words = about.map(|policy| match policy.annotation("who") {
        Some(who) => who.to_owned(),
        None => format!("those whom policy `{}` allows it", policy.id()),
    });
    words.collect()
}

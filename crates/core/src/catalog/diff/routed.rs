//! Where signals go, and what they open.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::kind::Kind;
use super::super::model::{Catalog, Rule};
use super::model::{Change, What};
use crate::name::{RuleName, ServiceName};
use crate::signal::domain;

/// How many rules are compared pair by pair.
const MOST_COMPARED: usize = 1_000;
/// How many rules after a new one are named.
const MOST_NAMED: usize = 3;
/// How many label sets are looked at.
const MOST_SETS: usize = 2_000;

/// Compares rules, label sets, tiers, the default team, and how long senders may be silent.
pub(super) fn compare(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    rules(old, new, changes);
    order(old, new, changes);
    label_sets(old, new, changes);
    let tiers = new.services.iter().filter_map(|(name, service)| {
        let was = old.services.get(name)?.tier;
        (was != service.tier).then(|| Change {
            kind: Kind::Service,
            name: name.to_string(),
            what: What::Tier { was, becomes: service.tier },
        })
    });
    changes.extend(tiers);
    let (was, becomes) = (&old.organization.default_team, &new.organization.default_team);
    if was != becomes {
        changes.push(Change {
            kind: Kind::Organization,
            name: new.organization.name.clone(),
            what: What::DefaultTeam { was: was.clone(), becomes: becomes.clone() },
        });
    }
    let timeouts = new.sources.iter().filter_map(|(name, source)| {
        let was = old.sources.get(name)?.timeout;
        let what = What::Timeout { was, becomes: source.timeout };
        (was != source.timeout).then(|| Change { kind: Kind::Source, name: name.to_string(), what })
    });
    changes.extend(timeouts);
}

fn rules(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let before: BTreeMap<&RuleName, &Rule> = old.rules.iter().map(|rule| (&rule.name, rule)).collect();
    let after: BTreeSet<&RuleName> = new.rules.iter().map(|rule| &rule.name).collect();
    let mut push =
        |rule: &Rule, what: What| changes.push(Change { kind: Kind::Rule, name: rule.name.to_string(), what });
    for (place, rule) in new.rules.iter().enumerate() {
        let Some(was) = before.get(&rule.name) else {
            let later = new.rules.iter().skip(place + 1).take(MOST_COMPARED);
            let may_meet = later.filter(|later| before.contains_key(&later.name) && may_meet(rule, later));
            let before = may_meet.map(|later| later.name.clone()).take(MOST_NAMED).collect();
            push(rule, What::NewRule { action: rule.action.clone(), before });
            continue;
        };
        if was.when != rule.when {
            push(rule, What::Pattern);
        }
        if was.action != rule.action {
            push(rule, What::Action { was: was.action.clone(), becomes: rule.action.clone() });
        }
    }
    for rule in old.rules.iter().filter(|rule| !after.contains(&rule.name)) {
        push(rule, What::RuleGone { action: rule.action.clone() });
    }
}

/// Whether some signal may match both, and it matters which decides.
fn may_meet(a: &Rule, b: &Rule) -> bool {
    a.action != b.action && !a.when.excludes(&b.when, &|path: &str| domain(path, None))
}

/// Rules that overtook others which may match the same signals.
fn order(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let places: BTreeMap<&RuleName, usize> =
        old.rules.iter().enumerate().map(|(place, rule)| (&rule.name, place)).collect();
    let common: Vec<(usize, &Rule)> =
        new.rules.iter().filter_map(|rule| Some((*places.get(&rule.name)?, rule))).take(MOST_COMPARED).collect();
    if common.is_sorted_by_key(|(place, _)| *place) {
        return;
    }
    for (index, (place, rule)) in common.iter().enumerate() {
        let overtaken = common.iter().skip(index + 1).filter(|(other, later)| other < place && may_meet(rule, later));
        changes.extend(overtaken.map(|(_, later)| Change {
            kind: Kind::Rule,
            name: rule.name.to_string(),
            what: What::DecidesBefore(later.name.clone()),
        }));
    }
}

type Labels = BTreeMap<String, String>;

/// Label sets of services that are new, gone or otherwise: where signals with just these labels go.
fn label_sets(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let sets = |catalog: &Catalog, name: &ServiceName| {
        catalog.services.get(name).map(|service| service.matches.clone()).unwrap_or_default()
    };
    let names: BTreeSet<&ServiceName> = old.services.keys().chain(new.services.keys()).collect();
    let mut touched: BTreeSet<Labels> = BTreeSet::new();
    for name in names {
        let (was, becomes) = (sets(old, name), sets(new, name));
        if was != becomes {
            touched.extend(was.into_iter().chain(becomes));
        }
    }
    for labels in touched.into_iter().take(MOST_SETS) {
        let (was, becomes) = (owner(old, &labels), owner(new, &labels));
        if was == becomes {
            continue;
        }
        let Some(name) = becomes.as_ref().or(was.as_ref()).map(ToString::to_string) else { continue };
        changes.push(Change { kind: Kind::Service, name, what: What::Matched { labels, was, becomes } });
    }
}

/// The service to which a signal with just these labels belongs, as `signal::service_of` finds it.
fn owner(catalog: &Catalog, labels: &Labels) -> Option<ServiceName> {
    let named = labels.get("service").and_then(|name| catalog.services.get(name.as_str()));
    let fits = |set: &Labels| !set.is_empty() && set.iter().all(|(label, value)| labels.get(label) == Some(value));
    let found = named.or_else(|| catalog.services.values().find(|service| service.matches.iter().any(fits)));
    found.map(|service| service.name.clone())
}

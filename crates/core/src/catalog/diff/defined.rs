//! What there is, and whose it is.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;

use super::super::kind::Kind;
use super::super::known::KnownNames;
use super::super::model::{Catalog, Dependency, Strength};
use super::model::{Change, What};
use crate::name::{ServiceName, TeamName};

/// Compares which things there are, whose they are, and what services depend on.
pub(super) fn compare(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let (before, after) = (KnownNames::of(old), KnownNames::of(new));
    for kind in Kind::ALL {
        // New rules and those that are gone are said where signals are.
        if kind == Kind::Rule {
            continue;
        }
        let none = BTreeSet::new();
        let names = |of: &'_ KnownNames| of.names.get(&kind).cloned().unwrap_or_else(|| none.clone());
        let (was, becomes) = (names(&before), names(&after));
        for name in becomes.difference(&was) {
            let what = What::Added { team: team_of(new, kind, name).cloned() };
            changes.push(Change { kind, name: name.clone(), what });
        }
        let gone = was.difference(&becomes);
        changes.extend(gone.map(|name| Change { kind, name: name.clone(), what: What::Removed }));
        for name in was.intersection(&becomes) {
            if let (Some(was), Some(becomes)) = (team_of(old, kind, name), team_of(new, kind, name))
                && was != becomes
            {
                let what = What::ChangedHands { was: was.clone(), becomes: becomes.clone() };
                changes.push(Change { kind, name: name.clone(), what });
            }
        }
    }
    dependencies(old, new, changes);
}

/// Whose a thing is, where it is one team's.
fn team_of<'c>(catalog: &'c Catalog, kind: Kind, name: &str) -> Option<&'c TeamName> {
    match kind {
        Kind::Service => catalog.services.get(name).map(|service| &service.team),
        Kind::Schedule => catalog.schedules.get(name).map(|schedule| &schedule.team),
        Kind::Escalation => catalog.escalations.get(name).map(|escalation| &escalation.team),
        Kind::Source => catalog.sources.get(name).map(|source| &source.team),
        Kind::Runner => catalog.runners.get(name).map(|runner| &runner.team),
        _ => None,
    }
}

fn dependencies(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    fn by_name(all: &[Dependency]) -> BTreeMap<&ServiceName, Strength> {
        all.iter().map(|one| (&one.service, one.strength)).collect()
    }
    for (name, service) in &new.services {
        let Some(before) = old.services.get(name).filter(|before| before.depends_on != service.depends_on) else {
            continue;
        };
        let (was, becomes) = (by_name(&before.depends_on), by_name(&service.depends_on));
        let all: BTreeSet<&ServiceName> = was.keys().chain(becomes.keys()).copied().collect();
        for on in all {
            let (was, becomes) = (was.get(on).copied(), becomes.get(on).copied());
            if was != becomes {
                let what = What::DependsOn { on: on.clone(), was, becomes };
                changes.push(Change { kind: Kind::Service, name: name.to_string(), what });
            }
        }
    }
}

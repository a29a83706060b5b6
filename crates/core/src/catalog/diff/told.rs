//! Who is told of what, from which severity on.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::super::kind::Kind;
use super::super::model::{Catalog, Service};
use super::model::{Change, What};
use crate::affected::{Recipient, told_from};
use crate::name::ServiceName;

/// Compares whom incidents of the services reach that both catalogs have.
///
/// Only services whose incidents a change can have touched are looked at: those that changed, what they
/// depend on, directly or not, and what depends on them directly.
pub(super) fn compare(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    for service in touched(old, new) {
        if !old.services.contains_key(&service) || !new.services.contains_key(&service) {
            continue;
        }
        let (was, becomes) = (told_from(old, &service), told_from(new, &service));
        let recipients: BTreeSet<&Recipient> = was.keys().chain(becomes.keys()).collect();
        for recipient in recipients {
            let (before, after) = (was.get(recipient), becomes.get(recipient));
            if before.map(|told| told.severity) == after.map(|told| told.severity) {
                continue;
            }
            let (kind, name) = match recipient {
                Recipient::Team(name) => (Kind::Team, name.to_string()),
                Recipient::Audience(name) => (Kind::Audience, name.to_string()),
            };
            let what = What::Told {
                service: service.clone(),
                was: before.map(|told| told.severity),
                becomes: after.map(|told| told.severity),
                path: after.or(before).map(|told| told.path.clone()).unwrap_or_default(),
            };
            changes.push(Change { kind, name, what });
        }
    }
}

/// The services whose incidents may reach others than before, in order of name.
fn touched(old: &Catalog, new: &Catalog) -> BTreeSet<ServiceName> {
    let names: BTreeSet<&ServiceName> = old.services.keys().chain(new.services.keys()).collect();
    let changed = names.into_iter().filter(|name| match (old.services.get(*name), new.services.get(*name)) {
        (Some(was), Some(becomes)) => !reaches_alike(was, becomes),
        _ => true,
    });
    let changed: BTreeSet<ServiceName> = changed.cloned().collect();
    let mut all = changed.clone();
    for catalog in [old, new] {
        let mut open: Vec<&ServiceName> = changed.iter().collect();
        let mut seen: BTreeSet<&ServiceName> = changed.iter().collect();
        while let Some(name) = open.pop() {
            let dependencies = catalog.services.get(name).into_iter().flat_map(|service| &service.depends_on);
            open.extend(dependencies.map(|one| &one.service).filter(|service| seen.insert(service)));
        }
        all.extend(seen.into_iter().cloned());
        let callers = changed.iter().filter_map(|name| catalog.dependents.get(name)).flatten();
        all.extend(callers.map(|one| one.service.clone()));
    }
    all
}

/// Whether nothing that matters to who is told differs.
fn reaches_alike(was: &Service, becomes: &Service) -> bool {
    was.team == becomes.team && was.stakeholders == becomes.stakeholders && was.depends_on == becomes.depends_on
}

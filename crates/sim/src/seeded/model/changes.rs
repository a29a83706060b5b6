//! Changes, and which of them a case must name: every way to every service, tried out.

use std::collections::BTreeMap;

use wheelhouse_core::case::{CaseId, CaseKind};
use wheelhouse_core::catalog::{Catalog, Strength};
use wheelhouse_core::kernel::{Outcome, What};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, Model};

const SIX_HOURS: Duration = Duration::from_hours(6);

/// A change that was told.
#[derive(Clone, Debug)]
pub(super) struct MChange {
    service: Option<ServiceName>,
    at: Timestamp,
    drill: bool,
    key: Option<(String, String)>,
}

impl Model {
    /// A change told anew is written down once; a case names the one nearest before it.
    pub(super) fn changes_as_expected(
        &mut self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let told: Vec<&Entry> = entries.iter().filter(|entry| matches!(entry.fact, Fact::ChangeTold { .. })).collect();
        if let Cause::Command(command) = cause
            && let What::Change(report) = &command.what
        {
            let key = report.key.clone().map(|key| (command.actor.to_string(), key));
            let known = key.is_some() && self.changes.iter().any(|change| change.key == key);
            let [entry] = told.as_slice() else {
                return if known && told.is_empty() { Ok(()) } else { Err("change: one is told, and lost".into()) };
            };
            let Fact::ChangeTold { change, service, at, .. } = &entry.fact else { return Ok(()) };
            let named = report.services.iter().filter_map(|name| ServiceName::new(name).ok());
            let in_catalog =
                |name: &ServiceName| self.catalog.as_ref().is_some_and(|all| all.services.contains_key(name));
            let expected = (self.changes.len() as u64 + 1, named.into_iter().find(in_catalog), report.at.min(now));
            if known || (*change, service.clone(), *at) != expected {
                return Err(format!("change: {:?}, expected {expected:?}", entry.fact));
            }
            self.changes.push(MChange { service: service.clone(), at: *at, drill: report.drill, key });
            return Ok(());
        }
        for entry in entries {
            let (Fact::CaseOpened { service: Some(service), detected_at, .. }, Some(id)) = (&entry.fact, entry.subject)
            else {
                continue;
            };
            // What an incident may have come from; nothing broke where the catalog is to be mended.
            if id.kind == CaseKind::Incident {
                self.names_nearest(id, service, *detected_at, entry.drill, entries)?;
            }
        }
        Ok(())
    }

    fn names_nearest(
        &self,
        id: CaseId,
        service: &ServiceName,
        began: Timestamp,
        drill: bool,
        entries: &[Entry],
    ) -> Result<(), String> {
        let Some(catalog) = &self.catalog else { return Ok(()) };
        let ways = ways(catalog, service);
        let before =
            |change: &MChange| change.drill == drill && change.at <= began && began.since(change.at) <= SIX_HOURS;
        let numbered = self.changes.iter().zip(1u64..).filter(|(change, _)| before(change));
        let reached =
            numbered.filter_map(|(change, number)| Some((change, number, *ways.get(change.service.as_ref()?)?)));
        // Of one service the one told last, of several at one instant the nearest, then the one told first.
        type Nearest = (Timestamp, u64, (bool, usize));
        let mut of_each: BTreeMap<&Option<ServiceName>, Nearest> = BTreeMap::new();
        for (change, number, way) in reached {
            let best = of_each.entry(&change.service).or_insert((change.at, number, way));
            if (change.at, number) > (best.0, best.1) {
                *best = (change.at, number, way);
            }
        }
        let nearest = of_each
            .into_values()
            .max_by_key(|(at, number, (_, length))| (*at, u64::MAX - *length as u64, u64::MAX - number));
        let expected = nearest.map(|(at, number, (hard, length))| (number, began.since(at), hard, length));
        let found = entries.iter().filter(|entry| entry.subject == Some(id)).find_map(|entry| match &entry.fact {
            Fact::ChangeFound(found) => Some((found.change, found.before, found.hard, found.path.len())),
            _ => None,
        });
        if found == expected { Ok(()) } else { Err(format!("change: {id} names {found:?}, expected {expected:?}")) }
    }

    /// What a channel that was not tried, or did not say what became of a message, means.
    pub(super) fn doubts_as_expected(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
    ) -> Result<(), String> {
        let Cause::Command(command) = cause else { return Ok(()) };
        let What::Attempted { message: id, outcome, repeated, .. } = &command.what else { return Ok(()) };
        let Some(was) = before.messages.get(id).filter(|row| row.under_way) else { return Ok(()) };
        if *repeated != was.doubtful {
            return Err(format!("4: {id} may have been sent before is {}, and is marked so: {repeated}", was.doubtful));
        }
        let failed = entries.iter().find_map(|entry| match &entry.fact {
            Fact::MessageFailed { message, retry, tried, unknown, .. } if message == id => {
                Some((*retry, *tried, *unknown))
            }
            _ => None,
        });
        match (outcome, failed) {
            (Outcome::Held { .. }, None) if !was.urgent || !self.has_another(was) => {}
            (Outcome::Held { .. }, Some((Some(retry), false, false)))
                if was.urgent && self.has_another(was) && usize::from(retry.contact) == was.contact + 1 => {}
            (Outcome::Held { .. }, failed) => {
                return Err(format!("4: the channel of {id} is left alone, and {failed:?} follows"));
            }
            (Outcome::Unknown { .. }, Some((retry, true, true))) => {
                if let (Some(_), Some(row)) = (retry, self.messages.get_mut(id)) {
                    row.doubtful = true;
                }
            }
            (Outcome::Unknown { .. }, failed) => {
                return Err(format!("4: nobody knows what became of {id}, and {failed:?} follows"));
            }
            (Outcome::Failed { .. }, Some((_, true, false))) | (Outcome::Accepted { .. }, None) => {}
            (outcome, failed) => return Err(format!("4: {id} went {outcome:?}, and {failed:?} follows")),
        }
        if let (Some((Some(retry), ..)), Some(row)) = (failed, self.messages.get_mut(id)) {
            row.contact = usize::from(retry.contact);
        }
        Ok(())
    }

    fn has_another(&self, row: &super::MMessage) -> bool {
        let contacts = self.catalog.as_ref().map_or(0, |catalog| row.recipient.contacts(catalog).len());
        row.contact + 1 < contacts
    }
}

/// What a service depends on over at most one soft edge: whether only hard ones lead there, and how many
/// services the shortest such way has.
fn ways(catalog: &Catalog, from: &ServiceName) -> BTreeMap<ServiceName, (bool, usize)> {
    let mut found: BTreeMap<(ServiceName, bool), usize> = BTreeMap::from([((from.clone(), true), 1)]);
    let mut grown = true;
    while grown {
        grown = false;
        for ((name, hard), length) in found.clone() {
            let edges = catalog.services.get(&name).map_or(&[][..], |service| &service.depends_on);
            for edge in edges.iter().filter(|edge| catalog.services.contains_key(&edge.service)) {
                let is_hard = edge.strength == Strength::Hard;
                if !hard && !is_hard {
                    continue;
                }
                let best = found.entry((edge.service.clone(), hard && is_hard)).or_insert(usize::MAX);
                if length + 1 < *best {
                    (*best, grown) = (length + 1, true);
                }
            }
        }
    }
    let hard = found.iter().filter(|((_, hard), _)| *hard).map(|((name, _), length)| (name.clone(), (true, *length)));
    let hard: BTreeMap<_, _> = hard.collect();
    let soft = found.into_iter().filter(|((name, is_hard), _)| !is_hard && !hard.contains_key(name));
    let soft: Vec<_> = soft.map(|((name, _), length)| (name, (false, length))).collect();
    hard.into_iter().chain(soft).collect()
}

//! Who must know: the affected set by closure, without paths, and what each stage owes to whom.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::case::{CaseId, Severity};
use wheelhouse_core::catalog::{Catalog, Strength};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::{NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::time::Timestamp;

use super::{MCase, oncall, storm};

/// What a stage owes: messages as (addressee, recipient), and those not told, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) messages: BTreeSet<(Recipient, Recipient)>,
    pub(super) not_told: BTreeMap<(Recipient, NotTold), u32>,
}

/// What `stage` owes, given who was told before.
pub(super) fn owed(
    catalog: &Catalog,
    case: &MCase,
    told: &BTreeSet<Recipient>,
    stage: Stage,
    now: Timestamp,
    root: Option<(CaseId, &MCase)>,
    unheard: &BTreeSet<Recipient>,
) -> Owed {
    let mut owed = Owed::default();
    let news = !matches!(stage, Stage::Update | Stage::Resolved);
    let mut addressed = BTreeSet::new();
    for (recipient, excluded) in affected(catalog, case.service.as_ref(), case.severity) {
        let before = told.contains(&recipient);
        match excluded {
            Some(reason) if !before => {
                if news {
                    *owed.not_told.entry((recipient, reason)).or_default() += 1;
                }
            }
            _ if !before && stage == Stage::Resolved => {}
            _ if root.is_some_and(|(_, root)| storm::tells(root, &recipient)) => {
                if let Some((case, _)) = root.filter(|_| before || news) {
                    *owed.not_told.entry((recipient.clone(), NotTold::ToldByRoot { case })).or_default() += 1;
                }
                addressed.insert(recipient);
            }
            _ if root.is_some() && !before && !depends(catalog, case, &recipient) => {
                if let Some((case, _)) = root.filter(|_| news) {
                    *owed.not_told.entry((recipient, NotTold::CauseIsKnown { case })).or_default() += 1;
                }
            }
            _ => {
                owed.tell(catalog, &recipient, news || before, now);
                addressed.insert(recipient);
            }
        }
    }
    for recipient in told.difference(&addressed) {
        if unheard.contains(recipient) {
            *owed.not_told.entry((recipient.clone(), NotTold::NotAffected)).or_default() += 1;
            continue;
        }
        owed.tell(catalog, recipient, true, now);
    }
    owed
}

impl Owed {
    fn tell(&mut self, catalog: &Catalog, recipient: &Recipient, say_so: bool, now: Timestamp) {
        let addressees = oncall::addressees(catalog, recipient, now);
        if addressees.is_empty() && say_so {
            *self.not_told.entry((recipient.clone(), NotTold::NoContact)).or_default() += 1;
        }
        for addressee in addressees {
            self.messages.insert((addressee, recipient.clone()));
        }
    }

    /// Notes a notice that was written.
    pub(super) fn write(&mut self, recipient: &Recipient, purpose: &Purpose) {
        let whom = storm::notice(recipient, purpose).map(|notice| notice.whom).unwrap_or_default();
        self.messages.extend(whom.into_iter().map(|(whom, _)| (recipient.clone(), whom)));
    }
}

/// Everybody whom an incident reaches, and why not where they are not told.
pub(super) fn affected(
    catalog: &Catalog,
    service: Option<&ServiceName>,
    severity: Severity,
) -> BTreeMap<Recipient, Option<NotTold>> {
    let mut all = BTreeMap::new();
    let Some(root) = service.and_then(|name| catalog.services.get(name)) else { return all };
    for name in reached(catalog, &root.name) {
        let Some(service) = catalog.services.get(&name) else { continue };
        let owns = (service.team == root.team).then_some(NotTold::OwnsTheIncident);
        all.insert(Recipient::Team(service.team.clone()), owns);
        for stakeholder in &service.stakeholders {
            let recipient = Recipient::Audience(stakeholder.audience.clone());
            let reason = (severity > stakeholder.from).then_some(NotTold::BelowThreshold { from: stakeholder.from });
            let worst = match (all.get(&recipient), reason) {
                (Some(None), _) | (_, None) => None,
                (Some(Some(known)), Some(new)) => Some(known.clone().max(new)),
                (None, new) => new,
            };
            all.insert(recipient, worst);
        }
    }
    if severity <= Severity::Sev2 {
        let called = root.depends_on.iter().filter_map(|edge| catalog.services.get(&edge.service));
        for service in called {
            all.entry(Recipient::Team(service.team.clone())).or_insert(None);
        }
    }
    all
}

/// Whether somebody is reached downwards, and not only as the owner of what the service calls.
fn depends(catalog: &Catalog, case: &MCase, recipient: &Recipient) -> bool {
    let Some(root) = case.service.as_ref().and_then(|name| catalog.services.get(name)) else { return true };
    let below = reached(catalog, &root.name);
    let mut services = below.iter().filter_map(|name| catalog.services.get(name));
    services.any(|service| match recipient {
        Recipient::Team(team) => service.team == *team,
        Recipient::Audience(audience) => service.stakeholders.iter().any(|one| one.audience == *audience),
        Recipient::Person(_) => true,
    })
}

/// The service itself, and what is down or degraded with it.
fn reached(catalog: &Catalog, root: &ServiceName) -> BTreeSet<ServiceName> {
    let mut down = BTreeSet::from([root.clone()]);
    spread(catalog, &mut down, Strength::Hard);
    let mut all = down.clone();
    for service in catalog.services.values() {
        let soft =
            service.depends_on.iter().any(|edge| edge.strength == Strength::Soft && down.contains(&edge.service));
        if soft {
            all.insert(service.name.clone());
        }
    }
    spread(catalog, &mut all, Strength::Hard);
    all
}

fn spread(catalog: &Catalog, set: &mut BTreeSet<ServiceName>, strength: Strength) {
    loop {
        let more = catalog.services.values().find(|service| {
            let hit =
                |edge: &wheelhouse_core::catalog::Dependency| edge.strength == strength && set.contains(&edge.service);
            !set.contains(&service.name) && service.depends_on.iter().any(hit)
        });
        let Some(more) = more else { return };
        set.insert(more.name.clone());
    }
}

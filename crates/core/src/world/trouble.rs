//! Which cases are not over, by what they are about and what they follow from.

use alloc::collections::{BTreeMap, BTreeSet};

use super::World;
use crate::case::{Case, CaseId, CaseKind, Symptom};
use crate::name::ServiceName;
use crate::record::Fact;

/// An index of the incidents that are not over.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    by_service: BTreeMap<ServiceName, BTreeSet<(bool, CaseId)>>,
    with_service: BTreeSet<(bool, CaseId)>,
    by_root: BTreeSet<(CaseId, CaseId)>,
}

/// How far up a case is followed: further than anything reaches that does not go round in circles.
const MOST_ABOVE: usize = 1_000;

/// The first name there is.
const FIRST: CaseId = CaseId { kind: CaseKind::Incident, number: 0 };

impl Trouble {
    /// Whether a fact can change where its case stands here.
    pub(super) const fn may_move(fact: &Fact) -> bool {
        matches!(fact, Fact::CaseReopened | Fact::Resolved { .. } | Fact::TeamSet { .. } | Fact::SymptomSet { .. })
    }

    /// Takes a case in, unless it is over.
    pub(super) fn note(&mut self, case: &Case) {
        if case.state.is_resolved() || case.id.kind != CaseKind::Incident {
            return;
        }
        if let Some(service) = &case.service {
            self.with_service.insert((case.drill, case.id));
            match self.by_service.get_mut(service) {
                Some(cases) => _ = cases.insert((case.drill, case.id)),
                None => _ = self.by_service.insert(service.clone(), BTreeSet::from([(case.drill, case.id)])),
            }
        }
        if let Some(symptom) = case.symptom {
            self.by_root.insert((symptom.root, case.id));
        }
    }

    /// Lets go of a case.
    pub(super) fn forget(&mut self, case: &Case) {
        self.with_service.remove(&(case.drill, case.id));
        if let Some(service) = &case.service
            && let Some(cases) = self.by_service.get_mut(service)
        {
            cases.remove(&(case.drill, case.id));
            if cases.is_empty() {
                self.by_service.remove(service);
            }
        }
        if let Some(symptom) = case.symptom {
            self.by_root.remove(&(symptom.root, case.id));
        }
    }
}

impl World {
    /// The cases about a service that are not over, kept apart for drill and real.
    pub(crate) fn trouble_on(&self, drill: bool, service: &ServiceName) -> impl Iterator<Item = &Case> {
        let cases = self.trouble.by_service.get(service).into_iter().flatten();
        cases.filter(move |(other, _)| *other == drill).filter_map(|(_, id)| self.cases.get(id))
    }

    /// Whether any case about any service is not over, beside `case`.
    pub(crate) fn is_other_trouble(&self, case: CaseId, drill: bool) -> bool {
        let from = self.trouble.with_service.range((drill, FIRST)..);
        from.take_while(|(other, _)| *other == drill).take(2).any(|(_, id)| *id != case)
    }

    /// Whether a case follows from `root`, or from what follows from it.
    pub(crate) fn follows(&self, case: &Case, root: CaseId) -> bool {
        let above = |symptom: &Symptom| self.cases.get(&symptom.root)?.symptom;
        core::iter::successors(case.symptom, above).take(MOST_ABOVE).any(|symptom| symptom.root == root)
    }

    /// The symptoms of a case that are not over, in order of name.
    pub fn symptoms_of(&self, root: CaseId) -> impl Iterator<Item = &Case> {
        let from = self.trouble.by_root.range((root, FIRST)..);
        from.take_while(move |(other, _)| *other == root).filter_map(|(_, id)| self.cases.get(id))
    }
}

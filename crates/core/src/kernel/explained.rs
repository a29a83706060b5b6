//! Whoever was paged for what turns out to follow from another case is not left with that page: they
//! hear once which case explains it, by that case, so that it says who has it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Draft;
use crate::case::{Case, CaseId};
use crate::name::PersonName;
use crate::notify::{Message, Purpose, Recipient, Stage};
use crate::record::Why;

/// The most cases that one such notice names.
const MOST_NAMED: usize = 5;

/// Who was paged for what follows from one root, and for which cases.
#[derive(Default)]
pub(super) struct Woken(BTreeMap<PersonName, Vec<CaseId>>);

impl Woken {
    /// Notes who was paged, before, for what is a symptom now: unless it pages still, or somebody has it. It does
    /// not matter whether its escalation paged them or a person did, nor whether it was silenced since.
    pub(super) fn hold(&mut self, symptom: &Case, before: BTreeSet<PersonName>) {
        if symptom.state.wants_acknowledgement() && symptom.escalation.is_none() {
            self.add(symptom.id, before);
        }
    }

    fn add(&mut self, symptom: CaseId, people: impl IntoIterator<Item = PersonName>) {
        for person in people {
            self.0.entry(person).or_default().push(symptom);
        }
    }

    /// Tells each of them once by the root, but for those who have to do with that one anyway.
    pub(super) fn inform(self, root: &mut Draft<'_>) {
        for (person, mut symptoms) in self.0 {
            if root.case.involved.contains(&person) {
                continue;
            }
            let more = u32::try_from(symptoms.len().saturating_sub(MOST_NAMED)).unwrap_or(u32::MAX);
            symptoms.truncate(MOST_NAMED);
            let why = Why::ExplainsPages { symptoms, more };
            root.queue(Recipient::Person(person), Purpose::Informed { stage: Stage::Explains }, why);
        }
    }
}

/// A page reached its recipient after its case had become a symptom: it crossed what would have told them.
pub(super) fn crossed(draft: &mut Draft<'_>, page: &Message) {
    let is_held = draft.case.state.wants_acknowledgement() && draft.case.escalation.is_none();
    let root = draft.root().filter(|root| is_held && !root.state.is_resolved()).map(|root| root.id);
    let (Some(root), Recipient::Person(person)) = (root, &page.recipient) else {
        return;
    };
    if let Ok(mut above) = draft.beside(root) {
        let mut woken = Woken::default();
        woken.add(draft.case.id, [person.clone()]);
        woken.inform(&mut above);
        draft.add(above.finish());
    }
}

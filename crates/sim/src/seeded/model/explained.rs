//! Who was paged for what turns out to follow from another case, and hears of that one.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::case::CaseId;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Entry, Fact, Why};

use super::{Cause, Model, Phase};

impl Model {
    /// Follows who got a page, and who has had to do with a case. Before anything else of an entry is
    /// followed, but for the opening of its case.
    pub(super) fn follow_people(&mut self, entry: &Entry) {
        if let Fact::MessageAccepted { message, recipient: Recipient::Person(person), crossed_acknowledgement, .. } =
            &entry.fact
            && self.messages.get(message).is_some_and(|row| row.is_page)
            && !crossed_acknowledgement
            && let Some(case) = self.cases.get_mut(&message.case).filter(|case| case.phase == Phase::Open)
        {
            case.paged.insert(person.clone());
        }
        let Some(case) = entry.subject.and_then(|id| self.cases.get_mut(&id)) else { return };
        match (&entry.fact, &entry.actor) {
            (Fact::EscalationSet { next: None }, _) => case.paged.clear(),
            (Fact::EscalationStepped { people, .. }, _) => case.involved.extend(people.iter().cloned()),
            (Fact::MessageQueued { recipient: Recipient::Person(person), purpose: Purpose::Page, .. }, _) => {
                case.involved.insert(person.clone());
            }
            (fact, Actor::Person(person)) => {
                if let Fact::RoleSet { person: Some(person), .. } = fact {
                    case.involved.insert(person.clone());
                }
                let handles = matches!(
                    fact,
                    Fact::CaseReopened
                        | Fact::SeverityChanged { .. }
                        | Fact::Acknowledged { .. }
                        | Fact::OwnerSet { .. }
                        | Fact::TeamSet { .. }
                        | Fact::RoleSet { .. }
                        | Fact::Updated
                        | Fact::Mitigated { .. }
                        | Fact::Resolved { .. }
                        | Fact::Run(_)
                );
                if handles {
                    case.involved.insert(person.clone());
                }
            }
            _ => {}
        }
        if matches!(entry.fact, Fact::Acknowledged { .. } | Fact::Mitigated { .. } | Fact::Resolved { .. }) {
            case.paged.clear();
        }
    }

    /// Whoever got a page for a case that nobody is paged for any more, since it follows from another one, hears
    /// of that one: once for all such cases of a plan, and only if they know nothing of it.
    pub(super) fn explained_as_expected(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
    ) -> Result<(), String> {
        let mut expected: BTreeMap<(CaseId, &PersonName), BTreeSet<CaseId>> = BTreeMap::new();
        for (id, is) in &self.cases {
            let (Some(was), Some((root, _))) = (before.cases.get(id), is.root) else { continue };
            let is_new = was.root.is_none_or(|(before, _)| before != root);
            // By whom they were paged, and what else holds further pages back, is all the same.
            let rests = is.phase == Phase::Open && is.pending.is_none();
            let Some(above) = self.cases.get(&root).filter(|_| is_new && rests) else { continue };
            for person in was.paged.difference(&above.involved) {
                expected.entry((root, person)).or_default().insert(*id);
            }
        }
        let mut happened: BTreeMap<(CaseId, &PersonName), BTreeSet<CaseId>> = BTreeMap::new();
        for entry in entries {
            let Fact::MessageQueued {
                message,
                recipient: Recipient::Person(person),
                purpose: Purpose::Informed { stage: Stage::Explains },
                ..
            } = &entry.fact
            else {
                continue;
            };
            let Some(Why::ExplainsPages { symptoms, .. }) = &entry.why else {
                return Err(format!("symptom: {message} does not say what it explains"));
            };
            if happened.insert((message.case, person), symptoms.iter().copied().collect()).is_some() {
                return Err(format!("symptom: {person} hears twice of {}", message.case));
            }
        }
        // A page that crossed is explained when its channel says that it had it.
        let crosses = |entry: &Entry| matches!(entry.fact, Fact::MessageAccepted { crossed_acknowledgement: true, .. });
        if matches!(cause, Cause::Command(_)) && entries.iter().any(crosses) {
            return Ok(());
        }
        // Only the first few are named.
        let shortened: BTreeMap<_, BTreeSet<CaseId>> =
            expected.into_iter().map(|(whom, cases)| (whom, cases.into_iter().take(5).collect())).collect();
        if happened == shortened {
            Ok(())
        } else {
            Err(format!("symptom: those who were paged should hear {shortened:?}\nand hear {happened:?}"))
        }
    }
}

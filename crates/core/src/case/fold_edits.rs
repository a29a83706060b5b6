//! How a case follows from what people edit, and from what goes on around it.

use alloc::vec::Vec;

use super::fold::text;
use super::{Case, CaseSilence, Flapping, Link, Paged, Relation, SeveritySetBy, Symptom};
use crate::change::NearChange;
use crate::name::PersonName;
use crate::record::{Actor, Entry, Fact, FoundChange};
use crate::time::Timestamp;

impl Case {
    /// Follows what people edit.
    pub(super) fn follow_edit(&mut self, entry: &Entry) {
        let actor = &entry.actor;
        match &entry.fact {
            Fact::SeverityChanged { to, .. } => {
                self.severity = *to;
                if matches!(actor, Actor::Person(_) | Actor::Bootstrap) {
                    self.severity_set_by = SeveritySetBy::Person;
                }
            }
            Fact::OwnerSet { owner } => self.owner.clone_from(owner),
            Fact::TeamSet { team, service } => {
                self.team = team.clone();
                if service.is_some() {
                    self.service.clone_from(service);
                }
            }
            Fact::RoleSet { role, person: Some(person) } => {
                self.roles.insert(*role, person.clone());
                self.involved.insert(person.clone());
            }
            Fact::RoleSet { role, person: None } => {
                self.roles.remove(role);
            }
            Fact::Updated => {
                self.last_update = text(entry, "text");
                self.updated_at = Some(entry.at);
            }
            Fact::KeyEventSet(set) if set.key => drop(self.key_events.insert(set.entry)),
            Fact::KeyEventSet(set) => drop(self.key_events.remove(&set.entry)),
            Fact::FileAttached(file) => self.attachments = self.attachments.with(file.number, file.kib),
            Fact::Linked { link } => self.links.push(link.clone()),
            _ => {}
        }
    }

    /// Follows a page: those of one instant are one, and so are several to one person.
    pub(super) fn follow_page(&mut self, person: &PersonName, at: Timestamp) {
        match &mut self.paged {
            Some(paged) if paged.at == at && paged.people.contains(person) => {}
            Some(paged) if paged.at == at => paged.people.push(person.clone()),
            paged => *paged = Some(Paged { at, people: Vec::from([person.clone()]) }),
        }
    }

    /// Follows silences, and what changed before the trouble began.
    pub(super) fn follow_around(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::CaseSilenced { silences, until } => {
                self.escalation = None;
                self.silenced = Some(CaseSilence { silences: silences.clone(), until: *until });
            }
            Fact::CaseUnsilenced => self.silenced = None,
            Fact::ChangeFound(FoundChange { change, at, before, path, hard }) => {
                self.changed = Some(NearChange {
                    number: *change,
                    at: *at,
                    before: *before,
                    path: path.clone(),
                    hard: *hard,
                    words: text(entry, "text").unwrap_or_default(),
                });
            }
            _ => {}
        }
    }

    /// Follows what it is a symptom of, and whether it comes and goes.
    pub(super) fn follow_storm(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::SymptomSet { root: Some(root), release_at } => {
                self.symptom = Some(Symptom { root: *root, release_at: *release_at });
                let link = Link { relation: Relation::CausedBy, case: Some(*root), url: None };
                if !self.links.contains(&link) {
                    self.links.push(link);
                }
            }
            Fact::SymptomSet { root: None, .. } => self.symptom = None,
            Fact::FlappingBegun => self.flapping = Some(Flapping { since: entry.at, over_at: None }),
            Fact::QuietSet { over_at } => {
                self.flapping = self.flapping.map(|flapping| Flapping { over_at: *over_at, ..flapping });
            }
            Fact::Unlinked { link } => self.links.retain(|known| known != link),
            _ => {}
        }
    }
}

//! The drafts of a load as a whole: which names they define, and whether all of them could be read.

use alloc::string::String;

use super::draft::{Document, Drafts};
use super::kind::Kind;
use super::place::At;

impl Drafts {
    /// Every name that is defined, with its kind, in order of kind and then of reading.
    pub fn names(&self) -> impl Iterator<Item = (Kind, &At<String>)> {
        fn of<T>(kind: Kind, documents: &[Document<T>]) -> impl Iterator<Item = (Kind, &At<String>)> {
            documents.iter().map(move |document| (kind, &document.name))
        }
        of(Kind::Organization, &self.organizations)
            .chain(of(Kind::Team, &self.teams))
            .chain(of(Kind::Person, &self.people))
            .chain(of(Kind::Service, &self.services))
            .chain(of(Kind::Schedule, &self.schedules))
            .chain(of(Kind::Escalation, &self.escalations))
            .chain(of(Kind::Audience, &self.audiences))
            .chain(of(Kind::Rule, &self.rules))
            .chain(of(Kind::Source, &self.sources))
            .chain(of(Kind::Drill, &self.drills))
            .chain(of(Kind::Channel, &self.channels))
            .chain(of(Kind::Automation, &self.automations))
            .chain(of(Kind::Runner, &self.runners))
            .chain(self.broken.iter().map(|(kind, name)| (*kind, name)))
    }

    /// Whether every document could be read in full.
    pub fn is_whole(&self) -> bool {
        fn whole<T>(documents: &[Document<T>]) -> bool {
            documents.iter().all(|document| !document.partial)
        }
        self.broken.is_empty()
            && whole(&self.organizations)
            && whole(&self.teams)
            && whole(&self.people)
            && whole(&self.services)
            && whole(&self.schedules)
            && whole(&self.escalations)
            && whole(&self.audiences)
            && whole(&self.rules)
            && whole(&self.sources)
            && whole(&self.drills)
            && whole(&self.channels)
            && whole(&self.automations)
            && whole(&self.runners)
            && self.runbooks.iter().all(|runbook| !runbook.partial)
    }
}

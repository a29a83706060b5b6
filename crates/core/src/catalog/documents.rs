//! Documents: which one a place is in, and on which ones the operation of a service rests.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::draft::Drafts;
use super::kind::Kind;
use super::model::{Catalog, Service, Target};
use super::place::Place;
use crate::name::{PersonName, ScheduleName};

/// Where documents stand, by file and offset.
#[derive(Clone, Debug, Default)]
pub struct Documents(BTreeMap<u32, BTreeMap<u32, (Kind, String)>>);

impl Documents {
    /// The documents of one load.
    pub fn of(drafts: &Drafts) -> Self {
        let mut documents = Self::default();
        macro_rules! all {
            ($($shelf:ident as $kind:ident)*) => {$(
                for one in &drafts.$shelf {
                    let at = one.name.place;
                    let named = (Kind::$kind, one.name.value.to_string());
                    documents.0.entry(at.file).or_default().insert(at.start, named);
                }
            )*};
        }
        all! {
            organizations as Organization teams as Team people as Person services as Service schedules as Schedule
            escalations as Escalation audiences as Audience rules as Rule sources as Source drills as Drill
            channels as Channel automations as Automation runners as Runner
        }
        documents
    }

    /// The document that a place is in. One is known by where its name stands, which is at its beginning.
    pub fn at(&self, place: Place) -> Option<&(Kind, String)> {
        let file = self.0.get(&place.file)?;
        let before = file.range(..=place.start).next_back();
        before.or_else(|| file.iter().next()).map(|(_, document)| document)
    }
}

/// The documents on which the operation of a service rests: its own, its team's, its escalation's, and those of
/// schedules and people that are paged for it.
pub fn documents_of(catalog: &Catalog, service: &Service) -> BTreeSet<(Kind, String)> {
    let mut documents =
        BTreeSet::from([(Kind::Service, service.name.to_string()), (Kind::Team, service.team.to_string())]);
    let team = catalog.teams.get(&service.team);
    let mut people: BTreeSet<&PersonName> = team.into_iter().flat_map(|team| &team.members).collect();
    let mut schedules: BTreeSet<&ScheduleName> = BTreeSet::new();
    let name = service.escalation.as_ref().or_else(|| team?.escalation.as_ref());
    if let Some(escalation) = name.and_then(|name| catalog.escalations.get(name)) {
        documents.insert((Kind::Escalation, escalation.name.to_string()));
        for target in escalation.steps.iter().flat_map(|step| &step.page) {
            match target {
                Target::Person(person) => drop(people.insert(person)),
                Target::Schedule(schedule) => drop(schedules.insert(schedule)),
                Target::Team(team) => {
                    documents.insert((Kind::Team, team.to_string()));
                    people.extend(catalog.teams.get(team).into_iter().flat_map(|team| &team.members));
                }
            }
        }
    }
    for schedule in schedules.iter().filter_map(|name| catalog.schedules.get(*name)) {
        documents.insert((Kind::Schedule, schedule.name.to_string()));
        people.extend(schedule.layers.iter().flat_map(|layer| &layer.rotation.people));
    }
    let people: Vec<_> = people.into_iter().map(|person| (Kind::Person, person.to_string())).collect();
    documents.extend(people);
    documents
}

//! From drafts that passed every check to the catalog.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::dependents::Dependents;
use super::super::draft::{
    ActionDraft, AudienceDraft, Document, Drafts, DrillDraft, EscalationDraft, LayerDraft, OrganizationDraft,
    PersonDraft, RuleDraft, ScheduleDraft, ServiceDraft, SourceDraft, TeamDraft,
};
use super::super::model::{
    Action, Audience, Catalog, Dependency, Escalation, Organization, Person, Rule, Service, Source, Stakeholder, Step,
    Team,
};
use super::super::place::At;
use super::values;
use crate::case::Severity;
use crate::drill::{Cue, Drill, Expectation};
use crate::name::{
    AudienceName, DrillName, EscalationName, PersonName, RuleName, ScheduleName, ServiceName, SourceName, TeamName,
};
use crate::oncall::{Layer, Override, Rotation, Schedule};
use crate::time::{Duration, Timestamp};

/// The place of a rule that names none.
pub const DEFAULT_ORDER: i32 = 100;
const DEFAULT_TIER: u8 = 3;
const DEFAULT_REPEAT: u32 = 1;
const DEFAULT_FALLBACK_EVERY: Duration = Duration::from_minutes(15);
const DEFAULT_NOTICES_SETTLE: Duration = Duration::from_seconds(15);
const DEFAULT_REOPEN_WITHIN: Duration = Duration::from_minutes(10);
const DEFAULT_ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_hours(2);
const DEFAULT_SOURCE_TIMEOUT: Duration = Duration::from_minutes(5);

/// Builds the catalog; `None` if the drafts did not pass the checks after all.
pub fn build(drafts: Drafts, version: String) -> Option<Catalog> {
    let organization = organization(drafts.organizations.into_iter().next()?);
    let acknowledgement_timeout = organization.acknowledgement_timeout;
    let services: BTreeMap<ServiceName, Service> = drafts.services.into_iter().map(service).collect::<Option<_>>()?;
    let mut rules: Vec<Rule> = drafts.rules.into_iter().map(rule).collect::<Option<_>>()?;
    rules.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    Some(Catalog {
        version,
        organization,
        teams: teams(drafts.teams)?,
        people: people(drafts.people)?,
        dependents: Dependents::of(&services),
        services,
        schedules: drafts
            .schedules
            .iter()
            .map(|document| Some((name(&document.name, ScheduleName::new)?, schedule(document)?)))
            .collect::<Option<_>>()?,
        escalations: drafts
            .escalations
            .into_iter()
            .map(|document| escalation(document, acknowledgement_timeout))
            .collect::<Option<_>>()?,
        audiences: audiences(drafts.audiences)?,
        rules: rules.into(),
        sources: sources(drafts.sources)?,
        channels: drafts
            .channels
            .iter()
            .map(|document| super::channels::build(document).map(|channel| (channel.name.clone(), channel)))
            .collect::<Option<_>>()?,
        drills: drills(drafts.drills)?,
        automations: super::automations::build(drafts.automations, &drafts.runbooks)?,
        runners: super::runners::build(drafts.runners)?,
        runbooks: super::runbooks::build(drafts.runbooks),
    })
}

/// The name that a document defines.
fn name<N, E>(at: &At<String>, make: impl FnOnce(&str) -> Result<N, E>) -> Option<N> {
    make(&at.value).ok()
}

fn values<T>(list: Vec<At<T>>) -> Vec<T> {
    list.into_iter().map(|at| at.value).collect()
}

fn value<T>(at: Option<At<T>>) -> Option<T> {
    at.map(|at| at.value)
}

fn texts(notes: BTreeMap<String, At<String>>) -> BTreeMap<String, String> {
    notes.into_iter().map(|(label, text)| (label, text.value)).collect()
}

fn organization(document: Document<OrganizationDraft>) -> Organization {
    let says = document.body;
    Organization {
        name: document.name.value,
        summary: value(says.summary),
        default_team: says.default_team.value,
        fallback: says.fallback.value,
        fallback_every: value(says.fallback_every).unwrap_or(DEFAULT_FALLBACK_EVERY),
        notices_settle: value(says.notices_settle).unwrap_or(DEFAULT_NOTICES_SETTLE),
        reopen_within: value(says.reopen_within).unwrap_or(DEFAULT_REOPEN_WITHIN),
        acknowledgement_timeout: value(says.acknowledgement_timeout).unwrap_or(DEFAULT_ACKNOWLEDGEMENT_TIMEOUT),
        automations_per_hour: value(says.automations_per_hour).unwrap_or(crate::automation::DEFAULT_AN_HOUR),
        repositories: says.repositories.into_iter().map(|entry| super::repositories::charter(entry.value)).collect(),
        signed_runbooks: says.signed_runbooks,
    }
}

fn teams(documents: Vec<Document<TeamDraft>>) -> Option<BTreeMap<TeamName, Team>> {
    let team = |document: Document<TeamDraft>| {
        let (name, says) = (name(&document.name, TeamName::new)?, document.body);
        let team = Team {
            name: name.clone(),
            summary: value(says.summary),
            members: values(says.members.value),
            contacts: values(says.contacts),
            escalation: value(says.escalation),
            roles: values(says.roles),
        };
        Some((name, team))
    };
    documents.into_iter().map(team).collect()
}

fn people(documents: Vec<Document<PersonDraft>>) -> Option<BTreeMap<PersonName, Person>> {
    let person = |document: Document<PersonDraft>| {
        let (name, says) = (name(&document.name, PersonName::new)?, document.body);
        let person = Person {
            display_name: value(says.display_name).unwrap_or(document.name.value),
            name: name.clone(),
            contacts: values(says.contacts),
            time_zone: value(says.time_zone),
        };
        Some((name, person))
    };
    documents.into_iter().map(person).collect()
}

fn service(document: Document<ServiceDraft>) -> Option<(ServiceName, Service)> {
    let (name, says) = (name(&document.name, ServiceName::new)?, document.body);
    let service = Service {
        name: name.clone(),
        team: says.team.value,
        summary: value(says.summary),
        tier: value(says.tier).map_or(Some(DEFAULT_TIER), |tier| u8::try_from(tier).ok())?,
        depends_on: says
            .depends_on
            .into_iter()
            .map(|(service, strength)| Dependency { service: service.value, strength })
            .collect(),
        stakeholders: says
            .stakeholders
            .into_iter()
            .map(|(audience, from)| Stakeholder { audience: audience.value, from })
            .collect(),
        matches: values(says.matches),
        escalation: value(says.escalation),
        objectives: texts(says.objectives),
        links: texts(says.links),
    };
    Some((name, service))
}

/// Builds one schedule; `None` if its zone, or a date of it, does not exist.
pub fn schedule(document: &Document<ScheduleDraft>) -> Option<Schedule> {
    let says = &document.body;
    let time_zone = values::zone(&says.time_zone.value)?;
    let layers = says.layers.iter().flat_map(|layers| &layers.value).chain(&says.rotation);
    let overrides = says.overrides.iter().map(|exception| {
        Some(Override {
            person: exception.value.person.value.clone(),
            from: instant(exception.value.from.value, &time_zone)?,
            until: instant(exception.value.until.value, &time_zone)?,
            held_over: false,
        })
    });
    Some(Schedule {
        name: name(&document.name, ScheduleName::new)?,
        team: says.team.value.clone(),
        layers: layers.map(|layer| self::layer(&layer.value)).collect(),
        overrides: overrides.collect::<Option<_>>()?,
        time_zone,
    })
}

fn layer(says: &LayerDraft) -> Layer {
    Layer {
        rotation: Rotation {
            people: says.people.value.iter().map(|person| person.value.clone()).collect(),
            start: says.start.value,
            every: says.every.value,
        },
        from: says.from.as_ref().map(|from| from.value),
        until: says.until.as_ref().map(|until| until.value),
    }
}

/// The instant of a local time; in a gap the one as far after it, in a fold the first.
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::from_jiff)
}

fn escalation(document: Document<EscalationDraft>, timeout: Duration) -> Option<(EscalationName, Escalation)> {
    let (name, says) = (name(&document.name, EscalationName::new)?, document.body);
    let steps = says
        .steps
        .value
        .into_iter()
        .map(|step| Step { after: value(step.after).unwrap_or(Duration::ZERO), page: values(step.page.value) });
    let escalation = Escalation {
        name: name.clone(),
        team: says.team.value,
        from: says.from.unwrap_or(Severity::Sev4),
        steps: steps.collect(),
        repeat: value(says.repeat).unwrap_or(DEFAULT_REPEAT),
        acknowledgement_timeout: value(says.acknowledgement_timeout).unwrap_or(timeout),
    };
    Some((name, escalation))
}

fn audiences(documents: Vec<Document<AudienceDraft>>) -> Option<BTreeMap<AudienceName, Audience>> {
    let audience = |document: Document<AudienceDraft>| {
        let (name, says) = (name(&document.name, AudienceName::new)?, document.body);
        let audience = Audience {
            name: name.clone(),
            summary: value(says.summary),
            contacts: values(says.contacts),
            people: values(says.people),
        };
        Some((name, audience))
    };
    documents.into_iter().map(audience).collect()
}

fn rule(document: Document<RuleDraft>) -> Option<Rule> {
    let says = document.body;
    Some(Rule {
        name: name(&document.name, RuleName::new)?,
        team: says.team.value,
        order: says.order.unwrap_or(DEFAULT_ORDER),
        when: says.when.value,
        action: match says.then {
            ActionDraft::Incident { severity, service, resolve } => {
                Action::Incident { severity, service: value(service), resolve }
            }
            ActionDraft::Drop => Action::Drop,
        },
    })
}

fn sources(documents: Vec<Document<SourceDraft>>) -> Option<BTreeMap<SourceName, Source>> {
    let source = |document: Document<SourceDraft>| {
        let (name, says) = (name(&document.name, SourceName::new)?, document.body);
        let source = Source {
            name: name.clone(),
            team: says.team.value,
            summary: value(says.summary),
            timeout: value(says.timeout).unwrap_or(DEFAULT_SOURCE_TIMEOUT),
        };
        Some((name, source))
    };
    documents.into_iter().map(source).collect()
}

fn drills(documents: Vec<Document<DrillDraft>>) -> Option<BTreeMap<DrillName, Drill>> {
    let drill = |document: Document<DrillDraft>| {
        let (name, says) = (name(&document.name, DrillName::new)?, document.body);
        let mut signals: Vec<Cue> = values(says.signals.value)
            .into_iter()
            .map(|cue| Cue {
                at: cue.at.value,
                labels: cue.labels.value.iter().collect(),
                annotations: cue.annotations.iter().collect(),
                resolved: cue.resolved,
            })
            .collect();
        signals.sort_by_key(|cue| cue.at);
        let expect = values(says.expect.value).into_iter().map(|expectation| {
            let (of, within) = (value(expectation.of), value(expectation.within));
            Some(Expectation { what: expectation.what.into_iter().next()?, of, within })
        });
        let drill = Drill {
            name: name.clone(),
            team: says.team.value,
            summary: value(says.summary),
            source: value(says.source),
            signals,
            expect: expect.collect::<Option<_>>()?,
        };
        Some((name, drill))
    };
    documents.into_iter().map(drill).collect()
}

//! Document by document: whatever makes a catalog unusable.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::super::draft::{
    ActionDraft, AudienceDraft, Document, Drafts, OrganizationDraft, PersonDraft, RuleDraft, ServiceDraft, SourceDraft,
    TeamDraft,
};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::known::nearest;
use super::super::limits;
use super::super::model::{Contact, Target};
use super::super::place::{At, Place};
use super::names::{Names, listed};
use super::values;
use crate::automation::MOST_STARTS;
use crate::name::PersonName;

/// The roles that members of a team can hold.
pub(super) const ROLES: [&str; 5] = ["administrator", "operator", "auditor", "data-protection", "legal"];

/// Checks every document.
pub fn check(drafts: &Drafts, names: &Names<'_>, findings: &mut Vec<Finding>) {
    let mut check = Check { names, findings };
    drafts.organizations.iter().for_each(|document| check.organization(&document.body));
    drafts.teams.iter().for_each(|document| check.team(document));
    drafts.people.iter().for_each(|document| check.person(&document.body));
    drafts.services.iter().for_each(|document| check.service(document));
    drafts.schedules.iter().for_each(|document| check.schedule(document));
    drafts.escalations.iter().for_each(|document| check.escalation(document));
    drafts.audiences.iter().for_each(|document| check.audience(&document.body));
    drafts.rules.iter().for_each(|document| check.rule(&document.body));
    drafts.sources.iter().for_each(|document| check.source(&document.body));
    drafts.drills.iter().for_each(|document| check.drill(document));
}

/// The names there are, and what is wrong so far.
pub(super) struct Check<'c> {
    names: &'c Names<'c>,
    pub(super) findings: &'c mut Vec<Finding>,
}

impl Check<'_> {
    pub(super) fn name<N: ToString>(&mut self, kind: Kind, name: &At<N>) {
        self.names.resolve(kind, &name.value.to_string(), name.place, self.findings);
    }

    pub(super) fn target(&mut self, target: &At<Target>) {
        let (kind, name) = match &target.value {
            Target::Schedule(name) => (Kind::Schedule, name.as_str()),
            Target::Person(name) => (Kind::Person, name.as_str()),
            Target::Team(name) => (Kind::Team, name.as_str()),
        };
        self.names.resolve(kind, name, target.place, self.findings);
    }

    pub(super) fn people(&mut self, people: &[At<PersonName>]) {
        people.iter().for_each(|person| self.name(Kind::Person, person));
    }

    fn contacts(&mut self, contacts: &[At<Contact>]) {
        if let Some(first) = contacts.first() {
            values::check_count("contacts", contacts.len(), limits::MOST_CONTACTS, first.place, self.findings);
        }
    }

    fn organization(&mut self, says: &OrganizationDraft) {
        values::check_summary(says.summary.as_ref(), self.findings);
        self.name(Kind::Team, &says.default_team);
        self.target(&says.fallback);
        let every = says.fallback_every.as_ref();
        values::check_bounds("`fallback_every`", every, limits::FALLBACK_EVERY, self.findings);
        let within = says.reopen_within.as_ref();
        values::check_bounds("`reopen_within`", within, limits::REOPEN_WITHIN, self.findings);
        let timeout = says.acknowledgement_timeout.as_ref();
        values::check_bounds("`acknowledgement_timeout`", timeout, limits::ACKNOWLEDGEMENT_TIMEOUT, self.findings);
        let settle = says.notices_settle.as_ref();
        values::check_bounds("`notices_settle`", settle, limits::NOTICES_SETTLE, self.findings);
        values::check_number(says.automations_per_hour.as_ref(), (1, MOST_STARTS), self.findings);
    }

    fn team(&mut self, document: &Document<TeamDraft>) {
        let says = &document.body;
        let members = &says.members;
        values::check_summary(says.summary.as_ref(), self.findings);
        values::check_some("members", members.value.len(), document.partial, members.place, self.findings);
        values::check_count("members", members.value.len(), limits::MOST_PEOPLE, members.place, self.findings);
        values::check_once(members.value.iter(), self.findings);
        self.people(&members.value);
        self.contacts(&says.contacts);
        if let Some(escalation) = &says.escalation {
            self.name(Kind::Escalation, escalation);
        }
        values::check_once(says.roles.iter(), self.findings);
        for role in says.roles.iter().filter(|role| !ROLES.contains(&role.value.as_str())) {
            let help = nearest(&role.value, ROLES).map_or_else(
                || format!("the roles are {}", listed(&ROLES)),
                |meant| format!("did you mean `{meant}`?"),
            );
            let message = format!("`{}` is not a role", values::shown(&role.value));
            let finding = Finding::error(Code::BadValue, role.place, message);
            self.findings.push(finding.label("no role has this name").help(help));
        }
    }

    fn person(&mut self, says: &PersonDraft) {
        if let Some(name) = &says.display_name {
            values::check_length("this name", &name.value, limits::LONGEST_LINE, name.place, self.findings);
        }
        self.contacts(&says.contacts);
        if let Some(zone) = &says.time_zone {
            values::check_zone(zone, self.findings);
        }
    }

    fn service(&mut self, document: &Document<ServiceDraft>) {
        let (says, place) = (&document.body, document.name.place);
        self.name(Kind::Team, &says.team);
        values::check_summary(says.summary.as_ref(), self.findings);
        if let Some(tier) = says.tier.as_ref().filter(|tier| !(1..=4).contains(&tier.value)) {
            let finding = Finding::error(Code::OutOfRange, tier.place, format!("tier {} does not exist", tier.value));
            self.findings.push(finding.label("expected 1 to 4").help("1 is most critical, 4 is least"));
        }
        values::check_count("dependencies", says.depends_on.len(), limits::MOST_EDGES, place, self.findings);
        values::check_once(says.depends_on.iter().map(|(service, _)| service), self.findings);
        for (service, _) in &says.depends_on {
            if service.value.as_str() == document.name.value {
                let message = format!("service `{}` depends on itself", document.name.value);
                let finding = Finding::error(Code::SelfDependency, service.place, message);
                self.findings.push(finding.label("the service itself").help("leave it out"));
            } else {
                self.name(Kind::Service, service);
            }
        }
        values::check_count("stakeholders", says.stakeholders.len(), limits::MOST_EDGES, place, self.findings);
        values::check_once(says.stakeholders.iter().map(|(audience, _)| audience), self.findings);
        for (audience, _) in &says.stakeholders {
            self.name(Kind::Audience, audience);
        }
        if let Some(escalation) = &says.escalation {
            self.name(Kind::Escalation, escalation);
        }
        self.labels(says, place);
        for notes in [&says.objectives, &says.links] {
            values::check_count("entries", notes.len(), limits::MOST_NOTES, place, self.findings);
            for (label, text) in notes {
                values::check_length("this label", label, limits::LONGEST_LINE, text.place, self.findings);
                values::check_length("this text", &text.value, limits::LONGEST_LINE, text.place, self.findings);
            }
        }
    }

    fn labels(&mut self, says: &ServiceDraft, place: Place) {
        values::check_count("label sets", says.matches.len(), limits::MOST_LABELS, place, self.findings);
        for set in &says.matches {
            values::check_count("labels", set.value.len(), limits::MOST_LABELS, set.place, self.findings);
            if set.value.is_empty() {
                let finding = Finding::error(Code::EmptyList, set.place, "this label set is empty");
                let help = "name at least one label; an empty set would match every signal";
                self.findings.push(finding.label("expected at least one label").help(help));
            }
            for text in set.value.iter().flat_map(|(label, value)| [label, value]) {
                values::check_length("a label", text, limits::LONGEST_LINE, set.place, self.findings);
            }
        }
    }

    fn audience(&mut self, says: &AudienceDraft) {
        values::check_summary(says.summary.as_ref(), self.findings);
        self.contacts(&says.contacts);
        if let Some(first) = says.people.first() {
            values::check_count("people", says.people.len(), limits::MOST_PEOPLE, first.place, self.findings);
        }
        values::check_once(says.people.iter(), self.findings);
        self.people(&says.people);
    }

    fn rule(&mut self, says: &RuleDraft) {
        self.name(Kind::Team, &says.team);
        if let ActionDraft::Incident { service: Some(service), .. } = &says.then {
            self.name(Kind::Service, service);
        }
    }

    fn source(&mut self, says: &SourceDraft) {
        self.name(Kind::Team, &says.team);
        values::check_summary(says.summary.as_ref(), self.findings);
        values::check_bounds("`timeout`", says.timeout.as_ref(), limits::SOURCE_TIMEOUT, self.findings);
    }
}

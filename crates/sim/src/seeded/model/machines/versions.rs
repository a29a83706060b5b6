//! Which versions of runbooks may run: by who changed them, and whose word lets the others.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::catalog::{Authored, Catalog, Contact, History};
use wheelhouse_core::kernel::{Approval, CatalogChange, Command, What};
use wheelhouse_core::name::{PersonName, RoleName};
use wheelhouse_core::record::{Actor, Entry, Fact, VersionFact};
use wheelhouse_core::runbook::{Judgement, Runbook, RunbookHash, RunbookName};
use wheelhouse_core::time::Timestamp;

use super::super::{Cause, Model};
use super::{Machines, Plan};

/// What is held of runbooks.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// The commit that is in force, if the hub was ever told of one.
    commit: Option<String>,
    known: BTreeMap<RunbookName, MVersion>,
}

#[derive(Clone, Debug)]
struct MVersion {
    /// Who may change it, by the last version that was trusted.
    mandate: Mandate,
    /// The version that may not run, and who had a part in what is doubted of it, as far as they are known.
    doubted: Option<(RunbookHash, BTreeSet<Option<PersonName>>)>,
}

#[derive(Clone, Debug)]
struct Mandate {
    version: Option<RunbookHash>,
    edit: Vec<RoleName>,
    approve: Vec<RoleName>,
    /// The version itself says who may change it.
    said: bool,
}

impl Mandate {
    fn of(runbook: &Runbook) -> Self {
        let (edit, approve) = (&runbook.front.roles.edit, &runbook.front.roles.approve);
        let keepers = Self::of_new(&runbook.name).edit;
        let said = !edit.is_empty();
        let edit = if said { edit.clone() } else { keepers };
        let approve = if approve.is_empty() { edit.clone() } else { approve.clone() };
        Self { version: Some(runbook.hash.clone()), edit, approve, said }
    }

    /// The team keeps it whose repository it is in.
    fn of_new(runbook: &RunbookName) -> Self {
        let edit: Vec<RoleName> = RoleName::new(runbook.repository().as_str()).into_iter().collect();
        Self { version: None, approve: edit.clone(), edit, said: false }
    }
}

/// A catalog that comes into force.
struct Adoption<'a> {
    before: &'a Model,
    authored: Option<&'a Authored>,
    now: Timestamp,
}

impl Machines {
    /// Follows what a catalog that comes into force means for versions of runbooks; says where the hub holds otherwise.
    pub(super) fn judged(
        &mut self,
        before: &Model,
        (after, change): (&Catalog, &CatalogChange),
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let adoption = Adoption { before, authored: change.repositories.first(), now };
        for runbook in after.runbooks.values() {
            let old = before.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(&runbook.name));
            if old.is_none_or(|old| old.hash != runbook.hash) {
                self.versions.judge(&adoption, runbook, old.is_some());
            }
            let said = entries.iter().filter_map(about).find(|fact| fact.runbook == runbook.name);
            let doubted = self.versions.known.get(&runbook.name).and_then(|known| known.doubted.clone());
            let is_news = old.is_none_or(|old| old.hash != runbook.hash);
            held_as(runbook, said, doubted.filter(|_| is_news).map(|(_, people)| people))?;
        }
        let is_gone = |name: &RunbookName| !after.runbooks.contains_key(name);
        for (_, gone) in self.versions.known.iter_mut().filter(|(name, _)| is_gone(name)) {
            gone.doubted = None;
        }
        if let Some(authored) = adoption.authored {
            self.versions.commit = Some(authored.revision.revision.clone());
        }
        Ok(())
    }

    /// A person let a version run that nobody could run before.
    pub(super) fn approved(&mut self, plan: Plan<'_>, entry: &Entry, fact: &VersionFact) -> Result<(), String> {
        let asked = matches!(&plan.cause, Cause::Command(Command { what: What::ApproveVersion(asked), actor, .. })
            if asked.runbook == fact.runbook && asked.version == fact.version && *actor == entry.actor);
        let Actor::Person(person) = &entry.actor else { return Err("only people approve".into()) };
        if !asked || !plan.model.lets_approve(self, &fact.runbook, person, plan.now) {
            return Err(format!("{person} may not approve it"));
        }
        let runbook = plan.catalog.runbooks.get(&fact.runbook).ok_or("there is no such runbook")?;
        let approved = MVersion { mandate: Mandate::of(runbook), doubted: None };
        self.versions.known.insert(fact.runbook.clone(), approved);
        Ok(())
    }

    /// Whether nobody can run a version.
    pub(super) fn is_held_back(&self, runbook: &Runbook) -> bool {
        let known = self.versions.known.get(&runbook.name).and_then(|known| known.doubted.as_ref());
        known.is_some_and(|(version, _)| *version == runbook.hash)
    }
}

impl Versions {
    /// Whom a new version of a runbook is by, and whether they might.
    fn judge(&mut self, adoption: &Adoption<'_>, runbook: &Runbook, was_there: bool) {
        let known = self.known.get(&runbook.name);
        let is_first = !was_there && known.is_none() && self.commit.is_none();
        let mandate = known.map_or_else(|| Mandate::of_new(&runbook.name), |known| known.mandate.clone());
        let is_restored = mandate.version.as_ref() == Some(&runbook.hash);
        let mut people = BTreeSet::new();
        if !is_first && !is_restored {
            people = adoption.doubted(&mandate, self.commit.as_deref(), &runbook.path);
            people.extend(known.and_then(|known| known.doubted.clone()).into_iter().flat_map(|(_, people)| people));
        }
        let doubted = (!people.is_empty()).then(|| (runbook.hash.clone(), people));
        let mandate = if doubted.is_some() { mandate } else { Mandate::of(runbook) };
        self.known.insert(runbook.name.clone(), MVersion { mandate, doubted });
    }
}

impl Adoption<'_> {
    /// Who had a part in what is doubted about a change.
    fn doubted(&self, mandate: &Mandate, commit: Option<&str>, path: &str) -> BTreeSet<Option<PersonName>> {
        let history = self.authored.and_then(|authored| authored.history.as_ref());
        let (Some(history), Some(commit)) = (history, commit) else {
            // A folder does not tell, and that is enough where nobody said who may; nobody knows what came before the
            // first commit.
            let doubted = history.is_some() || mandate.said;
            return doubted.then_some(None).into_iter().collect();
        };
        let newer: Vec<&String> = history.commits.iter().take_while(|name| *name != commit).collect();
        let mails = mails_of(history, &newer, path);
        if newer.len() == history.commits.len() || mails.is_empty() {
            return BTreeSet::from([None]);
        }
        let may = |person: &PersonName| self.before.holds_any(&mandate.edit, person, self.now);
        let people = mails.into_iter().map(|mail| self.whose(mail));
        people.filter(|person| !person.as_ref().is_some_and(may)).collect()
    }

    fn whose(&self, mail: &str) -> Option<PersonName> {
        let mut people = self.before.catalog.as_ref()?.people.values();
        let has = |contact: &Contact| matches!(contact, Contact::Email(address) if &**address == mail);
        people.find(|person| person.contacts.iter().any(has)).map(|person| person.name.clone())
    }
}

fn mails_of<'a>(history: &'a History, newer: &[&String], path: &str) -> Vec<&'a str> {
    let touches = history.touches.iter().filter(|touch| newer.contains(&&touch.commit));
    touches.filter(|touch| touch.paths.iter().any(|one| one == path)).map(|touch| touch.mail.as_str()).collect()
}

fn about(entry: &Entry) -> Option<&VersionFact> {
    match &entry.fact {
        Fact::RunbookVersion(fact) => Some(fact),
        _ => None,
    }
}

/// What the hub says of a version is what holds.
fn held_as(
    runbook: &Runbook,
    said: Option<&VersionFact>,
    doubted: Option<BTreeSet<Option<PersonName>>>,
) -> Result<(), String> {
    let people = match said.filter(|fact| fact.version == runbook.hash).map(|fact| &fact.judgement) {
        Some(Judgement::Quarantined { doubts, .. }) => Some(doubts.iter().map(|doubt| doubt.person.clone()).collect()),
        _ => None,
    };
    if people == doubted {
        return Ok(());
    }
    Err(format!("machines: {} is doubted because of {doubted:?}, and held back because of {people:?}", runbook.name))
}

impl Model {
    /// Whether the version of a runbook that is in force may not run.
    pub fn is_held_back(&self, runbook: &RunbookName) -> bool {
        let book = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(runbook));
        book.zip(self.machines.as_ref()).is_some_and(|(book, machines)| machines.is_held_back(book))
    }

    /// Whether a person can let the version of a runbook run that is in force.
    pub fn may_approve(&self, runbook: &RunbookName, person: &PersonName, now: Timestamp) -> bool {
        self.machines.as_ref().is_some_and(|machines| self.lets_approve(machines, runbook, person, now))
    }

    /// Never somebody who had a part in it; where nobody else holds the role, the default team.
    fn lets_approve(&self, machines: &Machines, name: &RunbookName, person: &PersonName, now: Timestamp) -> bool {
        let Some(catalog) = &self.catalog else { return false };
        let in_force = catalog.runbooks.get(name).map(|runbook| &runbook.hash);
        let Some(known) = machines.versions.known.get(name) else { return false };
        let Some((version, people)) = &known.doubted else { return false };
        let had_part = |person: &PersonName| people.contains(&Some(person.clone()));
        let holds = |roles: &[RoleName], person: &PersonName| !roles.is_empty() && self.holds_any(roles, person, now);
        let mut others = catalog.people.keys().filter(|other| !had_part(other));
        let roles = match others.any(|other| holds(&known.mandate.approve, other)) {
            true => known.mandate.approve.clone(),
            false => RoleName::new(catalog.organization.default_team.as_str()).into_iter().collect(),
        };
        in_force == Some(version) && !had_part(person) && holds(&roles, person)
    }

    /// Whether a word for a version must be taken.
    pub(super) fn must_let_run(&self, asked: &Approval, person: &PersonName, now: Timestamp) -> bool {
        let book = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(&asked.runbook));
        book.is_some_and(|book| book.hash == asked.version) && self.may_approve(&asked.runbook, person, now)
    }
}

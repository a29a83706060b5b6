//! Versions of runbooks that come into force: which of them may run, and who lets the others.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::people::{checked_text, not_in_catalog};
use super::{CatalogChange, Command, Plan, Refusal};
use crate::Context;
use crate::catalog::{Authored, Catalog, SignatureStatus, Touch, repository_of};
use crate::name::PersonName;
use crate::record::{Actor, Body, Entry, Fact, VersionFact};
use crate::runbook::{
    Doubt, Doubted, HeldBack, Judgement, Mandate, Runbook, RunbookHash, RunbookName, Trust, had_part, holders, merged,
    person_of_mail,
};
use crate::time::Timestamp;
use crate::world::World;

/// The most authors whose words an entry has.
const MOST_AUTHORS: usize = 3;

/// A person's word that a quarantined version may run.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Of which runbook.
    pub runbook: RunbookName,
    /// The version that the person saw.
    pub version: RunbookHash,
    /// What there is to say about it.
    pub text: Option<String>,
}

/// Whether a version of a runbook may run.
///
/// # Errors
/// [`Refusal::Quarantined`] says what is doubted and who can approve it.
pub fn may_run(world: &World, runbook: &Runbook, at: Timestamp) -> Result<(), Refusal> {
    let standing = world.standing(&runbook.name).filter(|standing| standing.version == runbook.hash);
    let Some((doubts, mandate)) = standing.and_then(|standing| standing.quarantine()) else { return Ok(()) };
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    Err(Refusal::Quarantined(alloc::boxed::Box::new(HeldBack {
        runbook: runbook.name.clone(),
        version: runbook.hash.clone(),
        doubts: doubts.to_vec(),
        approvers: mandate.approvers(catalog, doubts, at),
    })))
}

/// Lets a quarantined version run.
pub(super) fn approve(world: &World, command: &Command, cx: &Context, asked: &Approval) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let Some(runbook) = catalog.runbooks.get(&asked.runbook) else {
        let names: Vec<String> = catalog.runbooks.keys().map(ToString::to_string).collect();
        return Err(not_in_catalog("runbook", &asked.runbook.to_string(), names.iter().map(String::as_str)));
    };
    if runbook.hash != asked.version {
        return Err(Refusal::RunbookChanged { runbook: runbook.name.clone(), now: runbook.hash.clone() });
    }
    let standing = world.standing(&asked.runbook).filter(|standing| standing.version == asked.version);
    let Some((doubts, mandate)) = standing.and_then(|standing| standing.quarantine()) else {
        return Err(Refusal::NotQuarantined { runbook: asked.runbook.clone(), version: asked.version.clone() });
    };
    let text = asked.text.as_deref().map(checked_text).transpose()?;
    let roles = mandate.approvers(catalog, doubts, cx.now);
    let Actor::Person(person) = &command.actor else { return Err(Refusal::LacksRole { roles }) };
    if had_part(doubts, person) {
        return Err(Refusal::OwnChange { runbook: asked.runbook.clone(), roles });
    }
    if !roles.iter().any(|role| holders(catalog, role, cx.now).contains(person)) {
        return Err(Refusal::LacksRole { roles });
    }
    let judgement = Judgement::Approved { doubts: doubts.to_vec() };
    let fact = VersionFact { runbook: asked.runbook.clone(), version: asked.version.clone(), judgement };
    let entry = Entry::new(cx.now, command.actor.clone(), Fact::RunbookVersion(fact));
    let body = text.and_then(|text| super::text_body("text", text));
    let entry = Entry { policies: command.policies.clone(), body, ..entry };
    Ok(Plan { entries: alloc::vec![entry], ..Plan::default() })
}

/// What a catalog that comes into force means for versions of runbooks: an entry for each that is new or another,
/// and for each that is gone. What comes with a repository that the hub reads for the first time is taken as it is,
/// unless signatures are wanted.
pub(super) fn judge(world: &World, cx: &Context, after: &Catalog, change: &CatalogChange) -> Vec<Entry> {
    let before = world.catalog().map_or(after, |catalog| &**catalog);
    let judge = Judge { world, before, after, change, now: cx.now };
    let mut entries = Vec::new();
    for runbook in after.runbooks.values() {
        if let Some((judgement, body)) = judge.version(runbook) {
            entries.push(entry(cx, runbook, judgement, body));
        }
    }
    let Some(before) = world.catalog() else { return entries };
    for gone in before.runbooks.values().filter(|old| !after.runbooks.contains_key(&old.name)) {
        let mandate = judge.mandate(&gone.name);
        entries.push(entry(cx, gone, Judgement::Gone { mandate }, None));
    }
    entries
}

fn entry(cx: &Context, runbook: &Runbook, judgement: Judgement, body: Option<Body>) -> Entry {
    let fact = VersionFact { runbook: runbook.name.clone(), version: runbook.hash.clone(), judgement };
    Entry { body, ..Entry::new(cx.now, Actor::Hub, Fact::RunbookVersion(fact)) }
}

struct Judge<'a> {
    world: &'a World,
    /// The catalog in force so far: who is who, and may what, is asked of it.
    before: &'a Catalog,
    after: &'a Catalog,
    change: &'a CatalogChange,
    now: Timestamp,
}

/// Who changed a runbook since its version before.
enum Authors<'a> {
    /// It came from a folder, or the hub was not told.
    Nobody,
    /// The history does not say.
    Unknown,
    /// The authors of these commits.
    Of(Vec<&'a Touch>),
}

impl<'a> Judge<'a> {
    /// What is held of the version of a runbook that comes into force; nothing where that is no news.
    fn version(&self, runbook: &Runbook) -> Option<(Judgement, Option<Body>)> {
        let standing = self.world.standing(&runbook.name);
        let old = self.world.catalog().and_then(|catalog| catalog.runbooks.get(&runbook.name));
        if old.is_some_and(|old| old.hash == runbook.hash) {
            return None;
        }
        let repository = repository_of(&runbook.path);
        let signed = [self.before, self.after].iter().any(|one| one.organization.wants_signatures(repository));
        let authored = self.change.repositories.iter().find(|one| one.revision.repository.as_str() == repository);
        let adopted = self.world.repositories().get(repository).and_then(|known| known.adopted.as_ref());
        let mandate = self.mandate(&runbook.name);
        if old.is_none() && standing.is_none() && adopted.is_none() {
            let doubts = Some(first_doubts(authored, signed)).filter(|doubts| !doubts.is_empty());
            return doubts.map(|doubts| (Judgement::Quarantined { doubts, mandate }, None));
        }
        if mandate.version.as_ref() == Some(&runbook.hash) {
            return Some((Judgement::Trusted { how: Trust::Restored, by: Vec::new() }, None));
        }
        let authors = match (authored.and_then(|one| one.history.as_ref()), adopted) {
            (None, _) => Authors::Nobody,
            (Some(_), None) => Authors::Unknown,
            (Some(history), Some(adopted)) => match history.since(&adopted.revision, &runbook.path) {
                Some(touches) if !touches.is_empty() => Authors::Of(touches),
                _ => Authors::Unknown,
            },
        };
        let (fresh, by) = self.doubts(&authors, &mandate, signed);
        let body = words(&authors);
        // What was doubted before is still in it, until somebody has said that it may be.
        let inherited = standing.and_then(|standing| standing.quarantine()).map_or(&[][..], |(doubts, _)| doubts);
        let doubts = merged(fresh.into_iter().chain(inherited.iter().cloned()));
        if !doubts.is_empty() {
            return Some((Judgement::Quarantined { doubts, mandate }, body));
        }
        let how = if matches!(authors, Authors::Nobody) { Trust::Unattributed } else { Trust::Editors };
        Some((Judgement::Trusted { how, by: by.into_iter().collect() }, body))
    }

    /// Who may change a runbook: what its last trusted version says.
    fn mandate(&self, name: &RunbookName) -> Mandate {
        match self.world.standing(name).map(|standing| &standing.judgement) {
            Some(Judgement::Quarantined { mandate, .. } | Judgement::Gone { mandate }) => mandate.clone(),
            Some(Judgement::Trusted { .. } | Judgement::Approved { .. }) | None => {
                let old = self.world.catalog().and_then(|catalog| catalog.runbooks.get(name));
                let new = || Mandate::of_new(self.before, name.repository());
                old.map_or_else(new, |old| Mandate::of(self.before, old))
            }
        }
    }

    /// What is to be doubted about changes, and the people who made those that are not.
    fn doubts(&self, authors: &Authors<'_>, mandate: &Mandate, signed: bool) -> (Vec<Doubt>, BTreeSet<PersonName>) {
        let of_nobody = |what| Doubt { what, person: None, commit: None };
        let mut doubts = Vec::new();
        let mut by = BTreeSet::new();
        match authors {
            Authors::Nobody => {
                doubts.extend(signed.then(|| of_nobody(Doubted::Signature(SignatureStatus::Unsigned))));
                doubts.extend(mandate.said.then(|| of_nobody(Doubted::NoAuthor)));
            }
            Authors::Unknown => doubts.push(of_nobody(Doubted::UnknownHistory)),
            Authors::Of(touches) => {
                for touch in touches {
                    match self.touch(touch, mandate, signed) {
                        Ok(person) => drop(by.insert(person)),
                        Err(doubt) => doubts.push(doubt),
                    }
                }
            }
        }
        (doubts, by)
    }

    /// Who made a commit, or what is to be doubted about it. A good signature says more than the name in the commit,
    /// which anybody can write there; where signatures are wanted, nothing else counts.
    fn touch(&self, touch: &Touch, mandate: &Mandate, signed: bool) -> Result<PersonName, Doubt> {
        let author = person_of_mail(self.before, &touch.mail).cloned();
        let doubt = |what, person: Option<PersonName>| Doubt { what, person, commit: Some(touch.commit.clone()) };
        let status = touch.signature.status;
        if signed && status != SignatureStatus::Good {
            return Err(doubt(Doubted::Signature(status), author));
        }
        let signer = touch.signer.as_deref().filter(|_| status == SignatureStatus::Good);
        let signer = signer.and_then(|mail| person_of_mail(self.before, mail)).cloned();
        if signed && signer.is_none() {
            return Err(doubt(Doubted::UnknownSigner, author));
        }
        match signer.or(author) {
            None => Err(doubt(Doubted::UnknownAuthor, None)),
            Some(person) if !mandate.lets_edit(self.before, &person, self.now) => {
                Err(doubt(Doubted::NotEditor, Some(person)))
            }
            Some(person) => Ok(person),
        }
    }
}

/// What is doubted about what comes with a repository that was never read before: how its newest commit is signed.
fn first_doubts(authored: Option<&Authored>, signed: bool) -> Vec<Doubt> {
    let revision = authored.map(|one| &one.revision);
    let signature = revision.and_then(|revision| revision.signature.as_ref());
    let status = signature.map_or(SignatureStatus::Unsigned, |signature| signature.status);
    if !signed || status == SignatureStatus::Good {
        return Vec::new();
    }
    let commit = revision.filter(|revision| revision.signature.is_some()).map(|one| one.revision.clone());
    alloc::vec![Doubt { what: Doubted::Signature(status), person: None, commit }]
}

/// Who made the commits, in their own words.
fn words(authors: &Authors<'_>) -> Option<Body> {
    let Authors::Of(touches) = authors else { return None };
    let mut names: Vec<&str> = Vec::new();
    for touch in touches {
        if !touch.author.is_empty() && !names.contains(&touch.author.as_str()) {
            names.push(&touch.author);
        }
    }
    if names.is_empty() {
        return None;
    }
    let more = names.len().saturating_sub(MOST_AUTHORS);
    names.truncate(MOST_AUTHORS);
    let mut text = names.join(", ");
    if more > 0 {
        text.push_str(&alloc::format!(" and {more} more"));
    }
    super::text_body("author", &text)
}

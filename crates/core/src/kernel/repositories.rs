//! Versions of repositories that cannot come into force: a case says so until a good one comes.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Command, Draft, Plan, Refusal, signals::LONGEST_TEXT};
use crate::Context;
use crate::case::{CaseKind, Severity};
use crate::catalog::{Authored, Catalog};
use crate::name::{RepositoryName, TeamName};
use crate::notify::{self, Purpose, Recipient, Stage};
use crate::record::{Attached, Body, Entry, Fact, Why};
use crate::signal::Group;
use crate::world::World;

/// A version of a repository that has errors where the one in force has none.
#[derive(Clone, Debug)]
pub struct RefusedRevision {
    /// Which, and whose.
    pub authored: Authored,
    /// The teams whose definitions the errors are about, in its own files or in those of others.
    pub broken: Vec<TeamName>,
    /// How many errors.
    pub errors: u64,
    /// What is wrong, each with its place.
    pub text: String,
}

/// Writes down that a version was refused and opens a case for the owners on both sides, or adds to the
/// one that is open. A version that was refused before is no news.
pub(super) fn refuse(
    world: &World,
    command: &Command,
    cx: &Context,
    refused: &RefusedRevision,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let revision = &refused.authored.revision;
    let known = world.repositories().get(&revision.repository).and_then(|known| known.refused.as_ref());
    if known.is_some_and(|known| known.version.revision == revision.revision) {
        return Ok(Plan::default());
    }
    let teams = owners(catalog, &revision.repository, &refused.broken);
    let group = Group::Repository(revision.repository.clone());
    let why = Why::RepositoryRefused { repository: revision.repository.clone(), errors: refused.errors };
    let open = world.case_of_group(false, &group).filter(|case| !case.state.is_resolved());
    let (mut draft, stage) = match open {
        Some(case) => (Draft::for_command(world, cx, case.id, command)?, Stage::Update),
        None => {
            let entry = opening(world, command, cx, catalog, &teams, group, revision.repository.as_str(), why.clone());
            (Draft::opening(world, cx, catalog, entry).ok_or(Refusal::NoCatalog)?, Stage::Opened)
        }
    };
    let fact = Fact::RepositoryRefused { revision: revision.clone(), errors: refused.errors, teams: teams.clone() };
    draft.act(fact, Some(why.clone()), Some(body(refused)));
    inform(&mut draft, &teams, stage, &why);
    Ok(draft.finish())
}

/// Writes down that a repository is as it is in force again, and ends the case about it.
pub(super) fn restore(
    world: &World,
    command: &Command,
    cx: &Context,
    repository: &RepositoryName,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    if world.repositories().get(repository).is_none_or(|known| known.refused.is_none()) {
        return Ok(Plan::default());
    }
    let fact = Fact::RepositoryRestored { repository: repository.clone() };
    let mut plan = mend(world, cx, catalog, repository)?;
    let policies = command.policies.clone();
    plan.entries.insert(0, Entry { policies, ..Entry::new(cx.now, command.actor.clone(), fact) });
    Ok(plan)
}

/// Ends the case about a repository of which a good version came, and tells whoever was told of it.
pub(super) fn mend(
    world: &World,
    cx: &Context,
    catalog: &Catalog,
    repository: &RepositoryName,
) -> Result<Plan, Refusal> {
    let group = Group::Repository(repository.clone());
    let Some(case) = world.case_of_group(false, &group).filter(|case| !case.state.is_resolved()) else {
        return Ok(Plan::default());
    };
    let known = world.repositories().get(repository).and_then(|known| known.refused.as_ref());
    let teams = known.map(|known| known.teams.clone()).unwrap_or_default();
    let mut draft = Draft::by_hub(world, cx, case.id)?.under(catalog);
    let why = Why::RepositoryMended { repository: repository.clone() };
    draft.note(Fact::Resolved { at: cx.now, recheck_at: None }, Some(why.clone()), None);
    inform(&mut draft, &teams, Stage::Resolved, &why);
    Ok(draft.finish())
}

/// Who hears of it: the teams whose repository it is, else the default team, then those whose
/// definitions break. The first of them handles the case.
fn owners(catalog: &Catalog, repository: &RepositoryName, broken: &[TeamName]) -> Vec<TeamName> {
    let organization = &catalog.organization;
    let charter = organization.repositories.iter().find(|charter| charter.repository == *repository);
    let own = charter.map_or(&[][..], |charter| &charter.teams).iter().filter(|team| catalog.teams.contains_key(*team));
    let mut all: Vec<TeamName> = own.cloned().collect();
    if all.is_empty() {
        all.push(organization.default_team.clone());
    }
    let known: BTreeSet<&TeamName> = broken.iter().filter(|team| catalog.teams.contains_key(*team)).collect();
    for team in known {
        if !all.contains(team) {
            all.push(team.clone());
        }
    }
    all
}

#[expect(clippy::too_many_arguments, reason = "each is one field of the one entry that is made here")]
fn opening(
    world: &World,
    command: &Command,
    cx: &Context,
    catalog: &Catalog,
    teams: &[TeamName],
    group: Group,
    repository: &str,
    why: Why,
) -> Entry {
    let team = teams.first().unwrap_or(&catalog.organization.default_team).clone();
    let title = format!("repository {repository}: its new version has errors, so the last good one stays in force");
    Entry {
        at: cx.now,
        actor: command.actor.clone(),
        policies: command.policies.clone(),
        subject: Some(world.next_case(CaseKind::Finding)),
        drill: false,
        fact: Fact::CaseOpened {
            severity: Severity::Sev4,
            service: None,
            team,
            group,
            rule: None,
            detected_at: cx.now,
            auto_resolve: false,
            reported: false,
        },
        why: Some(why),
        body: Some(Body::from([("title".into(), title)])),
        attached: Attached::Nothing,
    }
}

fn body(refused: &RefusedRevision) -> Body {
    let mut text = refused.text.clone();
    if let Some((cut, _)) = text.char_indices().find(|(place, c)| place + c.len_utf8() > LONGEST_TEXT) {
        text.truncate(cut);
    }
    let mut body = Body::from([("text".into(), text)]);
    body.extend(refused.authored.author.iter().map(|author| ("author".into(), author.clone())));
    body.extend(refused.authored.subject.iter().map(|subject| ("subject".into(), subject.clone())));
    body
}

/// Tells teams, or whoever stands for them; the default team where none of them can be reached.
fn inform(draft: &mut Draft<'_>, teams: &[TeamName], stage: Stage, why: &Why) {
    let now = draft.cx.now;
    let of =
        |draft: &Draft<'_>, team: &TeamName| notify::addressees(draft.catalog, &Recipient::Team(team.clone()), now);
    let mut informed: BTreeSet<Recipient> = teams.iter().flat_map(|team| of(draft, team)).collect();
    if informed.is_empty() {
        informed.extend(of(draft, &draft.catalog.organization.default_team));
    }
    for recipient in informed {
        draft.queue(recipient, Purpose::Informed { stage }, why.clone());
    }
}

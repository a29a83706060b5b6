//! Runbooks, held against the rest of the catalog.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::super::draft::Drafts;
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::known::nearest;
use super::super::limits::MOST_RUNBOOKS;
use super::super::place::{At, Place};
use super::super::repository::{FOLDERS, repository_of};
use super::check::ROLES;
use super::names::Names;
use crate::name::RoleName;
use crate::runbook::{Runbook, RunbookDraft, RunbookName};

/// Checks every runbook. `paths` are those of the files, in order of file.
pub fn check(drafts: &Drafts, names: &Names<'_>, findings: &mut Vec<Finding>) {
    if let Some(excess) = drafts.runbooks.get(MOST_RUNBOOKS) {
        findings.push(
            Finding::error(Code::TooMany, excess.place, format!("more than {MOST_RUNBOOKS} runbooks"))
                .help("split the catalog over several hubs"),
        );
        return;
    }
    let files: BTreeSet<&str> = drafts.runbooks.iter().map(|draft| draft.runbook.path.as_str()).collect();
    let mut defined: BTreeMap<&RunbookName, Place> = BTreeMap::new();
    for draft in &drafts.runbooks {
        match defined.get(&draft.runbook.name) {
            Some(first) => findings.push(named_twice(draft, *first)),
            None => drop(defined.insert(&draft.runbook.name, draft.place)),
        }
        for owner in &draft.owners {
            names.resolve(Kind::Team, owner.value.as_str(), owner.place, findings);
        }
        for service in &draft.services {
            names.resolve(Kind::Service, service.value.as_str(), service.place, findings);
        }
        for role in &draft.roles {
            findings.extend(nobody_holds(drafts, names, role));
        }
        findings.extend(draft.runs.iter().filter_map(|inner| unknown(drafts, names, draft, inner)));
        findings.extend(draft.links.iter().filter_map(|link| dead(&files, link)));
        findings.extend(nobody_keeps(drafts, names, draft));
    }
}

/// The runbooks that drafts make, by name.
pub fn build(drafts: Vec<RunbookDraft>) -> BTreeMap<RunbookName, Arc<Runbook>> {
    drafts.into_iter().map(|draft| (draft.runbook.name.clone(), Arc::new(draft.runbook))).collect()
}

fn named_twice(draft: &RunbookDraft, first: Place) -> Finding {
    Finding::error(Code::DuplicateName, draft.place, format!("two runbooks are called `{}`", draft.runbook.name))
        .label("has the same name")
        .related(first, "first defined here")
        .help("rename one of the files, or give it an `id` of its own in its front matter")
}

/// Roles are teams, schedules, and what teams give their members.
pub(super) fn nobody_holds(drafts: &Drafts, names: &Names<'_>, role: &At<RoleName>) -> Option<Finding> {
    let name = role.value.as_str();
    let given = || drafts.teams.iter().flat_map(|team| &team.body.roles).any(|given| given.value == name);
    if names.has(Kind::Team, name) || names.has(Kind::Schedule, name) || given() {
        return None;
    }
    let is_role = ROLES.contains(&name);
    if is_role && !names.knows_all() {
        return None;
    }
    let candidates = names.of(Kind::Team).chain(names.of(Kind::Schedule)).chain(ROLES);
    let help = match nearest(name, candidates) {
        Some(meant) if meant != name => format!("did you mean `{meant}`?"),
        _ if is_role => format!("let a team give it to its members: `roles: [{name}]`"),
        _ => "name a team, a schedule (whoever is on call), or a role that teams give their members".to_string(),
    };
    Some(
        Finding::warning(Code::NobodyHolds, role.place, format!("nobody holds the role `{name}`"))
            .label("neither a team nor a schedule nor a role of one")
            .help(help),
    )
}

/// A step runs a runbook that there is not; nothing where it may be in a repository that is not at hand.
fn unknown(drafts: &Drafts, names: &Names<'_>, of: &RunbookDraft, inner: &At<RunbookName>) -> Option<Finding> {
    let all = || drafts.runbooks.iter().map(|draft| &draft.runbook.name);
    let home = of.runbook.name.repository();
    let elsewhere = !names.knows_all() && inner.value.repository() != home;
    // A checkout alone does not tell what its repository is called.
    let fits =
        |name: &RunbookName| *name == inner.value || (home.as_str() == FOLDERS && name.stem() == inner.value.stem());
    if elsewhere || all().any(fits) {
        return None;
    }
    let known: Vec<String> = all().map(ToString::to_string).collect();
    let help = match nearest(&inner.value.to_string(), known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "name a runbook as `wheelhouse runbook list` does: REPOSITORY/STEM".to_string(),
    };
    Some(
        Finding::warning(Code::DeadLink, inner.place, format!("there is no runbook `{}`", inner.value))
            .label("the step would fail")
            .help(help),
    )
}

fn dead(files: &BTreeSet<&str>, link: &At<String>) -> Option<Finding> {
    if files.contains(link.value.as_str()) {
        return None;
    }
    let of_repository = |path: &&&str| repository_of(path) == repository_of(&link.value);
    let help = match nearest(&link.value, files.iter().filter(of_repository).copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "correct the path, or remove the link".to_string(),
    };
    Some(
        Finding::warning(Code::DeadLink, link.place, format!("there is no runbook at `{}`", link.value))
            .label("leads nowhere")
            .help(help),
    )
}

/// What machines do needs somebody who answers for it.
fn nobody_keeps(drafts: &Drafts, names: &Names<'_>, draft: &RunbookDraft) -> Option<Finding> {
    let home = draft.runbook.name.repository();
    let charter = || {
        let entries = drafts.organizations.iter().flat_map(|organization| &organization.body.repositories);
        entries.into_iter().any(|entry| entry.value.repository.value == *home && !entry.value.teams.is_empty())
    };
    let kept = !draft.owners.is_empty() || draft.runbook.automated() == 0;
    if kept || names.has(Kind::Team, home.as_str()) || charter() {
        return None;
    }
    let message = format!("runbook `{}` has automated steps and no owner", draft.runbook.name);
    Some(
        Finding::warning(Code::MissingOwner, draft.place, message)
            .label("no team answers for it")
            .help("say whose it is in its front matter: `owners: [TEAM]`"),
    )
}

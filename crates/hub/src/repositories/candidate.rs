//! Candidates: new versions of some repositories with the last good versions of all others, compiled as
//! a whole. All of it is pure; the caller keeps it off the writer's thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::catalog::{Authored, Catalog, Finding, Level, Organization, owners_of, repository_of, version};
use wheelhouse_core::kernel::RefusedRevision;
use wheelhouse_core::name::{RepositoryName, TeamName};
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::StoredCatalog;
use wheelhouse_wire::catalog::{Mode, compile_loaded, load};

use super::snapshot::Snapshot;
use crate::authority::Authority;
use crate::files::is_policy;

/// Paths and texts by repository.
pub(crate) type Holdings = BTreeMap<RepositoryName, Vec<(String, String)>>;

/// A catalog with its files and the authority over it.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) stored: StoredCatalog,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) authority: Arc<Authority>,
}

/// What is wrong with a candidate.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    /// All of it, for people.
    pub(crate) text: String,
    /// How many errors.
    pub(crate) errors: u64,
    /// The teams whose definitions they are about.
    pub(crate) broken: Vec<TeamName>,
}

/// What became of new versions.
pub(crate) struct Decision {
    /// The catalog to put into force, and the versions that are new in it.
    pub(crate) adopted: Option<(Compiled, Vec<Authored>)>,
    /// The versions that must wait.
    pub(crate) refused: Vec<RefusedRevision>,
    /// The last good version of every repository, those just adopted included.
    pub(crate) good: Holdings,
}

/// Decides about new versions, one repository at a time: each with the last good version of all others.
/// Those that have errors alone are tried once more together, since a change may span repositories.
pub(crate) fn decide(good: &Holdings, pending: &BTreeMap<RepositoryName, Snapshot>, now: Timestamp) -> Decision {
    let mut decision = Decision { adopted: None, refused: Vec::new(), good: good.clone() };
    let mut waiting: BTreeSet<&RepositoryName> = pending.keys().collect();
    let all: Vec<&RepositoryName> = waiting.iter().copied().collect();
    // What is good together needs no looking at one by one.
    if all.len() > 1 && decision.attempt(&all, pending, now).is_ok() {
        return decision;
    }
    let mut faults: BTreeMap<&RepositoryName, Faults> = BTreeMap::new();
    loop {
        let before = waiting.len();
        for name in waiting.clone() {
            match decision.attempt(&[name], pending, now) {
                Ok(()) => drop(waiting.remove(name)),
                Err(found) => drop(faults.insert(name, found)),
            }
        }
        // What was adopted may be what another one was waiting for.
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    let together: Vec<&RepositoryName> = waiting.iter().copied().collect();
    if together.len() > 1 && together.len() < all.len() && decision.attempt(&together, pending, now).is_ok() {
        return decision;
    }
    for name in waiting {
        if let (Some(snapshot), Some(found)) = (pending.get(name), faults.remove(name)) {
            let Faults { text, errors, broken } = found;
            decision.refused.push(RefusedRevision { authored: snapshot.authored.clone(), broken, errors, text });
        }
    }
    decision
}

impl Decision {
    fn attempt(
        &mut self,
        names: &[&RepositoryName],
        pending: &BTreeMap<RepositoryName, Snapshot>,
        now: Timestamp,
    ) -> Result<(), Faults> {
        let mut candidate = self.good.clone();
        let snapshots: Vec<&Snapshot> = names.iter().filter_map(|name| pending.get(*name)).collect();
        for snapshot in &snapshots {
            candidate.insert(snapshot.authored.revision.repository.clone(), snapshot.files.clone());
        }
        let compiled = compile(&candidate, Some(now))?;
        let mut new = self.adopted.take().map(|(_, new)| new).unwrap_or_default();
        new.extend(snapshots.iter().map(|snapshot| snapshot.authored.clone()));
        (self.adopted, self.good) = (Some((compiled, new)), candidate);
        Ok(())
    }
}

/// Compiles documents and policies; the version covers both.
pub(crate) fn compile(holdings: &Holdings, now: Option<Timestamp>) -> Result<Compiled, Faults> {
    let all: Vec<(String, String)> = holdings.values().flatten().cloned().collect();
    let (policies, documents): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|(path, _)| is_policy(path));
    let loaded = load(documents);
    let home = loaded.drafts.organizations.first().and_then(|organization| {
        let (path, _) = loaded.files.get(organization.name.place.file)?;
        Some(repository_of(path).to_owned())
    });
    let drafts = loaded.drafts.clone();
    let (compiled, mut report) = compile_loaded(loaded, Mode::Whole, now);
    let Some(mut catalog) = compiled.filter(|_| !report.has_errors()) else {
        report.findings.retain(|finding| finding.level == Level::Error);
        let places = report.findings.iter().filter_map(|finding: &Finding| finding.place);
        return Err(Faults {
            errors: u64::try_from(report.findings.len() + report.omitted).unwrap_or(u64::MAX),
            broken: owners_of(&drafts, places).into_iter().collect(),
            text: report.render_text(false),
        });
    };
    forbidden_policies(&catalog.organization, home.as_deref(), &policies)?;
    catalog.version = version(all.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let catalog = Arc::new(catalog);
    let authority = Authority::new(catalog.clone(), &policies).map_err(|bad| Faults {
        errors: u64::try_from(bad.faults.len() + bad.more).unwrap_or(u64::MAX),
        broken: Vec::new(),
        text: bad.to_string(),
    })?;
    let mut files = all;
    files.sort();
    let stored = StoredCatalog { version: catalog.version.clone(), files };
    Ok(Compiled { stored, catalog, authority: Arc::new(authority) })
}

/// The files of a stored catalog by repository.
pub(crate) fn holdings_of(stored: &StoredCatalog) -> Holdings {
    let mut holdings = Holdings::new();
    for (path, text) in &stored.files {
        if let Ok(name) = RepositoryName::new(repository_of(path)) {
            holdings.entry(name).or_default().push((path.clone(), text.clone()));
        }
    }
    holdings
}

/// Policies decide who may do what: only repositories that the organisation lets hold some may do so.
fn forbidden_policies(
    organization: &Organization,
    home: Option<&str>,
    policies: &[(String, String)],
) -> Result<(), Faults> {
    let is_forbidden = |path: &&str| {
        let repository = repository_of(path);
        home != Some(repository) && !organization.lets_hold_policies(repository)
    };
    let forbidden: Vec<&str> = policies.iter().map(|(path, _)| path.as_str()).filter(is_forbidden).collect();
    if forbidden.is_empty() {
        return Ok(());
    }
    let message = |path: &&str| {
        let repository = repository_of(path);
        format!(
            "error: repository `{repository}` may not hold policies\n  ┌─ {path}\n  = help: move the file to the \
             organisation's repository, or let the organisation say so: \
             `repositories: [{{repository: {repository}, policies: true}}]`\n"
        )
    };
    Err(Faults {
        errors: u64::try_from(forbidden.len()).unwrap_or(u64::MAX),
        broken: Vec::new(),
        text: forbidden.iter().map(message).collect::<Vec<_>>().join("\n"),
    })
}

//! The repositories of the catalog, and how the catalog changed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::catalog::{Revision, Signature, short_revision};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::repository::{self as core, ShiftChange};

use super::Time;

/// A repository of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Where it is: an address without credentials, or folders.
    pub location: String,
    /// How it stands.
    pub state: RepositoryState,
    /// The teams whose it is, as the organisation says.
    pub teams: Vec<String>,
    /// The version in force.
    pub adopted: Option<RevisionView>,
    /// A newer version that was refused.
    pub refused: Option<RefusedView>,
    /// When the hub last looked at it and could; null where it has not since its start.
    pub looked_at: Option<Time>,
    /// Why the last look failed, in full; null where it did not.
    pub error: Option<String>,
    /// What was passed over at the last look, in words.
    pub warnings: Vec<String>,
}

/// How a repository stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepositoryState {
    /// Its newest version known is in force.
    InForce,
    /// Its newest version has errors; the one before is in force.
    Refused,
    /// It cannot be read; the last version that could is in force.
    Unreachable,
    /// No version of it is in force yet.
    Absent,
}

impl RepositoryState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Absent => "absent",
        }
    }
}

/// A version of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevisionView {
    /// The commit, or the SHA-256 of a folder's content.
    pub revision: String,
    /// When it was committed; null for folders.
    pub committed_at: Option<Time>,
    /// How the commit is signed: `good`, `untrusted`, `expired`, `revoked`, `unchecked`, `bad` or `unsigned`; null for
    /// folders.
    pub signature: Option<String>,
    /// Who made it; null for folders, or where it was erased.
    pub author: Option<String>,
    /// What they said about it; null for folders, or where it was erased.
    pub subject: Option<String>,
    /// When the hub decided about it.
    pub at: Time,
}

/// A version that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedView {
    /// Which.
    #[serde(flatten)]
    pub version: RevisionView,
    /// How many errors it has.
    pub errors: u64,
    /// What is wrong with it, each with its place.
    pub text: String,
    /// The case about it.
    #[schema(value_type = super::CaseIdText)]
    pub case: wheelhouse_core::case::CaseId,
    /// The teams that were told.
    pub teams: Vec<String>,
}

/// One change of the catalog, or one that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogChange {
    /// The entry of the record that says so.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Whether it came into force.
    pub adopted: bool,
    /// The version of the whole catalog that it made; null where it was refused.
    pub catalog_version: Option<String>,
    /// The repositories that changed.
    pub repositories: Vec<RepositoryRevision>,
    /// The repositories that are no longer part of the catalog.
    pub dropped: Vec<String>,
    /// What it meant for shifts in progress, in words.
    pub shifts: Vec<String>,
    /// How many errors it has, where it was refused.
    pub errors: Option<u64>,
    /// The case about it, where it was refused.
    #[schema(value_type = Option<super::CaseIdText>)]
    pub case: Option<wheelhouse_core::case::CaseId>,
}

/// A version of a named repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepositoryRevision {
    /// The repository.
    pub repository: String,
    /// Its version.
    #[serde(flatten)]
    pub version: RevisionView,
}

impl From<&core::Version> for RevisionView {
    fn from(version: &core::Version) -> Self {
        Self {
            revision: version.revision.clone(),
            committed_at: version.committed_at.map(Time),
            signature: signature(version.signature.as_ref()),
            author: version.author.clone(),
            subject: version.subject.clone(),
            at: Time(version.at),
        }
    }
}

impl From<&core::Refused> for RefusedView {
    fn from(refused: &core::Refused) -> Self {
        Self {
            version: RevisionView::from(&refused.version),
            errors: refused.errors,
            text: refused.text.clone(),
            case: refused.case,
            teams: refused.teams.iter().map(ToString::to_string).collect(),
        }
    }
}

impl CatalogChange {
    /// What entry `seq` of the record says about the catalog; nothing where it is about something else.
    pub fn of(seq: u64, entry: &Entry) -> Option<Self> {
        let text = |field: &str| entry.body.as_ref().and_then(|body| body.get(field)).cloned();
        let version = |revision: &Revision, author, subject| RepositoryRevision {
            repository: revision.repository.to_string(),
            version: RevisionView {
                revision: revision.revision.clone(),
                committed_at: revision.committed_at.map(Time),
                signature: signature(revision.signature.as_ref()),
                author,
                subject,
                at: Time(entry.at),
            },
        };
        let change = Self {
            seq,
            at: Time(entry.at),
            adopted: false,
            catalog_version: None,
            repositories: Vec::new(),
            dropped: Vec::new(),
            shifts: Vec::new(),
            errors: None,
            case: None,
        };
        match &entry.fact {
            Fact::CatalogAdopted { version: catalog, repositories, dropped, shifts, .. } => {
                let said = |revision: &Revision, what: &str| text(&format!("{what} {}", revision.repository));
                let revisions = repositories.iter();
                Some(Self {
                    adopted: true,
                    catalog_version: Some(catalog.clone()),
                    repositories: revisions
                        .map(|one| version(one, said(one, "author"), said(one, "subject")))
                        .collect(),
                    dropped: dropped.iter().map(ToString::to_string).collect(),
                    shifts: shifts.iter().map(shift).collect(),
                    ..change
                })
            }
            Fact::RepositoryRefused { revision, errors, .. } => Some(Self {
                repositories: vec![version(revision, text("author"), text("subject"))],
                errors: Some(*errors),
                case: entry.subject,
                ..change
            }),
            _ => None,
        }
    }
}

fn signature(of: Option<&Signature>) -> Option<String> {
    of.map(|signature| signature.status.as_str().to_owned())
}

/// An adoption in one line.
pub(super) fn adopted(
    version: &str,
    repositories: &[Revision],
    dropped: &[RepositoryName],
    shifts: &[ShiftChange],
) -> String {
    let mut words = format!("adopted catalog {}", version.get(..12).unwrap_or(version));
    let new = repositories.iter().map(|one| format!("{} at {}", one.repository, short_revision(&one.revision)));
    let gone = dropped.iter().map(|name| format!("without {name}"));
    let details: Vec<String> = new.chain(gone).chain(shifts.iter().map(shift)).collect();
    if !details.is_empty() {
        words.push_str(": ");
        words.push_str(&details.join("; "));
    }
    words
}

/// A refusal in one line.
pub(super) fn refused(revision: &Revision, errors: u64) -> String {
    let (name, version) = (&revision.repository, short_revision(&revision.revision));
    let errors = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
    format!("version {version} of repository {name} refused: it has {errors}")
}

/// What an adoption meant for one shift in progress.
fn shift(change: &ShiftChange) -> String {
    let ShiftChange { schedule, from, to, held_until } = change;
    let name = |person: &Option<_>| person.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
    let (from, to) = (name(from), name(to));
    match held_until {
        Some(until) => format!("schedule {schedule}: {from} stays on call until {until}, then {to}"),
        None => format!("schedule {schedule}: {to} took over from {from} at once"),
    }
}

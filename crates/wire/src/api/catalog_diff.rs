//! What a change of the catalog means.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::diff::{Change, Diff, RunbookChange, Section, What};

use super::Time;

/// The files of a catalog that might come into force, or of one of its repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateCatalog {
    /// All of its YAML files and runbooks; others are passed over.
    pub files: Vec<CandidateFile>,
    /// The repository whose files they are: the candidate is they and what all other repositories have in
    /// force. Absent where they are the whole catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// One file of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateFile {
    /// Its path, which says where an error is.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// What would be different if one catalog came into force instead of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogDiff {
    /// The version that is compared with.
    pub from_version: String,
    /// The version that would come into force.
    pub to_version: String,
    /// From when on shifts are compared.
    pub from: Time,
    /// Until when.
    pub until: Time,
    /// Whether somebody who is on call now would no longer be.
    pub moves_shift_in_progress: bool,
    /// What would be different, in the order in which people should read it.
    pub changes: Vec<Difference>,
    /// How many further changes were left out.
    pub omitted: usize,
}

/// One thing that would be different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The part of the whole: `on_call`, `paged`, `told`, `routed`, `reached`, `defined` or `runbooks`.
    pub section: String,
    /// What happens, as a stable word: `on_call`, `told`, `added`, ….
    pub what: String,
    /// What kind of thing it is about, as catalogs write it.
    pub kind: String,
    /// The name of that thing.
    pub name: String,
    /// All of it in one line for people.
    pub words: String,
    /// As it was, where one word says it; null for nobody, nothing or more than a word.
    pub was: Option<String>,
    /// As it would be, likewise.
    pub becomes: Option<String>,
    /// From when on, for shifts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Until when, for shifts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Whether it moves the shift in progress.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub in_progress: bool,
    /// The services that it is about, for who is paged and told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The path that explains it, for who is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

impl From<&Diff> for CatalogDiff {
    fn from(diff: &Diff) -> Self {
        Self {
            from_version: diff.from.clone(),
            to_version: diff.to.clone(),
            from: Time(diff.now),
            until: Time(diff.until),
            moves_shift_in_progress: diff.in_progress().next().is_some(),
            changes: diff.changes.iter().map(Difference::from).chain(diff.runbooks.iter().map(runbook)).collect(),
            omitted: diff.omitted,
        }
    }
}

impl From<&Change> for Difference {
    fn from(change: &Change) -> Self {
        let (was, becomes) = ends(&change.what);
        let mut line = Self {
            section: change.section().as_str().to_owned(),
            what: change.what.as_str().to_owned(),
            kind: change.kind.to_string(),
            name: change.name.clone(),
            words: change.to_string(),
            was,
            becomes,
            from: None,
            until: None,
            in_progress: false,
            services: Vec::new(),
            path: Vec::new(),
        };
        match &change.what {
            What::OnCall { from, until, in_progress, .. } => {
                (line.from, line.until) = (Some(Time(*from)), Some(Time(*until)));
                line.in_progress = *in_progress;
            }
            What::Paged { also, .. } => {
                let others = also.iter().map(ToString::to_string);
                line.services = std::iter::once(change.name.clone()).chain(others).collect();
            }
            What::Told { service, path, .. } => {
                line.services = vec![service.to_string()];
                line.path = path.iter().map(ToString::to_string).collect();
            }
            _ => {}
        }
        line
    }
}

fn runbook(change: &RunbookChange) -> Difference {
    Difference {
        section: Section::Runbooks.as_str().to_owned(),
        what: change.what.as_str().to_owned(),
        kind: "Runbook".to_owned(),
        name: change.name.to_string(),
        words: change.to_string(),
        was: None,
        becomes: None,
        from: None,
        until: None,
        in_progress: false,
        services: Vec::new(),
        path: Vec::new(),
    }
}

/// What was and what would be, where a word or a line says it.
fn ends(what: &What) -> (Option<String>, Option<String>) {
    fn text<T: ToString>(value: Option<&T>) -> Option<String> {
        value.map(ToString::to_string)
    }
    match what {
        What::OnCall { was, becomes, .. } => (text(was.as_ref()), text(becomes.as_ref())),
        What::Paged { was, becomes, .. } => (Some(was.to_string()), Some(becomes.to_string())),
        What::Fallback { was, becomes } => (Some(was.to_string()), Some(becomes.to_string())),
        What::Told { was, becomes, .. } => {
            let word = |severity: &Option<Severity>| severity.map(|severity| severity.to_string());
            (word(was), word(becomes))
        }
        What::Matched { was, becomes, .. } => (text(was.as_ref()), text(becomes.as_ref())),
        What::Tier { was, becomes } => (Some(was.to_string()), Some(becomes.to_string())),
        What::DefaultTeam { was, becomes } | What::ChangedHands { was, becomes } => {
            (Some(was.to_string()), Some(becomes.to_string()))
        }
        What::Timeout { was, becomes } => (Some(was.to_string()), Some(becomes.to_string())),
        What::Joins(person) => (None, Some(person.to_string())),
        What::Leaves(person) => (Some(person.to_string()), None),
        What::RoleGiven(role) => (None, Some(role.clone())),
        What::RoleTaken(role) => (Some(role.clone()), None),
        What::Added { team } => (None, text(team.as_ref())),
        What::NewRule { .. }
        | What::RuleGone { .. }
        | What::Pattern
        | What::Action { .. }
        | What::DecidesBefore(_)
        | What::Reachable
        | What::Unreachable
        | What::Contacts
        | What::Removed
        | What::DependsOn { .. } => (None, None),
    }
}

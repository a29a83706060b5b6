//! Files that people attached to cases and runs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::attachment::Described;
use wheelhouse_core::record::{Body, Fact, RunFact, RunHappening};
use wheelhouse_core::runbook::StepId;

/// A file that somebody attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// Its number within the case, or the run, from 1: `/api/v1/cases/{id}/attachments/{number}` gives it, or
    /// `/api/v1/runs/{id}/attachments/{number}`.
    pub number: u32,
    /// The step of the run that it is attached to; null where it is attached to a case.
    #[serde(default)]
    pub step: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is: an image by its own bytes, anything else by its sender's word.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// What there is to see, for whoever cannot see it; null where nobody said.
    pub description: Option<String>,
    /// Whether it is an image that browsers show; everything else is a download.
    pub shown: bool,
}

impl AttachmentView {
    /// The file that a fact attached; nothing where it attached none, or what was said of it is erased.
    pub fn of(fact: &Fact, body: Option<&Body>) -> Option<Self> {
        let (number, step) = attached(fact)?;
        let Described { name, media_type, size, sha256, description } = Described::of(body?)?;
        Some(Self {
            number,
            step: step.map(ToString::to_string),
            name,
            shown: media_type.is_shown(),
            media_type: media_type.to_string(),
            size,
            sha256: sha256.to_string(),
            description,
        })
    }
}

/// The number of the file that a fact attached, and the step where it is one of a run; nothing where it attached none.
pub(super) fn attached(fact: &Fact) -> Option<(u32, Option<&StepId>)> {
    match fact {
        Fact::FileAttached(file) => Some((file.number, None)),
        Fact::Run(RunFact { what: RunHappening::FileAttached { step, number, .. }, .. }) => Some((*number, Some(step))),
        _ => None,
    }
}

//! Facts about versions of runbooks.

use serde::{Deserialize, Serialize};

use crate::runbook::{Judgement, RunbookHash, RunbookName};

/// What the hub holds of a version of a runbook, by its own judgement or by that of whoever approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFact {
    /// The runbook.
    pub runbook: RunbookName,
    /// The version: the hash of its file. The judgement is about these bytes and no others.
    pub version: RunbookHash,
    /// What it is.
    #[serde(flatten)]
    pub judgement: Judgement,
}

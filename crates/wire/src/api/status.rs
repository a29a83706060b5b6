//! How the hub is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// How the hub is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The version of the software.
    pub version: String,
    /// The organisation's name; null before a catalog is in force.
    pub organization: Option<String>,
    /// The version of the catalog in force.
    pub catalog_version: Option<String>,
    /// When the hub started.
    pub started_at: Time,
    /// Since when the doors have been ready.
    pub ready_since: Option<Time>,
    /// The last commit.
    pub commit: u64,
    /// Cases that are not resolved.
    pub open_cases: u64,
    /// Open cases that nobody has acknowledged.
    pub unacknowledged_cases: u64,
    /// Signals that fire now.
    pub firing_signals: u64,
    /// Messages that wait for their (next) attempt.
    pub messages_waiting: u64,
    /// Entries in the record.
    pub record_size: u64,
    /// When the last checkpoint was written outside the hub; null where it never was.
    pub checkpoint_written_at: Option<Time>,
    /// What needs an operator's attention, in words; empty where all is well.
    pub warnings: Vec<String>,
}

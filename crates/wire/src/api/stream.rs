//! Events of the live stream, `/api/v1/stream`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CaseSummary;

/// An event of the live stream; its `id` on the wire is the commit up to which the reader then knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum StreamEvent {
    /// Cases changed, by one commit or by several told as one.
    Changed {
        /// The last commit that it covers.
        commit: u64,
        /// The size of the record after it: entries below are readable.
        record_size: u64,
        /// The cases that changed, as they are after it.
        cases: Vec<CaseSummary>,
        /// Whether another catalog came into force.
        catalog: bool,
    },
    /// The reader missed more than can be told: it must load again what it shows.
    Reset {
        /// The commit from which the stream goes on.
        commit: u64,
    },
}

impl StreamEvent {
    /// The event's name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Reset { .. } => "reset",
        }
    }

    /// The commit up to which the reader knows after it: the event's id.
    pub const fn commit(&self) -> u64 {
        match self {
            Self::Changed { commit, .. } | Self::Reset { commit } => *commit,
        }
    }
}

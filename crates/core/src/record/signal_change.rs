//! What signals changed: one by one, and counted for a case.

use serde::{Deserialize, Serialize};

use super::fact_parts::is_zero;
use crate::case::CaseId;
use crate::signal::SignalNumber;
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// What one signal changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalChange {
    /// First seen: it joined a case.
    Joined {
        /// Its number.
        number: SignalNumber,
        /// The hash of its identity.
        identity_hash: u64,
        /// The case.
        case: CaseId,
        /// When it expires unless told again.
        until: Option<Timestamp>,
    },
    /// First seen while a silence covers it: it is kept, and belongs to no case yet.
    Silenced {
        /// Its number.
        number: SignalNumber,
        /// The hash of its identity.
        identity_hash: u64,
        /// The silence.
        silence: SilenceId,
        /// When it expires unless told again.
        until: Option<Timestamp>,
    },
    /// Its silence ended, and another one covers it.
    SilencedAgain {
        /// Its number.
        number: SignalNumber,
        /// The other silence.
        silence: SilenceId,
    },
    /// Its silence ended: it joined a case.
    Released {
        /// Its number.
        number: SignalNumber,
        /// The case.
        case: CaseId,
    },
    /// Told again.
    Repeated {
        /// Its number.
        number: SignalNumber,
        /// The case; absent while it is silenced.
        case: Option<CaseId>,
        /// When it expires unless told again.
        until: Option<Timestamp>,
    },
    /// It ended, by its sender's word.
    Resolved {
        /// Its number.
        number: SignalNumber,
        /// The case; absent while it is silenced.
        case: Option<CaseId>,
        /// When.
        ended_at: Timestamp,
    },
    /// Its sender fell silent.
    Expired {
        /// Its number.
        number: SignalNumber,
        /// The case; absent while it is silenced.
        case: Option<CaseId>,
    },
    /// A rule dropped it.
    Dropped,
    /// It told the end of something that was not firing.
    Ignored,
}

impl SignalChange {
    /// What it did to its case, as a count.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        match self {
            Self::Joined { .. } => tally.joined = 1,
            Self::Released { .. } => tally.released = 1,
            Self::Repeated { .. } => tally.repeated = 1,
            Self::Resolved { .. } => tally.resolved = 1,
            Self::Expired { .. } => tally.expired = 1,
            Self::Dropped | Self::Ignored | Self::Silenced { .. } | Self::SilencedAgain { .. } => {}
        }
        tally
    }

    /// The case it touched, if any.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Joined { case, .. } | Self::Released { case, .. } => Some(*case),
            Self::Repeated { case, .. } | Self::Resolved { case, .. } | Self::Expired { case, .. } => *case,
            Self::Dropped | Self::Ignored | Self::Silenced { .. } | Self::SilencedAgain { .. } => None,
        }
    }
}

/// What the signals of one commit did to one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// First seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub joined: u64,
    /// Joined when their silence ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub released: u64,
    /// Told again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// Ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resolved: u64,
    /// Fell silent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired: u64,
}

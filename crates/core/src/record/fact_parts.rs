//! What facts are made of.

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::case::CaseId;
use crate::signal::SignalNumber;
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// Where signals of consecutive numbers belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The first of them.
    pub first: SignalNumber,
    /// The last of them.
    pub last: SignalNumber,
    /// Their case; absent while a silence holds them back.
    pub case: Option<CaseId>,
    /// The silence that holds them back; absent where it let them go.
    pub silence: Option<SilenceId>,
}

/// An answer kept for a repeated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The case it is about, if it is about one: it goes when the case's texts are erased.
    pub case: Option<CaseId>,
    /// Its salted digest.
    pub digest: Hash,
}

/// The next attempt to send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// When.
    pub at: Timestamp,
    /// With which of the recipient's contacts, from 0.
    pub contact: u16,
}

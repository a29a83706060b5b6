//! What facts are made of.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::case::CaseId;
use crate::name::{ChannelName, DrillName, ServiceName};
use crate::notify::{ContactKind, Recipient};
use crate::signal::SignalNumber;
use crate::silence::SilenceId;
use crate::time::{Duration, Timestamp};

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

/// A change that came shortly before a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundChange {
    /// Its number.
    pub change: u64,
    /// When it was done.
    pub at: Timestamp,
    /// How long before the trouble began.
    pub before: Duration,
    /// The services from the case's to the changed one.
    pub path: Vec<ServiceName>,
    /// Whether only hard dependencies lie in between.
    pub hard: bool,
}

/// A drill that was played and judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillHeld {
    /// Which.
    pub drill: DrillName,
    /// When it began.
    pub started_at: Timestamp,
    /// How many expectations were met.
    pub met: u32,
    /// How many were not.
    pub missed: u32,
    /// The cases that it caused.
    pub cases: BTreeSet<CaseId>,
}

/// An entry of a timeline that became a key event, or is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEventSet {
    /// The index of that entry in the record.
    pub entry: u64,
    /// Whether it is one now.
    pub key: bool,
}

/// The start or the end of a drill that the hub plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillRunFact {
    /// The number of the run.
    pub run: u64,
    /// Which drill.
    pub drill: DrillName,
    /// What became of it.
    pub step: DrillStep,
}

/// What becomes of a drill that the hub plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillStep {
    /// It began.
    Started,
    /// It was played to its end, judged and written down.
    Held,
    /// A person stopped it.
    Stopped,
    /// The hub stopped, or could not go on.
    Interrupted,
}

/// A contact that was tried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTest {
    /// Whose it is, if somebody's.
    pub recipient: Option<Recipient>,
    /// The kind of contact.
    pub contact: ContactKind,
    /// The channel of the catalog, if it is one.
    pub channel: Option<ChannelName>,
    /// Whether the other side accepted it.
    pub accepted: bool,
}

/// A file that was attached to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAttached {
    /// Its number within the case, from 1.
    pub number: u32,
    /// How much room it takes, in KiB.
    pub kib: u64,
}

/// How much was erased with the texts of a case: the bodies of earlier entries about it, its files, the texts of
/// its signals, answers about it, and the journals with bytes of those signals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many bodies.
    pub bodies: u64,
    /// How many signals.
    pub signals: u64,
    /// How many commits' journals.
    pub journals: u64,
    /// How many kept answers.
    pub answers: u64,
    /// How many files.
    #[serde(default, skip_serializing_if = "is_no_file")]
    pub files: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_no_file(files: &u32) -> bool {
    *files == 0
}

pub(super) const fn tried() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) const fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether a count says nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

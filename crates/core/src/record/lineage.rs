//! The logs that a record was signed as: one, and another from each restore on.
//!
//! A restore goes back behind what was signed. Whoever kept a checkpoint from after the backup would see two
//! histories of one log, which is what a log must never have. So a restored record goes on as a log of another
//! origin, and its first entry cites the head of the log before it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Frontier, Hash, Nodes, VerifierKey};
use crate::time::Timestamp;

/// What stands between the name of a record and the instant of its last restore.
const MARK: &str = "/restored-";

/// The head of a log, as an entry cites it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The log's origin.
    pub origin: String,
    /// How many entries it had.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl From<&Checkpoint> for Head {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self { origin: checkpoint.origin().to_owned(), size: checkpoint.size(), root: checkpoint.root() }
    }
}

/// The record was restored from a backup and goes on as another log, of which this is the first entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRestored {
    /// The head of the log before, as the backup has it: all entries before this one.
    pub from: Head,
    /// The origin under which the record is signed from this entry on.
    pub origin: String,
    /// When the backup was made.
    pub backup_at: Timestamp,
    /// The largest head of the log before that was known elsewhere, where it is larger: what lies between is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Head>,
}

/// Names the log that a record goes on as after a restore at an instant.
///
/// The instant tells it from every other restore, also from one of the same backup that nobody here knows of.
pub fn origin_after(origin: &str, at: Timestamp) -> String {
    let digits = at.to_jiff().strftime("%Y%m%dT%H%M%SZ");
    alloc::format!("{}{MARK}{digits}", first_origin(origin))
}

/// The name that a record had before it was ever restored.
pub fn first_origin(origin: &str) -> &str {
    origin.rsplit_once(MARK).map_or(origin, |(first, _)| first)
}

/// The logs that a record was signed as, by the entries that say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage(Vec<RecordRestored>);

/// How far the checkpoints of an origin go along with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To its end: it is the record's present log.
    Whole,
    /// To this size, where another log begins.
    Until(u64),
    /// It is another record's.
    Foreign,
}

impl Lineage {
    /// Takes the restores of a record, in the order of its entries.
    pub fn new(restores: Vec<RecordRestored>) -> Self {
        Self(restores)
    }

    /// The origin of the present log, where the record was ever restored.
    pub fn origin(&self) -> Option<&str> {
        self.0.last().map(|restored| restored.origin.as_str())
    }

    /// The last restore.
    pub fn last(&self) -> Option<&RecordRestored> {
        self.0.last()
    }

    /// How far checkpoints of `origin` go along with the record, which is signed as `present` now.
    pub fn reach(&self, present: &str, origin: &str) -> Reach {
        if origin == present {
            return Reach::Whole;
        }
        let ends = self.0.iter().filter(|restored| restored.from.origin == origin).map(|restored| restored.from.size);
        ends.max().map_or(Reach::Foreign, Reach::Until)
    }

    /// The key that signs the log `origin`: a record has one key, which is named after each of its logs.
    ///
    /// Hands `key` back where the two are not logs of one record.
    pub fn key(&self, key: &VerifierKey, origin: &str) -> VerifierKey {
        let knows = |name: &str| self.0.iter().any(|restored| restored.origin == name || restored.from.origin == name);
        let renamed = (knows(key.name()) && knows(origin)).then(|| VerifierKey::new(origin, *key.public_key()).ok());
        renamed.flatten().unwrap_or_else(|| key.clone())
    }
}

/// Why nothing may be signed on top of a record: a checkpoint of the same log, kept elsewhere, says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The checkpoint has more entries than the record.
    Behind {
        /// How many entries the checkpoint has.
        kept: u64,
        /// How many the record has.
        found: u64,
    },
    /// The first entries give another root than the checkpoint says.
    Differs {
        /// How many entries the checkpoint has.
        kept: u64,
    },
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { kept, found } => {
                write!(f, "a checkpoint of {kept} entries was signed, and this record has only {found}")
            }
            Self::Differs { kept } => {
                write!(f, "the first {kept} entries are not those of the checkpoint that was signed over them")
            }
        }
    }
}

impl core::error::Error for Contradiction {}

/// Whether a log may be signed on top of its first `size` entries, of which `nodes` has the hashes, given a
/// checkpoint of the same log that was kept elsewhere.
///
/// # Errors
/// Says how the two contradict each other. Whoever signed all the same would give one log two histories.
pub fn may_sign(size: u64, nodes: &impl Nodes, kept: &Checkpoint) -> Result<(), Contradiction> {
    if kept.size() > size {
        return Err(Contradiction::Behind { kept: kept.size(), found: size });
    }
    match Frontier::from_nodes(kept.size(), nodes) {
        Some(tree) if tree.root() == kept.root() => Ok(()),
        _ => Err(Contradiction::Differs { kept: kept.size() }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::record::leaf_hash;

    const AT: Timestamp = Timestamp::from_seconds(1_795_472_045);

    fn restored(from: &str, size: u64, origin: &str) -> RecordRestored {
        let from = Head { origin: from.into(), size, root: Hash([0; 32]) };
        RecordRestored { from, origin: origin.into(), backup_at: AT, lost: None }
    }

    #[test]
    fn each_restore_has_a_name_of_its_own_that_does_not_grow() {
        let second = origin_after("hub.example/record", AT);
        assert_eq!(second, "hub.example/record/restored-20261123T221405Z");
        let third = origin_after(&second, Timestamp::from_seconds(1_795_472_046));
        assert_eq!(third, "hub.example/record/restored-20261123T221406Z");
        assert_eq!(first_origin(&third), "hub.example/record");
    }

    #[test]
    fn checkpoints_of_an_earlier_log_reach_to_where_it_was_left() {
        let lineage = Lineage::new(alloc::vec![restored("a", 10, "b"), restored("b", 25, "c")]);
        assert_eq!(lineage.origin(), Some("c"));
        let reach = |origin| lineage.reach("c", origin);
        assert_eq!(
            [reach("a"), reach("b"), reach("c"), reach("d")],
            [Reach::Until(10), Reach::Until(25), Reach::Whole, Reach::Foreign]
        );
        let key = VerifierKey::new("a", [7; 32]).unwrap();
        assert_eq!(lineage.key(&key, "c"), VerifierKey::new("c", [7; 32]).unwrap());
        assert_eq!(lineage.key(&key, "d"), key);
    }

    #[test]
    fn nothing_is_signed_below_or_beside_what_was_kept() {
        let leaves: Vec<Hash> = (0_u8..6).map(|n| leaf_hash(&[n])).collect();
        let nodes = |level: u32, index: u64| {
            let (first, count) = (usize::try_from(index << level).ok()?, 1 << level);
            let mut tree = Frontier::new();
            leaves.get(first..first + count)?.iter().for_each(|leaf| tree.push(*leaf));
            Some(tree.root())
        };
        let root = |size: usize| {
            let mut tree = Frontier::new();
            leaves.iter().take(size).for_each(|leaf| tree.push(*leaf));
            tree.root()
        };
        let kept = |size: usize, root| Checkpoint::new("a", u64::try_from(size).unwrap(), root).unwrap();
        for size in 0..=6 {
            assert_eq!(may_sign(6, &nodes, &kept(size, root(size))), Ok(()), "{size}");
        }
        assert_eq!(may_sign(5, &nodes, &kept(6, root(6))), Err(Contradiction::Behind { kept: 6, found: 5 }));
        assert_eq!(may_sign(6, &nodes, &kept(5, root(6))), Err(Contradiction::Differs { kept: 5 }));
    }
}

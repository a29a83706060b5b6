//! Proofs over the Merkle tree: that an entry is in it, and that it only grew (RFC 9162 §2.1.3–4).

use alloc::vec::Vec;
use core::fmt;

use super::merkle::{MAX_LEAVES, fold, subtrees};
use super::{Hash, empty_root, node_hash};

/// A source of the hashes of complete nodes (see [`Node`](super::Node)).
///
/// A proof over n leaves asks for about `2 * log2(n)` of them at most and never walks the leaves:
/// only its topmost sibling can lie on the ragged right edge and need joining from several nodes.
pub trait Nodes {
    /// The hash of the complete node at `level` and `index`, or `None` when it is not there.
    fn node(&self, level: u32, index: u64) -> Option<Hash>;
}

impl<F: Fn(u32, u64) -> Option<Hash>> Nodes for F {
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        self(level, index)
    }
}

/// Says why a proof cannot be made, or proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The leaf lies outside the tree.
    OutsideTree {
        /// The leaf's index.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The older tree is the larger one.
    Shrunk {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer tree.
        new: u64,
    },
    /// The tree has more leaves than a tree may have.
    TooLarge(u64),
    /// A hash that the proof needs is not stored.
    NodeMissing {
        /// The node's level.
        level: u32,
        /// The node's index in its level.
        index: u64,
    },
    /// The proof has too few or too many hashes.
    WrongLength {
        /// How many hashes it has.
        found: usize,
    },
    /// The proof leads to another root than the one given.
    RootDiffers {
        /// The root that was given.
        given: Hash,
        /// The root that the proof leads to.
        computed: Hash,
    },
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideTree { index, size } => write!(
                f,
                "leaf {index} is outside a tree of {size} leaves; ask for a smaller index or a later checkpoint"
            ),
            Self::Shrunk { old, new } => {
                write!(f, "a tree of {old} leaves cannot grow into one of {new}; give the older checkpoint first")
            }
            Self::TooLarge(size) => {
                write!(f, "a tree of {size} leaves is too large; expected at most {MAX_LEAVES}")
            }
            Self::NodeMissing { level, index } => write!(
                f,
                "the tree node at level {level}, index {index} is not stored; the record is incomplete, restore it from a backup"
            ),
            Self::WrongLength { found } => {
                write!(f, "a proof of {found} hashes does not fit these tree sizes; fetch it again")
            }
            Self::RootDiffers { given, computed } => {
                write!(f, "the proof leads to the root {computed}, not to {given}; the record or the proof was changed")
            }
        }
    }
}

impl core::error::Error for ProofError {}

/// Makes the proof that leaf `index` is in the tree of the first `size` leaves, lowest sibling first.
///
/// # Errors
/// Says so when the leaf is outside the tree or a stored node is missing.
pub fn inclusion_proof(index: u64, size: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, ProofError> {
    check_index(index, size)?;
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + left_part(high - low);
        if index < middle {
            path.push(range_root(middle, high, nodes)?);
            high = middle;
        } else {
            path.push(range_root(low, middle, nodes)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Makes the proof that the tree of the first `new` leaves grew from that of the first `old`.
///
/// The proof is empty when `old` is 0 or equal to `new`.
///
/// # Errors
/// Says so when `old` is larger than `new` or a stored node is missing.
pub fn consistency_proof(old: u64, new: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, ProofError> {
    check_sizes(old, new)?;
    let mut path = Vec::new();
    if old == 0 {
        return Ok(path);
    }
    let (mut low, mut high) = (0, new);
    while high != old {
        let middle = low + left_part(high - low);
        if old <= middle {
            path.push(range_root(middle, high, nodes)?);
            high = middle;
        } else {
            path.push(range_root(low, middle, nodes)?);
            low = middle;
        }
    }
    if low > 0 {
        // The verifier knows the old root only when it is itself a node on the path.
        path.push(range_root(low, high, nodes)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks that `leaf` is at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
///
/// # Errors
/// Says why the proof does not show it.
pub fn verify_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash], root: Hash) -> Result<(), ProofError> {
    check_index(index, size)?;
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    let mut walk = Walk { node: index, last: size - 1 };
    let mut computed = leaf;
    for &sibling in proof {
        computed = match walk.climb().ok_or(wrong_length)? {
            Side::Left => node_hash(sibling, computed),
            Side::Right => node_hash(computed, sibling),
        };
    }
    if walk.last != 0 {
        return Err(wrong_length);
    }
    check_root(root, computed)
}

/// Checks that the tree of `new` leaves grew from that of `old` leaves (RFC 9162 §2.1.4.2).
///
/// Every tree grew from the empty one; then only `old_root` is checked and the proof is empty.
///
/// # Errors
/// Says why the proof does not show it.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: Hash,
    new_root: Hash,
) -> Result<(), ProofError> {
    check_sizes(old, new)?;
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    if old == 0 || old == new {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        return check_root(old_root, if old == 0 { empty_root() } else { new_root });
    }
    let (&start, rest) =
        if old.is_power_of_two() { (&old_root, proof) } else { proof.split_first().ok_or(wrong_length)? };
    // Start at the old tree's last complete subtree: the highest node whose last leaf is old - 1.
    let level = old.trailing_zeros();
    let mut walk = Walk { node: (old - 1) >> level, last: (new - 1) >> level };
    let (mut old_computed, mut new_computed) = (start, start);
    for &sibling in rest {
        match walk.climb().ok_or(wrong_length)? {
            Side::Left => {
                old_computed = node_hash(sibling, old_computed);
                new_computed = node_hash(sibling, new_computed);
            }
            Side::Right => new_computed = node_hash(new_computed, sibling),
        }
    }
    if walk.last != 0 {
        return Err(wrong_length);
    }
    check_root(old_root, old_computed)?;
    check_root(new_root, new_computed)
}

/// The side on which the next sibling stands.
enum Side {
    Left,
    Right,
}

/// A climb from a node to the root: its index in the present level, and the level's last index.
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    /// Goes up past the next sibling and tells its side; `None` when the root is reached already.
    fn climb(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // On the right edge a node without a sibling is carried up unchanged.
            let carried = self.node.trailing_zeros();
            self.node >>= carried;
            self.last >>= carried;
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Some(side)
    }
}

fn check_index(index: u64, size: u64) -> Result<(), ProofError> {
    if size > MAX_LEAVES {
        return Err(ProofError::TooLarge(size));
    }
    if index >= size {
        return Err(ProofError::OutsideTree { index, size });
    }
    Ok(())
}

fn check_sizes(old: u64, new: u64) -> Result<(), ProofError> {
    if new > MAX_LEAVES {
        return Err(ProofError::TooLarge(new));
    }
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    Ok(())
}

fn check_root(given: Hash, computed: Hash) -> Result<(), ProofError> {
    if given == computed { Ok(()) } else { Err(ProofError::RootDiffers { given, computed }) }
}

/// The leaves left of the split: the largest power of two below `count`, which is at least 2.
fn left_part(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root of the subtree over the leaves `low..high`, which the splits of one tree have made.
fn range_root(low: u64, high: u64, nodes: &impl Nodes) -> Result<Hash, ProofError> {
    let roots: Result<Vec<Hash>, ProofError> = subtrees(low, high - low)
        .map(|(level, index)| nodes.node(level, index).ok_or(ProofError::NodeMissing { level, index }))
        .collect();
    Ok(fold(roots?.into_iter()).unwrap_or_else(empty_root))
}

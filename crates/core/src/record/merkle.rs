//! The RFC 6962 / RFC 9162 §2.1 Merkle tree, kept as a frontier that grows in O(log n) state.
//!
//! A *complete node* `(level, index)` is the root of the perfect subtree over the `2^level` leaves
//! that start at `index << level`; level 0 is the leaves themselves. Once its last leaf is there, a
//! complete node never changes, so a store appends each one once and can prove anything from them
//! (see [`Nodes`](super::Nodes)). These are also the hashes that C2SP tlog-tiles serve: tile level
//! `t` holds the nodes of level `8 * t`.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Hash, Nodes, empty_root, node_hash};

/// The most leaves a tree may have; far more than any log can reach, and safe in every sum.
pub const MAX_LEAVES: u64 = 1 << 62;

/// A complete node of the tree, as a store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Node {
    /// The height above the leaves; 0 is a leaf.
    pub level: u32,
    /// The position among the nodes of its level, from 0.
    pub index: u64,
    /// The hash of the subtree.
    pub hash: Hash,
}

/// The right edge of a growing tree: its size and the roots of its perfect subtrees.
///
/// Serialised as `{"size": …, "roots": […]}`; reading it back checks that the two agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Frontier {
    size: u64,
    /// Largest subtree first; one for each bit set in `size`.
    roots: Vec<Hash>,
}

impl Frontier {
    /// Makes the frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back a frontier from its size and its subtree roots, largest first.
    ///
    /// # Errors
    /// Says so when a tree of that size does not have that many perfect subtrees.
    pub fn from_parts(size: u64, roots: Vec<Hash>) -> Result<Self, BadFrontier> {
        let found = roots.len();
        if size > MAX_LEAVES || found != size.count_ones() as usize {
            return Err(BadFrontier { size, found });
        }
        Ok(Self { size, roots })
    }

    /// Reads the frontier of the first `size` leaves out of stored nodes.
    ///
    /// Returns `None` when a node that it needs is not there.
    pub fn from_nodes(size: u64, nodes: &impl Nodes) -> Option<Self> {
        let roots: Option<Vec<Hash>> = subtrees(0, size).map(|(level, index)| nodes.node(level, index)).collect();
        Self::from_parts(size, roots?).ok()
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// The root of the whole tree (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        fold(self.roots.iter().copied()).unwrap_or_else(empty_root)
    }

    /// Appends one leaf, given as its [`leaf_hash`](super::leaf_hash).
    pub fn push(&mut self, leaf: Hash) {
        self.push_noting(leaf, |_| ());
    }

    /// Appends one leaf and hands over every node that it completes.
    ///
    /// The leaf itself comes first, as a node of level 0, then the interior nodes upwards: on
    /// average two nodes a leaf, and each node of the tree once.
    pub fn push_noting(&mut self, leaf: Hash, mut completed: impl FnMut(Node)) {
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        completed(node);
        while node.index & 1 == 1 {
            let left = self.roots.pop().expect("an odd index has its left sibling on the frontier");
            node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(left, node.hash) };
            completed(node);
        }
        self.roots.push(node.hash);
        self.size += 1;
    }
}

/// Says that a size and a list of subtree roots do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFrontier {
    /// The size that was given.
    pub size: u64,
    /// How many subtree roots were given.
    pub found: usize,
}

impl fmt::Display for BadFrontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, found } = self;
        if *size > MAX_LEAVES {
            return write!(f, "a tree of {size} leaves is too large; expected at most {MAX_LEAVES}");
        }
        write!(
            f,
            "{found} subtree roots do not make a tree of {size} leaves; expected {}; read the frontier again from the stored nodes",
            size.count_ones()
        )
    }
}

impl core::error::Error for BadFrontier {}

#[derive(Deserialize)]
struct Parts {
    size: u64,
    roots: Vec<Hash>,
}

impl TryFrom<Parts> for Frontier {
    type Error = BadFrontier;

    fn try_from(parts: Parts) -> Result<Self, BadFrontier> {
        Self::from_parts(parts.size, parts.roots)
    }
}

/// The perfect subtrees, as `(level, index)` and largest first, that cover `count` leaves from
/// `start`, which must be a multiple of the largest one.
pub(super) fn subtrees(start: u64, count: u64) -> impl Iterator<Item = (u32, u64)> {
    let (mut start, mut left) = (start, count);
    core::iter::from_fn(move || {
        let level = left.checked_ilog2()?;
        let node = (level, start >> level);
        start += 1 << level;
        left -= 1 << level;
        Some(node)
    })
}

/// Joins the roots of neighbouring perfect subtrees, largest first, into the root above them.
pub(super) fn fold(roots: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    roots.rev().reduce(|right, left| node_hash(left, right))
}

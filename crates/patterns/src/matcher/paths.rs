//! The paths that patterns name, as a tree of keys that is walked while an event is read.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashTable;

use crate::hash;

/// No node, no slot, no atom.
pub(super) const NONE: u32 = u32::MAX;

/// From how many keys on a node's children are looked up by hash.
const MANY: usize = 8;

/// The tree. Node 0 is the event itself.
#[derive(Debug)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    /// The children of nodes that have many.
    hashed: HashTable<Hashed>,
}

#[derive(Debug)]
pub(super) struct Node {
    /// Which path ends here.
    pub(super) slot: u32,
    /// One bit for each [`bit`] of a key.
    keys: u64,
    children: Vec<Child>,
}

#[derive(Debug)]
struct Child {
    /// The first and the last eight bytes of the key, which are all of a short one.
    ends: (u64, u64),
    key: Box<[u8]>,
    node: u32,
}

#[derive(Debug)]
struct Hashed {
    parent: u32,
    key: Box<[u8]>,
    node: u32,
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { nodes: alloc::vec![Node::new()], hashed: HashTable::new() }
    }

    pub(super) fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// The slot of a path, which becomes `new` if it has none.
    pub(super) fn slot(&mut self, path: &str, new: u32) -> u32 {
        let mut node = 0;
        for key in path.split('.') {
            node = self.child(node, key.as_bytes()).unwrap_or_else(|| self.add(node, key.as_bytes()));
        }
        let Some(node) = self.nodes.get_mut(node as usize) else { return NONE };
        if node.slot == NONE {
            node.slot = new;
        }
        node.slot
    }

    /// Where a key of an event leads; a key with dots goes several steps.
    #[inline]
    pub(super) fn follow(&self, node: u32, key: &[u8]) -> Option<u32> {
        if let Some(child) = self.child(node, key) {
            return Some(child);
        }
        if !key.contains(&b'.') {
            return None;
        }
        key.split(|byte| *byte == b'.').try_fold(node, |node, key| self.child(node, key))
    }

    #[inline]
    fn child(&self, node: u32, key: &[u8]) -> Option<u32> {
        let parent = self.nodes.get(node as usize)?;
        if parent.keys & bit(key) == 0 {
            return None;
        }
        if parent.children.is_empty() {
            let is_it = |child: &Hashed| child.parent == node && *child.key == *key;
            return self.hashed.find(hash::text(node, key), is_it).map(|child| child.node);
        }
        let ends = ends(key);
        let is_it = |child: &&Child| {
            child.ends == ends && child.key.len() == key.len() && (key.len() <= 16 || *child.key == *key)
        };
        parent.children.iter().find(is_it).map(|child| child.node)
    }

    fn add(&mut self, parent: u32, key: &[u8]) -> u32 {
        let new = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node::new());
        let Some(node) = self.nodes.get_mut(parent as usize) else { return new };
        let was_hashed = node.keys != 0 && node.children.is_empty();
        node.keys |= bit(key);
        if was_hashed || node.children.len() == MANY {
            let few = core::mem::take(&mut node.children);
            let new = Hashed { parent, key: key.into(), node: new };
            let moved = few.into_iter().map(|child| Hashed { parent, key: child.key, node: child.node });
            for child in moved.chain([new]) {
                let rehash = |child: &Hashed| hash::text(child.parent, &child.key);
                self.hashed.insert_unique(hash::text(parent, &child.key), child, rehash);
            }
        } else {
            node.children.push(Child { ends: ends(key), key: key.into(), node: new });
        }
        new
    }
}

impl Node {
    fn new() -> Self {
        Self { slot: NONE, keys: 0, children: Vec::new() }
    }

    /// Whether a path goes on below.
    #[inline]
    pub(super) fn has_children(&self) -> bool {
        self.keys != 0
    }
}

/// One of 64 bits, by what is quickest to see of a key.
#[inline]
fn bit(key: &[u8]) -> u64 {
    let ends = key.first().copied().unwrap_or(0) ^ key.last().copied().unwrap_or(0).rotate_left(3);
    1 << ((ends as usize ^ key.len() << 1) & 63)
}

/// The first and the last eight bytes of a key; of one that is shorter, all of it and nothing.
#[inline]
fn ends(key: &[u8]) -> (u64, u64) {
    match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (key.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    }
}

//! Which of many texts another one begins with (or ends with, read backwards).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::convert::Infallible;

/// A tree of texts; each branch holds the bytes that all below it share.
#[derive(Debug, Default)]
pub(super) struct Radix {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// The bytes on the way from the parent, the first included.
    label: Box<[u8]>,
    /// By their first byte, in order.
    children: Vec<(u8, u32)>,
    /// What was put in under the text that ends here.
    here: Vec<u32>,
}

impl Radix {
    /// How much is kept under a text already.
    pub(super) fn population(&self, text: impl Iterator<Item = u8>) -> usize {
        let text: Vec<u8> = text.collect();
        let mut kept = 0;
        let walked: Result<(), Infallible> = self.walk(text.iter().copied(), |depth, here| {
            if depth == text.len() {
                kept = here.len();
            }
            Ok(())
        });
        walked.map_or(0, |()| kept)
    }

    /// Puts something in under a text.
    pub(super) fn insert(&mut self, text: impl Iterator<Item = u8>, value: u32) {
        let text: Vec<u8> = text.collect();
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let (mut at, mut rest) = (0_usize, text.as_slice());
        while let Some(first) = rest.first().copied() {
            let Some(child) = self.child(at, first) else {
                at = self.leaf(at, rest);
                break;
            };
            let shared = self.nodes.get(child).map_or(0, |node| common(&node.label, rest));
            if self.nodes.get(child).is_some_and(|node| shared < node.label.len()) {
                self.split(child, shared);
            }
            at = child;
            rest = rest.get(shared..).unwrap_or_default();
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.here.push(value);
        }
    }

    /// Gives what was put in under each text that this one begins with.
    ///
    /// # Errors
    /// The first that `found` gives.
    pub(super) fn each<E>(
        &self,
        text: impl Iterator<Item = u8>,
        mut found: impl FnMut(u32) -> Result<(), E>,
    ) -> Result<(), E> {
        self.walk(text, |_, here| here.iter().try_for_each(|value| found(*value)))
    }

    fn walk<E>(
        &self,
        mut text: impl Iterator<Item = u8>,
        mut found: impl FnMut(usize, &[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut depth = 0;
        let mut next = self.nodes.first();
        while let Some(node) = next {
            if !node.here.is_empty() {
                found(depth, &node.here)?;
            }
            let Some(first) = text.next() else { break };
            let Ok(place) = node.children.binary_search_by_key(&first, |child| child.0) else { break };
            let child = node.children.get(place).and_then(|child| self.nodes.get(child.1 as usize));
            let Some(child) = child else { break };
            let rest = child.label.get(1..).unwrap_or_default();
            if !rest.iter().all(|byte| text.next() == Some(*byte)) {
                break;
            }
            depth += child.label.len();
            next = Some(child);
        }
        Ok(())
    }

    fn child(&self, at: usize, first: u8) -> Option<usize> {
        let children = &self.nodes.get(at)?.children;
        let place = children.binary_search_by_key(&first, |child| child.0).ok()?;
        children.get(place).map(|child| child.1 as usize)
    }

    /// Adds a child with all of `label`.
    fn leaf(&mut self, at: usize, label: &[u8]) -> usize {
        let new = self.nodes.len();
        self.nodes.push(Node { label: label.into(), ..Node::default() });
        self.link(at, label, new);
        new
    }

    /// Cuts a node in two: it keeps the first bytes, and a new child gets the rest with all that was below.
    fn split(&mut self, at: usize, keep: usize) {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return };
        let rest: Box<[u8]> = node.label.get(keep..).unwrap_or_default().into();
        let below = Node {
            children: core::mem::take(&mut node.children),
            here: core::mem::take(&mut node.here),
            label: rest.clone(),
        };
        node.label = node.label.get(..keep).unwrap_or_default().into();
        self.nodes.push(below);
        self.link(at, &rest, new);
    }

    fn link(&mut self, at: usize, label: &[u8], child: usize) {
        let (Some(first), Ok(child)) = (label.first().copied(), u32::try_from(child)) else { return };
        if let Some(node) = self.nodes.get_mut(at)
            && let Err(place) = node.children.binary_search_by_key(&first, |child| child.0)
        {
            node.children.insert(place, (first, child));
        }
    }
}

fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

//! Where patterns stand until an event leads to them.
//!
//! A pattern stands under the rarest thing that it asks for. Where too many stand together, they are told
//! apart by the values of another field, and so on: an event walks from each of its values down only
//! those branches whose values it has as well.

use alloc::vec::Vec;

use hashbrown::HashTable;

use super::index::{Asked, Atom, Index, number_of};
use super::paths::NONE;
use super::slot::{Access, Kind};
use crate::condition::{Condition, Range};
use crate::hash;

/// How many may stand together before they are told apart.
const CROWD: usize = 12;
/// How many fields may tell apart those who stand in one place.
const MOST_SPLITS: usize = 4;
/// How many branches one behind another.
const DEEPEST: u32 = 5;
/// In how many places a pattern may stand because fields that tell it apart have several values.
const MOST_PLACES: usize = 32;

/// The places. Those of number 0 are tried on every event.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    children: HashTable<Branch>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    /// Conjunctions to be tried on an event that leads here.
    pub(super) list: Vec<Standing>,
    /// The paths by whose values the others are told apart.
    pub(super) splits: Vec<u32>,
    /// The paths that led here.
    used: Vec<u32>,
    /// How many must stand here before they are told apart again.
    crowd: usize,
}

/// A conjunction where events find it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) conjunction: u32,
    /// The rarest of its fields that the way here says nothing about; `NONE` if it says all.
    pub(super) rarest: u32,
}

#[derive(Debug)]
struct Branch {
    node: u32,
    value: u32,
    child: u32,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: alloc::vec![Node::default()], children: HashTable::new() }
    }

    /// The branch of a place for a value.
    #[inline]
    pub(super) fn child(&self, node: u32, value: u32) -> Option<u32> {
        let is_it = |branch: &Branch| branch.node == node && branch.value == value;
        self.children.find(key(node, value), is_it).map(|branch| branch.child)
    }

    fn add(&mut self, used: Vec<u32>) -> u32 {
        let new = number_of(&self.nodes);
        self.nodes.push(Node { used, crowd: CROWD, ..Node::default() });
        new
    }

    fn branch(&mut self, node: u32, value: u32, slot: u32) -> u32 {
        if let Some(child) = self.child(node, value) {
            return child;
        }
        let mut used = self.nodes.get(node as usize).map(|node| node.used.clone()).unwrap_or_default();
        used.push(slot);
        let child = self.add(used);
        let rehash = |branch: &Branch| key(branch.node, branch.value);
        self.children.insert_unique(key(node, value), Branch { node, value, child }, rehash);
        child
    }
}

impl Index {
    /// Whether a conjunction can be found by something that events have.
    pub(super) fn is_selective(field: &Asked) -> bool {
        !field.accepts_absence
    }

    /// Puts a conjunction where events will find it.
    pub(super) fn place(&mut self, conjunction: u32) {
        let fields = self.fields_of(conjunction).iter().filter_map(|field| self.fields.get(*field as usize));
        let selective = fields.filter(|field| Self::is_selective(field)).map(|field| (self.cost(field), field));
        let Some((_, best)) = selective.min_by_key(|(cost, _)| *cost) else {
            self.join(0, conjunction);
            return;
        };
        let slot = best.slot;
        let atoms = self.atoms_of(best).to_vec();
        let is_vague =
            |atom: &u32| self.atoms.get(*atom as usize).is_none_or(|atom| Kind::of(&atom.condition) == Kind::Any);
        if atoms.iter().any(is_vague) {
            let node = self.present(slot);
            self.stand(node, conjunction);
            return;
        }
        for atom in atoms {
            let node = self.found_by(atom);
            self.stand(node, conjunction);
        }
    }

    /// How many of a million events are taken to lead to a conjunction that stands under a field: values are
    /// taken to be as many as patterns name, and to be equally frequent.
    fn cost(&self, field: &Asked) -> u64 {
        let Some(slot) = self.slots.get(field.slot as usize) else { return u64::MAX };
        let one = |atom: &Atom| {
            let kind = Kind::of(&atom.condition);
            let others = u64::from(slot.count(kind));
            match kind {
                Kind::String | Kind::Number | Kind::IgnoreCase => 1_000_000 / (others + 1),
                Kind::Affix => 1_100_000 / (others + 1),
                Kind::Wildcard => 2_000_000 / (others + 2),
                Kind::Cidr => 3_000_000 / (others + 8),
                Kind::Constant => 350_000,
                Kind::Range => match &atom.condition {
                    Condition::Numeric(Range { lower: Some(_), upper: Some(_) }) => 3_000_000 / (others + 10),
                    _ => 500_000,
                },
                Kind::Any => 950_000,
            }
        };
        self.atoms_of(field).iter().filter_map(|atom| self.atoms.get(*atom as usize)).map(one).sum()
    }

    /// The place of those who are found by anything being at a path.
    fn present(&mut self, slot: u32) -> u32 {
        let Some(known) = self.slots.get_mut(slot as usize) else { return 0 };
        if known.present == NONE {
            known.present = self.tree.add(alloc::vec![slot]);
        }
        known.present
    }

    /// The place of those who are found by an atom.
    fn found_by(&mut self, number: u32) -> u32 {
        let Some(atom) = self.atoms.get_mut(number as usize) else { return 0 };
        if atom.node == NONE {
            atom.node = self.tree.add(alloc::vec![atom.slot]);
            let is_tabled =
                matches!(Kind::of(&atom.condition), Kind::String | Kind::Number | Kind::Constant | Kind::IgnoreCase);
            if !is_tabled && let Some(slot) = self.slots.get_mut(atom.slot as usize) {
                slot.access.get_or_insert_with(|| Access::new().into()).insert(&atom.condition, number);
            }
        }
        atom.node
    }

    /// Lets a conjunction stand at a place, or at branches of it.
    fn stand(&mut self, node: u32, conjunction: u32) {
        let Some(place) = self.tree.nodes.get(node as usize) else { return };
        let split =
            place.splits.iter().find_map(|slot| Some((*slot, self.values_at(conjunction, *slot, &place.used)?)));
        if let Some((slot, values)) = split {
            self.branch_out(node, slot, &values, conjunction);
            return;
        }
        self.join(node, conjunction);
        if self.tree.nodes.get(node as usize).is_some_and(|place| place.list.len() > place.crowd) {
            self.tell_apart(node);
        }
    }

    fn join(&mut self, node: u32, conjunction: u32) {
        let Some(place) = self.tree.nodes.get(node as usize) else { return };
        // Values that led here are met already, but for the field under which any value at all is looked up.
        let is_open = |field: &Asked| !(field.is_exact && place.used.contains(&field.slot));
        let fields = self.fields_of(conjunction).iter().copied();
        let open = fields.filter_map(|number| Some((number, self.fields.get(number as usize)?)));
        let costs = open.filter(|(_, field)| is_open(field)).map(|(number, field)| (self.cost(field), number));
        let rarest = costs.min().map_or(NONE, |(_, number)| number);
        if let Some(place) = self.tree.nodes.get_mut(node as usize) {
            place.list.push(Standing { conjunction, rarest });
        }
    }

    fn branch_out(&mut self, node: u32, slot: u32, values: &[u32], conjunction: u32) {
        for value in values {
            let child = self.tree.branch(node, *value, slot);
            self.stand(child, conjunction);
        }
    }

    /// The values of which a conjunction asks for one at a path, if they are few enough beside those that led here.
    fn values_at(&self, conjunction: u32, slot: u32, used: &[u32]) -> Option<Vec<u32>> {
        let mut telling = self.telling(conjunction, used);
        telling.find(|field| field.slot == slot).map(|field| self.atoms_of(field).to_vec())
    }

    /// The fields of a conjunction that can tell it apart from others, where the values of some paths led.
    fn telling<'i>(&'i self, conjunction: u32, used: &[u32]) -> impl Iterator<Item = &'i Asked> + use<'i> {
        let fields = self.fields_of(conjunction).iter().filter_map(|field| self.fields.get(*field as usize));
        let led = fields.clone().filter(|field| used.contains(&field.slot));
        let places: usize = led.map(|field| self.atoms_of(field).len().max(1)).product();
        fields.filter(move |field| {
            let values = self.atoms_of(field).len();
            field.is_exact && !field.accepts_absence && (values == 1 || values.saturating_mul(places) <= MOST_PLACES)
        })
    }

    /// Sends those who crowd a place into branches, by the path that keeps most of them from most events.
    fn tell_apart(&mut self, node: u32) {
        let Some(place) = self.tree.nodes.get(node as usize) else { return };
        let can = place.splits.len() < MOST_SPLITS && place.used.len() < DEEPEST as usize;
        let best = if can { self.best_split(&place.list, &place.used) } else { None };
        let Some(place) = self.tree.nodes.get_mut(node as usize) else { return };
        let Some(slot) = best else {
            place.crowd = place.list.len() * 2;
            return;
        };
        place.splits.push(slot);
        let (all, used) = (core::mem::take(&mut place.list), place.used.clone());
        for Standing { conjunction, .. } in all {
            match self.values_at(conjunction, slot, &used) {
                Some(values) => self.branch_out(node, slot, &values, conjunction),
                None => self.join(node, conjunction),
            }
        }
    }

    fn best_split(&self, list: &[Standing], used: &[u32]) -> Option<u32> {
        let fields = list.iter().flat_map(|standing| self.telling(standing.conjunction, used));
        let mut slots: Vec<u32> = fields.map(|field| field.slot).filter(|slot| !used.contains(slot)).collect();
        slots.sort_unstable();
        let groups = slots.chunk_by(|a, b| a == b);
        let scored = groups.filter_map(|group| {
            let slot = *group.first()?;
            let known = self.slots.get(slot as usize)?;
            let values = u64::from(known.count(Kind::String) + known.count(Kind::Number) + known.count(Kind::Constant));
            // How many are kept from an event that has another value.
            let kept = group.len() as u64 * values * 1_000 / (values + 1);
            (group.len() >= 3).then_some((kept, slot))
        });
        scored.max().map(|(_, slot)| slot)
    }
}

fn key(node: u32, value: u32) -> u64 {
    hash::number(u64::from(node) << 32 | u64::from(value))
}

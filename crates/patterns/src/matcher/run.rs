//! Finding the patterns that match what was found in an event.

use alloc::string::String;
use alloc::vec::Vec;

use super::arrays::{Trail, agree, agree_simply};
use super::error::EventError;
use super::found::{Found, Values};
use super::index::{Asked, Index};
use super::paths::NONE;
use super::slot::Kind;
use super::steps::Steps;
use crate::condition::{Condition, fold_into};
use crate::event::Leaf;

/// How a field stands to an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    No = 0,
    /// By a value that agrees with any other, or by absence.
    Yes = 1,
    /// By a value in one of several elements of an array, which must agree with the other fields'.
    Within = 2,
}

/// What is remembered while one event is matched, each thing with the number of the event.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Counts events; below 2^30, so that there is room for a verdict beside it.
    event: u32,
    /// By field: the event and the verdict.
    fields: Vec<u32>,
    /// By place in the tree: the event that led there last.
    places: Vec<u32>,
    /// By pattern: the event that matched last.
    patterns: Vec<u32>,
    folded: String,
    hits: Vec<u32>,
}

impl Memory {
    /// Gets ready for another event.
    pub(super) fn begin(&mut self, index: &Index, patterns: usize) {
        self.event += 1;
        if self.event >= 1 << 30 {
            self.event = 1;
            [&mut self.fields, &mut self.places, &mut self.patterns].into_iter().for_each(Vec::clear);
        }
        grow(&mut self.fields, index.fields.len());
        grow(&mut self.places, index.tree.nodes.len());
        grow(&mut self.patterns, patterns);
    }
}

fn grow(list: &mut Vec<u32>, length: usize) {
    if list.len() < length {
        list.resize(length, 0);
    }
}

pub(super) struct Run<'r> {
    pub(super) index: &'r Index,
    pub(super) event: &'r str,
    pub(super) values: &'r Values,
    pub(super) memory: &'r mut Memory,
    pub(super) matched: &'r mut Vec<u32>,
    pub(super) steps: Steps,
}

impl Run<'_> {
    /// Tries every pattern to which a value leads, and those that nothing leads to.
    ///
    /// # Errors
    /// When that takes too many steps.
    pub(super) fn run(&mut self) -> Result<(), EventError> {
        self.visit(0)?;
        let mut hits = core::mem::take(&mut self.memory.hits);
        let outcome = self.values.all.iter().try_for_each(|found| self.follow(found, &mut hits));
        self.memory.hits = hits;
        outcome
    }

    /// Goes where a value leads.
    fn follow(&mut self, found: &Found, hits: &mut Vec<u32>) -> Result<(), EventError> {
        let Some(slot) = self.index.slots.get(found.slot as usize) else { return Ok(()) };
        if slot.present != NONE {
            self.visit(slot.present)?;
        }
        self.visit_atom(found.value)?;
        let asks_for_folded = slot.asks_for_folded();
        if !asks_for_folded && slot.access.is_none() {
            return Ok(());
        }
        let leaf = self.values.leaf(self.event, found.what);
        if asks_for_folded && let Leaf::String(text) = leaf {
            fold_into(text, &mut self.memory.folded);
            let atom = self.index.folded(found.slot, &self.memory.folded);
            self.visit_atom(atom)?;
        }
        let Some(access) = &slot.access else { return Ok(()) };
        hits.clear();
        let steps = &mut self.steps;
        access.each(leaf, &self.memory.folded, |atom| {
            hits.push(atom);
            steps.take(1)
        })?;
        // A piece of text may be found many times in one value.
        if hits.len() > 16 {
            hits.sort_unstable();
            hits.dedup();
        }
        let signature = if hits.is_empty() { None } else { access.signature(leaf) };
        for hit in hits.iter() {
            let Some(atom) = self.index.atoms.get(*hit as usize) else { continue };
            if let (Condition::Wildcard(wildcard), Some(signature)) = (&atom.condition, &signature)
                && !wildcard.may_accept(signature)
            {
                continue;
            }
            let is_new = self.memory.places.get(atom.node as usize).is_some_and(|event| *event != self.memory.event);
            if is_new && self.passes(&atom.condition, leaf)? {
                self.visit(atom.node)?;
            }
        }
        Ok(())
    }

    /// Whether a value passes a condition. It costs more steps the longer the two are.
    fn passes(&mut self, condition: &Condition, leaf: Leaf<'_>) -> Result<bool, EventError> {
        if let Leaf::String(text) = leaf {
            self.steps.take(text.len() / 64)?;
        }
        Ok(condition.accepts(leaf))
    }

    fn visit_atom(&mut self, atom: u32) -> Result<(), EventError> {
        match self.index.atoms.get(atom as usize) {
            Some(atom) if atom.node != NONE => self.visit(atom.node),
            _ => Ok(()),
        }
    }

    /// Tries those who stand in a place and in those of its branches whose values the event has.
    fn visit(&mut self, node: u32) -> Result<(), EventError> {
        let index = self.index;
        let Some(place) = index.tree.nodes.get(node as usize) else { return Ok(()) };
        match self.memory.places.get_mut(node as usize) {
            Some(event) if *event != self.memory.event => *event = self.memory.event,
            _ => return Ok(()),
        }
        self.steps.take(1 + place.list.len())?;
        for standing in &place.list {
            if standing.rarest == NONE || self.verdict(standing.rarest)? != Verdict::No {
                self.attempt(standing.conjunction)?;
            }
        }
        let values = self.values;
        for slot in &place.splits {
            for found in values.at(*slot) {
                self.steps.take(1)?;
                if found.value != NONE
                    && let Some(child) = index.tree.child(node, found.value)
                {
                    self.visit(child)?;
                }
            }
        }
        Ok(())
    }

    /// Notes the patterns of a conjunction if it matches.
    fn attempt(&mut self, number: u32) -> Result<(), EventError> {
        let index = self.index;
        let Some(conjunction) = index.conjunctions.get(number as usize) else { return Ok(()) };
        let fields = index.fields_of(number);
        let mut within = 0;
        for field in fields {
            match self.verdict(*field)? {
                Verdict::No => return Ok(()),
                Verdict::Yes => {}
                Verdict::Within => within += 1,
            }
        }
        if within > 1 && !self.agrees(fields)? {
            return Ok(());
        }
        let mut owner = conjunction.owners;
        while let Some(one) = index.owners.get(owner as usize) {
            self.steps.take(1)?;
            if let Some(event) = self.memory.patterns.get_mut(one.pattern as usize)
                && *event != self.memory.event
            {
                *event = self.memory.event;
                self.matched.push(one.pattern);
            }
            owner = one.next;
        }
        Ok(())
    }

    /// How a field stands to the event; found out once.
    #[inline]
    fn verdict(&mut self, number: u32) -> Result<Verdict, EventError> {
        if let Some(known) = self.memory.fields.get(number as usize)
            && known >> 2 == self.memory.event
        {
            return Ok(match known & 3 {
                0 => Verdict::No,
                1 => Verdict::Yes,
                _ => Verdict::Within,
            });
        }
        let Some(field) = self.index.fields.get(number as usize) else { return Ok(Verdict::No) };
        let verdict = self.judge(field)?;
        if let Some(known) = self.memory.fields.get_mut(number as usize) {
            *known = self.memory.event << 2 | verdict as u32;
        }
        Ok(verdict)
    }

    fn judge(&mut self, field: &Asked) -> Result<Verdict, EventError> {
        let values = self.values;
        if values.is_absent(field.slot) {
            return Ok(if field.accepts_absence { Verdict::Yes } else { Verdict::No });
        }
        let mut verdict = Verdict::No;
        for found in values.at(field.slot) {
            if self.accepts(field, found)? {
                if !found.is_among_others {
                    return Ok(Verdict::Yes);
                }
                verdict = Verdict::Within;
            }
        }
        Ok(verdict)
    }

    /// Whether a value passes one of a field's conditions.
    fn accepts(&mut self, field: &Asked, found: &Found) -> Result<bool, EventError> {
        let index = self.index;
        let atoms = index.atoms_of(field);
        self.steps.take(1)?;
        if found.value != NONE && atoms.binary_search(&found.value).is_ok() {
            return Ok(true);
        }
        if field.is_exact {
            return Ok(false);
        }
        let (values, event) = (self.values, self.event);
        let leaf = values.leaf(event, found.what);
        for atom in atoms.iter().filter_map(|atom| index.atoms.get(*atom as usize)) {
            self.steps.take(1)?;
            if !Kind::of(&atom.condition).is_exact() && self.passes(&atom.condition, leaf)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether values for all fields agree on the elements of arrays.
    fn agrees(&mut self, fields: &[u32]) -> Result<bool, EventError> {
        let (index, values) = (self.index, self.values);
        let mut passing = Vec::new();
        for number in fields {
            let Some(field) = index.fields.get(*number as usize) else { continue };
            if self.verdict(*number)? != Verdict::Within {
                continue;
            }
            let mut own = Vec::new();
            for found in values.at(field.slot) {
                if self.accepts(field, found)? {
                    own.push(found);
                }
            }
            passing.push(own);
        }
        if let Some(agree) = agree_simply(values, &passing) {
            return Ok(agree);
        }
        self.steps.take(8 * passing.iter().map(Vec::len).sum::<usize>())?;
        let trails: Vec<Vec<_>> =
            passing.iter().map(|own| own.iter().map(|found| values.trail(found)).collect()).collect();
        let borrowed: Vec<Vec<Trail<'_>>> = trails.iter().map(|own| own.iter().map(Vec::as_slice).collect()).collect();
        agree(borrowed, &mut self.steps)
    }
}

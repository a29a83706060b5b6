//! Everything that patterns ask, each thing once, by number.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use hashbrown::HashTable;

use super::paths::{NONE, Paths};
use super::slot::{Kind, Slot};
use super::tree::Tree;
use crate::condition::{Condition, Exact, Range};
use crate::event::Leaf;
use crate::hash;
use crate::pattern::Field;

/// One condition on one path.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) slot: u32,
    /// Where patterns stand that are found by it; `NONE` if none is.
    pub(super) node: u32,
    pub(super) condition: Condition,
}

/// What patterns ask of one path: that a value passes one of some atoms.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) slot: u32,
    /// In order.
    pub(super) atoms: (u32, u32),
    pub(super) accepts_absence: bool,
    /// Whether every atom is a value.
    pub(super) is_exact: bool,
}

/// Fields that must all match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conjunction {
    pub(super) fields: (u32, u32),
    /// The first of the patterns that ask for just these fields.
    pub(super) owners: u32,
}

/// A pattern that asks for a conjunction, and the next one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) pattern: u32,
    pub(super) next: u32,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) paths: Paths,
    pub(super) slots: Vec<Slot>,
    pub(super) atoms: Vec<Atom>,
    /// Of `Asked::atoms`.
    pub(super) atom_lists: Vec<u32>,
    pub(super) fields: Vec<Asked>,
    /// Of `Conjunction::fields`.
    pub(super) field_lists: Vec<u32>,
    pub(super) conjunctions: Vec<Conjunction>,
    pub(super) owners: Vec<Owner>,
    pub(super) tree: Tree,
    strings: HashTable<u32>,
    folded: HashTable<u32>,
    others: HashTable<u32>,
    known_fields: HashTable<u32>,
    known_conjunctions: HashTable<u32>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            paths: Paths::new(),
            slots: Vec::new(),
            atoms: Vec::new(),
            atom_lists: Vec::new(),
            fields: Vec::new(),
            field_lists: Vec::new(),
            conjunctions: Vec::new(),
            owners: Vec::new(),
            tree: Tree::new(),
            strings: HashTable::new(),
            folded: HashTable::new(),
            others: HashTable::new(),
            known_fields: HashTable::new(),
            known_conjunctions: HashTable::new(),
        }
    }

    /// Takes in one alternative of a pattern.
    pub(super) fn add(&mut self, fields: &[Field], pattern: u32) {
        let mut numbers: Vec<u32> = fields.iter().map(|field| self.field(field)).collect();
        numbers.sort_unstable();
        let hash = list_hash(&numbers);
        let same = |other: &u32| self.fields_of(*other) == numbers;
        let owner = number_of(&self.owners);
        if let Some(known) = self.known_conjunctions.find(hash, same).copied() {
            let Some(conjunction) = self.conjunctions.get_mut(known as usize) else { return };
            let next = core::mem::replace(&mut conjunction.owners, owner);
            self.owners.push(Owner { pattern, next });
            return;
        }
        self.owners.push(Owner { pattern, next: NONE });
        let new = number_of(&self.conjunctions);
        let start = number_of(&self.field_lists);
        self.field_lists.extend_from_slice(&numbers);
        self.conjunctions.push(Conjunction { fields: (start, number_of(&self.field_lists)), owners: owner });
        let (conjunctions, lists) = (&self.conjunctions, &self.field_lists);
        let rehash = |number: &u32| {
            let known = conjunctions.get(*number as usize);
            list_hash(known.and_then(|known| range(lists, known.fields)).unwrap_or_default())
        };
        self.known_conjunctions.insert_unique(hash, new, rehash);
        self.place(new);
    }

    /// The numbers of the fields of a conjunction, in order.
    pub(super) fn fields_of(&self, conjunction: u32) -> &[u32] {
        let conjunction = self.conjunctions.get(conjunction as usize);
        conjunction.and_then(|one| range(&self.field_lists, one.fields)).unwrap_or_default()
    }

    /// The atoms of a field, in order.
    pub(super) fn atoms_of(&self, field: &Asked) -> &[u32] {
        range(&self.atom_lists, field.atoms).unwrap_or_default()
    }

    /// The atom of a value at a path, if patterns name it.
    #[inline]
    pub(super) fn value(&self, slot: u32, leaf: Leaf<'_>) -> u32 {
        let Some(known) = self.slots.get(slot as usize) else { return NONE };
        match leaf {
            Leaf::String(text) if known.count(Kind::String) > 0 => {
                let is_it = |atom: &u32| {
                    self.atoms.get(*atom as usize).is_some_and(|atom| {
                        let same =
                            |exact: &Condition| matches!(exact, Condition::Exact(Exact::String(own)) if **own == *text);
                        atom.slot == slot && same(&atom.condition)
                    })
                };
                self.strings.find(hash::text(slot, text.as_bytes()), is_it).copied().unwrap_or(NONE)
            }
            Leaf::Number(number) if known.count(Kind::Number) > 0 => {
                self.other(slot, &Condition::Exact(Exact::Number(number))).unwrap_or(NONE)
            }
            Leaf::String(_) | Leaf::Number(_) => NONE,
            constant => known.constant(constant),
        }
    }

    /// The atom of a folded text at a path, if patterns name it.
    pub(super) fn folded(&self, slot: u32, text: &str) -> u32 {
        let is_it = |atom: &u32| {
            self.atoms.get(*atom as usize).is_some_and(|atom| {
                atom.slot == slot && matches!(&atom.condition, Condition::IgnoreCase(own) if **own == *text)
            })
        };
        self.folded.find(hash::text(slot, text.as_bytes()), is_it).copied().unwrap_or(NONE)
    }

    fn other(&self, slot: u32, condition: &Condition) -> Option<u32> {
        let is_it = |atom: &u32| {
            self.atoms.get(*atom as usize).is_some_and(|atom| atom.slot == slot && atom.condition == *condition)
        };
        self.others.find(condition_hash(slot, condition), is_it).copied()
    }

    /// The number of a field, new or known.
    fn field(&mut self, field: &Field) -> u32 {
        let slot = self.slot(field);
        let conditions = field.conditions.iter().filter(|condition| **condition != Condition::Absent);
        let mut atoms: Vec<u32> = conditions.map(|condition| self.atom(slot, condition)).collect();
        atoms.sort_unstable();
        atoms.dedup();
        let accepts_absence = field.accepts_absence();
        let hash = list_hash(&atoms) ^ u64::from(slot) << 1 ^ u64::from(accepts_absence);
        let same = |number: &u32| {
            self.fields.get(*number as usize).is_some_and(|known| {
                known.slot == slot && known.accepts_absence == accepts_absence && self.atoms_of(known) == atoms
            })
        };
        if let Some(known) = self.known_fields.find(hash, same) {
            return *known;
        }
        let new = number_of(&self.fields);
        let start = number_of(&self.atom_lists);
        self.atom_lists.extend_from_slice(&atoms);
        let is_value =
            |atom: &u32| self.atoms.get(*atom as usize).is_some_and(|atom| Kind::of(&atom.condition).is_exact());
        let is_exact = atoms.iter().all(is_value);
        self.fields.push(Asked { slot, atoms: (start, number_of(&self.atom_lists)), accepts_absence, is_exact });
        let (fields, lists) = (&self.fields, &self.atom_lists);
        let rehash = |number: &u32| {
            fields.get(*number as usize).map_or(0, |known| {
                let atoms = range(lists, known.atoms).unwrap_or_default();
                list_hash(atoms) ^ u64::from(known.slot) << 1 ^ u64::from(known.accepts_absence)
            })
        };
        self.known_fields.insert_unique(hash, new, rehash);
        new
    }

    fn slot(&mut self, field: &Field) -> u32 {
        let new = number_of(&self.slots);
        let slot = self.paths.slot(&field.path, new);
        if slot == new {
            self.slots.push(Slot::new(field.path.clone()));
        }
        slot
    }

    /// The number of a condition on a path, new or known.
    fn atom(&mut self, slot: u32, condition: &Condition) -> u32 {
        let condition = match condition {
            // A range of one number is that number.
            Condition::Numeric(Range { lower: Some((number, true)), upper: Some((upper, true)) })
                if number == upper =>
            {
                Condition::Exact(Exact::Number(*number))
            }
            other => other.clone(),
        };
        let known = match &condition {
            Condition::Exact(Exact::String(text)) => Some(self.value(slot, Leaf::String(text))),
            Condition::IgnoreCase(text) => Some(self.folded(slot, text)),
            other => self.other(slot, other),
        };
        if let Some(known) = known.filter(|known| *known != NONE) {
            return known;
        }
        let new = number_of(&self.atoms);
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            if let Some(count) = slot.counts.get_mut(Kind::of(&condition) as usize) {
                *count += 1;
            }
            let [yes, no, null] = &mut slot.constants;
            match condition {
                Condition::Exact(Exact::Bool(true)) => *yes = new,
                Condition::Exact(Exact::Bool(false)) => *no = new,
                Condition::Exact(Exact::Null) => *null = new,
                _ => {}
            }
        }
        let hash = atom_hash(slot, &condition);
        let table = match &condition {
            Condition::Exact(Exact::String(_)) => &mut self.strings,
            Condition::IgnoreCase(_) => &mut self.folded,
            _ => &mut self.others,
        };
        self.atoms.push(Atom { slot, node: NONE, condition });
        let atoms = &self.atoms;
        let rehash = |atom: &u32| atoms.get(*atom as usize).map_or(0, |atom| atom_hash(atom.slot, &atom.condition));
        table.insert_unique(hash, new, rehash);
        new
    }
}

/// The next number of a list. Budgets keep lists far below what a number holds.
pub(super) fn number_of<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(NONE)
}

pub(super) fn range(list: &[u32], (start, end): (u32, u32)) -> Option<&[u32]> {
    list.get(start as usize..end as usize)
}

fn list_hash(numbers: &[u32]) -> u64 {
    numbers.iter().fold(1, |hash, number| hash::number(hash.rotate_left(7) ^ u64::from(*number)))
}

fn atom_hash(slot: u32, condition: &Condition) -> u64 {
    match condition {
        Condition::Exact(Exact::String(text)) | Condition::IgnoreCase(text) => hash::text(slot, text.as_bytes()),
        other => condition_hash(slot, other),
    }
}

fn condition_hash(slot: u32, condition: &Condition) -> u64 {
    let mut hasher = hash::Plain::default();
    hasher.write_u32(slot);
    condition.hash(&mut hasher);
    hasher.finish()
}

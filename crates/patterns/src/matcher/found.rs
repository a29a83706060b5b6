//! What was found in one event: the values at the paths that patterns name.

use alloc::string::String;
use alloc::vec::Vec;

use super::paths::NONE;
use crate::event::Leaf;
use crate::number::Number;

/// A value of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) slot: u32,
    /// Its atom, if patterns name it.
    pub(super) value: u32,
    /// The element of an array that it is in; `NONE` if in none.
    pub(super) element: u32,
    /// The value found before at the same path.
    pub(super) before: u32,
    pub(super) what: What,
    /// Whether it is in an array of which several elements have values here.
    pub(super) is_among_others: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// In the event.
    Text(u32, u32),
    /// Among the texts that had escapes.
    Unescaped(u32, u32),
    /// Among the numbers.
    Number(u32),
    Bool(bool),
    Null,
}

/// An element of an array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// The element of another array that this array is in.
    pub(super) around: u32,
    pub(super) array: u32,
    pub(super) place: u32,
}

/// All values of one event. It is emptied and used again, so that events need no memory of their own.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) all: Vec<Found>,
    /// The last value at each path.
    last: Vec<u32>,
    elements: Vec<Element>,
    arrays: u32,
    numbers: Vec<Number>,
    pub(super) unescaped: String,
}

impl Values {
    /// Forgets the event before; there are that many paths.
    pub(super) fn clear(&mut self, paths: usize) {
        for found in self.all.drain(..) {
            if let Some(last) = self.last.get_mut(found.slot as usize) {
                *last = NONE;
            }
        }
        self.last.resize(paths.max(self.last.len()), NONE);
        self.elements.clear();
        self.arrays = 0;
        self.numbers.clear();
        self.unescaped.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, slot: u32, value: u32, element: u32, what: What) {
        let new = next(&self.all);
        let Some(last) = self.last.get_mut(slot as usize) else { return };
        let before = core::mem::replace(last, new);
        self.all.push(Found { slot, value, element, before, what, is_among_others: false });
    }

    pub(super) fn push_number(&mut self, number: Number) -> What {
        self.numbers.push(number);
        What::Number(next(&self.numbers) - 1)
    }

    /// A new array.
    pub(super) fn array(&mut self) -> u32 {
        self.arrays += 1;
        self.arrays
    }

    /// A new element of an array.
    pub(super) fn element(&mut self, element: Element) -> u32 {
        self.elements.push(element);
        next(&self.elements) - 1
    }

    /// Notes that the values from a place on are in several elements of one array.
    pub(super) fn mark_among_others(&mut self, from: usize) {
        self.all.iter_mut().skip(from).for_each(|found| found.is_among_others = true);
    }

    /// The values at a path, the last one first.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> impl Iterator<Item = &Found> {
        let mut next = self.last.get(slot as usize).copied().unwrap_or(NONE);
        core::iter::from_fn(move || {
            let found = self.all.get(next as usize)?;
            next = found.before;
            Some(found)
        })
    }

    /// Whether there is no value at a path.
    #[inline]
    pub(super) fn is_absent(&self, slot: u32) -> bool {
        self.last.get(slot as usize).is_none_or(|last| *last == NONE)
    }

    /// A value itself.
    #[inline]
    pub(super) fn leaf<'v>(&'v self, event: &'v str, what: What) -> Leaf<'v> {
        let slice = |text: &'v str, start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
        match what {
            What::Text(start, end) => Leaf::String(slice(event, start, end)),
            What::Unescaped(start, end) => Leaf::String(slice(&self.unescaped, start, end)),
            What::Number(place) => self.numbers.get(place as usize).map_or(Leaf::Null, |number| Leaf::Number(*number)),
            What::Bool(value) => Leaf::Bool(value),
            What::Null => Leaf::Null,
        }
    }

    /// The element that a value is in, if it is in one that is in no other.
    pub(super) fn outermost(&self, found: &Found) -> Option<&Element> {
        self.elements.get(found.element as usize).filter(|element| element.around == NONE)
    }

    /// The elements around a value, the outermost first, each with its array.
    pub(super) fn trail(&self, found: &Found) -> Vec<(u32, u32)> {
        let mut trail = Vec::new();
        let mut next = found.element;
        while let Some(element) = self.elements.get(next as usize) {
            trail.push((element.array, element.place));
            next = element.around;
        }
        trail.reverse();
        trail
    }
}

fn next<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(NONE)
}

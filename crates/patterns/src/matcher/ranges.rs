//! Which of many ranges a value lies in.

use alloc::vec::Vec;

/// Ranges of values, each with something put in under it.
///
/// They are kept in order of their lower bounds, as a balanced tree without pointers: the middle of a
/// piece is its root, and beside each range stands the highest upper bound of its piece. What was added
/// lately waits in a short list.
#[derive(Debug)]
pub(super) struct Ranges<T> {
    sorted: Vec<Entry<T>>,
    /// The highest upper bound in the piece of which the range is the middle.
    highest: Vec<Upper<T>>,
    recent: Vec<Entry<T>>,
}

/// An upper bound; no bound is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Upper<T> {
    To(T),
    Open,
}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    /// No bound comes first.
    lower: Option<T>,
    upper: Upper<T>,
    value: u32,
}

impl<T: Ord + Copy> Ranges<T> {
    pub(super) const fn new() -> Self {
        Self { sorted: Vec::new(), highest: Vec::new(), recent: Vec::new() }
    }

    /// Puts something in under a range; both bounds belong to it.
    pub(super) fn insert(&mut self, lower: Option<T>, upper: Option<T>, value: u32) {
        self.recent.push(Entry { lower, upper: upper.map_or(Upper::Open, Upper::To), value });
        if self.recent.len() > 16 + self.sorted.len() / 4 {
            self.sorted.append(&mut self.recent);
            self.sorted.sort_by_key(|entry| entry.lower);
            self.highest = self.sorted.iter().map(|entry| entry.upper).collect();
            fill(&self.sorted, &mut self.highest);
        }
    }

    /// Gives what was put in under each range that holds `value`.
    ///
    /// # Errors
    /// The first that `found` gives.
    pub(super) fn each<E>(&self, value: T, mut found: impl FnMut(u32) -> Result<(), E>) -> Result<(), E> {
        let holds = |entry: &&Entry<T>| entry.lower <= Some(value) && Upper::To(value) <= entry.upper;
        self.recent.iter().filter(holds).try_for_each(|entry| found(entry.value))?;
        stab(&self.sorted, &self.highest, value, &mut found)
    }
}

/// Sets the highest upper bounds of a piece, and returns that of the whole.
fn fill<T: Ord + Copy>(entries: &[Entry<T>], highest: &mut [Upper<T>]) -> Option<Upper<T>> {
    let middle = entries.len() / 2;
    let (before, rest) = highest.split_at_mut(middle);
    let (own, after) = rest.split_first_mut()?;
    let left = fill(entries.get(..middle).unwrap_or_default(), before);
    let right = fill(entries.get(middle + 1..).unwrap_or_default(), after);
    *own = (*own).max(left.unwrap_or(*own)).max(right.unwrap_or(*own));
    Some(*own)
}

fn stab<T: Ord + Copy, E>(
    entries: &[Entry<T>],
    highest: &[Upper<T>],
    value: T,
    found: &mut impl FnMut(u32) -> Result<(), E>,
) -> Result<(), E> {
    let middle = entries.len() / 2;
    let (Some(entry), Some(top)) = (entries.get(middle), highest.get(middle)) else { return Ok(()) };
    if *top < Upper::To(value) {
        return Ok(());
    }
    let piece = |range: core::ops::Range<usize>| (entries.get(range.clone()), highest.get(range));
    if let (Some(entries), Some(highest)) = piece(0..middle) {
        stab(entries, highest, value, found)?;
    }
    if entry.lower <= Some(value) {
        if Upper::To(value) <= entry.upper {
            found(entry.value)?;
        }
        if let (Some(entries), Some(highest)) = piece(middle + 1..entries.len()) {
            stab(entries, highest, value, found)?;
        }
    }
    Ok(())
}

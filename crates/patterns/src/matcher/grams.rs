//! Which of many pieces of text may stand somewhere in another text.
//!
//! Each piece is filed under one *gram*, four or two bytes of it in a row; of all of its grams, the one
//! under which least is filed. A text is then asked for its grams, one at each place.

use alloc::vec::Vec;

use hashbrown::HashTable;

use crate::hash;

/// Grams, and what is filed under them.
#[derive(Debug)]
pub(super) struct Grams {
    table: HashTable<Filed>,
    /// One bit for each [`place`] of a gram, which tells most that are not there. A power of two of words, so
    /// many that one bit in sixteen is set.
    seen: Vec<u64>,
    has_long: bool,
    has_short: bool,
}

#[derive(Debug)]
struct Filed {
    gram: u64,
    here: Vec<u32>,
}

/// A gram: its bytes, and above them how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gram(u64);

impl Grams {
    pub(super) fn new() -> Self {
        Self { table: HashTable::new(), seen: alloc::vec![0; 32], has_long: false, has_short: false }
    }

    /// The gram of a piece under which least is filed, and how much that is; none of a single byte.
    pub(super) fn rarest(&self, piece: &[u8]) -> Option<(Gram, usize)> {
        let population = |gram: u64| self.find(gram).map_or(0, |filed| filed.here.len());
        let counted = |gram: u64| (Gram(gram), population(gram));
        let long = piece.windows(4).filter_map(long).map(counted).min_by_key(|counted| counted.1);
        long.or_else(|| piece.windows(2).filter_map(short).map(counted).min_by_key(|counted| counted.1))
    }

    pub(super) fn insert(&mut self, gram: Gram, value: u32) {
        let Gram(gram) = gram;
        if gram >> 32 == 4 {
            self.has_long = true;
        } else {
            self.has_short = true;
        }
        if self.table.len() * 16 > self.seen.len() * 64 {
            self.seen = alloc::vec![0; self.seen.len() * 4];
            self.table.iter().for_each(|filed| note(&mut self.seen, filed.gram));
        }
        note(&mut self.seen, gram);
        let entry = self.table.entry(hash::number(gram), |filed| filed.gram == gram, |filed| hash::number(filed.gram));
        entry.or_insert_with(|| Filed { gram, here: Vec::new() }).into_mut().here.push(value);
    }

    /// Gives what is filed under the grams of a text, some perhaps more than once.
    ///
    /// # Errors
    /// The first that `found` gives.
    pub(super) fn each<E>(&self, text: &[u8], mut found: impl FnMut(u32) -> Result<(), E>) -> Result<(), E> {
        let mut look = |gram: u64| {
            let place = place(gram);
            let word = self.seen.get((place >> 6) as usize & (self.seen.len() - 1));
            if word.is_none_or(|word| word >> (place & 63) & 1 == 0) {
                return Ok(());
            }
            let here = self.find(gram).map(|filed| filed.here.iter());
            here.into_iter().flatten().try_for_each(|value| found(*value))
        };
        if self.has_long {
            text.windows(4).filter_map(long).try_for_each(&mut look)?;
        }
        if self.has_short {
            text.windows(2).filter_map(short).try_for_each(&mut look)?;
        }
        Ok(())
    }

    fn find(&self, gram: u64) -> Option<&Filed> {
        self.table.find(hash::number(gram), |filed| filed.gram == gram)
    }
}

fn long(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<4>().map(|bytes| u64::from(u32::from_le_bytes(*bytes)) | 4 << 32)
}

fn short(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<2>().map(|bytes| u64::from(u16::from_le_bytes(*bytes)) | 2 << 32)
}

fn note(seen: &mut [u64], gram: u64) {
    let (place, words) = (place(gram), seen.len());
    if let Some(word) = seen.get_mut((place >> 6) as usize & (words - 1)) {
        *word |= 1 << (place & 63);
    }
}

/// The bit of a gram, counted over as many words as there might ever be.
#[inline]
fn place(gram: u64) -> u64 {
    gram.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

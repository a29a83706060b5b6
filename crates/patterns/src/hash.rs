//! A quick hash of short texts with fixed keys: what is looked up comes from events, but only patterns
//! put anything in, so an event cannot make tables collide.

use core::hash::Hasher;

const A: u64 = 0x9E37_79B9_7F4A_7C15;
const B: u64 = 0xD6E8_FEB8_6659_FD93;

/// Both halves of a product, folded together.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ (product >> 64) as u64
}

/// Hashes a number.
#[inline]
pub(crate) const fn number(value: u64) -> u64 {
    fold(value ^ A, B)
}

/// Hashes a text that belongs to a path.
#[inline]
pub(crate) fn text(slot: u32, bytes: &[u8]) -> u64 {
    let mut hash = A ^ (slot as u64) << 32 ^ bytes.len() as u64;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        hash = fold(hash ^ u64::from_le_bytes(*word), B);
        rest = after;
    }
    fold(hash ^ short(rest), A)
}

/// At most eight bytes as a number. Shorter texts of one length have different numbers.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    let at = |place: usize| u64::from(bytes.get(place).copied().unwrap_or(0));
    at(0) | at(bytes.len() / 2) << 8 | at(bytes.len().saturating_sub(1)) << 16
}

/// The same for anything that can be hashed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0 ^ text(0, bytes), B);
    }

    fn finish(&self) -> u64 {
        fold(self.0, A)
    }
}

//! Bytes that are known by their SHA-256.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::record::Hash;

/// Bytes with their SHA-256. Printed by that alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    sha256: Hash,
    bytes: Vec<u8>,
}

impl Blob {
    /// Hashes bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { sha256: Hash(Sha256::digest(&bytes).into()), bytes }
    }

    /// Their SHA-256.
    pub const fn sha256(&self) -> Hash {
        self.sha256
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes by themselves.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes with the SHA-256 {}", self.bytes.len(), self.sha256)
    }
}

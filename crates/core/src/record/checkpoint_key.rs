//! The public side of the keys that sign checkpoints: names, hashes, and verifier keys as text.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::checkpoint::LONGEST_NAME;
use super::checkpoint_error::BadCheckpoint;
use super::merkle_hash::{decode_hex, sha256};

/// The signature type of plain Ed25519 over a note's text (C2SP signed-note, "Signature types").
const ED25519: u8 = 0x01;

/// Four bytes that tell the keys of one name apart; shown as 8 lower-case hexadecimal digits.
///
/// It only helps to find the right key: equal hashes do not mean equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 4]);

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Hashes an Ed25519 key: the first 4 bytes of SHA-256 of name, newline, `0x01` and key
/// (C2SP signed-note).
pub fn key_hash(name: &str, public_key: &[u8; 32]) -> KeyHash {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[ED25519], public_key]).0;
    KeyHash([a, b, c, d])
}

/// Whether a text may name a key: not empty, and without white space, `+` or control characters.
pub fn is_key_name(text: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(refused)
}

/// A named Ed25519 public key, as it is given to those who verify checkpoints.
///
/// As text, `NAME+HASH+KEY`: the key hash in hexadecimal, and the base64 of `0x01` and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public_key: [u8; 32],
}

impl VerifierKey {
    /// Names a public key.
    ///
    /// # Errors
    /// Says so when the name cannot be a key's name.
    pub fn new(name: &str, public_key: [u8; 32]) -> Result<Self, BadCheckpoint> {
        if !is_key_name(name) {
            return Err(BadCheckpoint::KeyName);
        }
        Ok(Self { name: name.to_owned(), public_key })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key; not checked to be a point of the curve.
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// The key's hash.
    pub fn key_hash(&self) -> KeyHash {
        key_hash(&self.name, &self.public_key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.public_key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.key_hash(), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = BadCheckpoint;

    fn from_str(text: &str) -> Result<Self, BadCheckpoint> {
        // The base64 part may hold a `+` itself.
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(BadCheckpoint::VerifierKey);
        let (name, hash, key) = (part()?, part()?, part()?);
        let mut given = KeyHash([0; 4]);
        decode_hex(hash, &mut given.0).ok_or(BadCheckpoint::VerifierKey)?;
        if key.len() > 4 * LONGEST_NAME {
            return Err(BadCheckpoint::VerifierKey);
        }
        let key = STANDARD.decode(key).map_err(|_| BadCheckpoint::VerifierKey)?;
        let (&kind, key) = key.split_first().ok_or(BadCheckpoint::VerifierKey)?;
        if kind != ED25519 {
            return Err(BadCheckpoint::KeyType(kind));
        }
        let public_key = key.try_into().map_err(|_| BadCheckpoint::VerifierKey)?;
        let read = Self::new(name, public_key)?;
        if read.key_hash() == given { Ok(read) } else { Err(BadCheckpoint::KeyHashDiffers) }
    }
}

//! Checkpoints: the signed head of the record, as C2SP tlog-checkpoint in a C2SP signed-note.
//!
//! ```text
//! wheelhouse.example.org/record
//! 3
//! qAgT9Or8/BanFgKhA6j9mj5hUHAUH9efpA3qsj2kN2A=
//!
//! — wheelhouse.example.org/record mGPz6UnXUEebMGlPM6xmI7ZrTjrVW1UfKWQ62/TTInx9iYvaIzvZ…
//! ```
//!
//! This module writes and reads the text. It holds no secret: whoever has the key signs
//! [`Checkpoint::body`], and whoever checks a signature checks it over that same text. Reading is
//! strict, so that `body` of what was read is byte for byte what was signed.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Hash;
use super::checkpoint_error::BadCheckpoint;
use super::checkpoint_key::{KeyHash, is_key_name};
use super::merkle::MAX_LEAVES;

/// The longest origin or key name, in bytes.
pub const LONGEST_NAME: usize = 255;
/// The longest note that is read, in bytes.
pub const LONGEST_NOTE: usize = 512 * 1024;
/// The most signature lines that are read in a note.
pub const MOST_SIGNATURES: usize = 100;

/// The head of a log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

/// One signature under a checkpoint, verified or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    name: String,
    key_hash: KeyHash,
    signature: Vec<u8>,
}

impl Checkpoint {
    /// Makes a checkpoint of the log `origin`, which names the log to the world, for ever.
    ///
    /// # Errors
    /// Says so when the origin cannot stand on a line of its own or the size is above
    /// [`MAX_LEAVES`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, BadCheckpoint> {
        if origin.is_empty() || origin.len() > LONGEST_NAME || origin.chars().any(char::is_control) {
            return Err(BadCheckpoint::Origin);
        }
        if size > MAX_LEAVES {
            return Err(BadCheckpoint::Size(size.to_string()));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries in the log.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the Merkle tree over those entries.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The text that is signed: origin, decimal size and base64 root, each ended by a newline.
    pub fn body(&self) -> String {
        alloc::format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Reads a body; the inverse of [`body`](Self::body).
    ///
    /// Extension lines are refused: this log writes none, and dropping them would change what was
    /// signed.
    ///
    /// # Errors
    /// Names the line that is wrong and what was expected there.
    pub fn parse_body(body: &str) -> Result<Self, BadCheckpoint> {
        let lines = body.strip_suffix('\n').ok_or(BadCheckpoint::Unended)?;
        let mut lines = lines.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().ok_or(BadCheckpoint::TooFewLines)?;
        let root = lines.next().ok_or(BadCheckpoint::TooFewLines)?;
        if lines.next().is_some() {
            return Err(BadCheckpoint::Extension);
        }
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == size);
        let number = number.ok_or_else(|| BadCheckpoint::Size(shortened(size)))?;
        let bytes = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = Hash(bytes.ok_or_else(|| BadCheckpoint::Root(shortened(root)))?);
        Self::new(origin, number, root)
    }
}

impl SignatureLine {
    /// Makes a signature line from a key's name and hash and the bytes it signed with.
    ///
    /// # Errors
    /// Says so when the name cannot be a key's name or the signature is empty.
    pub fn new(name: &str, key_hash: KeyHash, signature: &[u8]) -> Result<Self, BadCheckpoint> {
        if !is_key_name(name) {
            return Err(BadCheckpoint::KeyName);
        }
        if signature.is_empty() {
            return Err(BadCheckpoint::EmptySignature);
        }
        Ok(Self { name: name.to_owned(), key_hash, signature: signature.to_owned() })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash that tells this key from others of the same name.
    pub fn key_hash(&self) -> KeyHash {
        self.key_hash
    }

    /// The signature: 64 bytes for Ed25519; other lengths belong to other kinds of key.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Reads one line, without its newline; `number` counts the note's signatures from 1.
    fn parse(line: &str, number: usize) -> Result<Self, BadCheckpoint> {
        let bad = || BadCheckpoint::SignatureLine { number };
        let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(bad)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| bad())?;
        let (key_hash, signature) = bytes.split_first_chunk::<4>().ok_or_else(bad)?;
        Self::new(name, KeyHash(*key_hash), signature).map_err(|_| bad())
    }
}

/// The line as it stands in a note, with its newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_hash.0.as_slice(), &self.signature].concat();
        writeln!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Reads a signed checkpoint: the head, and its signatures in their order, none of them verified.
///
/// # Errors
/// Says what is wrong where; nothing is guessed, repaired or skipped.
pub fn parse(note: &[u8]) -> Result<(Checkpoint, Vec<SignatureLine>), BadCheckpoint> {
    if note.len() > LONGEST_NOTE {
        return Err(BadCheckpoint::TooLong { found: note.len() });
    }
    let text = core::str::from_utf8(note).map_err(|_| BadCheckpoint::NotText)?;
    if text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(BadCheckpoint::NotText);
    }
    let blank = text.rfind("\n\n").ok_or(BadCheckpoint::Unsigned)?;
    let (body, signed) = text.split_at(blank + 1);
    let checkpoint = Checkpoint::parse_body(body)?;
    let lines = signed.strip_prefix('\n').unwrap_or_default();
    if lines.is_empty() {
        return Err(BadCheckpoint::Unsigned);
    }
    let lines = lines.strip_suffix('\n').ok_or(BadCheckpoint::Unended)?;
    if lines.split('\n').count() > MOST_SIGNATURES {
        return Err(BadCheckpoint::TooManySignatures);
    }
    let signatures: Result<_, _> =
        lines.split('\n').zip(1..).map(|(line, number)| SignatureLine::parse(line, number)).collect();
    Ok((checkpoint, signatures?))
}

/// Joins a body and a signature over it into a signed checkpoint.
///
/// # Errors
/// Says so when the body is not a checkpoint's or the signature cannot stand under it.
pub fn assemble(body: &str, name: &str, key_hash: KeyHash, signature: &[u8]) -> Result<String, BadCheckpoint> {
    Checkpoint::parse_body(body)?;
    let line = SignatureLine::new(name, key_hash, signature)?;
    Ok(alloc::format!("{body}\n{line}"))
}

/// At most 64 characters of a foreign text, made safe to print.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

//! By what versions and steps of runbooks are known.

use alloc::string::String;
use core::borrow::Borrow;
use core::fmt::{self, Write};

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

/// The longest name of a step, in bytes.
const LONGEST: usize = 63;
/// How many bytes of a digest make an id: 48 bits, for files of some hundred steps.
const DERIVED: usize = 6;

/// What the bytes of a runbook's file are known by: lower-case hexadecimal SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunbookHash(String);

impl RunbookHash {
    /// The hash of a file.
    pub fn of(text: &str) -> Self {
        Self(hex(&Sha256::digest(text.as_bytes())))
    }

    /// Takes 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(text.into()))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, as people write it.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for RunbookHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunbookHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits in lower case"))
    }
}

/// By what a step is known within its runbook: the name that its file gives it, else one derived from its
/// headings and its text. It is never written into the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StepId(String);

/// Says why a text is no name of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadStepId(pub String);

impl StepId {
    /// Takes a name.
    ///
    /// # Errors
    /// Where the text is no name of a step.
    pub fn new(text: &str) -> Result<Self, BadStepId> {
        let fits = text.len() <= LONGEST
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if fits { Ok(Self(text.into())) } else { Err(BadStepId(text.into())) }
    }

    /// The id of a step without a name: the beginning of the digest of its headings and its text. Runs of white
    /// space count as one space, so that wrapping a paragraph anew changes nothing.
    pub fn derived<'a>(headings: impl IntoIterator<Item = &'a str>, text: &'a str) -> Self {
        let mut digest = Sha256::new();
        for part in headings.into_iter().chain([text]) {
            for word in part.split_whitespace() {
                digest.update(word.as_bytes());
                digest.update([0x20]);
            }
            digest.update([0]);
        }
        let digest = digest.finalize();
        Self(alloc::format!("s-{}", hex(digest.get(..DERIVED).unwrap_or(&digest))))
    }

    /// The id of the `nth` step, from 2 on, of those that would have this one.
    #[must_use]
    pub fn nth(&self, nth: usize) -> Self {
        Self(alloc::format!("{}-{nth}", self.0))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for StepId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(from)?))
    }
}

impl fmt::Display for BadStepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no name of a step; expected 1 to {LONGEST} letters, digits, `-`, `_` or `.`, starting with a letter or digit",
            self.0.escape_debug()
        )
    }
}

impl core::error::Error for BadStepId {}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_headings_and_words_and_nothing_else() {
        let one = StepId::derived(["Mitigation", "Drain"], "Take the node out.");
        assert_eq!(one, StepId::derived(["Mitigation", "Drain"], "Take  the\nnode out."));
        assert_ne!(one, StepId::derived(["Mitigation"], "Take the node out."));
        assert_ne!(one, StepId::derived(["Mitigation", "Drain"], "Take the node in."));
        assert_ne!(StepId::derived(["a", "b"], "c"), StepId::derived(["a"], "b c"));
        assert!(StepId::new(one.as_str()).is_ok());
    }

    #[test]
    fn what_is_a_name_of_a_step() {
        for name in ["drain", "Drain_2", "7.a"] {
            assert_eq!(StepId::new(name).map(|id| id.as_str() == name), Ok(true));
        }
        for name in ["", "-x", "a b", "a/b", "ü", &"x".repeat(64)] {
            assert!(StepId::new(name).is_err(), "{name}");
        }
    }
}

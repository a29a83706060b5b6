//! Proofs as files: that an entry is in the record (C2SP tlog-proof), and that the record only grew.
//!
//! ```text
//! c2sp.org/tlog-proof@v1                          wheelhouse/tlog-consistency@v1
//! extra eyJ2IjoxLCJzZXEiOjI4LC…                   old 12
//! index 28                                        Bx5w…=
//! Qw0X…=                                          h3fD…=
//!
//! wheelhouse.example.org/record                   wheelhouse.example.org/record
//! 31                                              31
//! qAgT…=                                          qAgT…=
//!
//! — wheelhouse.example.org/record mGPz…           — wheelhouse.example.org/record mGPz…
//! ```
//!
//! The extra data of an inclusion proof is the entry's canonical bytes: their leaf hash is what the
//! proof is about. Nothing in a file is believed before it was checked against a signed checkpoint.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{BadCheckpoint, Checkpoint, Hash, ProofError, SignatureLine, checkpoint, leaf_hash};
use super::{verify_consistency, verify_inclusion};

/// The first line of a proof of inclusion (C2SP tlog-proof).
const INCLUSION: &str = "c2sp.org/tlog-proof@v1";
/// The first line of a proof of consistency.
const CONSISTENCY: &str = "wheelhouse/tlog-consistency@v1";
/// The most bytes of a file that is read.
pub const LONGEST_PROOF: usize = 1 << 20;
/// The most hashes of a proof: more than any tree needs.
const MOST_HASHES: usize = 128;

/// A proof, read from a file and not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// What it is to show.
    pub claim: Claim,
    /// The hashes on the way to the root.
    pub path: Vec<Hash>,
    /// The signed checkpoint that it leads to, as it stands in the file.
    pub note: String,
}

/// What a proof is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// An entry is in the record.
    Included {
        /// Its index.
        index: u64,
        /// Its canonical bytes.
        entry: Vec<u8>,
    },
    /// The record grew from what it was at a size.
    Grown {
        /// The size.
        old: u64,
    },
}

/// Why a text is no proof, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadProof {
    /// The file is too long or is no text.
    NotText,
    /// A line is not what should stand there.
    Line {
        /// Its number, from 1.
        number: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Its checkpoint is none.
    Checkpoint(BadCheckpoint),
    /// The hashes do not lead where they should.
    Proof(ProofError),
    /// It needs the older checkpoint, and none was given, or one of another size.
    OlderNeeded {
        /// The size of the checkpoint that is needed.
        size: u64,
    },
    /// The older checkpoint is another log's.
    OtherLog,
}

impl fmt::Display for BadProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => write!(f, "it is no text of at most {LONGEST_PROOF} bytes"),
            Self::Line { number, expected } => write!(f, "line {number}: expected {expected}"),
            Self::Checkpoint(error) => write!(f, "its checkpoint: {error}"),
            Self::Proof(error) => error.fmt(f),
            Self::OlderNeeded { size } => {
                write!(f, "it starts from a checkpoint of {size} entries; give that one with --against")
            }
            Self::OtherLog => f.write_str("the two checkpoints are of different logs"),
        }
    }
}

impl core::error::Error for BadProof {}

impl ProofFile {
    /// Reads a proof of either kind.
    ///
    /// # Errors
    /// Names the line that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadProof> {
        let text = core::str::from_utf8(bytes).ok().filter(|text| text.len() <= LONGEST_PROOF);
        let (head, note) = text.and_then(|text| text.split_once("\n\n")).ok_or(BadProof::NotText)?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        let bad = |number, expected| BadProof::Line { number, expected };
        let first = lines.next().map(|(_, line)| line);
        let claim = match first {
            Some(INCLUSION) => {
                let extra = lines.next_if(|(_, line)| line.starts_with("extra "));
                let encoded = extra.and_then(|(_, line)| STANDARD.decode(line.strip_prefix("extra ")?).ok());
                let entry = encoded.ok_or_else(|| bad(2, "`extra ` and the entry in base64"))?;
                let index = numbered(lines.next(), "index ").ok_or_else(|| bad(3, "`index ` and a number"))?;
                Claim::Included { index, entry }
            }
            Some(CONSISTENCY) => {
                let old = numbered(lines.next(), "old ").ok_or_else(|| bad(2, "`old ` and a number"))?;
                Claim::Grown { old }
            }
            _ => return Err(bad(1, "`c2sp.org/tlog-proof@v1` or `wheelhouse/tlog-consistency@v1`")),
        };
        let mut path = Vec::new();
        for (number, line) in lines {
            let hash = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
            let hash = hash.filter(|_| path.len() < MOST_HASHES).ok_or_else(|| bad(number, "a hash in base64"))?;
            path.push(Hash(hash));
        }
        Ok(Self { claim, path, note: note.into() })
    }

    /// Checks the proof; hands over its checkpoint, the signatures of which the caller checks.
    /// `older` is the checkpoint that a proof of consistency starts from.
    ///
    /// # Errors
    /// Says why it does not show what it is to show.
    pub fn check(&self, older: Option<&Checkpoint>) -> Result<(Checkpoint, Vec<SignatureLine>), BadProof> {
        let (head, signatures) = checkpoint::parse(self.note.as_bytes()).map_err(BadProof::Checkpoint)?;
        let checked = match &self.claim {
            Claim::Included { index, entry } => {
                verify_inclusion(*index, head.size(), leaf_hash(entry), &self.path, head.root())
            }
            Claim::Grown { old } => {
                let older = older.filter(|older| older.size() == *old);
                let older = older.ok_or(BadProof::OlderNeeded { size: *old })?;
                if older.origin() != head.origin() {
                    return Err(BadProof::OtherLog);
                }
                verify_consistency(*old, head.size(), &self.path, older.root(), head.root())
            }
        };
        checked.map_err(BadProof::Proof)?;
        Ok((head, signatures))
    }
}

/// The text of the file; [`ProofFile::parse`] is the inverse.
impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.claim {
            Claim::Included { index, entry } => {
                writeln!(f, "{INCLUSION}\nextra {}\nindex {index}", STANDARD.encode(entry))?;
            }
            Claim::Grown { old } => writeln!(f, "{CONSISTENCY}\nold {old}")?,
        }
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash.0))?;
        }
        write!(f, "\n{}", self.note)
    }
}

fn numbered(line: Option<(usize, &str)>, prefix: &str) -> Option<u64> {
    let digits = line?.1.strip_prefix(prefix)?;
    digits.parse::<u64>().ok().filter(|number| alloc::format!("{number}") == digits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::record::{Frontier, KeyHash, Node, consistency_proof, inclusion_proof};
    use std::string::ToString;

    fn log(size: u64) -> (Vec<Node>, Frontier) {
        let (mut tree, mut nodes) = (Frontier::new(), Vec::new());
        for index in 0..size {
            tree.push_noting(leaf_hash(&index.to_be_bytes()), |node| nodes.push(node));
        }
        (nodes, tree)
    }

    fn note(tree: &Frontier) -> String {
        let body = Checkpoint::new("example.org/log", tree.size(), tree.root()).unwrap().body();
        checkpoint::assemble(&body, "example.org/log", KeyHash([1; 4]), &[7; 64]).unwrap()
    }

    #[test]
    fn a_proof_of_inclusion_is_read_as_it_was_written_and_checked() {
        let (nodes, tree) = log(13);
        let find = |level, index| nodes.iter().find(|node| (node.level, node.index) == (level, index)).map(|n| n.hash);
        let path = inclusion_proof(5, 13, &find).unwrap();
        let claim = Claim::Included { index: 5, entry: 5_u64.to_be_bytes().into() };
        let proof = ProofFile { claim, path, note: note(&tree) };
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra AAAAAAAAAAU=\nindex 5\n"), "{text}");
        let read = ProofFile::parse(text.as_bytes()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.check(None).unwrap().0.size(), 13);
        for (old, new) in [("index 5", "index 6"), ("AAAAAAAAAAU=", "AAAAAAAAAAY=")] {
            let changed = ProofFile::parse(text.replacen(old, new, 1).as_bytes()).unwrap();
            assert!(matches!(changed.check(None), Err(BadProof::Proof(_))), "{old}");
        }
    }

    #[test]
    fn a_proof_of_consistency_needs_the_older_checkpoint() {
        let (nodes, tree) = log(13);
        let find = |level, index| nodes.iter().find(|node| (node.level, node.index) == (level, index)).map(|n| n.hash);
        let path = consistency_proof(6, 13, &find).unwrap();
        let text = ProofFile { claim: Claim::Grown { old: 6 }, path, note: note(&tree) }.to_string();
        let read = ProofFile::parse(text.as_bytes()).unwrap();
        let older = |size, of: u64| Checkpoint::new("example.org/log", size, log(of).1.root()).unwrap();
        assert_eq!(read.check(Some(&older(6, 6))).unwrap().0.size(), 13);
        assert_eq!(read.check(None), Err(BadProof::OlderNeeded { size: 6 }));
        assert_eq!(read.check(Some(&older(7, 7))), Err(BadProof::OlderNeeded { size: 6 }));
        assert!(matches!(read.check(Some(&older(6, 7))), Err(BadProof::Proof(_))));
        let other = Checkpoint::new("example.com/log", 6, log(6).1.root()).unwrap();
        assert_eq!(read.check(Some(&other)), Err(BadProof::OtherLog));
    }

    #[test]
    fn what_is_no_proof_is_refused_with_its_line() {
        for (text, number) in [
            ("hello\n\nnote", 1),
            ("c2sp.org/tlog-proof@v1\nindex 1\n\nnote", 2),
            ("c2sp.org/tlog-proof@v1\nextra AA==\nindex 01\n\nnote", 3),
            ("c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\nAAAA\n\nnote", 4),
            ("wheelhouse/tlog-consistency@v1\nold x\n\nnote", 2),
        ] {
            let error = ProofFile::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, BadProof::Line { number: found, .. } if found == number), "{text}: {error}");
        }
        assert_eq!(ProofFile::parse(b"no blank line"), Err(BadProof::NotText));
        assert_eq!(ProofFile::parse(&[0xff, b'\n', b'\n']), Err(BadProof::NotText));
    }
}

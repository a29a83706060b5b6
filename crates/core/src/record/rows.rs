//! Digests of rows that no fold of the entries gives: what was first heard of a signal, how it
//! ended, the journal, answers kept for repeated requests.
//!
//! The record holds these digests, so that a byte changed in such a row shows, while the texts in
//! them stay erasable: whatever a person may have written is digested with a salt of its own, which
//! goes when the text goes. Kinds of hash begin with their own byte (`0x03` and up here; see
//! [`body_digest`](super::body_digest)).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::merkle_hash::sha256;
use super::{Frontier, Hash, SALT_BYTES};
use crate::case::CaseId;
use crate::time::Timestamp;
use crate::world::SignalRow;

/// The length of a row's own salt in bytes.
pub const ROW_SALT_BYTES: usize = 16;

/// A row's own salt: random, secret, and erased together with what it salts.
pub type RowSalt = [u8; ROW_SALT_BYTES];

/// What the record keeps of the signals of one commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalDigests {
    /// The root over the raw bytes of each signal ([`signals_root`](super::signals_root)); absent
    /// where none came from outside.
    pub root: Option<Hash>,
    /// The digest of the journal as it is stored ([`journal_digest`]), with who sent what when.
    pub journal: Option<Hash>,
    /// The root over the rows of signals first seen, in order of number.
    pub appended: Option<Hash>,
    /// The root over the ends of signals, in order of number.
    pub ended: Option<Hash>,
}

impl SignalDigests {
    /// Adds the digests of the rows that a commit appends and ends; `salts` has one for each
    /// appended row, in order.
    #[must_use]
    pub fn with_rows(mut self, rows: &[SignalRow], salts: &[RowSalt]) -> Self {
        let (mut appended, mut ended) = (Frontier::new(), Vec::new());
        let mut salts = salts.iter();
        for row in rows {
            match row {
                SignalRow::Append { number, case, first_heard_at, until, signal, .. } => {
                    let salt = salts.next().copied().unwrap_or_default();
                    let texts = texts_digest(&salt, [signal.labels.as_str(), signal.annotations.as_str(), &signal.url]);
                    let columns = SignalColumns {
                        number: number.0,
                        case: *case,
                        source: signal.source.as_str(),
                        adapter: signal.adapter.as_str(),
                        drill: signal.drill,
                        urgency: signal.urgency.as_str(),
                        started_at: signal.started_at,
                        first_heard_at: *first_heard_at,
                        until: *until,
                    };
                    appended.push(columns.leaf(texts));
                }
                // The entry about places says where it belongs now.
                SignalRow::Moved { .. } => {}
                SignalRow::End { number, ended_at, expired } => {
                    ended.push((number.0, end_leaf(number.0, *ended_at, *expired)));
                }
            }
        }
        ended.sort_unstable();
        self.appended = root(appended);
        self.ended = root(ended.into_iter().fold(Frontier::new(), |mut tree, (_, leaf)| {
            tree.push(leaf);
            tree
        }));
        self
    }
}

/// The root of a tree, or nothing where it has no leaves.
pub fn root(tree: Frontier) -> Option<Hash> {
    (tree.size() > 0).then(|| tree.root())
}

/// What a signal's row says beside its erasable texts and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalColumns<'a> {
    /// Its number.
    pub number: u64,
    /// The case it joined when it was first seen; absent where a silence held it back then.
    pub case: Option<CaseId>,
    /// Who told it.
    pub source: &'a str,
    /// Through which door.
    pub adapter: &'a str,
    /// Whether it is for exercise.
    pub drill: bool,
    /// How urgent its sender thinks it is.
    pub urgency: &'a str,
    /// When it began by its sender's word.
    pub started_at: Timestamp,
    /// When the hub first heard it.
    pub first_heard_at: Timestamp,
    /// When it was to expire, as first told.
    pub until: Option<Timestamp>,
}

impl SignalColumns<'_> {
    /// The row's leaf: SHA-256 of `0x00`, the columns, and the digest of its texts.
    pub fn leaf(&self, texts: Hash) -> Hash {
        let case = self.case.map_or_else(String::new, |case| case.to_string());
        let until = self.until.map(|at| at.as_micros().to_be_bytes());
        sha256(&[
            &[0x00],
            &self.number.to_be_bytes(),
            &length(&case),
            case.as_bytes(),
            &length(self.source),
            self.source.as_bytes(),
            &length(self.adapter),
            self.adapter.as_bytes(),
            &length(self.urgency),
            self.urgency.as_bytes(),
            &[u8::from(self.drill), u8::from(until.is_some())],
            &until.unwrap_or_default(),
            &self.started_at.as_micros().to_be_bytes(),
            &self.first_heard_at.as_micros().to_be_bytes(),
            &texts.0,
        ])
    }
}

/// Digests the texts of a signal's row (labels, annotations, address): SHA-256 of `0x04`, the row's
/// salt, and each text after its length. It stays when the texts are erased.
pub fn texts_digest(salt: &RowSalt, [labels, annotations, url]: [&str; 3]) -> Hash {
    sha256(&[
        &[0x04],
        salt,
        &length(labels),
        labels.as_bytes(),
        &length(annotations),
        annotations.as_bytes(),
        &length(url),
        url.as_bytes(),
    ])
}

/// The leaf of a signal's end.
pub fn end_leaf(number: u64, ended_at: Timestamp, expired: bool) -> Hash {
    sha256(&[&[0x00], &number.to_be_bytes(), &ended_at.as_micros().to_be_bytes(), &[u8::from(expired)]])
}

/// Digests a commit's journal as it is stored: SHA-256 of `0x03`, the commit's salt, and the
/// compressed bytes.
pub fn journal_digest(salt: &[u8; SALT_BYTES], stored: &[u8]) -> Hash {
    sha256(&[&[0x03], salt, stored])
}

/// What is digested of an answer kept for a repeated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerColumns<'a> {
    /// Who asked.
    pub principal: &'a str,
    /// The key they gave.
    pub key: &'a str,
    /// The digest of the request.
    pub request: Hash,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: &'a [u8],
    /// When it was given.
    pub at: Timestamp,
}

impl AnswerColumns<'_> {
    /// SHA-256 of `0x05`, the row's salt, and the columns.
    pub fn digest(&self, salt: &RowSalt) -> Hash {
        sha256(&[
            &[0x05],
            salt,
            &length(self.principal),
            self.principal.as_bytes(),
            &length(self.key),
            self.key.as_bytes(),
            &self.request.0,
            &self.status.to_be_bytes(),
            &self.at.as_micros().to_be_bytes(),
            self.body,
        ])
    }
}

/// A text's length, so that two texts side by side cannot be cut in another place.
fn length(text: &str) -> [u8; 8] {
    (text.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const SALT: RowSalt = [7; ROW_SALT_BYTES];

    fn columns(until: Option<Timestamp>) -> SignalColumns<'static> {
        SignalColumns {
            number: 3,
            case: CaseId::parse("INC-17"),
            source: "prometheus",
            adapter: "alertmanager",
            drill: false,
            urgency: "error",
            started_at: Timestamp::from_seconds(1),
            first_heard_at: Timestamp::from_seconds(2),
            until,
        }
    }

    #[test]
    fn every_column_counts() {
        let texts = texts_digest(&SALT, ["l", "a", "u"]);
        let row = columns(None);
        let leaf = row.leaf(texts);
        let others = [
            SignalColumns { number: 4, ..row }.leaf(texts),
            SignalColumns { case: CaseId::parse("INC-18"), ..row }.leaf(texts),
            SignalColumns { source: "prometheut", ..row }.leaf(texts),
            SignalColumns { source: "prometheu", adapter: "salertmanager", ..row }.leaf(texts),
            SignalColumns { adapter: "report", ..row }.leaf(texts),
            SignalColumns { drill: true, ..row }.leaf(texts),
            SignalColumns { urgency: "info", ..row }.leaf(texts),
            SignalColumns { started_at: Timestamp::from_seconds(3), ..row }.leaf(texts),
            SignalColumns { first_heard_at: Timestamp::from_seconds(3), ..row }.leaf(texts),
            columns(Some(Timestamp::EPOCH)).leaf(texts),
            row.leaf(texts_digest(&SALT, ["la", "", "u"])),
            row.leaf(texts_digest(&[8; ROW_SALT_BYTES], ["l", "a", "u"])),
        ];
        assert!(others.iter().all(|other| *other != leaf));
    }

    #[test]
    fn an_answer_and_an_end_are_digested_whole() {
        let answer = AnswerColumns {
            principal: "person:dana",
            key: "k",
            request: texts_digest(&SALT, [""; 3]),
            status: 200,
            body: b"{}",
            at: Timestamp::EPOCH,
        };
        assert_ne!(answer.digest(&SALT), AnswerColumns { status: 201, ..answer }.digest(&SALT));
        assert_ne!(answer.digest(&SALT), AnswerColumns { body: b"{ }", ..answer }.digest(&SALT));
        let end = end_leaf(1, Timestamp::EPOCH, false);
        assert_ne!(end, end_leaf(1, Timestamp::EPOCH, true));
        assert_ne!(end, end_leaf(1, Timestamp::from_seconds(1), false));
    }
}

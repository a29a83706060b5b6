//! From a tree to typed fields, with every mistake found, not only the first.
//!
//! serde stops at the first error. So when reading fails, the smallest part that holds the mistake
//! is set aside and the document is read again without it, until it is read or the mistake is in the
//! document as a whole.

mod access;
mod error;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use wheelhouse_core::catalog::Finding;

use super::limits::MOST_FINDINGS_IN_DOCUMENT;
use super::tree::Node;
pub(super) use access::{AT, Decoder, LIST, PATTERN, json};

/// What came of reading one document.
pub(super) struct Decoded<T> {
    /// The fields, if the document as a whole can be read.
    pub fields: Option<T>,
    /// Whether parts of it were set aside.
    pub partial: bool,
    /// The first field that it needs and lacks.
    pub missing: Option<&'static str>,
}

/// Reads a document, but for the part `read` that was read before.
pub(super) fn decode<T: DeserializeOwned>(node: &Node, read: &Node, findings: &mut Vec<Finding>) -> Decoded<T> {
    let mut aside = BTreeSet::from([read.id]);
    loop {
        let error = match T::deserialize(Decoder::new(node, &aside)) {
            Ok(fields) => return Decoded { fields: Some(fields), partial: aside.len() > 1, missing: None },
            Err(error) => error,
        };
        let (part, missing) = (error.part(), error.missing());
        if part.is_none_or(|part| part == node.id)
            && let Some(field) = missing
        {
            return Decoded { fields: None, partial: true, missing: Some(field) };
        }
        findings.extend(error.finding(node.place));
        let again = part.is_some_and(|part| part != node.id && aside.insert(part));
        if !again || aside.len() > MOST_FINDINGS_IN_DOCUMENT {
            return Decoded { fields: None, partial: true, missing: None };
        }
    }
}

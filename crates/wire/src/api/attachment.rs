//! Files that people attached to a case.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::attachment::Described;
use wheelhouse_core::record::{Body, Fact};

/// A file that somebody attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// Its number within the case, from 1: `/api/v1/cases/{id}/attachments/{number}` gives it.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// What it is: an image by its own bytes, anything else by its sender's word.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// What there is to see, for whoever cannot see it; null where nobody said.
    pub description: Option<String>,
    /// Whether it is an image that browsers show; everything else is a download.
    pub shown: bool,
}

impl AttachmentView {
    /// The file that a fact attached; nothing where it attached none, or what was said of it is erased.
    pub fn of(fact: &Fact, body: Option<&Body>) -> Option<Self> {
        let (Fact::FileAttached(file), Some(body)) = (fact, body) else { return None };
        let Described { name, media_type, size, sha256, description } = Described::of(body)?;
        Some(Self {
            number: file.number,
            name,
            shown: media_type.is_shown(),
            media_type: media_type.to_string(),
            size,
            sha256: sha256.to_string(),
            description,
        })
    }
}

//! Files that people attach to a case, or to a step of a run that is for none: what may be attached, and what is kept
//! of it.
//!
//! An entry's facts have a file's number and how much room it takes; everything by which somebody could
//! recognise the file (its name, exact size and SHA-256) is in the erasable body. The bytes are kept once,
//! under their SHA-256, for as long as an entry names them.

mod blob;
mod file_name;
mod home;
mod media_type;

use alloc::string::{String, ToString};
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

pub use blob::Blob;
pub use file_name::FileName;
pub use home::Home;
pub use media_type::{BadMediaType, MediaType};

use crate::record::{Body, Hash};

/// The largest file, in bytes.
pub const LARGEST: usize = 5 << 20;
/// The most files that a case has, or a run for no case.
pub const MOST: u32 = 50;
/// The most that the files of one of them take together, in KiB.
pub const MOST_KIB: u64 = 100 << 10;
/// The longest description of a file, in bytes.
pub const LONGEST_DESCRIPTION: usize = 1_000;
/// The longest note that comes with a file, in bytes; a longer one is a note of its own.
pub const LONGEST_TEXT: usize = 4_000;

/// A file to be attached, as it was taken from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: FileName,
    /// What it is.
    pub media_type: MediaType,
    /// What there is to see, for whoever cannot see it.
    pub description: Option<String>,
    /// A note that comes with it.
    pub text: Option<String>,
    /// Its bytes.
    pub blob: Arc<Blob>,
}

/// How much is attached to a case, or to a run for no case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachments {
    /// The number of the last file; numbers count from 1 and are not used again.
    pub last: u32,
    /// How many files there are: erased ones are not.
    pub kept: u32,
    /// How much room they take, in KiB.
    pub kib: u64,
}

impl Attachments {
    /// Whether nothing was ever attached.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The same with one more file.
    #[must_use]
    pub const fn with(self, number: u32, kib: u64) -> Self {
        let last = if number > self.last { number } else { self.last };
        Self { last, kept: self.kept.saturating_add(1), kib: self.kib.saturating_add(kib) }
    }

    /// The same with all files erased.
    #[must_use]
    pub const fn erased(self) -> Self {
        Self { last: self.last, kept: 0, kib: 0 }
    }
}

/// How much room so many bytes take: KiB, rounded up, so that an erased file is not known by its size.
pub const fn room(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(1 << 10)
}

/// What an entry's body says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Hash,
    /// What there is to see.
    pub description: Option<String>,
}

impl Attachment {
    /// The body of the entry that attaches it.
    pub fn body(&self) -> Body {
        let given = [
            ("name", Some(self.name.as_str().to_string())),
            ("media_type", Some(self.media_type.as_str().to_string())),
            ("size", Some(self.blob.bytes().len().to_string())),
            ("sha256", Some(self.blob.sha256().to_string())),
            ("description", self.description.clone()),
            ("text", self.text.clone()),
        ];
        given.into_iter().filter_map(|(field, text)| Some((field.to_string(), text?))).collect()
    }
}

impl Described {
    /// Reads the body of an entry that attaches a file; nothing if it is not such a body.
    pub fn of(body: &Body) -> Option<Self> {
        Some(Self {
            name: body.get("name")?.clone(),
            media_type: MediaType::kept(body.get("media_type")?)?,
            size: body.get("size")?.parse().ok()?,
            sha256: body.get("sha256")?.parse().ok()?,
            description: body.get("description").cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_the_body_says_is_read_again() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        let attachment = Attachment {
            name: FileName::clean("graph.png"),
            media_type: MediaType::of(Some("image/png"), &png).unwrap(),
            description: Some("errors climb at 10:02".into()),
            text: Some("see the cliff".into()),
            blob: Arc::new(Blob::new(png)),
        };
        let body = attachment.body();
        let described = Described::of(&body).unwrap();
        assert_eq!((described.name.as_str(), described.size), ("graph.png", 16));
        assert_eq!((described.sha256, described.media_type), (attachment.blob.sha256(), attachment.media_type));
        assert_eq!(described.description.as_deref(), Some("errors climb at 10:02"));
        assert_eq!(body.get("text").unwrap(), "see the cliff");
        assert_eq!(Described::of(&Body::new()), None);
    }

    #[test]
    fn room_is_counted_in_whole_kib() {
        assert_eq!([0, 1, 1024, 1025, LARGEST].map(room), [0, 1, 1, 2, 5 << 10]);
    }
}

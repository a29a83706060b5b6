//! The files, each with what an answer says about it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::kind::kind;

/// What was there when the program was built: paths below `web/dist`, and bytes.
const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page that every address of the app gives.
const PAGE: &str = "index.html";
/// Below this folder a file's name has a hash of its content.
const HASHED: &str = "assets/";

/// The bytes of a file, in the program or in memory.
pub(crate) type Bytes = Cow<'static, [u8]>;

/// One file of the app.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// Whether its name changes with its content, so that it may be kept for ever.
    pub hashed: bool,
    /// Its entity tag, in quotes: from the SHA-256 of its content.
    pub etag: String,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// How the bytes of an answer are packed (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Identity,
    /// `br` (RFC 7932).
    Brotli,
    /// `gzip` (RFC 1952).
    Gzip,
}

/// All files of the app.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

impl Assets {
    /// The files that were there when the program was built; none where the app had not been built.
    pub fn built_in() -> Self {
        Self::of(BUILT_IN.iter().map(|(path, bytes)| ((*path).to_owned(), Cow::Borrowed(*bytes))))
    }

    /// Puts files together; `NAME.br` and `NAME.gz` are packed forms of `NAME`.
    pub(crate) fn of(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let all: BTreeMap<String, Bytes> = files.collect();
        let is_packed = |path: &str| {
            let plain = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz"));
            plain.is_some_and(|plain| all.contains_key(plain))
        };
        let (packed, plain): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.clone().into_iter().partition(|(path, _)| is_packed(path));
        let assets = plain.into_iter().map(|(path, plain)| {
            let form = |ending: &str| packed.get(&format!("{path}{ending}")).cloned();
            let asset = Asset {
                content_type: kind(&path),
                hashed: path.starts_with(HASHED),
                etag: etag(&plain),
                brotli: form(".br"),
                gzip: form(".gz"),
                plain,
            };
            (path, asset)
        });
        Self { files: assets.collect() }
    }

    /// Whether there is no app.
    pub fn is_empty(&self) -> bool {
        self.page().is_none()
    }

    /// The file at a path below the root, without a slash in front.
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// The page that every address of the app gives.
    pub fn page(&self) -> Option<&Asset> {
        self.files.get(PAGE)
    }

    /// The paths of the files that lie at the root beside the page: the manifest, icons.
    pub fn at_root(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|path| *path != PAGE && !path.contains('/'))
    }
}

impl Asset {
    /// The bytes in the smallest form that a reader takes, by its `Accept-Encoding`.
    pub fn packed_for(&self, accept_encoding: &str) -> (Encoding, &[u8]) {
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if accepts(accept_encoding, "br") => (Encoding::Brotli, bytes),
            (_, Some(bytes)) if accepts(accept_encoding, "gzip") => (Encoding::Gzip, bytes),
            _ => (Encoding::Identity, &self.plain),
        }
    }
}

impl Encoding {
    /// The word of `Content-Encoding`; none for bytes as they are.
    pub const fn as_header(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
        }
    }
}

/// Whether an `Accept-Encoding` names a coding, and not with a weight of zero (RFC 9110, section 12.5.3).
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let mut weights = pieces.filter_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
        named && weights.all(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

fn etag(bytes: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in Sha256::digest(bytes).iter().take(12) {
        // Writing to a string does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

//! What a file is: by its own first bytes where a browser is to show it, else by its sender's word.

use alloc::string::String;
use core::fmt;

/// The longest media type, in bytes.
const LONGEST: usize = 100;
/// What is known of a file of which nothing is known.
const UNKNOWN: &str = "application/octet-stream";
/// What `curl --data-binary` says of whatever it sends.
const CURL_SAYS: &str = "application/x-www-form-urlencoded";

/// The media type of a file without parameters, in lower case (RFC 9110 §8.3.1).
#[derive(Clone, PartialEq, Eq)]
pub struct MediaType(String);

/// Says that a text is no media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMediaType;

impl fmt::Display for BadMediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a media type of at most {LONGEST} characters, such as image/png or text/plain")
    }
}

impl core::error::Error for BadMediaType {}

impl MediaType {
    /// What a file is. One that begins as a PNG, JPEG, GIF or WebP does is that, whatever its sender says; one
    /// that does not is never held to be one of these.
    pub fn of(declared: Option<&str>, bytes: &[u8]) -> Result<Self, BadMediaType> {
        let declared = declared.map(parsed).transpose()?;
        Ok(match (image(bytes), declared) {
            (Some(image), _) => Self(image.into()),
            (None, Some(declared)) if !is_shown(&declared) && declared != CURL_SAYS => Self(declared),
            (None, _) => Self(UNKNOWN.into()),
        })
    }

    /// The media type as the record has it.
    pub fn kept(text: &str) -> Option<Self> {
        parsed(text).ok().map(Self)
    }

    /// Whether a browser may show it; everything else is a download, also what it could show, such as SVG and
    /// HTML, in which its author's scripts might run.
    pub fn is_shown(&self) -> bool {
        is_shown(&self.0)
    }

    /// The media type.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn is_shown(media_type: &str) -> bool {
    matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// The image that a file begins as (PNG 3rd edition §5.2, JPEG in ITU-T T.81 §B.1, GIF89a §17, RFC 9649 §2).
fn image(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, magic: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(magic));
    if at(0, b"\x89PNG\r\n\x1a\n") && at(12, b"IHDR") {
        Some("image/png")
    } else if at(0, b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some("image/gif")
    } else if at(0, b"RIFF") && at(8, b"WEBPVP8") {
        Some("image/webp")
    } else {
        None
    }
}

/// The type and subtype of a media type, without its parameters.
fn parsed(text: &str) -> Result<String, BadMediaType> {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_token = |word: &str| !word.is_empty() && word.bytes().all(is_token_byte);
    let (kind, subtype) = essence.split_once('/').ok_or(BadMediaType)?;
    if essence.len() > LONGEST || !is_token(kind) || !is_token(subtype) {
        return Err(BadMediaType);
    }
    Ok(essence.to_ascii_lowercase())
}

/// Whether a byte may stand in a token (RFC 9110 §5.6.2).
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use alloc::borrow::ToOwned;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";

    fn of(declared: &str, bytes: &[u8]) -> MediaType {
        MediaType::of(Some(declared), bytes).unwrap()
    }

    #[test]
    fn an_image_is_what_its_bytes_say() {
        for (bytes, expected) in [
            (PNG, "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"RIFF\x1a\0\0\0WEBPVP8L", "image/webp"),
        ] {
            for declared in [Some("text/html"), Some("application/octet-stream"), None] {
                let found = MediaType::of(declared, bytes).unwrap();
                assert_eq!(found.as_str(), expected);
                assert!(found.is_shown());
            }
        }
    }

    #[test]
    fn what_only_claims_to_be_an_image_is_not_shown() {
        for claim in ["image/png", "IMAGE/JPEG", "image/webp; q=1", "image/gif"] {
            let found = of(claim, b"<script>alert(1)</script>");
            assert_eq!((found.as_str(), found.is_shown()), (UNKNOWN, false));
        }
        assert_eq!(of("image/png", &PNG[..9]).as_str(), UNKNOWN);
        assert_eq!(of("image/webp", b"RIFF\x1a\0\0\0WAVEfmt ").as_str(), UNKNOWN);
    }

    #[test]
    fn everything_else_is_what_its_sender_says_and_never_shown() {
        for (declared, expected) in [
            ("image/svg+xml", "image/svg+xml"),
            ("Text/HTML; charset=utf-8", "text/html"),
            ("application/pdf", "application/pdf"),
            (CURL_SAYS, UNKNOWN),
        ] {
            let found = of(declared, b"<svg onload=alert(1)>");
            assert_eq!((found.as_str(), found.is_shown()), (expected, false));
        }
        assert_eq!(MediaType::of(None, b"hello").unwrap().as_str(), UNKNOWN);
    }

    #[test]
    fn what_is_no_media_type_is_refused() {
        let long = "a/".to_owned() + &"b".repeat(LONGEST);
        for text in ["", "png", "image/", "/png", "image/p ng", "image/png\r\nx: y", "image/pñg", long.as_str()] {
            assert_eq!(MediaType::of(Some(text), b"x"), Err(BadMediaType), "{text:?}");
        }
    }
}

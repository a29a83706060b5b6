//! What is said of an attached file: its disposition, its name, its type.

use wheelhouse_core::attachment::{FileName, MediaType};
use wheelhouse_wire::disposition::{parameters, written};

/// The first line is a header, the second a media type, the rest the file.
pub fn run(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let header = parts.next().unwrap_or_default();
    let declared = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let bytes = parts.next().unwrap_or_default();
    if let Ok(media_type) = MediaType::of(Some(&declared), bytes) {
        assert_eq!(MediaType::kept(media_type.as_str()).as_ref(), Some(&media_type));
        assert!(!media_type.is_shown() || media_type.as_str().starts_with("image/"), "{media_type}");
    }
    let Ok(said) = parameters(header) else { return };
    for text in said.values() {
        let name = FileName::clean(text);
        let shown = name.as_str();
        assert_eq!(FileName::clean(shown).as_str(), shown, "cleaning twice is cleaning once");
        assert!(!shown.is_empty() && shown.len() <= 200 && shown != "." && shown != "..", "{shown:?}");
        assert!(!shown.contains(['/', '\\', '\0', '\r', '\n', '"', '\u{202e}']), "{shown:?}");
        let header = written("attachment", text);
        assert!(header.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{header}");
        assert_eq!(
            parameters(header.as_bytes()).ok().and_then(|read| read.get("filename").cloned()).as_ref(),
            Some(text)
        );
    }
}

//! Bytes to clean text, however they are cut into pieces.

use std::fmt::Write;

/// Turns a stream of bytes into text. What is no UTF-8, and zero bytes, become `\xNN`; a letter whose bytes are
/// not all there yet waits for them.
#[derive(Debug, Default)]
pub(crate) struct Clean {
    waiting: Vec<u8>,
}

impl Clean {
    /// Gives the text of the next piece, and whether something in it had to be escaped.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> (String, bool) {
        let joined;
        let mut rest = if self.waiting.is_empty() {
            bytes
        } else {
            let mut all = std::mem::take(&mut self.waiting);
            all.extend_from_slice(bytes);
            joined = all;
            &joined
        };
        let (mut text, mut escaped) = (String::new(), false);
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    escaped |= append(&mut text, valid);
                    return (text, escaped);
                }
                Err(error) => {
                    let (valid, bad) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                    escaped |= append(&mut text, &String::from_utf8_lossy(valid));
                    let Some(length) = error.error_len() else {
                        self.waiting = bad.to_vec();
                        return (text, escaped);
                    };
                    let (wrong, behind) = bad.split_at_checked(length).unwrap_or((bad, &[]));
                    escape(&mut text, wrong);
                    escaped = true;
                    rest = behind;
                }
            }
        }
    }

    /// Gives what waited for bytes that never came.
    pub(crate) fn rest(&mut self) -> (String, bool) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut text = String::new();
        escape(&mut text, &waiting);
        (text, !waiting.is_empty())
    }
}

fn append(text: &mut String, valid: &str) -> bool {
    if !valid.as_bytes().contains(&0) {
        text.push_str(valid);
        return false;
    }
    let mut parts = valid.split('\0');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str("\\x00");
        text.push_str(part);
    }
    true
}

fn escape(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(text, "\\x{byte:02x}").expect("writing to a string cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> (String, bool) {
        let mut clean = Clean::default();
        let (mut text, mut escaped) = (String::new(), false);
        for piece in pieces.iter().map(|piece| clean.piece(piece)).collect::<Vec<_>>() {
            text += &piece.0;
            escaped |= piece.1;
        }
        let rest = clean.rest();
        (text + &rest.0, escaped | rest.1)
    }

    #[test]
    fn letters_that_are_cut_apart_come_together_and_what_is_no_text_is_escaped() {
        assert_eq!(all(&[b"gr\xc3", b"\xbc\xc3\x9f", b"e \xf0\x9f", b"\x9a", b"\x92"]), ("grüße 🚒".to_owned(), false));
        assert_eq!(all(&[b"a\xff\xfe", b"b\0c"]), ("a\\xff\\xfeb\\x00c".to_owned(), true));
        assert_eq!(all(&[b"cut \xe2\x82"]), ("cut \\xe2\\x82".to_owned(), true));
        assert_eq!(all(&[b"\xe2", b"x"]), ("\\xe2x".to_owned(), true));
    }
}

//! Texts given on the command line or through standard input.

use std::io::{self, Read};

use wheelhouse_wire::api::LARGEST_REQUEST;

use crate::failure::Failure;

/// A text; `-` means standard input.
///
/// # Errors
/// When standard input cannot be read, is no text, or is longer than any request may be.
pub fn text(given: &str) -> Result<String, Failure> {
    if given == "-" { read(&mut io::stdin().lock()) } else { Ok(given.to_owned()) }
}

/// A text that may be absent.
pub fn optional(given: Option<&String>) -> Result<Option<String>, Failure> {
    given.map(|given| text(given)).transpose()
}

fn read(from: &mut impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(LARGEST_REQUEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::cannot_run(format!("cannot read standard input: {error}")))?;
    if bytes.len() > LARGEST_REQUEST {
        return Err(Failure::cannot_run(format!("the text on standard input is longer than {LARGEST_REQUEST} bytes"))
            .help("keep it short, and link what is longer: `wheelhouse case link CASE URL`"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::cannot_run("standard input is not UTF-8 text").help("convert it first"))?;
    let text = text.trim_end();
    if text.is_empty() {
        return Err(Failure::cannot_run("standard input holds no text"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lines_stay_and_the_last_line_end_goes() {
        assert_eq!(read(&mut "a\nb\n".as_bytes()).unwrap(), "a\nb");
    }

    #[test]
    fn too_much_nothing_and_no_text_are_refused() {
        assert!(read(&mut "x".repeat(LARGEST_REQUEST + 1).as_bytes()).is_err());
        assert!(read(&mut "\n".as_bytes()).is_err());
        assert!(read(&mut [0xff].as_slice()).is_err());
    }
}

//! `Content-Disposition`: the name under which bytes travel (RFC 6266), in any script (RFC 8187).

use std::collections::BTreeMap;
use std::fmt;

/// The most parameters of one header.
const MOST_PARAMETERS: usize = 16;

/// The parameters of a `Content-Disposition`, by their names in lower case without the `*`. Where a parameter is
/// there in both forms, the one with `*` counts (RFC 6266 §4.3). Bytes that are not UTF-8 are read as ISO 8859-1.
///
/// # Errors
/// Says what was expected.
pub fn parameters(value: &[u8]) -> Result<BTreeMap<String, String>, BadDisposition> {
    let text =
        String::from_utf8(value.to_vec()).unwrap_or_else(|_| value.iter().map(|byte| char::from(*byte)).collect());
    let (_, mut rest) = text.split_once(';').unwrap_or((&text, ""));
    let (mut plain, mut extended) = (BTreeMap::new(), BTreeMap::new());
    while !rest.trim().is_empty() {
        if plain.len() + extended.len() >= MOST_PARAMETERS {
            return Err(BadDisposition);
        }
        let (name, value) = rest.split_once('=').ok_or(BadDisposition)?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = taken(value.trim_start())?;
        match name.strip_suffix('*') {
            Some(name) => drop(extended.insert(name.to_owned(), extended_value(&value)?)),
            None => drop(plain.insert(name, value)),
        }
        rest = after;
    }
    plain.extend(extended);
    Ok(plain)
}

/// `attachment` or `inline` with a name: plain for old programs, exact for the others.
pub fn written(kind: &'static str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    format!("{kind}; filename=\"{plain}\"; filename*={}", encoded(name))
}

/// A text as the value of a parameter that ends in `*` (RFC 8187 §3.2).
pub fn encoded(text: &str) -> String {
    let mut value = "UTF-8''".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    value
}

/// Says that a header is no `Content-Disposition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDisposition;

impl fmt::Display for BadDisposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected something like attachment; filename=\"graph.png\" (RFC 6266)")
    }
}

impl std::error::Error for BadDisposition {}

/// Takes one value, in quotes or not, and gives what follows the next `;`.
fn taken(text: &str) -> Result<(String, &str), BadDisposition> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        return Ok((value.trim().to_owned(), after));
    };
    let (mut value, mut characters) = (String::new(), quoted.char_indices());
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.push(characters.next().ok_or(BadDisposition)?.1),
            '"' => {
                let after = quoted.get(at + 1..).unwrap_or_default().trim_start();
                let after = if after.is_empty() { after } else { after.strip_prefix(';').ok_or(BadDisposition)? };
                return Ok((value, after));
            }
            c => value.push(c),
        }
    }
    Err(BadDisposition)
}

/// Reads `charset'language'percent-encoded`.
fn extended_value(value: &str) -> Result<String, BadDisposition> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, text) = (parts.next(), parts.next(), parts.next().ok_or(BadDisposition)?);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(BadDisposition);
        let byte = if byte == b'%' { digit()? * 16 + digit()? } else { u32::from(byte) };
        bytes.push(u8::try_from(byte).map_err(|_| BadDisposition)?);
    }
    match charset.unwrap_or_default().to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).map_err(|_| BadDisposition),
        "iso-8859-1" => Ok(bytes.into_iter().map(char::from).collect()),
        _ => Err(BadDisposition),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[track_caller]
    fn named(value: &str) -> String {
        parameters(value.as_bytes()).unwrap()["filename"].clone()
    }

    #[test]
    fn names_are_read_in_every_form_that_programs_send() {
        assert_eq!(named("attachment; filename=graph.png"), "graph.png");
        assert_eq!(named("ATTACHMENT;FILENAME=\"a; b = \\\"c\\\".png\" ; size=3"), "a; b = \"c\".png");
        assert_eq!(named("inline; filename*=UTF-8''na%C3%AFve%20plan.png"), "naïve plan.png");
        assert_eq!(named("attachment; filename=\"EURO.txt\"; filename*=utf-8'de'%e2%82%ac.txt"), "€.txt");
        assert_eq!(named("attachment; filename*=iso-8859-1''%A3.txt; filename=x"), "£.txt");
        assert_eq!(named("attachment; filename=\"グラフ.png\""), "グラフ.png");
        assert_eq!(parameters(b"attachment; filename=\"\xe4.png\"").unwrap()["filename"], "ä.png");
        assert_eq!(parameters(b"attachment").unwrap(), BTreeMap::new());
        assert_eq!(parameters(b"attachment;").unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_is_no_disposition_is_refused() {
        for value in [
            "attachment; filename",
            "attachment; filename=\"open",
            "attachment; filename=\"a\\",
            "attachment; filename=\"a\" b",
            "attachment; filename*=graph.png",
            "attachment; filename*=UTF-8''%f",
            "attachment; filename*=UTF-8''%zz",
            "attachment; filename*=UTF-8''%ff",
            "attachment; filename*=KOI8-R''%ff",
        ] {
            assert_eq!(parameters(value.as_bytes()), Err(BadDisposition), "{value}");
        }
        let many: String = (0..20).map(|number| format!("; p{number}=1")).collect();
        assert_eq!(parameters(format!("attachment{many}").as_bytes()), Err(BadDisposition));
    }

    #[test]
    fn what_is_written_is_one_line_of_ascii_and_is_read_again() {
        for name in ["graph.png", "a\"; filename=evil.exe", "naïve – 2 %41.csv", "ログ\\x.txt", "x\r\nSet-Cookie: a=b"]
        {
            let written = written("attachment", name);
            assert!(written.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{written}");
            assert_eq!(named(&written), name);
        }
        assert_eq!(written("inline", "a b.png"), "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
    }
}

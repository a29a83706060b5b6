//! How Go writes texts into messages and JSON.

use std::fmt::Write as _;

/// A byte as `encoding/json` names it in an error: `'x'`, `'\n'`, `'ÿ'`.
pub(super) fn quoted_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let mut quoted = String::from("'");
            escape(&mut quoted, char::from(byte));
            quoted.push('\'');
            quoted
        }
    }
}

/// A text as the verb `%q` writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        escape(&mut quoted, c);
    }
    quoted.push('"');
    quoted
}

/// A text as package `time` quotes it in an error, byte by byte.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(*byte));
            }
            b' '..=0x7f => quoted.push(char::from(*byte)),
            _ => {
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Appends a text as a JSON string as `encoding/json` writes it, with or without its escapes for HTML.
pub(super) fn push_json(json: &mut String, text: &str, html: bool) {
    json.push('"');
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '<' if html => "\\u003c",
            '>' if html => "\\u003e",
            '&' if html => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '\0'..='\x1f' => "",
            _ => continue,
        };
        json.push_str(text.get(from..at).unwrap_or_default());
        from = at + c.len_utf8();
        if escape.is_empty() {
            let _ = write!(json, "\\u{:04x}", u32::from(c));
        } else {
            json.push_str(escape);
        }
    }
    json.push_str(text.get(from..).unwrap_or_default());
    json.push('"');
}

/// Appends a character as `strconv.Quote` does.
fn escape(quoted: &mut String, c: char) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\x0c' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\x0b' => "\\v",
        _ => "",
    };
    let code = u32::from(c);
    let _ = match code {
        _ if !short.is_empty() => quoted.write_str(short),
        0..=0x1f | 0x7f => write!(quoted, "\\x{code:02x}"),
        _ if is_print(c) => quoted.write_char(c),
        0..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

/// Whether a character shows as itself, by the tables that this language has; Go's are a little newer or
/// older for characters assigned lately.
fn is_print(c: char) -> bool {
    c.is_ascii() || c.is_alphanumeric() || !c.escape_debug().to_string().starts_with("\\u")
}

//! The spellings in which a secret turns up.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use super::SHORTEST;

/// Lines of a longer secret that are shorter than this are looked for only together with their neighbours.
const SHORTEST_LINE: usize = 8;

/// Gives every spelling of a secret, and whether it may be folded: turn up with blanks, line ends and colons
/// in between.
pub(crate) fn collect(secret: &[u8], mut each: impl FnMut(Vec<u8>, bool)) {
    spell(secret, &mut each);
    if secret.contains(&b'\n') {
        for line in secret.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
            if line.len() >= SHORTEST_LINE {
                spell(line, &mut each);
            }
        }
    }
}

fn spell(unit: &[u8], each: &mut impl FnMut(Vec<u8>, bool)) {
    let mut give = |form: Vec<u8>, folds: bool| {
        if form.len() >= SHORTEST {
            each(form, folds);
        }
    };
    give(unit.to_vec(), false);
    for alphabet in [STANDARD, URL_SAFE] {
        for form in base64(unit, &alphabet) {
            give(form, true);
        }
    }
    give(hex(unit, false), true);
    give(hex(unit, true), true);
    for kept in [UNRESERVED, SEGMENTS, FORM, COMPONENT, PATH, WHOLE, ALPHANUMERIC, NOTHING] {
        for upper in [true, false] {
            give(percent(unit, kept, upper, false), false);
            give(percent(unit, kept, upper, true), false);
        }
    }
    // Programs that print bytes as text put a sign where there is no letter. With enough of the secret around them
    // that is a spelling too.
    let text = String::from_utf8_lossy(unit);
    if text.chars().filter(|&letter| letter != char::REPLACEMENT_CHARACTER).count() >= SHORTEST {
        for form in json(&text).into_iter().chain(shell(&text)).chain(markup(&text)) {
            give(form.into_bytes(), false);
        }
    }
}

/// The characters of base64 that say nothing but the secret, for each place at which it can begin in a group of
/// three bytes; and the same with the last character, as it is where the secret is the end of what was encoded.
fn base64(unit: &[u8], alphabet: &Alphabet) -> Vec<Vec<u8>> {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    let mut forms = Vec::new();
    for shift in 0..3_usize {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(unit);
        let encoded = engine.encode(&bytes).into_bytes();
        // Characters hold six bits: those with a bit of what stands before are left out, and so are those
        // with a bit of what comes behind.
        let (first, last) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
        forms.extend(encoded.get(first..last).map(<[u8]>::to_vec));
        if last < encoded.len() {
            forms.extend(encoded.get(first..).map(<[u8]>::to_vec));
        }
    }
    forms
}

fn hex(unit: &[u8], upper: bool) -> Vec<u8> {
    let mut form = String::with_capacity(unit.len() * 2);
    for byte in unit {
        let written = if upper { write!(form, "{byte:02X}") } else { write!(form, "{byte:02x}") };
        written.expect("writing to a string cannot fail");
    }
    form.into_bytes()
}

/// Bytes that stay as they are, beside letters and digits, in the ways of percent-encoding that are in use.
const UNRESERVED: Option<&[u8]> = Some(b"-_.~");
const SEGMENTS: Option<&[u8]> = Some(b"-_.~/");
const FORM: Option<&[u8]> = Some(b"-_.*");
const COMPONENT: Option<&[u8]> = Some(b"-_.!~*'()");
const PATH: Option<&[u8]> = Some(b"-_.~/!$&'()*+,;=:@");
const WHOLE: Option<&[u8]> = Some(b"-_.~/!$&'()*+,;=:@?#");
const ALPHANUMERIC: Option<&[u8]> = Some(b"");
/// Not even letters and digits stay.
const NOTHING: Option<&[u8]> = None;

fn percent(unit: &[u8], kept: Option<&[u8]>, upper: bool, form_field: bool) -> Vec<u8> {
    let mut form = Vec::with_capacity(unit.len() * 3);
    for &byte in unit {
        if form_field && byte == b' ' {
            form.push(b'+');
        } else if kept.is_some_and(|kept| byte.is_ascii_alphanumeric() || kept.contains(&byte)) {
            form.push(byte);
        } else {
            form.push(b'%');
            form.extend(hex(&[byte], upper));
        }
    }
    form
}

fn json(text: &str) -> Vec<String> {
    let spelled = |ascii: bool, upper: bool, slash: bool| {
        let mut form = String::new();
        for letter in text.chars() {
            let short = match letter {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '/' if slash => "\\/",
                _ => "",
            };
            if !short.is_empty() {
                form.push_str(short);
            } else if letter < ' ' || (ascii && !letter.is_ascii()) || (upper && "<>&'".contains(letter)) {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let written = if upper { write!(form, "\\u{unit:04X}") } else { write!(form, "\\u{unit:04x}") };
                    written.expect("writing to a string cannot fail");
                }
            } else {
                form.push(letter);
            }
        }
        form
    };
    let mut forms = Vec::new();
    for slash in [false, true] {
        forms.extend([spelled(false, false, slash), spelled(true, false, slash), spelled(true, true, slash)]);
        // Go writes `<`, `>` and `&` as `\u003c` and so on, in lower case.
        forms
            .push(spelled(false, false, slash).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"));
    }
    // JSON within JSON, as a logged message of a logged request.
    forms.push(spelled(false, false, false).replace('\\', "\\\\").replace('"', "\\\""));
    forms
}

fn shell(text: &str) -> Vec<String> {
    let single = text.replace('\'', "'\\''");
    let mut escaped = String::new();
    for letter in text.chars() {
        if !letter.is_alphanumeric() && !"-_./:,@%+=".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    let ansi =
        text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r");
    let double: String = text
        .chars()
        .flat_map(|letter| [(letter, "\"\\$`".contains(letter))])
        .flat_map(|(letter, special)| special.then_some('\\').into_iter().chain([letter]))
        .collect();
    vec![single, escaped, ansi, double]
}

fn markup(text: &str) -> Vec<String> {
    let base = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = base.replace('"', "&quot;");
    vec![
        quoted.replace('\'', "&#39;"),
        quoted.replace('\'', "&#x27;"),
        quoted.replace('\'', "&apos;"),
        base.replace('"', "&#34;").replace('\'', "&#39;"),
        quoted,
        base,
    ]
}

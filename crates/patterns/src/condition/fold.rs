//! Texts that are one but for the case of their letters.

use alloc::boxed::Box;
use alloc::string::String;

/// A character that all of its cases share.
///
/// Character by character, by those mappings of Unicode that give one character: `ß` is not `SS`, the
/// Kelvin sign is `k`. It is the same relation as that of Java's `equalsIgnoreCase` but for `İ`, whose
/// lower case is two characters.
pub(crate) fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let upper = only(character.to_uppercase()).unwrap_or(character);
    only(upper.to_lowercase()).unwrap_or(upper)
}

/// A text of folded characters.
pub(crate) fn folded(text: &str) -> Box<str> {
    text.chars().map(fold).collect::<String>().into()
}

/// Writes the folded text into a buffer, in place of what was there.
pub(crate) fn fold_into(text: &str, buffer: &mut String) {
    buffer.clear();
    if text.is_ascii() {
        buffer.push_str(text);
        buffer.make_ascii_lowercase();
    } else {
        buffer.extend(text.chars().map(fold));
    }
}

/// Whether `text` is `folded`, but for case.
pub(crate) fn is_same(text: &str, folded: &str) -> bool {
    text.chars().map(fold).eq(folded.chars())
}

/// Whether `text` begins with `folded`, but for case.
pub(crate) fn begins(text: &str, folded: &str) -> bool {
    let mut text = text.chars().map(fold);
    folded.chars().all(|expected| text.next() == Some(expected))
}

/// Whether `text` ends with `folded`, but for case.
pub(crate) fn ends(text: &str, folded: &str) -> bool {
    let mut text = text.chars().rev().map(fold);
    folded.chars().rev().all(|expected| text.next() == Some(expected))
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    if characters.next().is_some() { None } else { first }
}

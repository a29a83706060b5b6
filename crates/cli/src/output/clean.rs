//! Foreign text made safe for a terminal.

use std::fmt::Write;

/// A foreign text as one line: whatever would steer the terminal, hide or reorder text is spelled
/// out, line breaks become spaces.
pub fn clean(text: &str) -> String {
    spell(text, |c| matches!(c, '\n' | '\t' | '\r').then_some(' '))
}

/// A foreign text with its line breaks; the rest as [`clean`].
pub fn clean_lines(text: &str) -> String {
    spell(&text.replace("\r\n", "\n"), |c| match c {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        _ => None,
    })
}

fn spell(text: &str, keep: impl Fn(char) -> Option<char>) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if let Some(kept) = keep(c) {
            shown.push(kept);
        } else if c.is_control() || is_invisible(c) {
            let _infallible = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters without a shape that change how others are shown (Unicode Standard Annex #9, and the
/// default ignorable ones that are no part of emoji).
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{061c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_spelled_out_and_the_rest_stays() {
        assert_eq!(clean("a\x1b[31mb\nc"), "a\\u{1b}[31mb c");
        assert_eq!(clean("x\u{202e}y\u{2061}z"), "x\\u{202e}y\\u{2061}z");
        assert_eq!(clean("Grüße → 👩‍🚒"), "Grüße → 👩‍🚒");
        assert_eq!(clean_lines("a\r\nb\tc\x07"), "a\nb c\\u{7}");
    }
}

//! Texts with `*` in them, which stands for any characters or none.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A text with `*` in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wildcard {
    /// What stands between the stars, at least one; the first and the last may be empty.
    pieces: Vec<Box<str>>,
    /// That of every piece.
    signature: Signature,
}

/// One of 256 bits for each four bytes in a row. A text that lacks one of a wildcard's bits lacks a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Signature([u64; 4]);

impl Signature {
    /// The signature of a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut signature = Self::default();
        signature.add(text);
        signature
    }

    fn add(&mut self, text: &str) {
        for four in text.as_bytes().windows(4) {
            let four = four.first_chunk::<4>().map_or(0, |four| u32::from_le_bytes(*four));
            let bit = four.wrapping_mul(0x9E37_79B1) >> 24;
            if let Some(word) = self.0.get_mut((bit >> 6) as usize) {
                *word |= 1 << (bit & 63);
            }
        }
    }
}

impl Wildcard {
    /// Reads the text of a pattern: `\*` and `\\` stand for `*` and `\`.
    ///
    /// # Errors
    /// Says what is wrong: two stars in a row, or another escape.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut piece = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.peek() == Some(&'*') => {
                    return Err("two `*` in a row; one stands for any characters already".to_owned());
                }
                '*' => pieces.push(core::mem::take(&mut piece).into_boxed_str()),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => piece.push(escaped),
                    Some(other) => {
                        let other = other.escape_debug();
                        return Err(format!("`\\{other}` is no escape; expected `\\*` or `\\\\`"));
                    }
                    None => return Err("ends in a single `\\`; write `\\\\` for the character itself".to_owned()),
                },
                other => piece.push(other),
            }
        }
        pieces.push(piece.into());
        let mut signature = Signature::default();
        pieces.iter().for_each(|piece| signature.add(piece));
        Ok(Self { pieces, signature })
    }

    /// Whether a text has all the pieces, in order; in time linear in the text for each piece.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        let (Some((first, rest)), Some(after_first)) = (self.pieces.split_first(), text.strip_prefix(self.first()))
        else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text.len() == first.len();
        };
        let Some(mut open) = after_first.strip_suffix(&**last) else {
            return false;
        };
        for piece in middle {
            let Some(place) = find(open, piece) else {
                return false;
            };
            open = open.get(place + piece.len()..).unwrap_or_default();
        }
        true
    }

    /// Whether a text of this signature may be accepted.
    #[inline]
    pub(crate) fn may_accept(&self, text: &Signature) -> bool {
        self.signature.0.iter().zip(&text.0).all(|(own, text)| own & !text == 0)
    }

    /// Whether it accepts every text.
    pub(crate) fn accepts_all(&self) -> bool {
        self.pieces.len() == 2 && self.pieces.iter().all(|piece| piece.is_empty())
    }

    /// What a text must begin with.
    pub(crate) fn first(&self) -> &str {
        self.pieces.first().map_or("", |piece| piece)
    }

    /// What a text must end with.
    pub(crate) fn last(&self) -> &str {
        self.pieces.last().map_or("", |piece| piece)
    }

    /// What a text must hold somewhere: every piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| &**piece)
    }
}

/// The first place of a piece in a text. In a short text it is quicker to look than to prepare for looking.
fn find(text: &str, piece: &str) -> Option<usize> {
    if text.len() > 64 {
        return text.find(piece);
    }
    let first = *piece.as_bytes().first()?;
    let windows = text.as_bytes().windows(piece.len());
    windows.into_iter().position(|window| window.first() == Some(&first) && window == piece.as_bytes())
}

/// The text that parses to the same.
impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                f.write_str("*")?;
            }
            f.write_str(&piece.replace('\\', "\\\\").replace('*', "\\*"))?;
        }
        Ok(())
    }
}

//! Reading an event once, from its first byte to its last, and keeping what patterns look at.

use alloc::string::String;

use super::cursor::{Cursor, DEEPEST_EVENT, Span, unescape};
use super::error::{EventError, Fault};
use super::found::{Element, Values, What};
use super::index::Index;
use super::paths::NONE;
use crate::number::Number;

/// Keeps the values at the paths of `index`. An event that is no object has none, and gives `false`.
///
/// # Errors
/// When the event is not JSON, or nests too deeply.
pub(super) fn scan(index: &Index, event: &str, values: &mut Values, key: &mut String) -> Result<bool, EventError> {
    let mut scan = Scan { index, cursor: Cursor::new(event), values, key };
    let first = scan.cursor.next();
    let is_object = first == b'{';
    if is_object {
        scan.object(0, Around { element: NONE, depth: 1 })?;
    } else {
        scan.cursor.skip(first, 0)?;
    }
    scan.cursor.end()?;
    Ok(is_object)
}

struct Scan<'s, 'e> {
    index: &'s Index,
    cursor: Cursor<'e>,
    values: &'s mut Values,
    /// A key without its escapes.
    key: &'s mut String,
}

/// What is around a value.
#[derive(Clone, Copy)]
struct Around {
    element: u32,
    depth: u32,
}

impl Scan<'_, '_> {
    /// Reads an object, of which the opening brace was read; patterns look into it.
    fn object(&mut self, node: u32, around: Around) -> Result<(), EventError> {
        let mut byte = self.cursor.next();
        if byte == b'}' {
            return Ok(());
        }
        loop {
            if byte != b'"' {
                return Err(self.cursor.fault("a key in double quotes"));
            }
            let key = self.cursor.key_inside()?;
            let child = self.child(node, key);
            let first = self.cursor.next();
            match child {
                None => self.cursor.skip(first, around.depth)?,
                Some(child) => self.value(child, first, around)?,
            }
            match self.cursor.next() {
                b',' => byte = self.cursor.next(),
                b'}' => return Ok(()),
                _ => return Err(self.cursor.fault("`,` or `}`")),
            }
        }
    }

    #[inline]
    fn child(&mut self, node: u32, key: Span) -> Option<u32> {
        if key.is_escaped {
            self.key.clear();
            unescape(self.cursor.slice(key.start, key.end), self.key);
            return self.index.paths.follow(node, self.key.as_bytes());
        }
        let bytes = self.cursor.bytes().get(key.start..key.end)?;
        self.index.paths.follow(node, bytes)
    }

    /// Reads a value that patterns look at, of which the first byte was read.
    #[inline]
    fn value(&mut self, node: u32, first: u8, around: Around) -> Result<(), EventError> {
        let Some(known) = self.index.paths.node(node) else { return Ok(()) };
        let slot = known.slot;
        let what = match first {
            b'{' if known.has_children() => {
                let depth = self.deeper(around)?;
                return self.object(node, Around { depth, ..around });
            }
            b'{' => return self.cursor.skip(first, around.depth),
            b'[' => return self.array(node, around),
            _ if slot == NONE => return self.cursor.skip(first, around.depth),
            b'"' => {
                let span = self.cursor.string()?;
                self.text(span)
            }
            b't' => {
                self.cursor.word(b"rue", "true")?;
                What::Bool(true)
            }
            b'f' => {
                self.cursor.word(b"alse", "false")?;
                What::Bool(false)
            }
            b'n' => {
                self.cursor.word(b"ull", "null")?;
                What::Null
            }
            b'-' | b'0'..=b'9' => {
                let start = self.cursor.number(first)?;
                let number = number(self.cursor.slice(start, self.cursor.at()));
                self.values.push_number(number)
            }
            _ => return Err(self.cursor.fault("a value")),
        };
        let value = self.index.value(slot, self.values.leaf(self.cursor.slice(0, self.cursor.at()), what));
        self.values.push(slot, value, around.element, what);
        Ok(())
    }

    fn text(&mut self, span: Span) -> What {
        let place = |place: usize| u32::try_from(place).unwrap_or(NONE);
        if !span.is_escaped {
            return What::Text(place(span.start), place(span.end));
        }
        let start = self.values.unescaped.len();
        unescape(self.cursor.slice(span.start, span.end), &mut self.values.unescaped);
        What::Unescaped(place(start), place(self.values.unescaped.len()))
    }

    /// Reads an array, of which the opening bracket was read; patterns look at its elements.
    fn array(&mut self, node: u32, around: Around) -> Result<(), EventError> {
        let depth = self.deeper(around)?;
        let mut first = self.cursor.next();
        if first == b']' {
            return Ok(());
        }
        let array = self.values.array();
        let begun = self.values.all.len();
        // How many elements have values.
        let (mut filled, mut place) = (0, 0);
        loop {
            let before = self.values.all.len();
            let element = self.values.element(Element { around: around.element, array, place });
            self.value(node, first, Around { element, depth })?;
            filled += u32::from(self.values.all.len() > before);
            place += 1;
            match self.cursor.next() {
                b',' => first = self.cursor.next(),
                b']' => break,
                _ => return Err(self.cursor.fault("`,` or `]`")),
            }
        }
        if filled > 1 {
            self.values.mark_among_others(begun);
        }
        Ok(())
    }

    fn deeper(&self, around: Around) -> Result<u32, EventError> {
        if around.depth >= DEEPEST_EVENT {
            return Err(EventError::new(self.cursor.at() - 1, Fault::TooDeep));
        }
        Ok(around.depth + 1)
    }
}

/// Ten to the power of its place; all of them are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The value of a JSON number, which is that of [`Number::from_json`].
fn number(text: &str) -> Number {
    plain_number(text).unwrap_or_else(|| match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) => Number::from_json(&number).unwrap_or_else(|| Number::beyond(text.starts_with('-'))),
        Err(_) => Number::beyond(text.starts_with('-')),
    })
}

/// The value of a number of at most fifteen digits without an exponent: a whole number, or one that is
/// the quotient of two exact doubles, and so the nearest double.
fn plain_number(text: &str) -> Option<Number> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut whole, mut fraction) = (0_i64, None);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                whole = whole * 10 + i64::from(byte - b'0');
                fraction = fraction.map(|length: usize| length + 1);
            }
            b'.' => fraction = Some(0),
            _ => return None,
        }
    }
    let signed = if is_negative { -whole } else { whole };
    match fraction {
        _ if whole > 999_999_999_999_999 => None,
        None => Some(signed.into()),
        Some(length) => Number::from_f64(signed as f64 / POWERS.get(length)?),
    }
}

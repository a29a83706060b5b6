//! Walking over JSON text, byte by byte where it must be and word by word where it may.
//!
//! Everything that is walked over is held against the grammar of RFC 8259, whether or not anybody looks
//! at it, so that a broken event is an error and never a wrong match.

use alloc::string::String;

use super::error::{EventError, Fault};

/// How deep arrays and objects may nest in an event.
pub const DEEPEST_EVENT: u32 = 128;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A place in a text.
pub(super) struct Cursor<'e> {
    text: &'e str,
    bytes: &'e [u8],
    at: usize,
}

/// Where the inside of a string is.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it has escapes in it.
    pub(super) is_escaped: bool,
}

impl<'e> Cursor<'e> {
    pub(super) fn new(text: &'e str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    pub(super) fn bytes(&self) -> &'e [u8] {
        self.bytes
    }

    /// The text between two places that were found.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'e str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes past white space and the byte after it, which it returns; 0 at the end.
    #[inline]
    pub(super) fn next(&mut self) -> u8 {
        loop {
            let byte = self.bytes.get(self.at).copied().unwrap_or(0);
            if byte > b' ' {
                self.at += 1;
                return byte;
            }
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                // Beyond the end, and for control characters, so that the place of a fault is right.
                self.at += 1;
                return 0;
            }
            self.at += 1;
        }
    }

    /// A fault at the byte that was read last.
    #[cold]
    pub(super) fn fault(&self, expected: &'static str) -> EventError {
        let at = self.at.saturating_sub(1);
        if at >= self.bytes.len() {
            return EventError::new(self.bytes.len(), Fault::Ends(expected));
        }
        EventError::new(at, Fault::Expected(expected))
    }

    /// Goes past white space, up to the end.
    pub(super) fn end(&mut self) -> Result<(), EventError> {
        if self.next() == 0 && self.at > self.bytes.len() { Ok(()) } else { Err(self.fault("the end of the event")) }
    }

    /// Reads a key and the colon after it; its opening quote comes next.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Span, EventError> {
        if self.next() != b'"' {
            return Err(self.fault("a key in double quotes"));
        }
        self.key_inside()
    }

    #[inline]
    pub(super) fn key_inside(&mut self) -> Result<Span, EventError> {
        let key = self.string()?;
        if self.next() != b':' {
            return Err(self.fault("`:`"));
        }
        Ok(key)
    }

    /// Reads a string of which the opening quote was read, up to the closing one.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Span, EventError> {
        let start = self.at;
        let mut is_escaped = false;
        loop {
            let byte = self.seek_special()?;
            match byte {
                b'"' => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(Span { start, end, is_escaped });
                }
                b'\\' => {
                    is_escaped = true;
                    self.escape()?;
                }
                _ => return Err(EventError::new(self.at, Fault::Control)),
            }
        }
    }

    /// Goes to the next quote, backslash or control character, and returns it.
    #[inline]
    fn seek_special(&mut self) -> Result<u8, EventError> {
        let mut at = self.at;
        while let Some(word) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let found = special(u64::from_le_bytes(*word));
            if found != 0 {
                let offset = (found.trailing_zeros() >> 3) as usize;
                self.at = at + offset;
                return Ok(word.get(offset & 7).copied().unwrap_or(0));
            }
            at += 8;
        }
        while let Some(byte) = self.bytes.get(at).copied() {
            if byte == b'"' || byte == b'\\' || byte < b' ' {
                self.at = at;
                return Ok(byte);
            }
            at += 1;
        }
        self.at = at + 1;
        Err(self.fault("the end of a string"))
    }

    /// Goes past an escape, at its backslash. Halves of surrogate pairs must be whole.
    #[cold]
    fn escape(&mut self) -> Result<(), EventError> {
        let begun = self.at;
        let wrong = || EventError::new(begun, Fault::Escape);
        let kind = self.bytes.get(self.at + 1).copied().unwrap_or(0);
        if kind != b'u' {
            self.at += 2;
            return if simple(kind).is_some() { Ok(()) } else { Err(wrong()) };
        }
        let unit = unit_at(self.bytes, self.at).ok_or_else(wrong)?;
        self.at += 6;
        match unit {
            0xDC00..=0xDFFF => Err(wrong()),
            0xD800..=0xDBFF => match unit_at(self.bytes, self.at) {
                Some(0xDC00..=0xDFFF) => {
                    self.at += 6;
                    Ok(())
                }
                _ => Err(wrong()),
            },
            _ => Ok(()),
        }
    }

    /// Goes past the rest of `true`, `false` or `null`.
    #[inline]
    pub(super) fn word(&mut self, rest: &'static [u8], whole: &'static str) -> Result<(), EventError> {
        if self.bytes.get(self.at..).is_some_and(|bytes| bytes.starts_with(rest)) {
            self.at += rest.len();
            return Ok(());
        }
        Err(EventError::new(self.at - 1, Fault::Expected(whole)))
    }

    /// Goes past a number, of which the first byte was read; says where it starts.
    #[inline]
    pub(super) fn number(&mut self, first: u8) -> Result<usize, EventError> {
        let start = self.at - 1;
        let first = if first == b'-' { self.step() } else { first };
        match first {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.fault("a digit")),
        }
        let mut byte = self.look();
        if byte == b'.' {
            self.at += 1;
            self.some_digits()?;
            byte = self.look();
        }
        if byte == b'e' || byte == b'E' {
            self.at += 1;
            if matches!(self.look(), b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(start)
    }

    fn look(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn step(&mut self) -> u8 {
        self.at += 1;
        self.bytes.get(self.at - 1).copied().unwrap_or(0)
    }

    fn digits(&mut self) {
        while self.look().is_ascii_digit() {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<(), EventError> {
        if !self.step().is_ascii_digit() {
            return Err(self.fault("a digit"));
        }
        self.digits();
        Ok(())
    }

    /// Goes past a value that nobody looks at, of which the first byte was read. `depth` is that of the
    /// arrays and objects around it.
    pub(super) fn skip(&mut self, first: u8, depth: u32) -> Result<(), EventError> {
        // One bit for each array or object around: whether it is an object.
        let (mut objects, mut level, mut byte) = (0_u128, 0_u32, first);
        loop {
            match byte {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    if depth + level >= DEEPEST_EVENT {
                        return Err(EventError::new(self.at - 1, Fault::TooDeep));
                    }
                    level += 1;
                    let is_object = byte == b'{';
                    objects = objects << 1 | u128::from(is_object);
                    byte = self.next();
                    if byte == if is_object { b'}' } else { b']' } {
                        level -= 1;
                        objects >>= 1;
                    } else if !is_object {
                        continue;
                    } else if byte == b'"' {
                        self.key_inside()?;
                        byte = self.next();
                        continue;
                    } else {
                        return Err(self.fault("a key in double quotes or `}`"));
                    }
                }
                other => self.scalar(other)?,
            }
            loop {
                if level == 0 {
                    return Ok(());
                }
                let is_object = objects & 1 == 1;
                match (self.next(), is_object) {
                    (b',', true) => {
                        self.key()?;
                        break;
                    }
                    (b',', false) => break,
                    (b'}', true) | (b']', false) => {
                        level -= 1;
                        objects >>= 1;
                    }
                    (_, true) => return Err(self.fault("`,` or `}`")),
                    (_, false) => return Err(self.fault("`,` or `]`")),
                }
            }
            byte = self.next();
        }
    }

    /// Goes past a number, `true`, `false` or `null`, of which the first byte was read.
    #[inline]
    fn scalar(&mut self, first: u8) -> Result<(), EventError> {
        match first {
            b'-' | b'0'..=b'9' => self.number(first).map(drop),
            b't' => self.word(b"rue", "true"),
            b'f' => self.word(b"alse", "false"),
            b'n' => self.word(b"ull", "null"),
            _ => Err(self.fault("a value")),
        }
    }
}

/// Marks the first byte that is a quote, a backslash or a control character by its highest bit; bytes
/// after the first may be marked wrongly, because subtraction borrows from them.
#[inline]
const fn special(word: u64) -> u64 {
    let quote = word ^ (LOW * b'"' as u64);
    let backslash = word ^ (LOW * b'\\' as u64);
    let found = (quote.wrapping_sub(LOW) & !quote)
        | (backslash.wrapping_sub(LOW) & !backslash)
        | (word.wrapping_sub(LOW * b' ' as u64) & !word);
    found & HIGH
}

/// What an escape of one letter stands for.
const fn simple(letter: u8) -> Option<char> {
    Some(match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// The code unit that `\uXXXX` at a place stands for.
fn unit_at(bytes: &[u8], at: usize) -> Option<u32> {
    let (start, digits) = (bytes.get(at..at + 2)?, bytes.get(at + 2..at + 6)?);
    if start != b"\\u" {
        return None;
    }
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// Appends the text of a string whose escapes were found to be right.
pub(super) fn unescape(text: &str, into: &mut String) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('\\')) {
        into.push_str(text.get(at..at + offset).unwrap_or_default());
        at += offset;
        match bytes.get(at + 1) {
            Some(b'u') => {
                let high = unit_at(bytes, at).unwrap_or(0);
                at += 6;
                let mut code = high;
                if (0xD800..0xDC00).contains(&high) {
                    let low = unit_at(bytes, at).unwrap_or(0xDC00);
                    at += 6;
                    code = 0x1_0000 + ((high - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
                }
                into.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            letter => {
                into.extend(letter.and_then(|letter| simple(*letter)));
                at += 2;
            }
        }
    }
    into.push_str(text.get(at..).unwrap_or_default());
}

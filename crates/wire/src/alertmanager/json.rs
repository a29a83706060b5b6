//! JSON as Go's `encoding/json` reads it, because a sender must be told the very same things.
//!
//! Beyond the grammar that means: bytes that are not UTF-8 and lone surrogates become U+FFFD, and
//! what follows the first value is ignored. One pass, without recursion; texts without escapes are
//! borrowed.

use std::borrow::Cow;

use super::go::quoted_byte;

/// What is wrong with the syntax, in Go's words.
#[derive(Debug)]
pub(super) struct Syntax(pub(super) String);

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

impl Kind {
    /// Go's word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Null => "null",
        }
    }
}

const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";
/// How deep values may lie in each other, as in Go.
const DEEPEST: usize = 10_000;

/// Reads JSON from its first byte on.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next byte is.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// The kind of the value that comes next.
    pub(super) fn kind(&mut self) -> Result<Kind, Syntax> {
        Ok(match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => return Err(self.unexpected(VALUE)),
        })
    }

    /// Enters the array that comes next; says whether it has an element.
    pub(super) fn enter_array(&mut self) -> bool {
        self.at += 1;
        self.leave_if(b']')
    }

    /// Goes past an element; says whether another follows.
    pub(super) fn next_element(&mut self) -> Result<bool, Syntax> {
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(b']') => {
                self.at += 1;
                return Ok(false);
            }
            _ => return Err(self.unexpected("after array element")),
        }
        Ok(true)
    }

    /// Enters the object that comes next; says whether it has a member.
    pub(super) fn enter_object(&mut self) -> bool {
        self.at += 1;
        self.leave_if(b'}')
    }

    /// Goes past a member; says whether another follows.
    pub(super) fn next_member(&mut self) -> Result<bool, Syntax> {
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(b'}') => {
                self.at += 1;
                return Ok(false);
            }
            _ => return Err(self.unexpected("after object key:value pair")),
        }
        Ok(true)
    }

    /// Reads the name of a member, up to its value.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, Syntax> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(KEY));
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    /// Reads the string that comes next.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Syntax> {
        let (from, escaped) = (self.at + 1, self.skip_string()?);
        let inner = self.bytes.get(from..self.at - 1).unwrap_or_default();
        if !escaped && let Ok(text) = std::str::from_utf8(inner) {
            return Ok(Cow::Borrowed(text));
        }
        Ok(Cow::Owned(unescape(inner)))
    }

    /// Goes past the value that comes next, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Syntax> {
        // Whether each value around this one is an object.
        let mut around: Vec<bool> = Vec::new();
        loop {
            let entered = match self.kind()? {
                Kind::Object => self.enter_object().then_some(true),
                Kind::Array => self.enter_array().then_some(false),
                Kind::String => self.skip_string().map(|_| None)?,
                Kind::Number => self.skip_number().map(|()| None)?,
                Kind::Bool if self.bytes.get(self.at) == Some(&b't') => self.literal("true").map(|()| None)?,
                Kind::Bool => self.literal("false").map(|()| None)?,
                Kind::Null => self.literal("null").map(|()| None)?,
            };
            match entered {
                Some(_) if around.len() >= DEEPEST => return Err(Syntax("exceeded max depth".to_owned())),
                Some(object) => around.push(object),
                None => {
                    while let Some(object) = around.last() {
                        if if *object { self.next_member()? } else { self.next_element()? } {
                            break;
                        }
                        around.pop();
                    }
                }
            }
            match around.last() {
                None => return Ok(()),
                Some(true) => drop(self.key()?),
                Some(false) => {}
            }
        }
    }

    /// Goes past `closing` if it comes next; says whether something else does.
    fn leave_if(&mut self, closing: u8) -> bool {
        let empty = self.peek() == Some(closing);
        if empty {
            self.at += 1;
        }
        !empty
    }

    /// Goes past the string that comes next; says whether it has an escape.
    fn skip_string(&mut self) -> Result<bool, Syntax> {
        self.at += 1;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += plain(rest);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Syntax> {
        match self.bytes.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.bytes.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.unexpected("in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.unexpected("in string escape code")),
        }
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Syntax> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), Syntax> {
        if !self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(self.unexpected(context));
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn literal(&mut self, literal: &str) -> Result<(), Syntax> {
        for expected in literal.bytes() {
            if self.bytes.get(self.at) != Some(&expected) {
                let context = format!("in literal {literal} (expecting {})", quoted_byte(expected));
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn unexpected(&self, context: &str) -> Syntax {
        Syntax(match self.bytes.get(self.at) {
            None => "unexpected EOF".to_owned(),
            Some(byte) => format!("invalid character {} {context}", quoted_byte(*byte)),
        })
    }
}

/// How many bytes come before the first quote, backslash or control character, eight at a time.
///
/// A byte of `word ^ c * ONES` is zero where the byte was `c`; taking 1 from a zero byte borrows into
/// its high bit. A borrow may also mark a byte above a real one, so only the lowest mark counts.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(limit * ONES) & !word;
    let mut at = 0;
    for chunk in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*chunk);
        let marks = below(word, 0x20) | below(word ^ (0x22 * ONES), 1) | below(word ^ (0x5c * ONES), 1);
        if marks & HIGH != 0 {
            return at + usize::try_from((marks & HIGH).trailing_zeros() / 8).unwrap_or(0);
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// The text of a string whose escapes are known to be well-formed.
fn unescape(inner: &[u8]) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(plain) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, after) = rest.split_at(plain);
        push_lossy(&mut text, before);
        let code = after.get(1).copied().unwrap_or_default();
        rest = after.get(2..).unwrap_or_default();
        match code {
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'n' => text.push('\n'),
            b'r' => text.push('\r'),
            b't' => text.push('\t'),
            b'u' => rest = push_unicode(&mut text, rest),
            other => text.push(char::from(other)),
        }
    }
    push_lossy(&mut text, rest);
    text
}

/// Appends what `XXXX` means, together with `\uXXXX` where they are a surrogate pair; gives the rest.
fn push_unicode<'a>(text: &mut String, rest: &'a [u8]) -> &'a [u8] {
    let first = hex4(rest).unwrap_or(0xfffd);
    let rest = rest.get(4..).unwrap_or_default();
    if let (0xd800..=0xdbff, Some(after)) = (first, rest.strip_prefix(b"\\u"))
        && let Some(second @ 0xdc00..=0xdfff) = hex4(after)
    {
        let both = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        text.push(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
        return after.get(4..).unwrap_or_default();
    }
    text.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn hex4(bytes: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

/// Appends bytes as text, with U+FFFD for each byte that is none.
fn push_lossy(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
}

//! Names with values in one allocation, as netstrings: `4:team5:alpha…`, sorted by name.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt::Write as _;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An immutable, sorted map of texts that costs one allocation and compares as bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pairs(Box<str>);

impl Pairs {
    /// The packed form; equal maps have equal packed forms.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a packed form back, or nothing if it is not one.
    pub fn from_packed(packed: &str) -> Option<Self> {
        let (mut rest, mut last) = (packed, None);
        while !rest.is_empty() {
            let (name, after) = take(rest)?;
            let (_, after) = take(after)?;
            if last.is_some_and(|last| last >= name) {
                return None;
            }
            (rest, last) = (after, Some(name));
        }
        Some(Self(packed.into()))
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut rest = &*self.0;
        while let Some((known, after)) = take(rest) {
            let (value, after) = take(after)?;
            if known == name {
                return Some(value);
            }
            rest = after;
        }
        None
    }

    /// Names and values in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.0;
        core::iter::from_fn(move || {
            let (name, after) = take(rest)?;
            let (value, after) = take(after)?;
            rest = after;
            Some((name, value))
        })
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes one netstring off the front. A length has one spelling: no zeros lead it.
fn take(text: &str) -> Option<(&str, &str)> {
    let (mut length, mut digits) = (0_usize, 0);
    for byte in text.bytes() {
        digits += 1;
        match byte {
            b'0'..=b'9' if digits == 1 || length > 0 => {
                length = length.checked_mul(10)?.checked_add(usize::from(byte - b'0'))?
            }
            b':' if digits > 1 => return text.get(digits..)?.split_at_checked(length),
            _ => return None,
        }
    }
    None
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Pairs {
    /// Packs pairs given in any order; of two with the same name the later counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let sorted: BTreeMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into())).collect();
        let mut builder = PairsBuilder::default();
        for (name, value) in &sorted {
            builder.push(name, value);
        }
        builder.finish()
    }
}

/// Packs pairs that come already sorted and without duplicates, without a map in between.
#[derive(Default)]
pub struct PairsBuilder(String);

impl PairsBuilder {
    /// Starts with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Appends a pair, whose name must sort after every name before it.
    pub fn push(&mut self, name: &str, value: &str) {
        for text in [name, value] {
            let mut digits = [0u8; 20];
            self.0.push_str(decimal(text.len(), &mut digits));
            self.0.push(':');
            self.0.push_str(text);
        }
    }

    /// The packed pairs.
    pub fn finish(self) -> Pairs {
        Pairs(self.0.into_boxed_str())
    }
}

/// Writes a number without the formatting machinery, which this hot path would feel.
fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &str {
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    digits.get(first..).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or("0")
}

impl core::fmt::Debug for Pairs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// `{name="value", …}`, as Prometheus writes label sets.
impl core::fmt::Display for Pairs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_char('{')?;
        for (index, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name}={value:?}", if index > 0 { ", " } else { "" })?;
        }
        f.write_char('}')
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<String, String>::deserialize(from)?.into_iter().collect())
    }
}

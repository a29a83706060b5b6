//! What one value of a pattern asks of one value of an event.

mod cidr;
mod fold;
mod wildcard;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::event::Leaf;
use crate::number::Number;

pub(crate) use cidr::{Cidr, address, as_number};
pub(crate) use fold::{fold_into, folded};
pub(crate) use wildcard::{Signature, Wildcard};

/// One alternative of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Condition {
    Exact(Exact),
    /// Folded, as is all that ignores case.
    IgnoreCase(Box<str>),
    Prefix(Box<str>),
    PrefixIgnoreCase(Box<str>),
    Suffix(Box<str>),
    SuffixIgnoreCase(Box<str>),
    Wildcard(Wildcard),
    Cidr(Cidr),
    /// `exists: true`. Any leaf will do.
    Present,
    /// `exists: false`. No leaf will do; absence is judged over the whole event.
    Absent,
    AnythingBut(But),
    Numeric(Range),
}

/// A value that must be met exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Exact {
    String(Box<str>),
    Number(Number),
    Bool(bool),
    Null,
}

/// What `anything-but` rules out; values of another type are never ruled out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum But {
    Strings(Vec<Box<str>>),
    Numbers(Vec<Number>),
    Prefixes(Vec<Box<str>>),
    Suffixes(Vec<Box<str>>),
    IgnoreCase(Vec<Box<str>>),
    Wildcards(Vec<Wildcard>),
}

/// A range of numbers; the flag says whether the bound itself belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Range {
    pub(crate) lower: Option<(Number, bool)>,
    pub(crate) upper: Option<(Number, bool)>,
}

impl Condition {
    /// Whether a value that is there passes.
    pub(crate) fn accepts(&self, leaf: Leaf<'_>) -> bool {
        match self {
            Self::Exact(exact) => exact.leaf() == leaf,
            Self::Prefix(start) => matches!(leaf, Leaf::String(text) if text.starts_with(&**start)),
            Self::Suffix(end) => matches!(leaf, Leaf::String(text) if text.ends_with(&**end)),
            Self::IgnoreCase(folded) => matches!(leaf, Leaf::String(text) if fold::is_same(text, folded)),
            Self::PrefixIgnoreCase(start) => matches!(leaf, Leaf::String(text) if fold::begins(text, start)),
            Self::SuffixIgnoreCase(end) => matches!(leaf, Leaf::String(text) if fold::ends(text, end)),
            Self::Wildcard(wildcard) => matches!(leaf, Leaf::String(text) if wildcard.accepts(text)),
            Self::Cidr(cidr) => matches!(leaf, Leaf::String(text) if cidr.accepts(text)),
            Self::Present => true,
            Self::Absent => false,
            Self::AnythingBut(but) => !but.rules_out(leaf),
            Self::Numeric(range) => matches!(leaf, Leaf::Number(number) if range.contains(number)),
        }
    }
}

impl Exact {
    fn leaf(&self) -> Leaf<'_> {
        match self {
            Self::String(text) => Leaf::String(text),
            Self::Number(number) => Leaf::Number(*number),
            Self::Bool(value) => Leaf::Bool(*value),
            Self::Null => Leaf::Null,
        }
    }
}

impl But {
    fn rules_out(&self, leaf: Leaf<'_>) -> bool {
        match (self, leaf) {
            (Self::Strings(all), Leaf::String(text)) => all.iter().any(|one| **one == *text),
            (Self::Prefixes(all), Leaf::String(text)) => all.iter().any(|one| text.starts_with(&**one)),
            (Self::Suffixes(all), Leaf::String(text)) => all.iter().any(|one| text.ends_with(&**one)),
            (Self::IgnoreCase(all), Leaf::String(text)) => all.iter().any(|one| fold::is_same(text, one)),
            (Self::Wildcards(all), Leaf::String(text)) => all.iter().any(|one| one.accepts(text)),
            (Self::Numbers(all), Leaf::Number(number)) => all.contains(&number),
            _ => false,
        }
    }
}

impl Range {
    fn contains(&self, number: Number) -> bool {
        let above = self.lower.is_none_or(|(bound, own)| number > bound || own && number == bound);
        let below = self.upper.is_none_or(|(bound, own)| number < bound || own && number == bound);
        above && below
    }
}

/// The JSON that parses to the same condition.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(Exact::String(text)) => f.write_str(&quoted(text)),
            Self::Exact(Exact::Number(number)) => write!(f, "{number}"),
            Self::Exact(Exact::Bool(value)) => write!(f, "{value}"),
            Self::Exact(Exact::Null) => f.write_str("null"),
            Self::Prefix(text) => write!(f, "{{\"prefix\":{}}}", quoted(text)),
            Self::Suffix(text) => write!(f, "{{\"suffix\":{}}}", quoted(text)),
            Self::IgnoreCase(text) => write!(f, "{{\"equals-ignore-case\":{}}}", quoted(text)),
            Self::PrefixIgnoreCase(text) => {
                write!(f, "{{\"prefix\":{{\"equals-ignore-case\":{}}}}}", quoted(text))
            }
            Self::SuffixIgnoreCase(text) => {
                write!(f, "{{\"suffix\":{{\"equals-ignore-case\":{}}}}}", quoted(text))
            }
            Self::Wildcard(wildcard) => write!(f, "{{\"wildcard\":{}}}", quoted(&wildcard.to_string())),
            Self::Cidr(cidr) => write!(f, "{{\"cidr\":\"{cidr}\"}}"),
            Self::Present => f.write_str("{\"exists\":true}"),
            Self::Absent => f.write_str("{\"exists\":false}"),
            Self::AnythingBut(but) => write!(f, "{{\"anything-but\":{but}}}"),
            Self::Numeric(range) => write!(f, "{{\"numeric\":[{range}]}}"),
        }
    }
}

impl fmt::Display for But {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strings(all) => list(f, all.iter().map(|text| quoted(text))),
            Self::Numbers(all) => list(f, all),
            Self::Prefixes(all) => nested(f, "prefix", all),
            Self::Suffixes(all) => nested(f, "suffix", all),
            Self::IgnoreCase(all) => nested(f, "equals-ignore-case", all),
            Self::Wildcards(all) => nested(f, "wildcard", all),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |strict: &'static str, own: &'static str, bound: bool| if bound { own } else { strict };
        match (self.lower, self.upper) {
            (Some((lower, true)), Some((upper, true))) if lower == upper => {
                write!(f, "\"=\",{lower}")
            }
            (Some((lower, a)), Some((upper, b))) => {
                write!(f, "\"{}\",{lower},\"{}\",{upper}", sign(">", ">=", a), sign("<", "<=", b))
            }
            (Some((lower, own)), None) => write!(f, "\"{}\",{lower}", sign(">", ">=", own)),
            (None, Some((upper, own))) => write!(f, "\"{}\",{upper}", sign("<", "<=", own)),
            (None, None) => Ok(()),
        }
    }
}

fn nested(f: &mut fmt::Formatter<'_>, operator: &str, texts: &[impl ToString]) -> fmt::Result {
    write!(f, "{{\"{operator}\":")?;
    list(f, texts.iter().map(|text| quoted(&text.to_string())))?;
    f.write_str("}")
}

/// Writes `[a,b,c]`.
pub(crate) fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.into_iter().enumerate() {
        write!(f, "{}{item}", if index > 0 { "," } else { "" })?;
    }
    f.write_str("]")
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always valid JSON")
}

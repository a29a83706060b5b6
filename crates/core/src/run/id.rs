//! Names of runs: `RUN-12`.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a run: `RUN-12`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

impl RunId {
    /// Reads `RUN-12`, in either case of letters.
    pub fn parse(text: &str) -> Option<Self> {
        Self::counted(text).filter(|id| id.0 > 0)
    }

    /// Reads a name, or the count before the first run, `RUN-0`.
    fn counted(text: &str) -> Option<Self> {
        let (prefix, number) = text.split_once('-')?;
        let digits = !number.is_empty() && number.len() < 19 && number.bytes().all(|byte| byte.is_ascii_digit());
        if prefix.eq_ignore_ascii_case("RUN") && digits { number.parse().ok().map(Self) } else { None }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RUN-{}", self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bad = || serde::de::Error::custom(alloc::format!("`{}` is not a name like RUN-12", text.escape_debug()));
        Self::counted(&text).ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        assert_eq!(RunId::parse("RUN-12").map(|id| id.to_string()), Some("RUN-12".into()));
        assert_eq!(RunId::parse("run-7"), Some(RunId(7)));
        for text in ["", "RUN", "RUN-", "RUN-0", "RUN-x", "INC-1", "RUN--1", "RUN-99999999999999999999"] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}

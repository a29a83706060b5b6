//! Names of cases and of what belongs to them.

use alloc::format;
use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A kind of operations work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    /// Something is broken now.
    Incident,
    /// Somebody asks for help.
    Ticket,
    /// Somebody asks for something that must be granted.
    Request,
    /// Something will be altered.
    Change,
    /// Something was found that weakens security or compliance.
    Finding,
    /// Something was decided that must be done.
    Action,
}

impl CaseKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Incident, Self::Ticket, Self::Request, Self::Change, Self::Finding, Self::Action];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Ticket => "ticket",
            Self::Request => "request",
            Self::Change => "change",
            Self::Finding => "finding",
            Self::Action => "action",
        }
    }

    /// What its cases' names start with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Incident => "INC",
            Self::Ticket => "TKT",
            Self::Request => "REQ",
            Self::Change => "CHG",
            Self::Finding => "FND",
            Self::Action => "ACT",
        }
    }
}

impl fmt::Display for CaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a case: `INC-17`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    /// Its kind.
    pub kind: CaseKind,
    /// Its number within the kind, from 1.
    pub number: u64,
}

impl CaseId {
    /// Reads `INC-17`, in either case of letters.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, number) = text.split_once('-')?;
        let kind = CaseKind::ALL.into_iter().find(|kind| kind.prefix().eq_ignore_ascii_case(prefix))?;
        let digits = !number.is_empty() && number.len() < 19 && number.bytes().all(|b| b.is_ascii_digit());
        let number = if digits {
            number.parse().ok()?
        } else {
            return None;
        };
        (number > 0).then_some(Self { kind, number })
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.prefix(), self.number)
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of a message: its case and its number within the case, from 1: `INC-17/m3`.
/// It is the idempotency key under which the message is sent, however often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The case it is about.
    pub case: CaseId,
    /// Its number within the case.
    pub number: u32,
}

impl MessageId {
    /// Reads `INC-17/m3`.
    pub fn parse(text: &str) -> Option<Self> {
        let (case, number) = text.split_once("/m")?;
        Some(Self { case: CaseId::parse(case)?, number: number.parse().ok()? })
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/m{}", self.case, self.number)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! as_text {
    ($name:ident, $example:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| {
                    serde::de::Error::custom(format!("`{}` is not a name like {}", text.escape_debug(), $example))
                })
            }
        }
    };
}

as_text!(CaseId, "INC-17");
as_text!(MessageId, "INC-17/m3");

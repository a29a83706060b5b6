//! Why a pattern is not taken in, and why an event is not judged.

use core::fmt;

use super::DEEPEST_EVENT;
use super::{LONGEST_EVENT, MOST_STEPS};

/// Says why a pattern is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetError {
    /// There are as many patterns as a matcher may have.
    Patterns {
        /// How many that is.
        most: usize,
    },
    /// The patterns hold as many values and path keys together as they may.
    Size {
        /// How many that is.
        most: usize,
        /// How many this pattern would add.
        added: usize,
    },
    /// The pattern asks for nothing that events could be found by (only for absence), and there are as
    /// many of these, tried on every event, as there may be.
    Unselective {
        /// How many that is.
        most: usize,
    },
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patterns { most } => {
                write!(f, "there are {most} patterns already, which is the most; remove some first")
            }
            Self::Size { most, added } => write!(
                f,
                "this pattern adds {added} values and keys, and all patterns together may have {most}; \
                 shorten its lists, or remove other patterns first"
            ),
            Self::Unselective { most } => write!(
                f,
                "this pattern asks only for what is absent, so it has to be tried on every event, and {most} others \
                 are already; add a field that must be there, such as the source"
            ),
        }
    }
}

impl core::error::Error for BudgetError {}

/// Says why an event is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventError {
    at: usize,
    fault: Fault,
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Utf8,
    Expected(&'static str),
    Ends(&'static str),
    Control,
    Escape,
    TooDeep,
    TooLong,
    TooMuchWork,
}

impl EventError {
    pub(super) fn new(at: usize, fault: Fault) -> Self {
        Self { at, fault }
    }

    /// The place in the event, in bytes from its start.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether the event is valid JSON that is too long, too deep or too much work, as opposed to no JSON.
    pub fn is_limit(&self) -> bool {
        matches!(self.fault, Fault::TooDeep | Fault::TooLong | Fault::TooMuchWork)
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match self.fault {
            Fault::Utf8 => write!(f, "byte {at}: not UTF-8"),
            Fault::Expected(what) => write!(f, "byte {at}: not JSON; expected {what}"),
            Fault::Ends(what) => write!(f, "byte {at}: not JSON; the event ends, expected {what}"),
            Fault::Control => write!(f, "byte {at}: not JSON; a control character in a string must be escaped"),
            Fault::Escape => write!(f, "byte {at}: not JSON; no such escape, or half of a surrogate pair"),
            Fault::TooDeep => write!(f, "byte {at}: arrays and objects nest deeper than {DEEPEST_EVENT}"),
            Fault::TooLong => write!(f, "the event has {at} bytes; at most {LONGEST_EVENT} are matched"),
            Fault::TooMuchWork => write!(
                f,
                "the event asks for more than {MOST_STEPS} steps; it has too many values in arrays, or spells one \
                 path in too many ways"
            ),
        }
    }
}

impl core::error::Error for EventError {}

//! Who did something.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{PersonName, RunnerName, SourceName};

/// Who did something: never nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the catalog.
    Person(PersonName),
    /// A configured sender of signals.
    Source(SourceName),
    /// A runner of the catalog.
    Runner(RunnerName),
    /// Whoever holds the first-start token.
    Bootstrap,
    /// The hub itself: a timer, a delivery, a start.
    Hub,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(f, "{name}"),
            Self::Source(name) => write!(f, "source {name}"),
            Self::Runner(name) => write!(f, "runner {name}"),
            Self::Bootstrap => f.write_str("the first-start token"),
            Self::Hub => f.write_str("the hub"),
        }
    }
}

//! Silences: signals that are known about and shall page nobody for a while.
//!
//! A signal that starts to fire while a silence covers it is kept and held: it opens and joins no
//! case. When the silence ends and the signal still fires, it opens or joins one then. A case that
//! is open already stops paging only once all of its firing signals are covered. Drill and real are
//! kept apart.

mod limits;
mod matcher;
mod set;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use limits::{
    BadSilence, LONGEST_AUTHOR, LONGEST_COMMENT, LONGEST_SILENCE, LONGEST_VALUE, MOST_MATCHERS, MOST_SILENCES, check,
};
pub use matcher::{BadMatcher, Matcher};
pub use set::{ENDED_KEPT, Silences};

use crate::record::Actor;
use crate::signal::{Adapter, Signal};
use crate::time::{Duration, Timestamp};

/// How long before its end a silence that still holds something back is pointed out.
pub const WARN_BEFORE: Duration = Duration::from_minutes(15);

/// The name of a silence: `SIL-3`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SilenceId(pub u64);

impl SilenceId {
    /// Reads `SIL-3`, in either case of letters.
    pub fn parse(text: &str) -> Option<Self> {
        Self::counted(text).filter(|id| id.0 > 0)
    }

    /// Reads a name, or the count before the first silence, `SIL-0`.
    fn counted(text: &str) -> Option<Self> {
        let (prefix, number) = text.split_once('-')?;
        let digits = !number.is_empty() && number.len() < 19 && number.bytes().all(|byte| byte.is_ascii_digit());
        if prefix.eq_ignore_ascii_case("SIL") && digits { number.parse().ok().map(Self) } else { None }
    }
}

impl fmt::Display for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIL-{}", self.0)
    }
}

impl fmt::Debug for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SilenceId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SilenceId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bad = || serde::de::Error::custom(alloc::format!("`{}` is not a name like SIL-3", text.escape_debug()));
        Self::counted(&text).ok_or_else(bad)
    }
}

/// Writes names of silences one after another: `SIL-3, SIL-4`.
pub(crate) fn list(f: &mut fmt::Formatter<'_>, silences: &[SilenceId]) -> fmt::Result {
    for (index, silence) in silences.iter().enumerate() {
        write!(f, "{}{silence}", if index > 0 { ", " } else { "" })?;
    }
    Ok(())
}

/// Where a silence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceState {
    /// It covers what its matchers fit.
    Active,
    /// It has not started yet.
    Pending,
    /// It is over.
    Expired,
}

impl SilenceState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Active, Self::Pending, Self::Expired];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its name.
    pub id: SilenceId,
    /// Whether it is for exercise: it covers drills only, and others real signals only.
    pub drill: bool,
    /// Where it stands.
    pub state: SilenceState,
    /// What it covers: signals that all of these fit.
    pub matchers: Vec<Matcher>,
    /// When it starts or started.
    pub starts_at: Timestamp,
    /// When it ends or ended.
    pub ends_at: Timestamp,
    /// Who made it.
    pub author: Actor,
    /// What was said of who made it; words only. Erasable.
    pub created_by: String,
    /// What it is for. Erasable.
    pub comment: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether its coming end was pointed out.
    pub warned: bool,
}

impl Silence {
    /// Whether its matchers fit a signal, whatever the time; what a person reports is never silenced.
    pub fn fits(&self, signal: &Signal) -> bool {
        self.drill == signal.drill
            && signal.adapter != Adapter::Report
            && self.matchers.iter().all(|matcher| matcher.matches(&signal.labels))
    }

    /// Whether it covers a signal now.
    pub fn covers(&self, signal: &Signal) -> bool {
        self.state == SilenceState::Active && self.fits(signal)
    }

    /// The one service that it is about, by the label `service`, if its matchers name one.
    pub fn service(&self) -> Option<&str> {
        service_of(&self.matchers)
    }

    /// When something is next to be done about it: its start, the word about its end, its end.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            SilenceState::Pending => Some(self.starts_at),
            SilenceState::Active if self.warned => Some(self.ends_at),
            SilenceState::Active => Some(self.warn_at()),
            SilenceState::Expired => None,
        }
    }

    /// When its coming end is to be pointed out; at its end where it is too short for that.
    pub(crate) fn warn_at(&self) -> Timestamp {
        let at = self.ends_at - WARN_BEFORE;
        // Whoever silences something for half an hour knows when that is over.
        if at.since(self.starts_at) < WARN_BEFORE { self.ends_at } else { at }
    }
}

/// The one service that matchers name, if they do.
pub fn service_of(matchers: &[Matcher]) -> Option<&str> {
    matchers.iter().filter_map(Matcher::equality).find(|(name, _)| *name == "service").map(|(_, value)| value)
}

//! The kinds of documents in a catalog.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a document defines; the value of its `kind` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The organisation.
    Organization,
    /// A team.
    Team,
    /// A person.
    Person,
    /// A service.
    Service,
    /// A schedule.
    Schedule,
    /// An escalation.
    Escalation,
    /// An audience.
    Audience,
    /// A rule.
    Rule,
    /// A source.
    Source,
    /// A drill.
    Drill,
    /// A channel.
    Channel,
    /// An automation.
    Automation,
    /// A runner.
    Runner,
}

impl Kind {
    /// Every kind, in the order in which people list them.
    pub const ALL: [Self; 13] = [
        Self::Organization,
        Self::Team,
        Self::Person,
        Self::Service,
        Self::Schedule,
        Self::Escalation,
        Self::Audience,
        Self::Rule,
        Self::Source,
        Self::Drill,
        Self::Channel,
        Self::Automation,
        Self::Runner,
    ];

    /// As documents write it: `Team`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Team => "Team",
            Self::Person => "Person",
            Self::Service => "Service",
            Self::Schedule => "Schedule",
            Self::Escalation => "Escalation",
            Self::Audience => "Audience",
            Self::Rule => "Rule",
            Self::Source => "Source",
            Self::Drill => "Drill",
            Self::Channel => "Channel",
            Self::Automation => "Automation",
            Self::Runner => "Runner",
        }
    }

    /// As sentences write it, for one (`person`) or for more (`people`).
    pub const fn noun(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Organization, 1) => "organization",
            (Self::Organization, _) => "organizations",
            (Self::Team, 1) => "team",
            (Self::Team, _) => "teams",
            (Self::Person, 1) => "person",
            (Self::Person, _) => "people",
            (Self::Service, 1) => "service",
            (Self::Service, _) => "services",
            (Self::Schedule, 1) => "schedule",
            (Self::Schedule, _) => "schedules",
            (Self::Escalation, 1) => "escalation",
            (Self::Escalation, _) => "escalations",
            (Self::Audience, 1) => "audience",
            (Self::Audience, _) => "audiences",
            (Self::Rule, 1) => "rule",
            (Self::Rule, _) => "rules",
            (Self::Source, 1) => "source",
            (Self::Source, _) => "sources",
            (Self::Drill, 1) => "drill",
            (Self::Drill, _) => "drills",
            (Self::Channel, 1) => "channel",
            (Self::Channel, _) => "channels",
            (Self::Automation, 1) => "automation",
            (Self::Automation, _) => "automations",
            (Self::Runner, 1) => "runner",
            (Self::Runner, _) => "runners",
        }
    }

    /// The article before the noun: `a` or `an`.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Organization | Self::Escalation | Self::Audience | Self::Automation => "an",
            _ => "a",
        }
    }

    /// Reads a kind as documents write it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(alloc::format!("`{}` is not a kind", text.escape_debug())))
    }
}

//! Names of things in the catalog: short, lower-case, safe in URLs, mail subjects and shells.

use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The longest name, in bytes (a DNS label, RFC 1035 §2.3.4).
pub const LONGEST: usize = 63;
/// The name of the runner inside the hub; none of the catalog may have it.
pub const HUB_RUNNER: &str = "hub";

/// Says why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(pub String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a name; expected 1 to {LONGEST} characters of a–z, 0–9, `-`, `_` or `.`, starting with a letter or digit",
            self.0.escape_debug()
        )
    }
}

impl core::error::Error for BadName {}

/// Whether `text` may name something in the catalog.
pub fn is_name(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= LONGEST
        && text.bytes().next().is_some_and(inside)
        && text.bytes().all(|b| inside(b) || matches!(b, b'-' | b'_' | b'.'))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as a name, or says why it is none.
            pub fn new(text: &str) -> Result<Self, BadName> {
                if is_name(text) { Ok(Self(text.into())) } else { Err(BadName(text.into())) }
            }
            /// The name as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", &*self.0) }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

names! {
    /// The name of a service.
    ServiceName
    /// The name of a team.
    TeamName
    /// The name of a person.
    PersonName
    /// The name of a schedule.
    ScheduleName
    /// The name of an escalation.
    EscalationName
    /// The name of an audience.
    AudienceName
    /// The name of a rule.
    RuleName
    /// The name of a source.
    SourceName
    /// The name of a repository of the catalog.
    RepositoryName
    /// The name of a drill.
    DrillName
    /// The name of an automation.
    AutomationName
    /// The name of a channel.
    ChannelName
    /// The name of a kept secret.
    SecretName
    /// The name of a runner.
    RunnerName
    /// Who may do something with a runbook: the name of a team, of a schedule (whoever is on call), or of a role
    /// that teams give their members.
    RoleName
}

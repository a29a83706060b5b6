//! Ways out for messages: how they stand, and whether a contact works.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::name::{AudienceName, ChannelName, PersonName, TeamName};
use wheelhouse_core::notify::{ContactKind, Recipient};

use super::schema::ContactKindWord;
use super::{Problem, Time};

/// A way out for messages, as the hub sees it since its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelView {
    /// Its name among destinations: `channel sms`, `mail.example.org:587`, `hooks.example.org:443`.
    pub destination: String,
    /// Its name in the catalog, where the catalog defines it.
    pub channel: Option<String>,
    /// `slack`, `ntfy` or `http` for channels of the catalog, else `mail` or `webhook`.
    pub kind: String,
    /// The team that keeps it.
    pub team: Option<String>,
    /// A short text for people.
    pub summary: Option<String>,
    /// How it stands.
    pub state: ChannelState,
    /// How many attempts in a row have failed.
    pub failures: u32,
    /// When it is tried again, where it is left alone.
    pub next_try_at: Option<Time>,
    /// How many messages wait for it.
    pub waiting: u64,
    /// How many messages it has accepted.
    pub accepted: u64,
    /// How many attempts have failed.
    pub failed: u64,
    /// When it was last heard of.
    pub last_at: Option<Time>,
    /// What it said last.
    pub last_answer: Option<String>,
    /// How many messages a minute it takes; null where the catalog sets no limit.
    pub per_minute: Option<u32>,
    /// The secrets that it needs and the hub cannot use, each with the reason.
    pub missing_secrets: Vec<String>,
}

/// How a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// Nothing was sent by it since the start.
    Unused,
    /// It works.
    Works,
    /// It fails, and is left alone until it is tried again.
    Fails,
    /// It has failed, and one message is trying it.
    Tried,
    /// It cannot work: a secret is missing.
    Unusable,
}

/// Why a message waits for its channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waits {
    /// Why, in words: `mail.example.org:25 failed 5 times in a row, next try at …`.
    pub because: String,
    /// Until when at most.
    pub until: Time,
    /// For which destination.
    pub destination: String,
}

/// Asks to send a message that is marked as a test: by every contact of a person, a team or an
/// audience, or by one channel. Exactly one of the four is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestContact {
    /// The person whose contacts are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The channel of the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Whom the channel is to reach: a telephone number, a topic, a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tested {
    /// Every contact of somebody.
    Recipient(Recipient),
    /// A channel, and whom it is to reach.
    Channel(ChannelName, String),
}

/// How the test of one contact went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TestedContact {
    /// The kind of contact.
    #[schema(value_type = ContactKindWord)]
    pub contact_kind: ContactKind,
    /// Where it led.
    pub destination: String,
    /// Whether the other side accepted it.
    pub accepted: bool,
    /// What the other side said, or what went wrong.
    pub answer: String,
    /// How long it took.
    pub seconds: f64,
}

/// How a test went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TestReport {
    /// The name of the test, which the messages carry.
    pub test: String,
    /// Each contact, in order of preference.
    pub contacts: Vec<TestedContact>,
}

impl TestContact {
    /// What is to be tried.
    ///
    /// # Errors
    /// 422 where it is not exactly one thing, or a name is none.
    pub fn into_tested(self) -> Result<Tested, Problem> {
        let invalid = |detail: String| Problem::new(422, "invalid", detail);
        let named = |error: wheelhouse_core::name::BadName| invalid(error.to_string());
        if self.to.is_some() && self.channel.is_none() {
            return Err(invalid("`to` belongs to `channel`; the contacts of others say it themselves".to_owned()));
        }
        match (self.person, self.team, self.audience, self.channel) {
            (Some(name), None, None, None) => {
                Ok(Tested::Recipient(Recipient::Person(PersonName::new(&name).map_err(named)?)))
            }
            (None, Some(name), None, None) => {
                Ok(Tested::Recipient(Recipient::Team(TeamName::new(&name).map_err(named)?)))
            }
            (None, None, Some(name), None) => {
                Ok(Tested::Recipient(Recipient::Audience(AudienceName::new(&name).map_err(named)?)))
            }
            (None, None, None, Some(name)) => {
                Ok(Tested::Channel(ChannelName::new(&name).map_err(named)?, self.to.unwrap_or_default()))
            }
            _ => Err(invalid("expected exactly one of `person`, `team`, `audience` and `channel`".to_owned())),
        }
    }
}

//! Who was told what, when and why, and who was not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::affected::{Explained, Impact};
use wheelhouse_core::case::MessageId;
use wheelhouse_core::notify::{ContactKind, Message, MessageState, NotTold, Purpose};
use wheelhouse_core::world::NotToldRow;

use super::schema::{ContactKindWord, ImpactWord, MessageIdText, word};
use super::time::seconds;
use super::{Party, Time};

/// One message of a case, or somebody affected who got none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Told {
    /// The message's name; null where nobody was told.
    #[schema(value_type = Option<MessageIdText>)]
    pub message: Option<MessageId>,
    /// Who it is for.
    pub recipient: Party,
    /// The team or audience for which a person is told.
    pub on_behalf_of: Option<Party>,
    /// `page`, `told`, `informed` or `undeliverable`.
    pub purpose: String,
    /// What there was to tell: `opened`, `severity_changed`, `update`, `resolved` or `reopened`.
    pub stage: Option<String>,
    /// What the incident means to them.
    #[schema(value_type = Option<ImpactWord>)]
    pub impact: Option<Impact>,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<String>,
    /// What it means to them or what is asked of them, in words.
    pub words: String,
    /// Why the hub decided so, in words; null where there was no message.
    pub why: Option<String>,
    /// Where it stands.
    pub state: ToldState,
    /// When it was decided.
    pub queued_at: Time,
    /// When its channel accepted it.
    pub accepted_at: Option<Time>,
    /// When the last of its contacts failed.
    pub failed_at: Option<Time>,
    /// When it was withdrawn, because it was no longer wanted.
    pub withdrawn_at: Option<Time>,
    /// From the decision until a channel accepted it.
    pub lag_seconds: Option<f64>,
    /// The kind of contact that was last tried.
    #[schema(value_type = Option<ContactKindWord>)]
    pub contact_kind: Option<ContactKind>,
    /// How often it was tried.
    pub attempts: u32,
    /// What the channel said last.
    pub answer: Option<String>,
    /// Whether it may have been sent before a crash and was sent again.
    pub repeated: bool,
    /// Whether it was under way when an acknowledgement arrived.
    pub crossed_acknowledgement: bool,
    /// Why they were not told: `owns_the_incident`, `below_threshold`, `no_contact` or
    /// `every_contact_failed`; null where they were.
    pub reason_not_told: Option<String>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToldState {
    /// It waits for its (next) attempt.
    Queued,
    /// Its channel accepted it.
    Accepted,
    /// Every contact failed.
    GivenUp,
    /// It was no longer wanted before it was sent.
    Withdrawn,
    /// There was no message, for a reason.
    NotTold,
}

impl From<&Message> for Told {
    fn from(message: &Message) -> Self {
        let (state, failed_at, withdrawn_at) = match message.state {
            MessageState::Queued => (ToldState::Queued, None, None),
            MessageState::Accepted => (ToldState::Accepted, None, None),
            MessageState::GivenUp => (ToldState::GivenUp, message.ended_at, None),
            MessageState::Withdrawn => (ToldState::Withdrawn, None, message.ended_at),
        };
        let told = Self {
            message: Some(message.id),
            recipient: Party::from(&message.recipient),
            on_behalf_of: None,
            purpose: "page".to_owned(),
            stage: None,
            impact: None,
            path: Vec::new(),
            words: String::new(),
            why: message.why.as_ref().map(ToString::to_string),
            state,
            queued_at: message.queued_at.into(),
            accepted_at: message.accepted_at.map(Time),
            failed_at: failed_at.map(Time),
            withdrawn_at: withdrawn_at.map(Time),
            lag_seconds: message.accepted_at.map(|at| seconds(at.since(message.queued_at))),
            contact_kind: message.contact_kind,
            attempts: message.attempts,
            answer: message.answer.clone(),
            repeated: message.repeated,
            crossed_acknowledgement: message.crossed_acknowledgement,
            reason_not_told: (message.state == MessageState::GivenUp)
                .then(|| code(&NotTold::EveryContactFailed).to_owned()),
        };
        match &message.purpose {
            Purpose::Page => Self { words: "asked to take the case".to_owned(), ..told },
            Purpose::Told { stage, impact, path, on_behalf_of } => Self {
                purpose: "told".to_owned(),
                on_behalf_of: on_behalf_of.as_ref().map(Party::from),
                stage: Some(word(stage)),
                impact: Some(*impact),
                path: path.iter().map(ToString::to_string).collect(),
                words: Explained { impact: *impact, path }.to_string(),
                ..told
            },
            Purpose::Informed { stage } => Self {
                purpose: "informed".to_owned(),
                stage: Some(word(stage)),
                words: "handles the incident, which is not paged".to_owned(),
                ..told
            },
            Purpose::Undeliverable { message } => Self {
                purpose: "undeliverable".to_owned(),
                words: format!("message {message} could not be delivered"),
                ..told
            },
        }
    }
}

impl From<&NotToldRow> for Told {
    fn from(row: &NotToldRow) -> Self {
        let explained = Explained { impact: row.impact, path: &row.path };
        Self {
            message: None,
            recipient: Party::from(&row.recipient),
            on_behalf_of: None,
            purpose: "told".to_owned(),
            stage: Some(word(row.stage)),
            impact: Some(row.impact),
            path: row.path.iter().map(ToString::to_string).collect(),
            words: format!("{explained}; not told: {}", row.reason),
            why: None,
            state: ToldState::NotTold,
            queued_at: row.at.into(),
            accepted_at: None,
            failed_at: None,
            withdrawn_at: None,
            lag_seconds: None,
            contact_kind: None,
            attempts: 0,
            answer: None,
            repeated: false,
            crossed_acknowledgement: false,
            reason_not_told: Some(code(&row.reason).to_owned()),
        }
    }
}

/// The word for programs.
const fn code(reason: &NotTold) -> &'static str {
    match reason {
        NotTold::OwnsTheIncident => "owns_the_incident",
        NotTold::BelowThreshold { .. } => "below_threshold",
        NotTold::NoContact => "no_contact",
        NotTold::EveryContactFailed => "every_contact_failed",
    }
}

//! Who was told what, when and why, and who was not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::affected::{Explained, Impact};
use wheelhouse_core::case::{MessageId, Miss};
use wheelhouse_core::notify::{ContactKind, Message, MessageState, NotTold, Purpose, Recipient, Stage, Way};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::NotToldRow;

use super::schema::{ContactKindWord, ImpactWord, MessageIdText, word};
use super::time::seconds;
use super::{Party, Time, Waits};

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
    /// `page`, `told`, `informed`, `wanted`, `undeliverable`, or `missed` where a person said that they were.
    pub purpose: String,
    /// What there was to tell: `opened`, `severity_changed`, `update`, `resolved`, `reopened`, `flapping`,
    /// `goes_on`, `joined` or `explains`.
    pub stage: Option<String>,
    /// Stages that the same message tells as well, because they followed fast; oldest first.
    #[serde(default)]
    pub earlier_stages: Vec<String>,
    /// What the incident means to them.
    #[schema(value_type = Option<ImpactWord>)]
    pub impact: Option<Impact>,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<String>,
    /// Further ways in which they are affected, told by the same message.
    #[serde(default)]
    pub ways: Vec<WayView>,
    /// How many more ways there are than are listed.
    #[serde(default)]
    pub more_ways: u32,
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
    /// Why it was withdrawn, in words.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
    /// From the decision until a channel accepted it.
    pub lag_seconds: Option<f64>,
    /// The kind of contact that was last tried.
    #[schema(value_type = Option<ContactKindWord>)]
    pub contact_kind: Option<ContactKind>,
    /// How often it was tried.
    pub attempts: u32,
    /// What the channel said last.
    pub answer: Option<String>,
    /// Why it waits for its channel, where it does.
    #[serde(default)]
    pub waits: Option<Waits>,
    /// When it is tried next, where it is to be.
    #[serde(default)]
    pub due_at: Option<Time>,
    /// Whether an earlier attempt may have reached them, so that it may arrive twice.
    pub repeated: bool,
    /// Whether it was under way when an acknowledgement arrived.
    pub crossed_acknowledgement: bool,
    /// Why they were not told: `owns_the_incident`, `below_threshold`, `no_contact`,
    /// `every_contact_failed`, `told_by_root`, `cause_is_known` or `not_affected`; null where they were.
    pub reason_not_told: Option<String>,
}

/// A further way in which somebody is affected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WayView {
    /// What the incident means to them.
    #[schema(value_type = ImpactWord)]
    pub impact: Impact,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<String>,
    /// The team or audience for which a person is told.
    pub on_behalf_of: Option<Party>,
    /// The same in words.
    pub words: String,
}

impl From<&Way> for WayView {
    fn from(way: &Way) -> Self {
        Self {
            impact: way.impact,
            path: way.path.iter().map(ToString::to_string).collect(),
            on_behalf_of: way.on_behalf_of.as_ref().map(Party::from),
            words: Explained { impact: way.impact, path: &way.path }.to_string(),
        }
    }
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

impl From<MessageState> for ToldState {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Queued => Self::Queued,
            MessageState::Accepted => Self::Accepted,
            MessageState::GivenUp => Self::GivenUp,
            MessageState::Withdrawn => Self::Withdrawn,
        }
    }
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
            earlier_stages: Vec::new(),
            impact: None,
            path: Vec::new(),
            ways: Vec::new(),
            more_ways: 0,
            words: String::new(),
            why: message.why.as_ref().map(ToString::to_string),
            state,
            queued_at: message.queued_at.into(),
            accepted_at: message.accepted_at.map(Time),
            failed_at: failed_at.map(Time),
            withdrawn_at: withdrawn_at.map(Time),
            withdrawn_because: message.withdrawn_because.as_ref().map(ToString::to_string),
            lag_seconds: message.accepted_at.map(|at| seconds(at.since(message.queued_at))),
            contact_kind: message.contact_kind,
            attempts: message.attempts,
            answer: message.answer.clone(),
            waits: None,
            due_at: (message.state == MessageState::Queued).then_some(Time(message.due_at)),
            repeated: message.repeated,
            crossed_acknowledgement: message.crossed_acknowledgement,
            reason_not_told: (message.state == MessageState::GivenUp)
                .then(|| code(&NotTold::EveryContactFailed).to_owned()),
        };
        match &message.purpose {
            Purpose::Page => Self { words: "asked to take the case".to_owned(), ..told },
            Purpose::Told { stage, impact, path, on_behalf_of, digest } => Self {
                purpose: "told".to_owned(),
                on_behalf_of: on_behalf_of.as_ref().map(Party::from),
                stage: Some(word(stage)),
                earlier_stages: digest.stages.iter().map(word).collect(),
                ways: digest.ways.iter().map(WayView::from).collect(),
                more_ways: digest.more,
                impact: Some(*impact),
                path: path.iter().map(ToString::to_string).collect(),
                words: Explained { impact: *impact, path }.to_string(),
                ..told
            },
            Purpose::Informed { stage } => Self {
                purpose: "informed".to_owned(),
                stage: Some(word(stage)),
                words: match stage {
                    Stage::Explains => "was paged for what follows from it".to_owned(),
                    _ => "handles the incident, which is not paged".to_owned(),
                },
                ..told
            },
            Purpose::Wanted { wanted, .. } => Self { purpose: "wanted".to_owned(), words: wanted.to_string(), ..told },
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
            purpose: "told".to_owned(),
            stage: Some(word(row.stage)),
            impact: Some(row.impact),
            path: row.path.iter().map(ToString::to_string).collect(),
            words: format!("{explained}; not told: {}", row.reason),
            reason_not_told: Some(code(&row.reason).to_owned()),
            ..Self::without_message(&row.recipient, row.at)
        }
    }
}

/// A miss stands beside what the hub itself knows of.
impl From<&Miss> for Told {
    fn from(miss: &Miss) -> Self {
        Self {
            purpose: "missed".to_owned(),
            path: miss.path.iter().map(ToString::to_string).collect(),
            words: format!("affected, by the word of {}; not told: {}", miss.by, miss.reason),
            reason_not_told: Some(miss.reason.code().to_owned()),
            ..Self::without_message(&miss.recipient, miss.at)
        }
    }
}

impl Told {
    /// Somebody to whom no message went.
    fn without_message(recipient: &Recipient, at: Timestamp) -> Self {
        Self {
            message: None,
            recipient: Party::from(recipient),
            on_behalf_of: None,
            purpose: String::new(),
            stage: None,
            earlier_stages: Vec::new(),
            impact: None,
            path: Vec::new(),
            ways: Vec::new(),
            more_ways: 0,
            words: String::new(),
            why: None,
            state: ToldState::NotTold,
            queued_at: at.into(),
            accepted_at: None,
            failed_at: None,
            withdrawn_at: None,
            withdrawn_because: None,
            lag_seconds: None,
            contact_kind: None,
            attempts: 0,
            answer: None,
            waits: None,
            due_at: None,
            repeated: false,
            crossed_acknowledgement: false,
            reason_not_told: None,
        }
    }
}

/// The word for programs.
pub(super) const fn code(reason: &NotTold) -> &'static str {
    match reason {
        NotTold::OwnsTheIncident => "owns_the_incident",
        NotTold::BelowThreshold { .. } => "below_threshold",
        NotTold::NoContact => "no_contact",
        NotTold::EveryContactFailed => "every_contact_failed",
        NotTold::ToldByRoot { .. } => "told_by_root",
        NotTold::CauseIsKnown { .. } => "cause_is_known",
        NotTold::NotAffected => "not_affected",
    }
}

//! What each team and audience has heard of a case so far, put together from messages and refusals to send some.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Message, MessageState, NotTold, Purpose, Recipient, Stage};
use crate::affected::Impact;
use crate::name::ServiceName;
use crate::time::Timestamp;
use crate::world::NotToldRow;

/// What one recipient has heard of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who: the team or audience, also where a person is written to on its behalf.
    pub recipient: Recipient,
    /// What the incident means to them, as last said.
    pub impact: Impact,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<ServiceName>,
    /// What was said, in the order decided.
    pub notices: Vec<Notice>,
    /// Why they were last not told, where that came after all that was.
    pub not_told: Option<(Timestamp, NotTold)>,
}

/// One notice for a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub stage: Stage,
    /// Who was written to: the recipient itself, or somebody on its behalf.
    pub addressee: Recipient,
    /// Where it stands.
    pub state: MessageState,
    /// When it was decided.
    pub at: Timestamp,
    /// When its channel accepted it.
    pub accepted_at: Option<Timestamp>,
}

/// How telling a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hearing {
    /// A channel accepted a notice for them.
    Told,
    /// A notice waits for its (next) attempt, and none was accepted yet.
    Waiting,
    /// Every contact failed, and none accepted a notice before.
    Failed,
    /// They were not told, for a reason.
    NotTold,
}

impl Hearing {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::NotTold => "not_told",
        }
    }
}

impl Heard {
    /// How telling them stands.
    pub fn hearing(&self) -> Hearing {
        let has = |state| self.notices.iter().any(|notice| notice.state == state);
        match () {
            () if has(MessageState::Accepted) => Hearing::Told,
            () if has(MessageState::Queued) => Hearing::Waiting,
            () if has(MessageState::GivenUp) => Hearing::Failed,
            () => Hearing::NotTold,
        }
    }

    /// When a channel first accepted a notice for them.
    pub fn first_told_at(&self) -> Option<Timestamp> {
        self.notices.iter().filter_map(|notice| notice.accepted_at).min()
    }
}

/// What everybody affected has heard, in order of recipient.
pub fn heard(messages: &[Message], not_told: &[NotToldRow]) -> Vec<Heard> {
    let mut all: BTreeMap<Recipient, Heard> = BTreeMap::new();
    for message in messages {
        let Purpose::Told { stage, impact, path, on_behalf_of, digest } = &message.purpose else { continue };
        let first = (on_behalf_of.as_ref(), *impact, path);
        let further = digest.ways.iter().map(|way| (way.on_behalf_of.as_ref(), way.impact, &way.path));
        let mut seen: Vec<&Recipient> = Vec::new();
        for (whom, impact, path) in core::iter::once(first).chain(further) {
            let whom = whom.unwrap_or(&message.recipient);
            // Further ways to the same one are said by the same notice.
            if seen.contains(&whom) {
                continue;
            }
            seen.push(whom);
            let heard = entry(&mut all, whom, impact, path);
            heard.not_told = None;
            heard.notices.push(Notice {
                stage: *stage,
                addressee: message.recipient.clone(),
                state: message.state,
                at: message.queued_at,
                accepted_at: message.accepted_at,
            });
        }
    }
    for row in not_told {
        let heard = entry(&mut all, &row.recipient, row.impact, &row.path);
        if heard.notices.iter().all(|notice| notice.at <= row.at) {
            heard.not_told = Some((row.at, row.reason.clone()));
        }
    }
    all.into_values().collect()
}

fn entry<'h>(
    all: &'h mut BTreeMap<Recipient, Heard>,
    whom: &Recipient,
    impact: Impact,
    path: &[ServiceName],
) -> &'h mut Heard {
    let heard = all.entry(whom.clone()).or_insert_with(|| Heard {
        recipient: whom.clone(),
        impact,
        path: path.to_vec(),
        notices: Vec::new(),
        not_told: None,
    });
    (heard.impact, heard.path) = (impact, path.to_vec());
    heard
}

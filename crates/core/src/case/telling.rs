//! How telling each recipient of a case has gone: what statistics and later questions need of it.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Case, State};
use crate::notify::{NotTold, Recipient};
use crate::time::Timestamp;

/// How telling one recipient has gone so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// Who: the team or audience, not the person who stands for it.
    pub recipient: Recipient,
    /// When a channel first accepted a notice for them, and which notice that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
    /// Why they were last not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_told: Option<NotTold>,
}

/// A notice that a channel accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The number of the message within its case.
    pub message: u32,
    /// When the channel accepted it.
    pub at: Timestamp,
}

impl Telling {
    /// Whether they were to be told and could not be: nobody could be written to, or every contact failed.
    pub const fn failed(&self) -> bool {
        self.reached.is_none() && matches!(self.not_told, Some(NotTold::NoContact | NotTold::EveryContactFailed))
    }
}

impl Case {
    /// How telling a team or an audience went; absent where the hub has neither told them nor decided not to.
    pub fn telling(&self, recipient: &Recipient) -> Option<&Telling> {
        let place = self.tellings.binary_search_by(|known| known.recipient.cmp(recipient)).ok()?;
        self.tellings.get(place)
    }
}

impl Case {
    /// Since when the harm has stopped; absent while it lasts. A harm that came back when the case was reopened
    /// had not stopped the first time.
    pub fn harm_stopped(&self) -> Option<Timestamp> {
        match &self.state {
            State::Open | State::Acknowledged { .. } => None,
            State::Mitigated { at, .. } => Some(*at),
            State::Resolved { at: over, .. } => {
                let mitigated = self.instants.mitigated.as_ref().filter(|_| self.reopened == 0);
                Some(mitigated.map_or(*over, |mitigated| mitigated.at.min(*over)))
            }
        }
    }
}

/// The entry of a recipient, made where there is none; entries are in order of recipient.
pub(super) fn entry<'t>(tellings: &'t mut Vec<Telling>, recipient: &Recipient) -> Option<&'t mut Telling> {
    let place = match tellings.binary_search_by(|known| known.recipient.cmp(recipient)) {
        Ok(place) => place,
        Err(place) => {
            tellings.insert(place, Telling { recipient: recipient.clone(), reached: None, not_told: None });
            place
        }
    };
    tellings.get_mut(place)
}

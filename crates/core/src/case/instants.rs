//! The instants that a case is measured by, each with its source and its edits.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::record::Actor;
use crate::time::Timestamp;

/// Which instant of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The trouble began, by the sender's word.
    Detected,
    /// The case was opened.
    Opened,
    /// Somebody first took it.
    Acknowledged,
    /// The first person affected was told: a notice was accepted by its channel.
    FirstTold,
    /// The harm stopped.
    Mitigated,
    /// It was over.
    Resolved,
}

/// An instant, who said so, and what it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instant {
    /// When.
    pub at: Timestamp,
    /// Who said so last.
    pub source: Actor,
    /// Earlier values, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// An earlier value of an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The value before.
    pub was: Timestamp,
    /// Who had said so.
    pub source: Actor,
    /// When it was replaced.
    pub replaced_at: Timestamp,
}

/// The instants of a case; absent means: not yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instants {
    /// The trouble began.
    pub detected: Option<Instant>,
    /// The case was opened.
    pub opened: Option<Instant>,
    /// Somebody first took it.
    pub acknowledged: Option<Instant>,
    /// The first person affected was told.
    pub first_told: Option<Instant>,
    /// The harm stopped.
    pub mitigated: Option<Instant>,
    /// It was over.
    pub resolved: Option<Instant>,
}

impl Instants {
    /// One of them.
    pub fn get(&self, moment: Moment) -> Option<&Instant> {
        match moment {
            Moment::Detected => self.detected.as_ref(),
            Moment::Opened => self.opened.as_ref(),
            Moment::Acknowledged => self.acknowledged.as_ref(),
            Moment::FirstTold => self.first_told.as_ref(),
            Moment::Mitigated => self.mitigated.as_ref(),
            Moment::Resolved => self.resolved.as_ref(),
        }
    }

    /// Sets one unless it is set: the first time counts.
    pub(crate) fn first(&mut self, moment: Moment, at: Timestamp, source: &Actor) {
        let slot = self.slot(moment);
        if slot.is_none() {
            *slot = Some(Instant { at, source: source.clone(), edits: Vec::new() });
        }
    }

    /// Sets one, keeping the value before as an edit.
    pub(crate) fn set(&mut self, moment: Moment, at: Timestamp, source: &Actor, now: Timestamp) {
        let slot = self.slot(moment);
        match slot {
            None => *slot = Some(Instant { at, source: source.clone(), edits: Vec::new() }),
            Some(known) if known.at == at => {}
            Some(known) => {
                known.edits.push(Edit { was: known.at, source: known.source.clone(), replaced_at: now });
                known.at = at;
                known.source = source.clone();
            }
        }
    }

    fn slot(&mut self, moment: Moment) -> &mut Option<Instant> {
        match moment {
            Moment::Detected => &mut self.detected,
            Moment::Opened => &mut self.opened,
            Moment::Acknowledged => &mut self.acknowledged,
            Moment::FirstTold => &mut self.first_told,
            Moment::Mitigated => &mut self.mitigated,
            Moment::Resolved => &mut self.resolved,
        }
    }
}

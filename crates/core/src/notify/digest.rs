//! What one notice says beside its last stage and the best reason: nobody is written to twice for
//! what fits into one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Purpose, Recipient, Stage};
use crate::affected::Impact;
use crate::case::MessageId;
use crate::kernel::Draft;
use crate::name::ServiceName;
use crate::record::{Fact, Why};
use crate::time::Timestamp;

/// What a notice says beside its stage and its path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Stages that came before the notice's own and were not sent, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Further ways in which the recipient is reached, best explanation first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Way>,
    /// How many more ways there are than are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

/// A way in which somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// What it means to them.
    pub impact: Impact,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<ServiceName>,
    /// On whose behalf: the team or audience that the person stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Recipient>,
}

impl Digest {
    /// Whether there is nothing beside the notice's own stage and path.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty() && self.ways.is_empty() && self.more == 0
    }
}

impl Purpose {
    /// Whom a notice to `recipient` tells: those on whose behalf it goes out, or the recipient itself.
    pub fn told<'a>(&'a self, recipient: &'a Recipient) -> impl Iterator<Item = &'a Recipient> {
        let own = match self {
            Self::Told { on_behalf_of, digest, .. } => Some((on_behalf_of.as_ref(), digest)),
            Self::Page | Self::Informed { .. } | Self::Undeliverable { .. } | Self::Wanted { .. } => None,
        };
        own.into_iter().flat_map(move |(first, digest)| {
            let ways = digest.ways.iter().map(|way| way.on_behalf_of.as_ref());
            core::iter::once(first).chain(ways).map(move |whom| whom.unwrap_or(recipient))
        })
    }
}

impl Way {
    /// Whom it is told to, in a notice to `recipient`.
    pub(super) fn whom<'a>(&'a self, recipient: &'a Recipient) -> &'a Recipient {
        self.on_behalf_of.as_ref().unwrap_or(recipient)
    }
}

/// A notice in the making.
pub(super) struct Told {
    pub(super) recipient: Recipient,
    pub(super) why: Why,
    pub(super) ways: Vec<Way>,
    pub(super) more: u32,
}

/// A notice that is held back still, so that no channel has had it.
#[derive(Clone)]
pub(super) struct Waiting {
    id: MessageId,
    pub(super) recipient: Recipient,
    pub(super) stage: Stage,
    stages: Vec<Stage>,
    pub(super) ways: Vec<Way>,
    more: u32,
    why: Option<Why>,
    not_before: Timestamp,
}

/// The notices of the case that are held back still: one for each who is written to.
pub(super) fn waiting(draft: &Draft<'_>) -> BTreeMap<Recipient, Waiting> {
    let now = draft.cx.now;
    let held = draft.messages().filter(|message| message.attempts == 0 && message.due_at > now);
    held.filter_map(|message| {
        let Purpose::Told { stage, impact, path, on_behalf_of, digest } = &message.purpose else {
            return None;
        };
        let first = Way { impact: *impact, path: path.clone(), on_behalf_of: on_behalf_of.clone() };
        let waiting = Waiting {
            id: message.id,
            recipient: message.recipient.clone(),
            stage: *stage,
            stages: digest.stages.clone(),
            ways: core::iter::once(first).chain(digest.ways.iter().cloned()).collect(),
            more: digest.more,
            why: message.why.clone(),
            not_before: message.due_at,
        };
        Some((message.recipient.clone(), waiting))
    })
    .collect()
}

impl Waiting {
    /// The way in which somebody is reached, where it is for them.
    pub(super) fn way_to(&self, whom: &Recipient) -> Option<&Way> {
        self.ways.iter().find(|way| way.whom(&self.recipient) == whom)
    }

    /// Whether it says what is so still: that this service is broken.
    pub(super) fn is_about(&self, service: Option<&ServiceName>) -> bool {
        self.ways.first().is_some_and(|way| way.path.first() == service)
    }
}

/// Sends a notice about a stage, together with what is held back for the same recipient.
pub(super) fn send(draft: &mut Draft<'_>, stage: Stage, notice: Told, held: Option<Waiting>) {
    let Told { recipient, why, mut ways, more } = notice;
    let settled = draft.cx.now + draft.catalog.organization.notices_settle;
    let Some(held) = held else {
        let not_before = Some(settled).filter(|at| *at > draft.cx.now);
        queue(draft, recipient, (Vec::new(), stage), (ways, more), why, not_before);
        return;
    };
    let is_so = held.is_about(draft.case.service.as_ref());
    take_back(draft, &held, if is_so { Why::Digested } else { Why::AboutSomethingElse });
    // What was held back was not told before.
    let why = held.why.filter(|_| is_so && why == Why::ToldBefore).unwrap_or(why);
    let mut stages = held.stages;
    stages.push(held.stage);
    stages.retain(|earlier| *earlier != stage);
    for way in held.ways.into_iter().filter(|_| is_so) {
        if !ways.iter().any(|known| known.on_behalf_of == way.on_behalf_of) {
            ways.push(way);
        }
    }
    queue(draft, recipient, (stages, stage), (ways, more), why, Some(held.not_before));
}

/// Takes a notice back that is held back still.
pub(super) fn take_back(draft: &mut Draft<'_>, waiting: &Waiting, why: Why) {
    draft.follow(Fact::MessageWithdrawn { message: waiting.id, recipient: waiting.recipient.clone() }, why);
}

/// Sends a notice that was taken back to those who are left of it.
pub(super) fn again(draft: &mut Draft<'_>, waiting: &Waiting, ways: Vec<Way>) {
    let why = waiting.why.clone().unwrap_or(Why::ToldBefore);
    let stages = (waiting.stages.clone(), waiting.stage);
    queue(draft, waiting.recipient.clone(), stages, (ways, waiting.more), why, Some(waiting.not_before));
}

fn queue(
    draft: &mut Draft<'_>,
    recipient: Recipient,
    (stages, stage): (Vec<Stage>, Stage),
    (ways, more): (Vec<Way>, u32),
    why: Why,
    not_before: Option<Timestamp>,
) {
    let mut ways = ways.into_iter();
    let Some(Way { impact, path, on_behalf_of }) = ways.next() else {
        return;
    };
    let digest = Digest { stages, ways: ways.collect(), more };
    draft.queue_at(recipient, Purpose::Told { stage, impact, path, on_behalf_of, digest }, why, not_before);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

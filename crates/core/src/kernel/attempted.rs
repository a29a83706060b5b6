//! What becomes of a message after an attempt to send it.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::{Draft, Outcome, Plan, explained, text_body};
use crate::Context;
use crate::case::MessageId;
use crate::escalation::{fallback_people, page_fallback};
use crate::notify::{
    ATTEMPTS_PER_CONTACT, ContactKind, Message, NotTold, Purpose, Recipient, addressees, retry_delay, takes_another_way,
};
use crate::record::{Fact, FallbackCause, Retry, Why};
use crate::time::Timestamp;
use crate::world::World;

/// The most of a channel's answer that is kept, in characters.
const LONGEST_ANSWER: usize = 500;

/// Decides what follows from an attempt: done, again, the next contact, or given up loudly. A page
/// that was withdrawn while a channel had it is marked as having crossed the acknowledgement; any
/// other message that is no longer under way changes nothing: the answer came twice.
pub(super) fn attempted(
    world: &World,
    cx: &Context,
    id: MessageId,
    contact: Option<ContactKind>,
    repeated: bool,
    outcome: &Outcome,
) -> Plan {
    let Ok(mut draft) = Draft::by_hub(world, cx, id.case) else {
        return Plan::default();
    };
    match (outcome, contact, world.message(id)) {
        (Outcome::Accepted { answer }, Some(contact), known) => {
            if let Some(message) = known.or_else(|| world.withdrawn_page(id)) {
                let (recipient, crossed_acknowledgement) = (message.recipient.clone(), known.is_none());
                let fact = Fact::MessageAccepted { message: id, recipient, contact, crossed_acknowledgement, repeated };
                draft.note(fact, None, text_body("answer", &clipped(answer)));
                if crossed_acknowledgement {
                    explained::crossed(&mut draft, message);
                }
            }
        }
        (Outcome::Failed { answer, permanent }, contact, Some(message)) => {
            let went = if *permanent { Went::Finally } else { Went::ForNow };
            failed(&mut draft, message, contact, &clipped(answer), went);
        }
        (Outcome::Unknown { answer }, contact, Some(message)) => {
            failed(&mut draft, message, contact, &clipped(answer), Went::Unknown);
        }
        (Outcome::Held { answer, until }, contact, Some(message)) => {
            held(&mut draft, message, contact, &clipped(answer), *until);
        }
        (Outcome::Accepted { .. }, None, _)
        | (Outcome::Failed { .. } | Outcome::Unknown { .. } | Outcome::Held { .. }, _, None) => {}
    }
    draft.finish()
}

/// How an attempt that was not accepted went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    /// Trying again may help.
    ForNow,
    /// Trying again is pointless.
    Finally,
    /// Nobody knows what became of it.
    Unknown,
}

/// A message whose channel fails: a page that has another contact takes that one at once. Whatever
/// has none waits, which is nothing to write down.
fn held(draft: &mut Draft<'_>, message: &Message, contact: Option<ContactKind>, answer: &str, until: Timestamp) {
    if !takes_another_way(message, draft.catalog) {
        return;
    }
    let retry = Some(Retry { at: draft.cx.now, contact: message.contact + 1 });
    let recipient = message.recipient.clone();
    let fact = Fact::MessageFailed { message: message.id, recipient, contact, retry, tried: false, unknown: false };
    draft.note(fact, Some(Why::ChannelFails { until }), text_body("answer", answer));
}

fn failed(draft: &mut Draft<'_>, message: &Message, contact: Option<ContactKind>, answer: &str, went: Went) {
    let attempts = message.attempts_with_contact + 1;
    let contacts = message.recipient.contacts(draft.catalog).len();
    let body = text_body("answer", answer);
    let recipient = message.recipient.clone();
    let unknown = went == Went::Unknown;
    let fact = |retry| {
        let recipient = recipient.clone();
        Fact::MessageFailed { message: message.id, recipient, contact, retry, tried: true, unknown }
    };
    if went != Went::Finally && attempts < ATTEMPTS_PER_CONTACT {
        let at = draft.cx.now + retry_delay(message.purpose.lane(), message.id, attempts);
        let why = if unknown { Why::PerhapsTaken { at } } else { Why::TriedAgain { at } };
        draft.note(fact(Some(Retry { at, contact: message.contact })), Some(why), body);
    } else if usize::from(message.contact) + 1 < contacts {
        let retry = Retry { at: draft.cx.now, contact: message.contact + 1 };
        draft.note(fact(Some(retry)), Some(Why::ContactFailed { attempts }), body);
    } else {
        let why = Why::EveryContactFailed { recipient: recipient.clone() };
        draft.note(fact(None), Some(why), body);
        say_loudly(draft, message);
    }
}

/// A page that reached nobody goes to the organisation's fallback while nobody has acknowledged; a notice that reached nobody is
/// written down as not told, and the default team hears of it.
fn say_loudly(draft: &mut Draft<'_>, message: &Message) {
    match &message.purpose {
        Purpose::Page if !draft.case.state.wants_acknowledgement() => inform_default_team(draft, message),
        Purpose::Page => {
            let (_, fallback) = fallback_people(draft.catalog, draft.cx.now);
            let is_fallback = fallback.into_iter().any(|person| Recipient::Person(person) == message.recipient);
            // A fallback that cannot be reached must not bring about another one, and that a third.
            if is_fallback || matches!(message.why, Some(Why::Fallback { .. })) {
                inform_default_team(draft, message);
            } else {
                page_fallback(draft, FallbackCause::NobodyReached);
            }
        }
        Purpose::Told { stage, impact, path, digest, .. } => {
            let ways = digest.ways.iter().map(|way| (way.impact, &way.path));
            let mut written = BTreeSet::new();
            let told = message.purpose.told(&message.recipient);
            for (recipient, (impact, path)) in told.zip(core::iter::once((*impact, path)).chain(ways)) {
                if !written.insert(recipient) {
                    continue;
                }
                let (recipient, path, reason) = (recipient.clone(), path.clone(), NotTold::EveryContactFailed);
                draft.note(Fact::NotTold { recipient, stage: *stage, reason, impact, path }, None, None);
            }
            inform_default_team(draft, message);
        }
        Purpose::Informed { .. } | Purpose::Wanted { .. } => inform_default_team(draft, message),
        Purpose::Undeliverable { .. } => {}
    }
}

/// Tells the default team, unless a notice like this one is under way for the case: one is enough.
fn inform_default_team(draft: &mut Draft<'_>, message: &Message) {
    let is_known = |other: &Message| matches!(other.purpose, Purpose::Undeliverable { .. });
    if draft.world.messages_of(draft.case.id).any(is_known) {
        return;
    }
    let team = Recipient::Team(draft.catalog.organization.default_team.clone());
    let mut informed = addressees(draft.catalog, &team, draft.cx.now);
    informed.retain(|addressee| *addressee != message.recipient);
    for addressee in informed {
        let recipient = message.recipient.clone();
        let purpose = Purpose::Undeliverable { message: message.id };
        draft.queue(addressee, purpose, Why::EveryContactFailed { recipient });
    }
}

pub(super) fn clipped(answer: &str) -> String {
    answer.chars().take(LONGEST_ANSWER).collect()
}

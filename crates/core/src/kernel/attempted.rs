//! What becomes of a message after an attempt to send it.

use alloc::string::String;

use super::{Draft, Outcome, Plan, text_body};
use crate::Context;
use crate::case::MessageId;
use crate::escalation::{page_fallback, resolve_target};
use crate::notify::{
    ATTEMPTS_PER_CONTACT, ContactKind, Message, NotTold, Purpose, Recipient, retry_delay,
};
use crate::record::{Fact, FallbackCause, Retry, Why};
use crate::world::World;

/// The most of a channel's answer that is kept, in characters.
const LONGEST_ANSWER: usize = 500;

/// Decides what follows from an attempt: done, again, the next contact, or given up loudly. A
/// message that is no longer under way changes nothing: the answer came twice.
pub(super) fn attempted(
    world: &World,
    cx: &Context,
    id: MessageId,
    contact: Option<ContactKind>,
    repeated: bool,
    outcome: &Outcome,
) -> Plan {
    let (Some(message), Ok(mut draft)) = (world.message(id), Draft::by_hub(world, cx, id.case))
    else {
        return Plan::default();
    };
    match (outcome, contact) {
        (Outcome::Accepted { answer }, Some(contact)) => {
            let crossed = matches!(message.purpose, Purpose::Page)
                && !draft.case.state.wants_acknowledgement();
            let fact = Fact::MessageAccepted {
                message: id,
                contact,
                crossed_acknowledgement: crossed,
                repeated,
            };
            draft.note(fact, None, text_body("answer", &clipped(answer)));
        }
        (Outcome::Accepted { .. }, None) => {}
        (Outcome::Failed { answer, permanent }, contact) => {
            failed(&mut draft, message, contact, &clipped(answer), *permanent);
        }
    }
    draft.finish()
}

fn failed(
    draft: &mut Draft<'_>,
    message: &Message,
    contact: Option<ContactKind>,
    answer: &str,
    permanent: bool,
) {
    if matches!(message.purpose, Purpose::Page) && !draft.case.state.wants_acknowledgement() {
        draft.follow(
            Fact::MessageWithdrawn {
                message: message.id,
            },
            Why::SomebodyAcknowledged,
        );
        return;
    }
    let attempts = message.attempts_with_contact + 1;
    let contacts = message.recipient.contacts(draft.catalog).len();
    let body = text_body("answer", answer);
    let fact = |retry| Fact::MessageFailed {
        message: message.id,
        contact,
        retry,
    };
    if !permanent && attempts < ATTEMPTS_PER_CONTACT {
        let at = draft.cx.now + retry_delay(message.purpose.lane(), message.id, attempts);
        draft.note(
            fact(Some(Retry {
                at,
                contact: message.contact,
            })),
            Some(Why::TriedAgain { at }),
            body,
        );
    } else if usize::from(message.contact) + 1 < contacts {
        let retry = Retry {
            at: draft.cx.now,
            contact: message.contact + 1,
        };
        draft.note(
            fact(Some(retry)),
            Some(Why::ContactFailed { attempts }),
            body,
        );
    } else {
        let recipient = message.recipient.clone();
        draft.note(
            fact(None),
            Some(Why::EveryContactFailed { recipient }),
            body,
        );
        say_loudly(draft, message);
    }
}

/// A page that reached nobody goes to the organisation's fallback; a notice that reached nobody is
/// written down as not told, and the default team hears of it.
fn say_loudly(draft: &mut Draft<'_>, message: &Message) {
    match &message.purpose {
        Purpose::Page => {
            let fallback = resolve_target(
                draft.catalog,
                &draft.catalog.organization.fallback,
                draft.cx.now,
            );
            let is_fallback = |person| Recipient::Person(person) == message.recipient;
            if fallback.into_iter().any(is_fallback) {
                inform_default_team(draft, message);
            } else {
                page_fallback(draft, FallbackCause::NobodyReached);
            }
        }
        Purpose::Told {
            stage,
            impact,
            path,
            on_behalf_of,
        } => {
            let recipient = on_behalf_of
                .clone()
                .unwrap_or_else(|| message.recipient.clone());
            let fact = Fact::NotTold {
                recipient,
                stage: *stage,
                reason: NotTold::EveryContactFailed,
                impact: *impact,
                path: path.clone(),
            };
            draft.note(fact, None, None);
            inform_default_team(draft, message);
        }
        Purpose::Informed { .. } => inform_default_team(draft, message),
        Purpose::Undeliverable { .. } => {}
    }
}

fn inform_default_team(draft: &mut Draft<'_>, message: &Message) {
    let team = Recipient::Team(draft.catalog.organization.default_team.clone());
    if team != message.recipient && !team.contacts(draft.catalog).is_empty() {
        let recipient = message.recipient.clone();
        let purpose = Purpose::Undeliverable {
            message: message.id,
        };
        draft.queue(team, purpose, Why::EveryContactFailed { recipient });
    }
}

fn clipped(answer: &str) -> String {
    answer.chars().take(LONGEST_ANSWER).collect()
}

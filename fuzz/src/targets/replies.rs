//! What a mail server says, whatever it is.

use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_hub::delivery::{Content, Outgoing};
use wheelhouse_wire::render::Brief;

use crate::relay::{Relay, deliver};

/// The longest answer that is kept, in characters.
const LONGEST_ANSWER: usize = 500;

/// A conversation in which the server says these lines, one at a time.
pub fn run(input: &[u8]) {
    let delivered = deliver(&mail(), Relay::Says(input.to_vec()));
    let answer = match &delivered.outcome {
        Outcome::Accepted { answer } => {
            let over = delivered.heard.windows(5).any(|end| end == b"\r\n.\r\n");
            assert!(over, "a mail that was never handed over counts as accepted");
            answer
        }
        Outcome::Failed { answer, .. } | Outcome::Unknown { answer } | Outcome::Held { answer, .. } => answer,
    };
    assert!(answer.chars().count() <= LONGEST_ANSWER && !answer.chars().any(char::is_control), "{answer:?}");
}

fn mail() -> Outgoing {
    Outgoing {
        id: "INC-1/m1".into(),
        lane: Lane::Page,
        contact: Contact::Email("dana@quay.example".into()),
        channel: None,
        content: Content {
            subject: "ledger does not answer".into(),
            text: "Since 02:05.\n.\n".into(),
            headers: Vec::new(),
            message_id: "<INC-1.m1@hub.example>".into(),
            references: Vec::new(),
            json: serde_json::Value::Null,
            brief: Brief::default(),
        },
        repeated: false,
    }
}

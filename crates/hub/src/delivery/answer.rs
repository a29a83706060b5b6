//! What the other side said, cut to a size and a form that the record can keep.

use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::time::Duration;

use super::gate::Health;

/// The most characters that are kept of an answer.
const LONGEST_ANSWER: usize = 500;

/// How one attempt went, and what it says about its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// How it went.
    pub(super) outcome: Outcome,
    /// How the destination does.
    pub(super) health: Health,
    /// For how long the destination asks to be left alone.
    pub(super) later: Option<Duration>,
}

impl Attempt {
    pub(super) const fn of(outcome: Outcome, health: Health) -> Self {
        Self { outcome, health, later: None }
    }

    /// The same with other words.
    pub(super) fn said(self, words: impl Fn(&str) -> String) -> Self {
        let outcome = match self.outcome {
            Outcome::Accepted { answer } => Outcome::Accepted { answer: words(&answer) },
            Outcome::Failed { answer, permanent } => Outcome::Failed { answer: words(&answer), permanent },
            Outcome::Unknown { answer } => Outcome::Unknown { answer: words(&answer) },
            Outcome::Held { answer, until } => Outcome::Held { answer: words(&answer), until },
        };
        Self { outcome, ..self }
    }
}

/// The answer in one line: control characters become spaces, and what is too long is cut.
pub(super) fn one_line(answer: &str) -> String {
    let mut line = String::new();
    for word in answer.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * LONGEST_ANSWER {
            break;
        }
    }
    if line.chars().count() > LONGEST_ANSWER {
        line = line.chars().take(LONGEST_ANSWER - 1).chain(['…']).collect();
    }
    line
}

pub(super) fn accepted(answer: &str) -> Outcome {
    Outcome::Accepted { answer: one_line(answer) }
}

/// Trying again may help.
pub(super) fn temporary(answer: &str) -> Outcome {
    Outcome::Failed { answer: one_line(answer), permanent: false }
}

/// Trying again is pointless.
pub(super) fn permanent(answer: &str) -> Outcome {
    Outcome::Failed { answer: one_line(answer), permanent: true }
}

/// An error with all that brought it about, each said once.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        source = cause.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_one_line_of_bounded_length() {
        assert_eq!(one_line(" 250-first\r\n250\tsecond\u{7} "), "250-first 250 second");
        let long = one_line(&"ä".repeat(10_000));
        assert_eq!(long.chars().count(), LONGEST_ANSWER);
        assert!(long.ends_with('…'));
    }
}

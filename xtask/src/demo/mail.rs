//! What the mail catcher has caught.

use serde::Deserialize;

use super::http;
use super::trouble::{Result, Trouble};

/// One caught message.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// Its recipients on the wire.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text part.
    pub text: String,
}

impl Mail {
    /// Whether its subject or text names the case, and not one whose number merely starts alike.
    pub fn is_about(&self, case: &str) -> bool {
        [&self.subject, &self.text].into_iter().any(|text| names(text, case))
    }

    /// Whether it asks for something that a run or an automation wants, and is neither a page nor a notice of the case.
    pub fn asks_for_an_answer(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("Answer:"))
    }
}

/// All messages, in order of arrival.
pub fn caught(port: u16) -> Result<Vec<Mail>> {
    let trouble = |what: String| Trouble::new(what, "see .run/logs/mail-catcher.log");
    let answer = http::get(port, "/messages.json")
        .map_err(|error| trouble(format!("the mail catcher does not answer: {error}")))?;
    serde_json::from_str(&answer.body)
        .map_err(|error| trouble(format!("the mail catcher's answer is not understood: {error}")))
}

fn names(text: &str, case: &str) -> bool {
    text.match_indices(case).any(|(start, found)| {
        let after = text.get(start + found.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|next| next.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn a_mail_about_another_case_is_not_about_this_one() {
        assert!(names("[INC-1] ledger is down", "INC-1"));
        assert!(names("…/cases/INC-1", "INC-1"));
        assert!(!names("[INC-17] portal is slow", "INC-1"));
        assert!(names("INC-17 follows INC-1.", "INC-1"));
    }
}

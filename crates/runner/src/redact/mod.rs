//! Keeping secrets out of what a step says: found in many spellings, across any borders between pieces.
//!
//! | spelling | as in |
//! |---|---|
//! | as it is, and each line of it | `echo`, a key file that is indented |
//! | base64, standard and URL-safe, at each of the three alignments, also folded into lines | `Authorization: Basic`, `base64`, a Kubernetes secret |
//! | hexadecimal, lower and upper case, also in groups with blanks or colons | `xxd -p`, `openssl` |
//! | percent-encoded, as libraries differ, and as a form field | a URL in a log |
//! | inside a JSON string, with and without escaping what is not ASCII | a logged request |
//! | quoted for a shell | `set -x` |
//! | escaped for XML or HTML | a page |
//!
//! What is found becomes `[secret:NAME]`. What could still become one is held back until it cannot; nothing else
//! is. Where base64 shares a character with what stands before or after the secret, that one character stays:
//! it says four bits of the secret at most. A secret that a program cuts into pieces or encodes in a way
//! of its own cannot be found.

mod automaton;
mod forms;
mod stream;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use crate::secret::Secret;
use automaton::{Automaton, Matcher};
pub use stream::Redactor;

/// The shortest secret that can be kept out of output: a shorter one would be found everywhere.
pub const SHORTEST: usize = 6;
/// The longest secret.
pub const LONGEST: usize = 16 << 10;
/// The most bytes of all secrets of a step.
pub const MOST: usize = 32 << 10;

/// Why a secret cannot be kept out of output, so that no step may have it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RedactError {
    /// It would be found in harmless text.
    #[error(
        "the secret `{name}` is shorter than {SHORTEST} bytes, so it cannot be told from other text\n  = help: use a longer one"
    )]
    TooShort {
        /// Which one.
        name: String,
    },
    /// It is longer than one may be.
    #[error("the secret `{name}` is longer than {LONGEST} bytes\n  = help: hand over a key to it instead")]
    TooLong {
        /// Which one.
        name: String,
    },
    /// All together are longer than they may be.
    #[error("the step's secrets are longer than {MOST} bytes together\n  = help: split the step")]
    TooMuch,
    /// The patterns cannot be compiled.
    #[error("the secrets cannot be kept out of output: {0}")]
    Patterns(String),
}

/// The secrets of a step in all their spellings, ready to be looked for.
#[derive(Debug, Default)]
pub struct Secrets {
    names: Vec<String>,
    plain: Option<Automaton>,
    squeezed: Option<Automaton>,
}

impl Secrets {
    /// Prepares to look for these secrets.
    ///
    /// # Errors
    /// If one is too short or too long, or all together are.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Result<Arc<Self>, RedactError> {
        let mut names = Vec::new();
        let (mut plain, mut squeezed) = (BTreeMap::new(), BTreeMap::new());
        let mut all = 0;
        for (name, secret) in secrets {
            let value = secret.expose().trim_ascii();
            all += value.len();
            match value.len() {
                0..SHORTEST => return Err(RedactError::TooShort { name: name.to_owned() }),
                length if length > LONGEST => return Err(RedactError::TooLong { name: name.to_owned() }),
                _ if all > MOST => return Err(RedactError::TooMuch),
                _ => {}
            }
            let owner = names.len();
            names.push(name.to_owned());
            forms::collect(value, |form, folds| {
                let into = if folds { &mut squeezed } else { &mut plain };
                into.entry(form).or_insert(owner);
            });
        }
        Ok(Arc::new(Self { names, plain: Automaton::new(plain)?, squeezed: Automaton::new(squeezed)? }))
    }

    /// Replaces every secret in a text that is there as a whole.
    #[must_use]
    pub fn redact(self: &Arc<Self>, text: &str) -> String {
        if self.names.is_empty() {
            return text.to_owned();
        }
        let mut clean = Vec::with_capacity(text.len());
        let mut redactor = Redactor::new(Arc::clone(self));
        redactor.push(text.as_bytes(), &mut clean);
        redactor.finish(&mut clean);
        // What is replaced begins and ends where a spelling does, and those may be cut from any bytes.
        String::from_utf8_lossy(&clean).into_owned()
    }

    /// Replaces every secret in the texts of a JSON value, names of fields included.
    #[must_use]
    pub fn redact_value(self: &Arc<Self>, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.redact_value(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (self.redact(&name), self.redact_value(value))).collect()
            }
            // A secret may be a number, and then it would pass as one.
            Value::Number(number) => {
                let text = number.to_string();
                let clean = self.redact(&text);
                if clean == text { Value::Number(number) } else { Value::String(clean) }
            }
            other => other,
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn matcher(&self, squeezed: bool) -> Option<Matcher> {
        (if squeezed { &self.squeezed } else { &self.plain }).as_ref().map(Automaton::begin)
    }

    fn name(&self, owner: usize) -> &str {
        self.names.get(owner).map_or("", String::as_str)
    }
}

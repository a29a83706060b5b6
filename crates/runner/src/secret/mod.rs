//! Secrets, and where a runner has them from.
//!
//! Another source, such as a service that keeps secrets, is a file here with a type that is a [`SecretSource`]: it
//! says `None` where it does not have a secret, so that the next one is asked; fails with [`SecretError::Service`] where
//! it cannot be asked, so that nothing begins without one; and never puts a value into an error. It is given to a
//! runner where the others are, by the options of `wheelhouse runner` and of the hub's own, in the order in which they
//! are asked.

mod age_files;
mod environment;
mod files;

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;
use zeroize::Zeroizing;

pub use age_files::AgeFiles;
pub use environment::EnvironmentSecrets;
pub use files::FileSecrets;

/// A secret value. It does not print, and its memory is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes a value.
    #[must_use]
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The value as text, without a line end behind it.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok().map(|text| text.trim_end_matches(['\r', '\n']))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where secrets come from: something on this machine, or a service that keeps them.
pub trait SecretSource: Send + Sync {
    /// Finds a secret; none if this source does not have it. It may take its time: a step's deadline has not
    /// begun yet.
    ///
    /// # Errors
    /// If the source has it, or must be asked for it, and cannot give it.
    fn find(&self, name: &str) -> Result<Option<Secret>, SecretError>;
}

/// Why a secret could not be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// No source has it.
    #[error("no source of this runner has the secret `{name}`\n  = help: give it to the runner, or correct the name")]
    Unknown {
        /// Which one.
        name: String,
    },
    /// The name could lead anywhere.
    #[error(
        "`{name}` cannot be the name of a secret: 1 to 128 letters, digits, `-`, `_` or `.`, not beginning with a dot"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A file cannot be read.
    #[error("the secret `{name}` cannot be read from {path}: {problem}\n  = help: {help}", path = path.display())]
    File {
        /// Which one.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do.
        help: &'static str,
    },
    /// A service that keeps secrets did not give it.
    #[error("the secret `{name}` could not be had: {problem}")]
    Service {
        /// Which one.
        name: String,
        /// What is wrong, without the secret.
        problem: String,
    },
}

/// Asks sources one after the other; the first that has the secret gives it.
///
/// # Errors
/// If none has it, the name cannot be one, or a source fails.
pub fn find(sources: &[Box<dyn SecretSource>], name: &str) -> Result<Secret, SecretError> {
    let usable = !name.is_empty()
        && name.len() <= 128
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !usable {
        return Err(SecretError::Name { name: name.to_owned() });
    }
    for source in sources {
        if let Some(secret) = source.find(name)? {
            return Ok(secret);
        }
    }
    Err(SecretError::Unknown { name: name.to_owned() })
}

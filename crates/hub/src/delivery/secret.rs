//! Secrets: read from the environment or a file, never shown.

use std::fmt;
use std::path::Path;

/// The largest secret, in bytes.
const LARGEST_BYTES: u64 = 4_096;

/// A secret. It has no way to be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Why a secret could not be read. Names where it was looked for, never what was found.
#[derive(Debug, thiserror::Error)]
pub enum BadSecret {
    /// The environment lacks it.
    #[error("the environment variable {0} is not set, or is not text; set it to the secret")]
    Environment(String),
    /// The file cannot be read.
    #[error("the secret in {path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing, or too much.
    #[error("the secret in {place} is empty or longer than {LARGEST_BYTES} bytes")]
    Size {
        /// The variable or file.
        place: String,
    },
}

impl Secret {
    /// Takes bytes as a secret.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads a secret from an environment variable.
    pub fn from_env(variable: &str) -> Result<Self, BadSecret> {
        let text = std::env::var(variable).map_err(|_| BadSecret::Environment(variable.to_owned()))?;
        Self::checked(text.into_bytes(), variable)
    }

    /// Reads a secret from a file, without the line end that editors leave behind it.
    pub fn from_file(path: &Path) -> Result<Self, BadSecret> {
        let place = path.display().to_string();
        let failed = |source| BadSecret::File { path: place.clone(), source };
        if std::fs::metadata(path).map_err(failed)?.len() > LARGEST_BYTES {
            return Err(BadSecret::Size { place });
        }
        let mut bytes = std::fs::read(path).map_err(failed)?;
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        Self::checked(bytes, &place)
    }

    /// The bytes, for whoever must use them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn checked(bytes: Vec<u8>, place: &str) -> Result<Self, BadSecret> {
        if bytes.is_empty() || bytes.len() as u64 > LARGEST_BYTES {
            return Err(BadSecret::Size { place: place.to_owned() });
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn files_lose_their_line_end_and_nothing_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "pass word\n").unwrap();
        let secret = Secret::from_file(&path).unwrap();
        assert_eq!(secret.expose(), b"pass word");
        assert!(!format!("{secret:?}").contains("pass"));
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(Secret::from_file(&path), Err(BadSecret::Size { .. })));
        assert!(matches!(Secret::from_file(&folder.path().join("none")), Err(BadSecret::File { .. })));
        assert!(matches!(Secret::from_env("WHEELHOUSE_NO_SUCH_VARIABLE"), Err(BadSecret::Environment(_))));
    }
}

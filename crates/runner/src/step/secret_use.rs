//! Which secrets a step is given, and by which way.

use serde::{Deserialize, Serialize};

/// A secret that a step is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretUse {
    /// The secret's name, which the runner's sources know.
    pub secret: String,
    /// What the step calls it: `DB_PASSWORD`.
    pub name: String,
    /// By which way it is handed over.
    #[serde(default)]
    pub delivery: Delivery,
}

/// How a secret reaches a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// As an open file that is on no disk. `DB_PASSWORD_FD` says its number, and `DB_PASSWORD_FILE` a path
    /// under which it can be opened as often as needed.
    #[default]
    Descriptor,
    /// As a file in the step's private folder that only its user may read; `DB_PASSWORD_FILE` says where.
    /// For programs that hand the path on to others.
    File,
    /// As the environment variable `DB_PASSWORD`. Every child inherits it, and the user's other processes
    /// can read it.
    Environment,
}

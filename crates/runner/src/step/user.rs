//! Whom a step runs as.

use std::fs;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A user and a group of the machine, by number. The step has no supplementary groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Why a user cannot be found by name.
#[derive(Debug, Error)]
pub enum UserError {
    /// The list of users cannot be read.
    #[error("cannot read /etc/passwd, so `{name}` cannot be found\n  = help: name the user by its numbers")]
    Unreadable {
        /// The name that was asked for.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nobody is called so.
    #[error("no user of this machine is called `{name}`\n  = help: create it, or name one that is in /etc/passwd")]
    Unknown {
        /// The name that was asked for.
        name: String,
    },
}

impl User {
    /// Finds a user in `/etc/passwd`. Users of directories such as LDAP are not asked for: name those by number.
    ///
    /// # Errors
    /// If the file cannot be read or does not know the name.
    pub fn named(name: &str) -> Result<Self, UserError> {
        let list = fs::read_to_string("/etc/passwd")
            .map_err(|source| UserError::Unreadable { name: name.to_owned(), source })?;
        list.lines()
            .find_map(|line| {
                let mut fields = line.split(':');
                let found = fields.next()? == name;
                let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
                found.then_some(Self { uid, gid })
            })
            .ok_or_else(|| UserError::Unknown { name: name.to_owned() })
    }
}

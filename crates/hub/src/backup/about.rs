//! What a backup is about, and what is in it.

use serde::{Deserialize, Serialize};
use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::record::{Checkpoint, first_origin};
use wheelhouse_store::{Readers, Sqlite, StoreError};
use wheelhouse_wire::api::Time;

use super::BackupError;

/// The word for this form of backups.
const FORM: &str = "wheelhouse-backup/1";

/// What a backup is about; its first file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The form of the backup.
    pub form: String,
    /// When it was made.
    pub made_at: Time,
    /// The release that made it.
    pub program: String,
    /// The schema of its database.
    pub schema: u32,
    /// The last commit in it.
    pub commit: u64,
    /// How many entries its record has.
    pub entries: u64,
    /// The signed head of its record; absent where the record is empty.
    pub checkpoint: Option<String>,
    /// Whether the hub's keys are in it.
    pub keys: bool,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Its path within the backup.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// All that is in a backup; its last file, so that one that was cut off has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    /// What it is about, once more.
    pub(super) about: About,
    /// Its other files, in their order.
    pub(super) files: Vec<Stored>,
}

impl About {
    /// What a backup with this database is about.
    pub(super) fn of(copy: &Readers, made_at: Time, keys: bool) -> Result<Self, StoreError> {
        Ok(Self {
            form: FORM.to_owned(),
            made_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema: Sqlite::schema(),
            commit: copy.last_commit()?,
            entries: copy.tree_size()?,
            checkpoint: copy.checkpoint()?,
            keys,
        })
    }

    /// The head of its record.
    pub fn head(&self) -> Option<Checkpoint> {
        self.checkpoint.as_ref().and_then(|note| parse(note.as_bytes()).ok()).map(|(head, _)| head)
    }

    /// The name of the record that it is of, which stays the same over restores.
    pub fn record(&self) -> Option<String> {
        self.head().map(|head| first_origin(head.origin()).to_owned())
    }

    /// Refuses what this release cannot read.
    pub(super) fn check(&self) -> Result<(), BackupError> {
        if self.form != FORM {
            return Err(BackupError::Form { found: self.form.clone(), known: FORM });
        }
        if self.schema > Sqlite::schema() {
            let (program, schema) = (self.program.clone(), self.schema);
            return Err(BackupError::Newer { program, schema, known: Sqlite::schema() });
        }
        Ok(())
    }
}

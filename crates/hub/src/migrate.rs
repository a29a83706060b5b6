//! Moving a hub's data from its file to PostgreSQL, with the record intact.

use std::path::Path;

use wheelhouse_store::{Address, Candidate, Lease, Moved, Readers, StoreError, move_to_postgres};

use crate::verify::{Report, VerifyError, verify_data, verify_with_key_of};

/// For how long nobody may lead where the move is broken off; the copy itself keeps others away for as long as it takes.
const LEASE: std::time::Duration = std::time::Duration::from_secs(30);

/// What was moved.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// How much.
    pub moved: Moved,
    /// The last signed checkpoint: the same before and after.
    pub checkpoint: Option<String>,
    /// What verifying the record in its new place found.
    pub verified: Report,
}

/// Why the data could not be moved.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The record does not verify where it is.
    #[error("the record in {0} does not verify: {1}; nothing was moved (`wheelhouse record verify --data` says more)")]
    Unsound(String, String),
    /// A hub leads the organisation in the database.
    #[error("{holder} leads this organisation in the database now; stop it first")]
    Led {
        /// The hub.
        holder: String,
    },
    /// The checkpoint is another one afterwards.
    #[error("the checkpoint in the database is not that of the file")]
    Otherwise,
    /// One of the databases failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record could not be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// Verifies the record in the data folder, copies all of its database into PostgreSQL in one transaction, and verifies it
/// there. The file stays as it is.
///
/// # Errors
/// When the record does not verify, a hub has the folder or leads the organisation, or there is data already.
pub fn migrate(data: &Path, to: &Address) -> Result<Migrated, MigrateError> {
    let before = verify_data(data, None, None)?;
    if let Some(problem) = before.problems.first() {
        return Err(MigrateError::Unsound(data.display().to_string(), problem.clone()));
    }
    let file = data.join(crate::serve::DATABASE);
    let checkpoint = Readers::open_even_read_only(&file)?.checkpoint()?;
    let candidate = Candidate { holder: "a move of data".into(), address: String::new(), lease: LEASE };
    let mut lease = Lease::new(to.clone(), candidate);
    lease.prepare()?;
    let Some(epoch) = lease.take()? else {
        let holder = lease.leader()?.map(|leader| leader.holder).unwrap_or_default();
        return Err(MigrateError::Led { holder });
    };
    let moved = move_to_postgres(&file, to, epoch);
    let given_up = lease.give_up(epoch);
    let moved = moved?;
    given_up?;
    let readers = Readers::open_postgres(to.clone(), 1)?;
    if readers.checkpoint()? != checkpoint {
        return Err(MigrateError::Otherwise);
    }
    let verified = verify_with_key_of(data, &readers)?;
    Ok(Migrated { moved, checkpoint, verified })
}

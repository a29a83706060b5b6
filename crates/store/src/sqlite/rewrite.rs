//! A file without what was erased: it is rewritten (`VACUUM`), and the write-ahead log cut to nothing.

use crate::StoreError;
use crate::sql::Connection;
use crate::tables::erase;

/// Rewrites the file without what was erased, and cuts the write-ahead log to nothing. Says whether
/// it could: a reader of an older state keeps the log as it is, and it must be tried again.
pub(super) fn rewrite(connection: &Connection) -> Result<bool, StoreError> {
    let Connection::Sqlite(file) = connection else { return Ok(true) };
    file.execute_batch("VACUUM")?;
    let busy: i64 = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Ok(false);
    }
    erase::is_done(connection)?;
    Ok(true)
}

//! Asking a SQLite file, opened only to read it.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, params_from_iter};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use serde_json::Value;

use super::{Problem, Table};
use crate::outcome::End;
use crate::runner::Execution;
use crate::step::SqlStep;

/// Asks the file; a query that takes too long is interrupted from beside.
pub(super) fn ask(execution: &Execution<'_>, sql: &SqlStep, path: &Path) -> Result<Table, Problem> {
    if sql.may_write {
        return Err(Problem::NotSent(
            "a SQLite file is only read by steps\n  = help: change it with the program that owns it".to_owned(),
        ));
    }
    let failed =
        |error: &dyn std::fmt::Display| Problem::NotSent(format!("{} cannot be asked: {error}", path.display()));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(&error))?;
    // ATTACH would reach other files, and a pragma can write.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF").map_err(|error| failed(&error))?;
    connection.busy_timeout(std::time::Duration::from_secs(1)).map_err(|error| failed(&error))?;
    let done = eventfd(0, EventfdFlags::CLOEXEC).map_err(|error| failed(&error))?;
    let interrupt = connection.get_interrupt_handle();
    let left = execution.deadline().saturating_sub(execution.elapsed());
    let left =
        Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut fds =
                [PollFd::new(&done, PollFlags::IN), PollFd::from_borrowed_fd(execution.cancel.as_fd(), PollFlags::IN)];
            let ready = poll(&mut fds, Some(&left));
            if fds.first().is_none_or(|done| done.revents().is_empty()) {
                // Once may be too early: the query may not have begun.
                for _try in 0..3_000 {
                    interrupt.interrupt();
                    let soon = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
                    let _interrupted = poll(&mut [PollFd::new(&done, PollFlags::IN)], Some(&soon));
                    let mut asked = [PollFd::new(&done, PollFlags::IN)];
                    if matches!(poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(ready) if ready > 0) {
                        break;
                    }
                }
                return Some(if ready == Ok(0) { End::TimedOut } else { End::Cancelled });
            }
            None
        });
        let table = read(&connection, sql);
        // The watcher ends by it; a counter that starts at zero always takes one more.
        let _told = rustix::io::write(&done, &1_u64.to_ne_bytes());
        let given_up = watcher.join().ok().flatten();
        match (table, given_up) {
            (Err(error), Some(end)) if is_interrupted(&error) => Err(Problem::Ended(end)),
            (Ok(table), _) => table,
            (Err(error), _) => Err(Problem::Refused(format!("the database says: {error}"))),
        }
    })
}

fn read(connection: &Connection, sql: &SqlStep) -> Result<Result<Table, Problem>, Error> {
    let mut statement = connection.prepare(&sql.query)?;
    if !statement.readonly() {
        return Ok(Err(Problem::Refused(
            "the query would change the database; steps only read SQLite files".to_owned(),
        )));
    }
    let mut table =
        Table { columns: statement.column_names().iter().map(|&name| name.to_owned()).collect(), ..Table::default() };
    let columns = table.columns.len();
    let mut rows = statement.query(params_from_iter(&sql.parameters))?;
    while let Some(row) = rows.next()? {
        let values: Result<Vec<Value>, Error> = (0..columns).map(|at| row.get_ref(at).map(text)).collect();
        if let Err(problem) = table.push(values?, sql.max_rows) {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(table))
}

fn text(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::String(number.to_string()),
        ValueRef::Real(number) => Value::String(number.to_string()),
        ValueRef::Text(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => {
            Value::String(bytes.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}")))
        }
    }
}

fn is_interrupted(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

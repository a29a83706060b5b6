//! A connection to either engine, and its transactions.

use std::ops::Deref;

use super::{Params, Result, Row, Statement};
use crate::postgres::Session;

/// A connection. One thread uses it at a time.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Session>),
}

impl Connection {
    /// A statement that is used once, or whose rows are too many to be held at once: on PostgreSQL they come a piece at a
    /// time, inside of a transaction.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        match self {
            Self::Sqlite(connection) => Ok(Statement::Sqlite(connection.prepare(sql)?)),
            Self::Postgres(session) => Ok(Statement::Postgres { session, sql: sql.to_owned(), in_pieces: true }),
        }
    }

    /// A statement that is used again and again, with few rows.
    pub(crate) fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        match self {
            Self::Sqlite(connection) => Ok(Statement::SqliteCached(connection.prepare_cached(sql)?)),
            Self::Postgres(session) => Ok(Statement::Postgres { session, sql: sql.to_owned(), in_pieces: false }),
        }
    }

    /// Executes a statement once; says how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// Reads one row, or says that there is none.
    pub(crate) fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    /// Begins a transaction that writes.
    pub(crate) fn begin(&self) -> Result<Transaction<'_>> {
        self.transaction("BEGIN IMMEDIATE", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    }

    /// Begins a transaction that sees one instant and writes nothing.
    pub(crate) fn snapshot(&self) -> Result<Transaction<'_>> {
        self.transaction("BEGIN DEFERRED", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn transaction(&self, sqlite: &str, postgres: &str) -> Result<Transaction<'_>> {
        self.run(sqlite, postgres)?;
        Ok(Transaction { connection: self, open: true })
    }

    fn run(&self, sqlite: &str, postgres: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sqlite)?),
            Self::Postgres(session) => session.batch(postgres),
        }
    }

    /// Executes one `INSERT` for each of many rows, which must have a value for every column that it names.
    pub(crate) fn append<P: Params>(&self, sql: &str, rows: &[P]) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let mut insert = Statement::SqliteCached(connection.prepare_cached(sql)?);
                rows.iter().try_for_each(|row| insert.execute_with(row).map(drop))
            }
            Self::Postgres(session) => session.append(sql, rows),
        }
    }
}

/// A transaction, rolled back when dropped unless it was committed. Everything that its connection does meanwhile is part
/// of it.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    connection: &'a Connection,
    open: bool,
}

impl Transaction<'_> {
    /// Makes what was written durable.
    pub(crate) fn commit(mut self) -> Result<()> {
        self.connection.run("COMMIT", "COMMIT")?;
        self.open = false;
        Ok(())
    }

    /// Ends a transaction that wrote nothing.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.open = false;
        self.connection.run("ROLLBACK", "ROLLBACK")
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // SQLite ends a transaction by itself after some errors; then there is nothing to roll back.
        let over = matches!(self.connection, Connection::Sqlite(connection) if connection.is_autocommit());
        if self.open
            && !over
            && let Err(error) = self.connection.run("ROLLBACK", "ROLLBACK")
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "a transaction could not be rolled back");
        }
    }
}

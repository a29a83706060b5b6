//! Statements of either engine.

use rusqlite::types::{ToSqlOutput, ValueRef};

use super::{DatabaseError, Param, Params, Result, Row, Rows};
use crate::postgres::Session;

/// A statement of a connection.
pub(crate) enum Statement<'a> {
    Sqlite(rusqlite::Statement<'a>),
    SqliteCached(rusqlite::CachedStatement<'a>),
    Postgres {
        session: &'a Session,
        /// In the dialect of all texts.
        sql: String,
        /// Whether rows come a piece at a time.
        in_pieces: bool,
    },
}

impl Statement<'_> {
    /// Executes it; says how many rows it changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize> {
        self.execute_with(&params)
    }

    /// As [`execute`](Self::execute).
    pub(super) fn execute_with(&mut self, params: &impl Params) -> Result<usize> {
        let params = params.list();
        let params = params.as_ref();
        match self {
            Self::Sqlite(statement) => Ok(statement.execute(sqlite(params))?),
            Self::SqliteCached(statement) => Ok(statement.execute(sqlite(params))?),
            Self::Postgres { session, sql, .. } => session.execute(sql, params),
        }
    }

    /// Its rows.
    pub(crate) fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        let params = params.list();
        let params = params.as_ref();
        match self {
            Self::Sqlite(statement) => Ok(Rows::Sqlite(statement.query(sqlite(params))?)),
            Self::SqliteCached(statement) => Ok(Rows::Sqlite(statement.query(sqlite(params))?)),
            Self::Postgres { session, sql, in_pieces } if *in_pieces => Ok(Rows::pieces(session.cursor(sql, params)?)),
            Self::Postgres { session, sql, .. } => Ok(Rows::Postgres(session.query(sql, params)?.into_iter(), None)),
        }
    }

    /// Its first row, or that there is none.
    pub(crate) fn query_row<T>(&mut self, params: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        let mut rows = self.query(params)?;
        read(&rows.next()?.ok_or(DatabaseError::NoRow)?)
    }

    /// Whether it has a row.
    pub(crate) fn exists(&mut self, params: impl Params) -> Result<bool> {
        Ok(self.query(params)?.next()?.is_some())
    }

    /// All its rows, each read.
    pub(crate) fn query_map<T>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = self.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(&row)?);
        }
        Ok(found)
    }
}

/// Values as SQLite takes them, without a copy.
fn sqlite<'a>(params: &'a [Param<'a>]) -> rusqlite::ParamsFromIter<impl Iterator<Item = ToSqlOutput<'a>>> {
    rusqlite::params_from_iter(params.iter().map(|param| {
        ToSqlOutput::Borrowed(match *param {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        })
    }))
}

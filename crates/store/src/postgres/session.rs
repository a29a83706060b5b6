//! One connection to PostgreSQL, driven by the thread that uses it.
//!
//! There is no thread behind it: its small runtime moves only while somebody waits for an answer, so that the writer's own
//! thread does all of its work.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::time::Instant;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::address::Address;
use super::value::Bound;
use crate::sql::{DatabaseError, Param, Params, Result, dialect};

/// From how many rows on they are copied instead of inserted one by one.
const COPIED: usize = 32;
/// Statements kept prepared by a connection; beyond that all are forgotten.
const STATEMENTS: usize = 256;
/// Rows that come at once where they come in pieces.
const PIECE: usize = 1_000;
/// After how long without use a connection is tried before it is used.
const IDLE: Duration = Duration::from_secs(3);

/// A connection of one organisation.
#[derive(Debug)]
pub(crate) struct Session {
    runtime: Moving,
    client: Client,
    org: String,
    /// How long an answer may take.
    patience: Duration,
    statements: RefCell<HashMap<String, Statement>>,
    cursors: Cell<u64>,
    used: Cell<Instant>,
    /// Whether it failed in a way that leaves nothing to be said over it.
    is_broken: Cell<bool>,
}

impl Session {
    /// Connects, with the search path and the limits of this product.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub(crate) fn connect(address: &Address, patience: Duration) -> Result<Self> {
        let runtime = Moving::new()?;
        let client = match &runtime.0 {
            Some(inner) => waiting(&runtime, patience, address.connect(inner))??,
            None => return Err(DatabaseError::Silent { seconds: 0 }),
        };
        let session = Self {
            runtime,
            client,
            org: address.org.clone(),
            patience,
            statements: RefCell::default(),
            cursors: Cell::new(0),
            used: Cell::new(now()),
            is_broken: Cell::new(false),
        };
        let millis = patience.as_millis();
        // What the server has not done by then is given up by it as well, so that a hub that was stopped within a
        // transaction keeps nobody from anything.
        session.batch(&format!(
            "SET client_min_messages = warning; SET statement_timeout = {millis}; SET lock_timeout = {millis}; \
             SET idle_in_transaction_session_timeout = {millis}; SET standard_conforming_strings = on; \
             SET search_path = wheelhouse_org, wheelhouse"
        ))?;
        session.wait(session.client.query("SELECT set_config('wheelhouse.org', $1, false)", &[&session.org]))?;
        Ok(session)
    }

    /// Whether it can still be used. One that nobody used for a while is tried.
    pub(crate) fn is_alive(&self) -> bool {
        // What the server said meanwhile, such as that it goes away, is only read when the runtime moves.
        {
            let moved = async {
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
            };
            let _in_time = waiting(&self.runtime, self.patience, moved);
        }
        let may_be = !self.is_broken.get() && !self.client.is_closed();
        may_be && (self.used.get().elapsed() < IDLE || self.batch("SELECT 1").is_ok())
    }

    /// The name of the organisation whose rows it sees.
    pub(super) fn org(&self) -> &str {
        &self.org
    }

    /// Executes statements without values.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Executes one of our texts; says how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        let statement = self.statement(sql)?;
        let changed = self.wait(self.client.execute_raw(&statement, params.iter().map(|param| Bound(*param))))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// All rows of one of our texts.
    pub(crate) fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let statement = self.statement(sql)?;
        self.rows(&statement, params)
    }

    /// All rows of a statement in PostgreSQL's own words.
    pub(super) fn ask(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let statement = self.prepared(sql, || sql.to_owned())?;
        self.rows(&statement, params)
    }

    /// The rows of one of our texts, a piece at a time; within a transaction.
    pub(crate) fn cursor(&self, sql: &str, params: &[Param<'_>]) -> Result<Cursor<'_>> {
        let number = self.cursors.get() + 1;
        self.cursors.set(number);
        let declare = format!("DECLARE wheelhouse_{number} NO SCROLL CURSOR FOR {}", dialect::postgres(sql));
        let statement = self.wait(self.client.prepare(&declare))?;
        self.wait(self.client.execute_raw(&statement, params.iter().map(|param| Bound(*param))))?;
        Ok(Cursor { session: self, number, over: false })
    }

    /// Inserts many rows by one text that has a value for each of its columns: a few at once, more of them as a copy.
    pub(crate) fn append<P: Params>(&self, sql: &str, rows: &[P]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.statement(sql)?;
        if let Some((table, columns)) = dialect::target(sql).filter(|_| rows.len() >= COPIED) {
            return self.copy(table, columns, &statement, rows);
        }
        let lists: Vec<_> = rows.iter().map(Params::list).collect();
        let all = lists
            .iter()
            .map(|list| self.client.execute_raw(&statement, list.as_ref().iter().map(|param| Bound(*param))));
        self.wait(try_join_all(all)).map(drop)
    }

    fn copy<P: Params>(&self, table: &str, columns: &str, statement: &Statement, rows: &[P]) -> Result<()> {
        let copy = format!("COPY wheelhouse.{table} (org, {columns}) FROM STDIN (FORMAT binary)");
        let types: Vec<Type> = std::iter::once(Type::TEXT).chain(statement.params().iter().cloned()).collect();
        self.wait(async {
            let sink = self.client.copy_in(&copy).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            for row in rows {
                let row = row.list();
                let org = Bound(Param::Text(&self.org));
                let values: Vec<Bound<'_>> =
                    std::iter::once(org).chain(row.as_ref().iter().map(|param| Bound(*param))).collect();
                let values = values.iter().map(|value| value as &(dyn ToSql + Sync));
                writer.as_mut().write_raw(values).await?;
            }
            writer.finish().await
        })
        .map(drop)
    }

    fn rows(&self, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.wait(async {
            let rows = self.client.query_raw(statement, params.iter().map(|param| Bound(*param))).await?;
            futures_util::TryStreamExt::try_collect(rows).await
        })
    }

    /// Whether it can prepare one of our texts.
    #[cfg(test)]
    pub(crate) fn understands(&self, sql: &str) -> Result<()> {
        self.statement(sql).map(drop)
    }

    fn statement(&self, sql: &str) -> Result<Statement> {
        self.prepared(sql, || dialect::postgres(sql))
    }

    fn prepared(&self, key: &str, sql: impl FnOnce() -> String) -> Result<Statement> {
        if let Some(known) = self.statements.borrow().get(key) {
            return Ok(known.clone());
        }
        let statement = self.wait(self.client.prepare(&sql()))?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(key.to_owned(), statement.clone());
        Ok(statement)
    }

    fn wait<T>(&self, answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        if self.is_broken.get() {
            return Err(DatabaseError::Silent { seconds: 0 });
        }
        let answer = waiting(&self.runtime, self.patience + Duration::from_secs(1), answer);
        let answer = answer.and_then(|answer| answer.map_err(DatabaseError::from));
        self.used.set(now());
        if answer.as_ref().is_err_and(DatabaseError::is_about_the_connection) {
            self.is_broken.set(true);
        }
        answer
    }
}

/// The runtime of a connection, which may be dropped within another one.
#[derive(Debug)]
struct Moving(Option<Runtime>);

impl Moving {
    fn new() -> Result<Self> {
        let made = Builder::new_current_thread().enable_all().build();
        made.map(|runtime| Self(Some(runtime))).map_err(|_| DatabaseError::Silent { seconds: 0 })
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        // It would wait for what still runs in it, which is not allowed within another one: nothing does.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The steady clock, for how long a connection was not used: nothing that is recorded depends on it.
#[allow(
    clippy::disallowed_methods,
    reason = "whether a connection is tried before it is used is no decision about operations"
)]
fn now() -> Instant {
    Instant::now()
}

/// Waits on this thread, which may be one of another runtime.
fn waiting<T>(runtime: &Moving, patience: Duration, answer: impl Future<Output = T>) -> Result<T> {
    let Some(runtime) = &runtime.0 else { return Err(DatabaseError::Silent { seconds: 0 }) };
    let in_time = async { tokio::time::timeout(patience, answer).await };
    let done = match Handle::try_current() {
        Ok(outer) if outer.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(|| runtime.block_on(in_time))
        }
        _ => runtime.block_on(in_time),
    };
    done.map_err(|_| DatabaseError::Silent { seconds: patience.as_secs() })
}

/// Rows that come a piece at a time.
pub(crate) struct Cursor<'a> {
    session: &'a Session,
    number: u64,
    over: bool,
}

impl Cursor<'_> {
    /// The next piece; empty at the end.
    pub(crate) fn fetch(&mut self) -> Result<Vec<Row>> {
        if self.over {
            return Ok(Vec::new());
        }
        let Self { session, number, .. } = *self;
        let statement = format!("FETCH {PIECE} FROM wheelhouse_{number}");
        let statement = session.wait(session.client.prepare(&statement))?;
        let rows = session.rows(&statement, &[])?;
        if rows.len() < PIECE {
            self.over = true;
            session.batch(&format!("CLOSE wheelhouse_{number}"))?;
        }
        Ok(rows)
    }
}

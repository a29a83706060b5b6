//! The store on PostgreSQL.

mod address;
mod lease;
mod schema;
mod session;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

pub use address::Address;
pub(crate) use lease::hold;
pub use lease::{Candidate, Leader, Lease};
pub(crate) use session::{Cursor, Session};
pub(crate) use value::column;
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::notify::Message;
use wheelhouse_core::time::Duration as Span;

use crate::place::Place;
use crate::sql::{Connection, DatabaseError};
use crate::sqlite::connect::latest;
use crate::tables::{self, Position, erase};
use crate::{Batch, Loaded, Readers, Store, StoreError};

/// How long a reader's statement may take.
const READING: Duration = Duration::from_secs(60);
/// How often it is tried to find out whether a commit was made whose answer was lost.
const RESOLVING: u32 = 50;
/// How long sweeping may take.
const SWEEPING: Duration = Duration::from_secs(600);
/// Frees the room of rows that are gone, in the tables that texts are erased from.
const SWEEP: &str = "VACUUM wheelhouse.entries, wheelhouse.journal, wheelhouse.signals, wheelhouse.messages, \
     wheelhouse.replies, wheelhouse.attachments, wheelhouse.blobs";
/// How long it waits between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// An organisation's data in PostgreSQL, for the hub that leads it under one epoch of its lease.
#[derive(Debug)]
pub struct Postgres {
    address: Address,
    /// The leadership under which it commits.
    epoch: u64,
    /// How long one answer may take: below the lease.
    patience: Duration,
    connection: Option<Connection>,
    /// Where the tables end; read again after a failure.
    position: Option<Position>,
}

impl Postgres {
    /// Opens the data of an organisation for the hub that has its lease under `epoch`.
    ///
    /// # Errors
    /// When the database cannot be reached or its schema is another release's.
    pub fn open(address: Address, epoch: u64, lease: Duration) -> Result<Self, StoreError> {
        let mut store = Self { address, epoch, patience: lease / 2, connection: None, position: None };
        store.connect()?;
        Ok(store)
    }

    /// Opens that many connections, at least one, that read what was committed.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn readers(&self, connections: usize) -> Result<Readers, StoreError> {
        Readers::at(Place::Postgres(Box::new(self.address.clone())), connections)
    }

    fn connect(&mut self) -> Result<&Connection, StoreError> {
        let alive = |connection: &Connection| matches!(connection, Connection::Postgres(session) if session.is_alive());
        if self.connection.as_ref().is_none_or(|connection| !alive(connection)) {
            self.position = None;
            self.connection = None;
            let session = Session::connect(&self.address, self.patience)?;
            check(&session, &self.address)?;
            self.connection = Some(Connection::Postgres(Box::new(session)));
        }
        self.connection.as_ref().ok_or(StoreError::Database(DatabaseError::Silent { seconds: 0 }))
    }

    /// Finds out whether a commit was made whose answer was lost. Whatever of it still runs in the database holds the row of
    /// the lease, which is waited for.
    fn was_made(&mut self, batch: &Batch, failure: StoreError) -> Result<Position, StoreError> {
        for left in (0..RESOLVING).rev() {
            self.connection = None;
            match self.look(batch) {
                Ok(Some(position)) => return Ok(position),
                Ok(None) => return Err(failure),
                Err(error @ StoreError::Superseded { .. }) => return Err(error),
                Err(error) if left > 0 => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        commit = batch.commit,
                        "it is not known whether a commit was made; asking again"
                    );
                    pause();
                }
                Err(_) => break,
            }
        }
        Err(StoreError::Unresolved { commit: batch.commit })
    }

    fn look(&mut self, batch: &Batch) -> Result<Option<Position>, StoreError> {
        let epoch = self.epoch;
        let connection = self.connect()?;
        let transaction = connection.begin()?;
        let Connection::Postgres(session) = connection else { return Ok(None) };
        // The row is locked from here on, whoever leads: what is not made now never will be.
        let held = lease::hold(session, epoch);
        if !tables::is_made(&transaction, batch)? {
            return held.map(|()| None);
        }
        let position = Position::read(&transaction)?;
        transaction.finish()?;
        Ok(Some(position))
    }

    /// Makes the room of what was erased free for others. What was committed stays committed if it fails; it is tried again
    /// with the next erasure and at the next start.
    fn sweep(&self) {
        let address = self.address.clone();
        // It may take long, and the writer has pages to commit.
        let begun = std::thread::Builder::new().name("sweep".into()).spawn(move || {
            let swept = Session::connect(&address, SWEEPING).map_err(StoreError::from).and_then(|session| {
                session.batch(SWEEP)?;
                erase::is_done(&Connection::Postgres(Box::new(session)))
            });
            match swept {
                Ok(()) => tracing::info!(database = address.shown(), "made the room of what was erased free"),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the room of what was erased could not be made free; the next start tries again"
                ),
            }
        });
        if let Err(error) = begun {
            tracing::error!(%error, "the room of what was erased could not be made free; the next start tries again");
        }
    }
}

impl Store for Postgres {
    fn load(&mut self, keep: Span) -> Result<Loaded, StoreError> {
        self.position = None;
        if erase::is_due(self.connect()?)? {
            self.sweep();
        }
        tables::load(self.connect()?, keep)
    }

    fn load_case(&mut self, id: CaseId) -> Result<Option<(Case, Vec<Message>)>, StoreError> {
        tables::case_with_messages(self.connect()?, id)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let (epoch, known) = (self.epoch, self.position.take());
        let connection = self.connect()?;
        let position = known.map_or_else(|| Position::read(connection), Ok)?;
        let (transaction, position) = tables::write(connection, batch, position, &|connection| match connection {
            Connection::Postgres(session) => lease::hold(session, epoch),
            Connection::Sqlite(_) => Ok(()),
        })?;
        // Until here nothing is made; from here on it may be, whatever is heard of it.
        let position = match transaction.commit() {
            Ok(()) => position,
            Err(error) if error.is_about_the_connection() => self.was_made(batch, StoreError::Database(error))?,
            Err(error) => return Err(error.into()),
        };
        self.position = Some(position);
        if !batch.erasures.is_empty() {
            self.sweep();
        }
        Ok(())
    }
}

/// Lets some time pass before the database is asked again.
#[allow(
    clippy::disallowed_methods,
    reason = "the writer's thread has nothing else to wait for: the database does not call back"
)]
fn pause() {
    std::thread::sleep(PAUSE);
}

/// Names and what they stand for.
pub(crate) type Definitions = BTreeMap<String, String>;

/// Opens a connection that only reads.
///
/// # Errors
/// When the database cannot be reached, or its schema is another release's.
pub(crate) fn reader(address: &Address) -> Result<Connection, StoreError> {
    let session = Session::connect(address, READING)?;
    check(&session, address)?;
    session.batch("SET default_transaction_read_only = on")?;
    Ok(Connection::Postgres(Box::new(session)))
}

/// Refuses schemas of other releases.
fn check(session: &Session, address: &Address) -> Result<(), StoreError> {
    let (found, known) = (schema::version(session)?, latest());
    match found {
        found if found > known => Err(StoreError::Newer { path: address.shown().into(), found, known }),
        found if found < known => Err(StoreError::Older { path: address.shown().into(), found, known }),
        _ => Ok(()),
    }
}

/// What the schema should hold, and what it holds: columns with their types, and indexes.
///
/// # Errors
/// When the database fails.
pub(crate) fn definitions(session: &Session) -> Result<(Definitions, Definitions), StoreError> {
    Ok((schema::expected(), schema::found(session)?))
}

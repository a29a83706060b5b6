//! Who leads an organisation.
//!
//! A lease is a row with a number that only grows, the epoch. Every commit locks the row and looks whether the number is
//! still its own; whoever takes the lease over waits for that lock and counts on. Time is the database's alone: no hub's clock
//! has a part in it.

use std::time::Duration;

use super::{Address, Session};
use crate::StoreError;
use crate::sql::{Param, Result};

const TAKE: &str = "INSERT INTO wheelhouse.leases AS l (org, epoch, holder, address, ends_at) \
     VALUES ($1, 1, $2, $3, wheelhouse.now_micros() + $4) ON CONFLICT (org) DO UPDATE SET epoch = l.epoch + 1, \
     holder = excluded.holder, address = excluded.address, ends_at = wheelhouse.now_micros() + $4 \
     WHERE l.ends_at <= wheelhouse.now_micros() RETURNING epoch";
const RENEW: &str = "UPDATE wheelhouse.leases SET ends_at = wheelhouse.now_micros() + $3 WHERE org = $1 AND epoch = $2";
const GIVE_UP: &str = "UPDATE wheelhouse.leases SET ends_at = 0 WHERE org = $1 AND epoch = $2";
const HOLD: &str = "SELECT epoch, coalesce(current_setting('wheelhouse.org', true), '') FROM wheelhouse.leases \
     WHERE org = $1 FOR NO KEY UPDATE";
const LOOK: &str =
    "SELECT epoch, holder, address, ends_at - wheelhouse.now_micros() FROM wheelhouse.leases WHERE org = $1";

/// Who wants to lead, and for how long at a time.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// A name of this process, for people.
    pub holder: String,
    /// Where other hubs reach it: the beginning of its URLs.
    pub address: String,
    /// How long a lease lasts unless it is renewed.
    pub lease: Duration,
}

/// Who leads now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// How many times leadership changed.
    pub epoch: u64,
    /// The name of the process.
    pub holder: String,
    /// Where it is reached.
    pub address: String,
    /// For how long the lease still lasts; nothing where it is over.
    pub left: Option<Duration>,
}

/// A view on the lease of an organisation, over a connection of its own.
#[derive(Debug)]
pub struct Lease {
    address: Address,
    candidate: Candidate,
    session: Option<Session>,
}

impl Lease {
    /// Prepares to look at the lease; connects when it is first asked.
    pub fn new(address: Address, candidate: Candidate) -> Self {
        Self { address, candidate, session: None }
    }

    /// How long it lasts unless it is renewed.
    pub fn lasts(&self) -> Duration {
        self.candidate.lease
    }

    /// Makes or upgrades the schema, so that there is a lease to look at.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses, or a later release made it.
    pub fn prepare(&mut self) -> Result<(), StoreError> {
        // A step of a migration may take long, and nobody has a lease to lose yet.
        let session = Session::connect(&self.address, Duration::from_secs(600))?;
        let rows = session.ask("SELECT current_setting('server_encoding')", &[])?;
        if let Some(other) = rows.first().map(|row| row.get::<_, &str>(0)).filter(|encoding| *encoding != "UTF8") {
            return Err(StoreError::Address {
                reason: format!("the database is kept in {other}; make one with ENCODING 'UTF8'"),
            });
        }
        super::schema::migrate(&session, self.address.shown())
    }

    /// Takes the lease if nobody has it; returns the new epoch.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn take(&mut self) -> Result<Option<u64>, StoreError> {
        let (holder, address) = (self.candidate.holder.clone(), self.candidate.address.clone());
        let lease = micros(self.candidate.lease);
        let found = self.ask(|session| {
            let params = [Param::Text(session.org()), Param::Text(&holder), Param::Text(&address), Param::Int(lease)];
            Ok(session.ask(TAKE, &params)?.first().and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok()))
        })?;
        Ok(found)
    }

    /// Lets the lease last longer; says whether the epoch was still the one that counts.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn renew(&mut self, epoch: u64) -> Result<bool, StoreError> {
        let (epoch, lease) = (i64::try_from(epoch).unwrap_or(i64::MAX), micros(self.candidate.lease));
        self.ask(|session| {
            // By hand, because the number of rows is what counts.
            let rows = session.ask(
                &format!("{RENEW} RETURNING 1"),
                &[Param::Text(session.org()), Param::Int(epoch), Param::Int(lease)],
            )?;
            Ok(!rows.is_empty())
        })
    }

    /// Ends the lease now, so that another hub takes over without waiting.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn give_up(&mut self, epoch: u64) -> Result<(), StoreError> {
        let epoch = i64::try_from(epoch).unwrap_or(i64::MAX);
        self.ask(|session| session.ask(GIVE_UP, &[Param::Text(session.org()), Param::Int(epoch)]).map(drop))
    }

    /// Who leads, if anybody ever did.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn leader(&mut self) -> Result<Option<Leader>, StoreError> {
        self.ask(|session| {
            let rows = session.ask(LOOK, &[Param::Text(session.org())])?;
            Ok(rows.first().map(|row| Leader {
                epoch: u64::try_from(row.get::<_, i64>(0)).unwrap_or_default(),
                holder: row.get(1),
                address: row.get(2),
                left: u64::try_from(row.get::<_, i64>(3)).ok().map(Duration::from_micros),
            }))
        })
    }

    /// Asks over the connection, a new one where the last is of no use any more.
    fn ask<T>(&mut self, question: impl Fn(&Session) -> Result<T>) -> Result<T, StoreError> {
        let session = match self.session.take().filter(Session::is_alive) {
            Some(session) => session,
            None => Session::connect(&self.address, self.candidate.lease / 2)?,
        };
        let answer = question(&session);
        if answer.as_ref().err().is_none_or(|error| !error.is_about_the_connection()) {
            self.session = Some(session);
        }
        Ok(answer?)
    }
}

/// Locks the row of the lease for the rest of the transaction, and looks at its epoch.
///
/// # Errors
/// When another hub took the lease over, or the connection is one that others share.
pub(crate) fn hold(session: &Session, epoch: u64) -> Result<(), StoreError> {
    let rows = session.ask(HOLD, &[Param::Text(session.org())])?;
    if rows.first().is_some_and(|row| row.get::<_, &str>(1) != session.org()) {
        let reason = "sessions are shared with others on the way to the database; a pooler between must keep one session for each hub";
        return Err(StoreError::Address { reason: reason.into() });
    }
    let found = rows.first().and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok());
    if found == Some(epoch) { Ok(()) } else { Err(StoreError::Superseded { epoch, found: found.unwrap_or_default() }) }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

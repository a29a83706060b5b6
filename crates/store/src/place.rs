//! Where an organisation's data is.

use crate::StoreError;
use crate::postgres::{self, Address};
use crate::sql::Connection;
use crate::sqlite::Location;

/// A database of either engine.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Sqlite(Location),
    Postgres(Box<Address>),
}

impl Place {
    /// Opens a connection that only reads.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Sqlite(location) => location.reader().map(Connection::Sqlite),
            Self::Postgres(address) => postgres::reader(address),
        }
    }
}

/// Whether a connection can still be used.
pub(crate) fn is_alive(connection: &Connection) -> bool {
    match connection {
        Connection::Sqlite(_) => true,
        Connection::Postgres(session) => session.is_alive(),
    }
}

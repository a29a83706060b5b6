//! What an engine says when it fails.

use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed, or cannot be reached.
    #[error("PostgreSQL: {}", said(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// PostgreSQL did not answer in time.
    #[error("PostgreSQL did not answer within {seconds} s")]
    Silent {
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// A row was expected.
    #[error("there is no such row")]
    NoRow,
    /// A column is not what was expected.
    #[error("column {} is {found}, expected {expected}", place + 1)]
    Column {
        /// The column, from 0.
        place: usize,
        /// What was expected.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
}

impl DatabaseError {
    /// Whether a row itself cannot be stored; otherwise the disk or the database failed, and any row would.
    pub(crate) fn is_about_the_row(&self) -> bool {
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
            ),
            // Classes 22 (data exception) and 23 (integrity constraint violation), and 54 (program limit exceeded).
            Self::Postgres(error) => error.code().is_some_and(|code| {
                ["22", "23", "54"].iter().any(|class| code.code().starts_with(class))
                    || *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE
            }),
            Self::Silent { .. } | Self::NoRow | Self::Column { .. } => false,
        }
    }

    /// Whether the connection is of no use any more.
    pub(crate) fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Postgres(error) => {
                error.is_closed()
                    || error.code().is_none_or(|code| {
                        code.code().starts_with("57P")
                            || code.code().starts_with("08")
                            || code.code().starts_with("25P")
                            || code.code() == "25006"
                    })
            }
            Self::Silent { .. } => true,
            Self::Sqlite(_) | Self::NoRow | Self::Column { .. } => false,
        }
    }
}

/// What the server said in its own words, or what became of the connection.
pub(crate) fn said(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// Nothing instead of the error that there is no row.
pub(crate) trait Optional<T> {
    /// The value, if there is a row.
    fn optional(self) -> Result<Option<T>, DatabaseError>;
}

impl<T> Optional<T> for Result<T, DatabaseError> {
    fn optional(self) -> Result<Option<T>, DatabaseError> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(DatabaseError::NoRow | DatabaseError::Sqlite(rusqlite::Error::QueryReturnedNoRows)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

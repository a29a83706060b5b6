//! One set of SQL texts for two engines.
//!
//! Everything above this module writes SQLite's dialect, plain enough that [`dialect`] makes PostgreSQL's of it, and sees
//! neither engine: a [`Connection`], a [`Statement`], a [`Row`]. Types are what both have: 64-bit integers, texts and bytes.

mod column;
mod connection;
pub(crate) mod dialect;
mod error;
mod param;
mod row;
mod statement;

pub(crate) use column::{Column, FromColumn};
pub(crate) use connection::{Connection, Transaction};
pub use error::DatabaseError;
pub(crate) use error::{Optional, said};
pub(crate) use param::{Param, Params, ToParam, Value, params};
pub(crate) use row::{Row, Rows};
pub(crate) use statement::Statement;

/// What the database answers.
pub(crate) type Result<T, E = DatabaseError> = std::result::Result<T, E>;

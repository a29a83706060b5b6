//! Rows of either engine.

use std::borrow::Cow;

use rusqlite::types::ValueRef;

use super::{Column, FromColumn, Result};
use crate::postgres::{self, Cursor};

/// The rows of a statement, one after the other.
pub(crate) enum Rows<'a> {
    Sqlite(rusqlite::Rows<'a>),
    /// Those at hand, the one that was given out, and where more come from.
    Postgres(std::vec::IntoIter<tokio_postgres::Row>, Option<tokio_postgres::Row>),
    Pieces(Cursor<'a>, std::vec::IntoIter<tokio_postgres::Row>, Option<tokio_postgres::Row>),
}

impl<'a> Rows<'a> {
    /// Rows that come a piece at a time.
    pub(super) fn pieces(cursor: Cursor<'a>) -> Self {
        Self::Pieces(cursor, Vec::new().into_iter(), None)
    }

    /// The next row, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Sqlite(rows) => Ok(rows.next()?.map(Row::Sqlite)),
            Self::Postgres(rows, given) => {
                *given = rows.next();
                Ok(given.as_ref().map(Row::Postgres))
            }
            Self::Pieces(cursor, rows, given) => {
                *given = rows.next();
                if given.is_none() {
                    *rows = cursor.fetch()?.into_iter();
                    *given = rows.next();
                }
                Ok(given.as_ref().map(Row::Postgres))
            }
        }
    }
}

/// A row.
#[derive(Clone, Copy)]
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column at a place, from 0, as a value of a type.
    pub(crate) fn get<T: FromColumn>(&self, place: usize) -> Result<T> {
        let column = self.column(place)?;
        T::from_column(&column).ok_or_else(|| column.is_not(place, T::EXPECTED))
    }

    /// The text in the column at a place.
    pub(crate) fn text(&self, place: usize) -> Result<Cow<'_, str>> {
        match self.column(place)? {
            Column::Text(text) => Ok(text),
            other => Err(other.is_not(place, String::EXPECTED)),
        }
    }

    /// The text in the column at a place, if there is one.
    pub(crate) fn text_or_null(&self, place: usize) -> Result<Option<Cow<'_, str>>> {
        match self.column(place)? {
            Column::Null => Ok(None),
            Column::Text(text) => Ok(Some(text)),
            other => Err(other.is_not(place, String::EXPECTED)),
        }
    }

    /// The bytes in the column at a place.
    pub(crate) fn blob(&self, place: usize) -> Result<&[u8]> {
        match self.column(place)? {
            Column::Bytes(bytes) => Ok(bytes),
            other => Err(other.is_not(place, Vec::EXPECTED)),
        }
    }

    /// Whatever is in the column at a place.
    pub(crate) fn column(&self, place: usize) -> Result<Column<'_>> {
        match self {
            Self::Sqlite(row) => Ok(match row.get_ref(place)? {
                ValueRef::Null => Column::Null,
                ValueRef::Integer(number) => Column::Int(number),
                ValueRef::Real(number) => Column::Real(number),
                ValueRef::Text(text) => Column::Text(Cow::Borrowed(
                    std::str::from_utf8(text).map_err(|error| rusqlite::Error::Utf8Error(place, error))?,
                )),
                ValueRef::Blob(bytes) => Column::Bytes(bytes),
            }),
            Self::Postgres(row) => postgres::column(row, place),
        }
    }
}

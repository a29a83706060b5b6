//! Values to PostgreSQL and back.
//!
//! Its texts cannot hold the character U+0000, which a label of an alert can. It is written as U+F0000 and a `0`, and
//! U+F0000 itself (a character for private use) as U+F0000 and a `1`.

use std::borrow::Cow;
use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::sql::{Column, DatabaseError, Param, Result};

const MARK: char = '\u{F0000}';

/// A value that a statement takes.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(number) if *ty == Type::INT8 => number.to_sql(ty, out),
            Param::Int(number) if *ty == Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
            Param::Int(number) if *ty == Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
            Param::Text(text) if <&str as ToSql>::accepts(ty) => written(text).to_sql(ty, out),
            Param::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            other => Err(format!("a column of type {ty} cannot hold {}", kind(other)).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

const fn kind(param: Param<'_>) -> &'static str {
    match param {
        Param::Null => "nothing",
        Param::Int(_) => "a whole number",
        Param::Text(_) => "a text",
        Param::Bytes(_) => "bytes",
    }
}

/// The column at a place of a row.
pub(crate) fn column(row: &Row, place: usize) -> Result<Column<'_>> {
    let ty = row.columns().get(place).map(tokio_postgres::Column::type_);
    let foreign = DatabaseError::Column { place, expected: "a number, a text or bytes", found: "of another type" };
    Ok(match ty {
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(place)?.map_or(Column::Null, Column::Int),
        Some(&Type::INT4) => {
            row.try_get::<_, Option<i32>>(place)?.map_or(Column::Null, |number| Column::Int(number.into()))
        }
        Some(&Type::INT2) => {
            row.try_get::<_, Option<i16>>(place)?.map_or(Column::Null, |number| Column::Int(number.into()))
        }
        Some(&Type::BOOL) => row.try_get::<_, Option<bool>>(place)?.map_or(Column::Null, |yes| Column::Int(yes.into())),
        Some(&Type::BYTEA) => row.try_get::<_, Option<&[u8]>>(place)?.map_or(Column::Null, Column::Bytes),
        Some(ty) if <&str as FromSql<'_>>::accepts(ty) => {
            row.try_get::<_, Option<&str>>(place)?.map_or(Column::Null, |text| Column::Text(read(text)))
        }
        _ => return Err(foreign),
    })
}

/// A text as it is written.
fn written(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', MARK]) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\0' => out.extend([MARK, '0']),
            MARK => out.extend([MARK, '1']),
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// A text as it was before it was written.
fn read(text: &str) -> Cow<'_, str> {
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            MARK => out.push(if letters.next() == Some('0') { '\0' } else { MARK }),
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in "[a\0\u{F0000}01]{0,12}") {
            let stored = written(&text).into_owned();
            prop_assert!(!stored.contains('\0'));
            prop_assert_eq!(read(&stored), text);
        }
    }
}

//! Values that a row has, and what they are read as.

use std::borrow::Cow;

use super::DatabaseError;

/// A column of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column<'a> {
    Null,
    Int(i64),
    /// What neither schema has, and only a hand can have put there.
    Real(f64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
}

impl Column<'_> {
    /// What it is, for an error.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a number with a fraction",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }

    /// Says that the column at a place is not what was expected.
    pub(super) fn is_not(&self, place: usize, expected: &'static str) -> DatabaseError {
        DatabaseError::Column { place, expected, found: self.kind() }
    }
}

/// What a column can be read as.
pub(crate) trait FromColumn: Sized {
    /// What is expected, for an error.
    const EXPECTED: &'static str;

    /// Reads the column; nothing where it is something else.
    fn from_column(column: &Column<'_>) -> Option<Self>;
}

impl FromColumn for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_column(column: &Column<'_>) -> Option<Self> {
        match column {
            Column::Int(number) => Some(*number),
            _ => None,
        }
    }
}

macro_rules! smaller {
    ($($int:ty: $expected:literal),*) => {$(
        impl FromColumn for $int {
            const EXPECTED: &'static str = $expected;

            fn from_column(column: &Column<'_>) -> Option<Self> {
                i64::from_column(column).and_then(|number| Self::try_from(number).ok())
            }
        }
    )*};
}
smaller!(u8: "a number below 256", u16: "a number below 65,536", u32: "a number below 2^32");

impl FromColumn for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_column(column: &Column<'_>) -> Option<Self> {
        i64::from_column(column).map(|number| number != 0)
    }
}

impl FromColumn for String {
    const EXPECTED: &'static str = "a text";

    fn from_column(column: &Column<'_>) -> Option<Self> {
        match column {
            Column::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        }
    }
}

impl FromColumn for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_column(column: &Column<'_>) -> Option<Self> {
        match column {
            Column::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    const EXPECTED: &'static str = "bytes of a fixed number";

    fn from_column(column: &Column<'_>) -> Option<Self> {
        match column {
            Column::Bytes(bytes) => (*bytes).try_into().ok(),
            _ => None,
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_column(column: &Column<'_>) -> Option<Self> {
        match column {
            Column::Null => Some(None),
            column => T::from_column(column).map(Some),
        }
    }
}

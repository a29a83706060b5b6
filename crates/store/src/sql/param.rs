//! Values on their way into a statement.

/// A value as a statement takes it: what both engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A value of a list that is put together while a query is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Integer(i64),
    Text(String),
}

/// What a statement can take.
pub(crate) trait ToParam {
    /// The value.
    fn param(&self) -> Param<'_>;
}

/// All values of one execution of a statement, the first for `?1`.
pub(crate) trait Params {
    /// The values.
    fn list(&self) -> impl AsRef<[Param<'_>]>;
}

/// Values of different types, in order.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::sql::ToParam::param(&$value)),*]
    };
}
pub(crate) use params;

impl ToParam for Param<'_> {
    fn param(&self) -> Param<'_> {
        *self
    }
}

impl ToParam for Value {
    fn param(&self) -> Param<'_> {
        match self {
            Self::Integer(number) => Param::Int(*number),
            Self::Text(text) => Param::Text(text),
        }
    }
}

macro_rules! ints {
    ($($int:ty),*) => {$(
        impl ToParam for $int {
            fn param(&self) -> Param<'_> {
                Param::Int((*self).into())
            }
        }
    )*};
}
ints!(i64, i32, u32, u16, u8, bool);

impl ToParam for str {
    fn param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for String {
    fn param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for [u8] {
    fn param(&self) -> Param<'_> {
        Param::Bytes(self)
    }
}

impl ToParam for Vec<u8> {
    fn param(&self) -> Param<'_> {
        Param::Bytes(self)
    }
}

impl<const N: usize> ToParam for [u8; N] {
    fn param(&self) -> Param<'_> {
        Param::Bytes(self)
    }
}

impl<T: ToParam + ?Sized> ToParam for &T {
    fn param(&self) -> Param<'_> {
        (**self).param()
    }
}

impl<T: ToParam> ToParam for Option<T> {
    fn param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, ToParam::param)
    }
}

impl Params for () {
    fn list(&self) -> impl AsRef<[Param<'_>]> {
        []
    }
}

impl<T: ToParam, const N: usize> Params for [T; N] {
    fn list(&self) -> impl AsRef<[Param<'_>]> {
        self.each_ref().map(ToParam::param)
    }
}

impl<T: ToParam> Params for Vec<T> {
    fn list(&self) -> impl AsRef<[Param<'_>]> {
        self.iter().map(ToParam::param).collect::<Vec<_>>()
    }
}

//! Where in the sources something was said.

/// A stretch of one source file, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The index of the file among the files of one load.
    pub file: u32,
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte; at least `start`.
    pub end: u32,
}

/// A value and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// What was said.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> At<T> {
    /// Puts a value at a place.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The value made into another, at the same place.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> At<U> {
        At { value: make(self.value), place: self.place }
    }
}

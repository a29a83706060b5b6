//! How much work one event may ask for.

use super::MOST_STEPS;
use super::error::{EventError, Fault};

/// What is left of the steps that an event may take beyond being read.
#[derive(Debug)]
pub(super) struct Steps(usize);

impl Steps {
    pub(super) const fn new() -> Self {
        Self(MOST_STEPS)
    }

    /// Takes some.
    ///
    /// # Errors
    /// When there are not so many left.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<(), EventError> {
        match self.0.checked_sub(count) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(EventError::new(0, Fault::TooMuchWork)),
        }
    }
}

//! What a silence may be: never without end, never for everything.

use alloc::string::String;
use core::fmt;

use super::Matcher;
use crate::time::{Duration, Timestamp};

/// The longest silence.
pub const LONGEST_SILENCE: Duration = Duration::from_hours(24 * 30);
/// The most matchers of a silence.
pub const MOST_MATCHERS: usize = 20;
/// The longest value of a matcher, in bytes.
pub const LONGEST_VALUE: usize = 4_096;
/// The most bytes of all matchers together.
pub const LARGEST_MATCHERS: usize = 8_000;
/// The longest comment, in bytes.
pub const LONGEST_COMMENT: usize = 2_000;
/// The longest words about who made it, in bytes.
pub const LONGEST_AUTHOR: usize = 200;
/// The most silences that are not over.
pub const MOST_SILENCES: usize = 1_000;

/// Why something cannot be silenced like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadSilence {
    /// There is no matcher, or more than there may be.
    Matchers(usize),
    /// Each matcher also takes labels that are not there.
    TakesAbsent,
    /// No matcher says what the signals have: it would silence everything.
    TakesAll,
    /// It does not start before it ends.
    StartsLate,
    /// It ends before now.
    Past,
    /// It is longer than this.
    TooLong(Duration),
    /// A text is too long, or more than one line where it may be one only.
    Text(&'static str, usize),
    /// There are as many silences as there may be.
    TooMany(usize),
}

/// Checks what a silence would cover and for how long.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    matchers: &[Matcher],
    starts_at: Timestamp,
    ends_at: Timestamp,
    now: Timestamp,
    texts: (&str, &str),
) -> Result<(), BadSilence> {
    let (comment, author) = texts;
    if starts_at >= ends_at {
        return Err(BadSilence::StartsLate);
    }
    if ends_at < now {
        return Err(BadSilence::Past);
    }
    if matchers.is_empty() || matchers.len() > MOST_MATCHERS {
        return Err(BadSilence::Matchers(matchers.len()));
    }
    let bytes: usize = matchers.iter().map(|matcher| matcher.name().len() + matcher.value().len()).sum();
    if bytes > LARGEST_MATCHERS {
        return Err(BadSilence::Text("matchers", LARGEST_MATCHERS));
    }
    if matchers.iter().all(Matcher::takes_absent) {
        return Err(BadSilence::TakesAbsent);
    }
    if !matchers.iter().any(Matcher::narrows) {
        return Err(BadSilence::TakesAll);
    }
    if ends_at.since(starts_at.max(now)) > LONGEST_SILENCE {
        return Err(BadSilence::TooLong(LONGEST_SILENCE));
    }
    if comment.len() > LONGEST_COMMENT {
        return Err(BadSilence::Text("comment", LONGEST_COMMENT));
    }
    if author.len() > LONGEST_AUTHOR || author.chars().any(char::is_control) {
        return Err(BadSilence::Text("created_by", LONGEST_AUTHOR));
    }
    Ok(())
}

impl BadSilence {
    /// The field that is wrong.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Matchers(_) | Self::TakesAbsent | Self::TakesAll | Self::TooMany(_) => "matchers",
            Self::StartsLate => "starts_at",
            Self::Past | Self::TooLong(_) => "ends_at",
            Self::Text(field, _) => field,
        }
    }

    /// What was expected there.
    pub fn expected(&self) -> String {
        match self {
            Self::Matchers(_) => alloc::format!("1 to {MOST_MATCHERS} matchers"),
            Self::TakesAbsent => {
                "at least one that a signal without the label does not fit, such as service=\"ledger\"".into()
            }
            Self::TakesAll => "at least one that says what the signals have, such as service=\"ledger\": \
                 nothing silences everything"
                .into(),
            Self::StartsLate => "a start before the end".into(),
            Self::Past => "an end in the future".into(),
            Self::TooLong(most) => {
                alloc::format!("an end at most {most} after the start; extend it when it is needed longer")
            }
            Self::Text(_, most) => alloc::format!("at most {most} bytes"),
            Self::TooMany(most) => alloc::format!("fewer than {most} silences that are not over; end some of them"),
        }
    }
}

impl fmt::Display for BadSilence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: expected {}", self.field(), self.expected())
    }
}

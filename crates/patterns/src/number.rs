//! Numbers that compare by their exact value, whatever their spelling.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// From this magnitude on (2^100) a whole number stays a float, so that an `i128` always has room.
const HUGE: f64 = 1_267_650_600_228_229_401_496_703_205_376.0;

/// A finite JSON number: `300`, `300.0` and `3e2` are one number, 2^53 and 2^53 + 1 are two.
///
/// Integers of 64 bits are exact. Any other spelling has the value of the double that `serde_json`
/// reads (the nearest one, RFC 8259 §6, or without its feature `float_roundtrip` sometimes the one
/// next to it), and that value is then compared exactly with integers too.
#[derive(Clone, Copy, Debug)]
pub struct Number(Form);

#[derive(Clone, Copy, Debug)]
enum Form {
    /// Every whole number below 2^100 in magnitude.
    Whole(i128),
    /// Everything else: a fraction, or a whole number of at least 2^100.
    Other(f64),
}

impl Number {
    /// Takes a double; `None` for infinities and NaN, which JSON does not have.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let whole = value as i128;
        let fits = value.abs() < HUGE && whole as f64 == value;
        Some(Self(if fits { Form::Whole(whole) } else { Form::Other(value) }))
    }

    /// Takes a parsed JSON number; `None` if it is too large for a double.
    pub fn from_json(number: &serde_json::Number) -> Option<Self> {
        match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Some(value.into()),
            (None, Some(value)) => Some(value.into()),
            (None, None) => number.as_f64().and_then(Self::from_f64),
        }
    }
}

impl Number {
    /// A number of an event that is too large for a double: beyond every number of a pattern.
    pub(crate) fn beyond(is_negative: bool) -> Self {
        Self(Form::Other(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY }))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Form::Whole(value.into()))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(Form::Whole(value.into()))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Form::Whole(a), Form::Whole(b)) => a.cmp(&b),
            (Form::Other(a), Form::Other(b)) => a.total_cmp(&b),
            (Form::Whole(a), Form::Other(b)) => whole_with_other(a, b),
            (Form::Other(a), Form::Whole(b)) => whole_with_other(b, a).reverse(),
        }
    }
}

/// Compares a whole number with one that is not, or that is beyond 2^100; they are never equal.
fn whole_with_other(whole: i128, other: f64) -> Ordering {
    // The cast drops the fraction and saturates, so on a tie the fraction's sign decides.
    let beyond = if other < 0.0 { Ordering::Greater } else { Ordering::Less };
    whole.cmp(&(other as i128)).then(beyond)
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// Equal numbers have one form, so the form can be hashed.
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Form::Whole(value) => value.hash(state),
            Form::Other(value) => value.to_bits().hash(state),
        }
    }
}

/// JSON that parses to the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Whole(value) => write!(f, "{value}"),
            Form::Other(value) => write!(f, "{value:e}"),
        }
    }
}

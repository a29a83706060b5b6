//! Instants as Alertmanager reads and writes them.
//!
//! Its library tries about ten layouts in turn. Read are `2026-11-23T02:10:00Z`, with any fraction
//! and offset or without a zone (then UTC), without seconds, and with a space for the `T`. Where
//! none fits, the error speaks of the last layout.

use wheelhouse_core::time::Timestamp;

use super::go::quoted_bytes;

/// An instant to the nanosecond, with the offset it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant {
    seconds: i64,
    nanos: u32,
    offset_minutes: i32,
}

/// 0001-01-01T00:00:00Z, which Go takes for "no time".
const GO_ZERO: i64 = -62_135_596_800;

impl Instant {
    /// Reads an instant; the empty text is the Unix epoch, as there.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self { seconds: 0, nanos: 0, offset_minutes: 0 });
        }
        match Reader::new(text).with_t() {
            Some(instant) => Ok(instant),
            None => Reader::new(text).with_space(),
        }
    }

    /// Whether it stands for "no time".
    pub(super) const fn is_absent(self) -> bool {
        self.seconds == GO_ZERO && self.nanos == 0
    }

    /// Whether it is before another, to the nanosecond.
    pub(super) fn is_before(self, other: Self) -> bool {
        (self.seconds, self.nanos) < (other.seconds, other.nanos)
    }

    /// The instant to the microsecond, at most the latest that the hub takes.
    pub(super) fn timestamp(self) -> Timestamp {
        let micros = self.seconds.saturating_mul(1_000_000).saturating_add(i64::from(self.nanos / 1_000));
        Timestamp::from_micros(micros).min(Timestamp::MAX)
    }

    /// What is wrong with its offset, if it cannot be written in two digits: the text it would be.
    pub(super) fn bad_offset(self) -> Option<String> {
        if self.offset_minutes.abs() < 6_000 {
            return None;
        }
        let local =
            Timestamp::from_micros((self.seconds + i64::from(self.offset_minutes) * 60).saturating_mul(1_000_000));
        let text = written(local);
        let (sign, minutes) = (if self.offset_minutes < 0 { '-' } else { '+' }, self.offset_minutes.abs());
        Some(format!("{}.{:03}{sign}{:02}:{:02}", text.get(..19)?, self.nanos / 1_000_000, minutes / 60, minutes % 60))
    }
}

/// An instant from a text of RFC 3339 and its kin; nothing where it stands for "no time".
pub(crate) fn read_instant(text: &str) -> Result<Option<Timestamp>, String> {
    let instant = Instant::parse(text)?;
    Ok((!instant.is_absent()).then(|| instant.timestamp()))
}

/// An instant as Alertmanager writes it: UTC, to the millisecond.
pub(super) fn written(at: Timestamp) -> String {
    let utc = jiff::tz::TimeZone::UTC.to_datetime(at.to_jiff());
    let millis = utc.subsec_nanosecond() / 1_000_000;
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    )
}

/// Reads the parts of an instant from left to right.
struct Reader<'a> {
    text: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), rest: text.as_bytes() }
    }

    /// All layouts with a `T`.
    fn with_t(mut self) -> Option<Instant> {
        let date = (self.number(4)?, self.after(b'-')?.number(2)?, self.after(b'-')?.number(2)?);
        let (hour, minute) = (self.after(b'T')?.one_or_two()?, self.after(b':')?.number(2)?);
        let (mut second, mut nanos, mut fraction) = (0, 0, 0);
        let with_seconds = self.after(b':').is_some();
        if with_seconds {
            second = self.number(2)?;
            (nanos, fraction) = self.fraction();
        }
        let offset_minutes = match self.rest {
            [] | [b'Z'] => 0,
            [sign @ (b'+' | b'-'), zone @ ..] if with_seconds => {
                let (hours, minutes) = match zone {
                    [h1, h2, b':', m1, m2] => ([*h1, *h2], [*m1, *m2]),
                    [h1, h2, m1, m2] if fraction == 3 || fraction == 6 => ([*h1, *h2], [*m1, *m2]),
                    _ => return None,
                };
                let minutes = digits(&hours)? * 60 + digits(&minutes)?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        instant(date, [hour, minute, second], nanos, offset_minutes)
    }

    /// The last layout, `2006-01-02 15:04:05`, with its errors.
    fn with_space(mut self) -> Result<Instant, String> {
        let year = self.number(4).ok_or_else(|| self.cannot("2006"))?;
        self.demand("-")?;
        let month = self.number(2).ok_or_else(|| self.cannot("01"))?;
        if !(1..=12).contains(&month) {
            return Err(self.out_of_range("month"));
        }
        self.demand("-")?;
        let day = self.number(2).ok_or_else(|| self.cannot("02"))?;
        if self.rest.first().is_some_and(|byte| *byte != b' ') {
            return Err(self.cannot(" "));
        }
        while self.after(b' ').is_some() {}
        let hour = self.one_or_two().ok_or_else(|| self.cannot("15"))?;
        if hour > 23 {
            return Err(self.out_of_range("hour"));
        }
        self.demand(":")?;
        let minute = self.number(2).ok_or_else(|| self.cannot("04"))?;
        if minute > 59 {
            return Err(self.out_of_range("minute"));
        }
        self.demand(":")?;
        let second = self.number(2).ok_or_else(|| self.cannot("05"))?;
        if second > 59 {
            return Err(self.out_of_range("second"));
        }
        let (nanos, _) = self.fraction();
        if !self.rest.is_empty() {
            return Err(format!("parsing time {}: extra text: {}", quoted_bytes(self.text), quoted_bytes(self.rest)));
        }
        instant((year, month, day), [hour, minute, second], nanos, 0).ok_or_else(|| self.out_of_range("day"))
    }

    /// Goes past one byte if it comes next.
    fn after(&mut self, byte: u8) -> Option<&mut Self> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(self)
    }

    /// Goes past a text that must come next.
    fn demand(&mut self, text: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(text.as_bytes()).ok_or_else(|| self.cannot(text))?;
        Ok(())
    }

    /// Reads exactly so many digits.
    fn number(&mut self, count: usize) -> Option<i32> {
        let (number, rest) = self.rest.split_at_checked(count)?;
        let number = digits(number)?;
        self.rest = rest;
        Some(number)
    }

    fn one_or_two(&mut self) -> Option<i32> {
        self.number(2).or_else(|| self.number(1))
    }

    /// Reads a fraction of a second: nanoseconds, and how many digits it had; none where there is none.
    fn fraction(&mut self) -> (u32, usize) {
        let [b'.' | b',', after @ ..] = self.rest else { return (0, 0) };
        let count = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count > 0 {
            self.rest = after.get(count..).unwrap_or_default();
        }
        let digit = |at: usize| after.get(at).filter(|_| at < count).map_or(0, |byte| u32::from(byte - b'0'));
        ((0..9).fold(0, |nanos, at| nanos * 10 + digit(at)), count)
    }

    fn cannot(&self, expected: &str) -> String {
        let (text, rest) = (quoted_bytes(self.text), quoted_bytes(self.rest));
        format!("parsing time {text} as \"2006-01-02 15:04:05\": cannot parse {rest} as \"{expected}\"")
    }

    fn out_of_range(&self, what: &str) -> String {
        format!("parsing time {}: {what} out of range", quoted_bytes(self.text))
    }
}

fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0')))
}

/// Puts an instant together; nothing where the month has no such day.
fn instant(
    date: (i32, i32, i32),
    [hour, minute, second]: [i32; 3],
    nanos: u32,
    offset_minutes: i32,
) -> Option<Instant> {
    let (year, month, day) = (i16::try_from(date.0).ok()?, i8::try_from(date.1).ok()?, i8::try_from(date.2).ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let days = days_since_epoch(date);
    let seconds = days * 86_400 + i64::from(hour * 3_600 + minute * 60 + second) - i64::from(offset_minutes) * 60;
    Some(Instant { seconds, nanos, offset_minutes })
}

/// Days from 1970-01-01, by counting years from March so that a leap day comes last.
fn days_since_epoch(date: jiff::civil::Date) -> i64 {
    let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

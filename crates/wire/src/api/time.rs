//! Instants as text.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use wheelhouse_core::time::{Duration, Timestamp};

/// An instant as the API writes it: RFC 3339 in UTC, `2026-11-23T02:10:00Z`.
///
/// Any offset is read; the years 1 to 9999 are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// Reads RFC 3339, or says what was expected.
    ///
    /// # Errors
    /// When the text is no RFC 3339 instant, or none from the year 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            let shown: String = text.chars().take(40).collect();
            format!("`{}` is no instant; expected RFC 3339, such as 2026-11-23T02:10:00Z", shown.escape_debug())
        };
        // Jiff also reads ISO 8601 beyond RFC 3339, such as a zone in brackets.
        let plain = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_digit() || b"-+:.TtZz".contains(&b));
        let at: jiff::Timestamp = if plain {
            text.parse().map_err(|_| expected())?
        } else {
            return Err(expected());
        };
        let at = Timestamp::from_jiff(at);
        if at < Timestamp::MIN || at > Timestamp::MAX {
            return Err(format!("{at} is out of range; expected an instant from the year 1 to 9999"));
        }
        Ok(Self(at))
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant, RFC 3339 in UTC."))
            .examples(["2026-11-23T02:10:00Z"])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Time")
    }
}

/// A length of time as seconds, to the millisecond.
#[expect(clippy::cast_precision_loss, reason = "lengths below 285,000 years are exact in milliseconds")]
pub(super) fn seconds(length: Duration) -> f64 {
    (length.as_micros() / 1_000) as f64 / 1_000.0
}

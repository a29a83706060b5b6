//! Texts with a meaning: names, lengths of time, dates, addresses.

use std::borrow::Cow;

use jiff::civil::DateTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{Error as NoDetail, StringDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Unexpected};
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Contact, Target};
use wheelhouse_core::name::{self, ChannelName, PersonName, ScheduleName, TeamName};
use wheelhouse_core::oncall::Period;
use wheelhouse_core::time::Duration;

use super::Plain;

const NAME: &str = "a name\n1 to 63 characters of a–z, 0–9, `-`, `_` or `.`, starting with a letter or digit";
const LENGTH: &str = "a length of time\nwrite it as `90s`, `10m`, `1h30m`, `2d` or `1w`";
const TURN: &str = "the length of a turn\nwrite it as `12h`, `1d`, `1w` or `1mo`";
const DATE: &str = "a local date and time\nwrite it as `2026-01-05T09:00`, without a zone";
const MAIL: &str = "a mail address\nwrite it as `somebody@example.org`";
const URL: &str = "a web address\nwrite it as `https://example.org/path`";

/// Declares a text that stands for a value: how it is read, what it is called, its JSON Schema.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident($core:ty), $read:expr, $expected:expr, $schema:tt;)*) => {$(
        $(#[doc = $doc])+
        pub(in super::super) struct $name(pub $core);

        impl Plain for $name {
            type Core = $core;
            fn plain(self) -> $core { self.0 }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                let read: fn(&str) -> Option<$core> = $read;
                read(&text).map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &$expected))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool { true }
            fn schema_name() -> Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut SchemaGenerator) -> Schema { json_schema!($schema) }
        }
    )*};
}

texts! {
    /// Any name.
    AnyName(String), |text| name::is_name(text).then(|| text.into()), NAME,
        {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,62}$"};
    /// A length of time.
    Length(Duration), length, LENGTH,
        {"type": ["string", "integer"], "pattern": "^(0|([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$"};
    /// The length of a turn.
    Turn(Period), turn, TURN, {"type": "string", "pattern": "^[1-9][0-9]*(h|d|w|mo)$"};
    /// A local date and time.
    LocalTime(DateTime), local_time, DATE,
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"};
    /// A mail address.
    Mail(Box<str>), mail, MAIL, {"type": "string", "format": "email"};
    /// A web address.
    WebAddress(Box<str>), web_address, URL, {"type": "string", "format": "uri", "pattern": "^https?://"};
}

/// The name of something of one kind.
pub(in super::super) struct Named<N>(pub N);

impl<N> Plain for Named<N> {
    type Core = N;
    fn plain(self) -> N {
        self.0
    }
}

impl<'de, N: Deserialize<'de>> Deserialize<'de> for Named<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let name: StringDeserializer<NoDetail> = text.clone().into_deserializer();
        N::deserialize(name).map(Self).map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &NAME))
    }
}

impl<N> JsonSchema for Named<N> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        AnyName::json_schema(generator)
    }
}

/// Declares words that stand for values.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident($core:ty) { $($(#[doc = $word_doc:literal])+ $word:ident = $value:expr,)* })*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, serde::Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        #[schemars(inline)]
        pub(in super::super) enum $name { $($(#[doc = $word_doc])+ $word,)* }

        impl Plain for $name {
            type Core = $core;
            fn plain(self) -> $core {
                match self { $(Self::$word => $value,)* }
            }
        }
    )*};
}

words! {
    /// How bad a case is.
    SeverityWord(Severity) {
        /// The worst: everybody who can help drops everything.
        Sev1 = Severity::Sev1,
        /// Serious: people outside the teams must know.
        Sev2 = Severity::Sev2,
        /// A service works, but not as promised.
        Sev3 = Severity::Sev3,
        /// Worth a look in working hours.
        Sev4 = Severity::Sev4,
    }
    /// What a failure of the dependency means.
    StrengthWord(wheelhouse_core::catalog::Strength) {
        /// Down means down.
        Hard = wheelhouse_core::catalog::Strength::Hard,
        /// Down means degraded.
        Soft = wheelhouse_core::catalog::Strength::Soft,
    }
}

/// One way to reach somebody.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case", expecting = "`{email: …}`, `{webhook: …}` or `{channel: …, to: …}`")]
pub(in super::super) enum ContactField {
    /// A mail address.
    Email(Mail),
    /// A URL that receives signed JSON by POST.
    Webhook(WebAddress),
    /// A channel that the catalog defines, and whom it reaches there.
    Channel(ChannelContact),
}

impl Plain for ContactField {
    type Core = Contact;
    fn plain(self) -> Contact {
        match self {
            Self::Email(address) => Contact::Email(address.0),
            Self::Webhook(address) => Contact::Webhook(address.0),
            Self::Channel(ChannelContact { channel, to }) => {
                Contact::Channel { channel: channel.0, to: to.unwrap_or_default().into() }
            }
        }
    }
}

impl JsonSchema for ContactField {
    fn schema_name() -> Cow<'static, str> {
        "Contact".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (mail, address) = (Mail::json_schema(generator), WebAddress::json_schema(generator));
        let channel = ChannelContact::json_schema(generator);
        json_schema!({
            "description": "One way to reach somebody.",
            "oneOf": [
                {"type": "object", "properties": {"email": mail}, "required": ["email"], "additionalProperties": false},
                {"type": "object", "properties": {"webhook": address}, "required": ["webhook"], "additionalProperties": false},
                channel,
            ]
        })
    }
}

/// A channel of the catalog, and whom it reaches there.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ChannelContact {
    /// The channel.
    channel: Named<ChannelName>,
    /// Whom it reaches there: a telephone number, a topic, a room.
    #[serde(default)]
    to: Option<String>,
}

/// Somebody to page.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`{schedule: …}`, `{person: …}` or `{team: …}`")]
#[schemars(rename = "Target")]
pub(in super::super) enum TargetField {
    /// Whoever is on call in a schedule.
    Schedule(Named<ScheduleName>),
    /// One person.
    Person(Named<PersonName>),
    /// Every member of a team.
    Team(Named<TeamName>),
}

impl Plain for TargetField {
    type Core = Target;
    fn plain(self) -> Target {
        match self {
            Self::Schedule(name) => Target::Schedule(name.0),
            Self::Person(name) => Target::Person(name.0),
            Self::Team(name) => Target::Team(name.0),
        }
    }
}

/// Reads `0`, `90s`, `10m`, `1h30m`, `2d`, `1w`: whole numbers, larger units first, each at most once.
pub(crate) fn length(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let units = [("w", 7 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1_i64)];
    let mut allowed = units.as_slice();
    let (mut rest, mut seconds) = (text, 0_i64);
    while !rest.is_empty() {
        let (count, after) = count(rest)?;
        let index = allowed.iter().position(|(unit, _)| after.starts_with(unit))?;
        let (unit, worth) = allowed.get(index)?;
        seconds = seconds.checked_add(i64::from(count).checked_mul(*worth)?)?;
        rest = after.get(unit.len()..)?;
        allowed = allowed.get(index + 1..)?;
    }
    (!text.is_empty()).then(|| Duration::from_seconds(seconds))
}

/// Reads `12h`, `1d`, `1w`, `1mo`.
fn turn(text: &str) -> Option<Period> {
    let (count, unit) = count(text)?;
    match unit {
        _ if count == 0 => None,
        "h" => Some(Period::Hours(count)),
        "d" => Some(Period::Days(count)),
        "w" => Some(Period::Weeks(count)),
        "mo" => Some(Period::Months(count)),
        _ => None,
    }
}

/// The whole number at the beginning of a text, and what follows it.
fn count(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

/// Reads `2026-01-05T09:00`, with a blank for the `T` and with seconds if wanted.
fn local_time(text: &str) -> Option<DateTime> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let shape = shape.replacen(' ', "T", 1);
    if !["0000-00-00T00:00", "0000-00-00T00:00:00"].contains(&shape.as_str()) {
        return None;
    }
    text.parse().ok()
}

/// Reads a mailbox as RFC 5321 limits it, without quoting, comments and address literals.
fn mail(text: &str) -> Option<Box<str>> {
    let (local, domain) = text.split_once('@')?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !r#"@<>()[],;:\""#.contains(c);
    let dots = |part: &str| part.split('.').all(|label| !label.is_empty());
    let good = (1..=64).contains(&local.len())
        && (1..=255).contains(&domain.len())
        && text.chars().filter(|c| *c != '@').all(plain)
        && text.matches('@').count() == 1
        && dots(local)
        && dots(domain)
        && domain.split('.').all(|label| label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-'));
    good.then(|| text.into())
}

/// Reads an absolute `http` or `https` URL with a host and without credentials (RFC 3986).
fn web_address(text: &str) -> Option<Box<str>> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let good = text.len() <= 2_000
        && !host.is_empty()
        && !authority.contains('@')
        && text.chars().all(|c| c.is_ascii_graphic() && !r#"<>"\^`{|}"#.contains(c));
    good.then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, seconds) in
            [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("2d", 172_800), ("1w", 604_800), ("0", 0), ("1w1s", 604_801)]
        {
            assert_eq!(length(text), Some(Duration::from_seconds(seconds)), "{text}");
        }
        for text in ["", "m", "10", "10 m", "1m1h", "1m1m", "-1m", "1.5h", "1ms", "99999999999w", "١m"] {
            assert_eq!(length(text), None, "{text}");
        }
    }

    #[test]
    fn turns() {
        assert_eq!(turn("12h"), Some(Period::Hours(12)));
        assert_eq!(turn("1mo"), Some(Period::Months(1)));
        for text in ["", "1", "0d", "1m", "1wk", "d", "-1d"] {
            assert_eq!(turn(text), None, "{text}");
        }
    }

    #[test]
    fn local_times() {
        for text in ["2026-01-05T09:00", "2026-01-05 09:00:30"] {
            assert!(local_time(text).is_some(), "{text}");
        }
        for text in
            ["2026-01-05", "2026-01-05T09:00Z", "2026-01-05T09:00+01:00", "2026-02-30T09:00", "26-01-05T09:00", ""]
        {
            assert_eq!(local_time(text), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        for text in ["dana@harbor.example", "a.b+c@x.org", "root@localhost"] {
            assert!(mail(text).is_some(), "{text}");
        }
        for text in ["dana", "@x.org", "a@", "a b@x.org", "a@x..org", "a@b@c", "a@x.org\r\nBcc: b@x.org", "<a@x.org>"] {
            assert_eq!(mail(text), None, "{text}");
        }
        for text in ["https://example.org/x?y=z#f", "http://127.0.0.1:9000/hook", "http://[::1]:80/"] {
            assert!(web_address(text).is_some(), "{text}");
        }
        for text in ["ftp://x", "https://", "https:///x", "http://u:p@x/", "http://x y/", "javascript:alert(1)"] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}

//! Channels.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected};
use wheelhouse_core::catalog::{
    self as core, AddressDraft, BodyKind, ChannelDraft, ChannelKind, Document, Drafts, Kind, Method, SuccessDraft,
};
use wheelhouse_core::name::{SecretName, TeamName};

use super::places::{At, NameOr};
use super::scalars::{AnyName, Named};
use super::{Fields, Plain};

const STATUS: &str = "a status or a range of them\nwrite it as `200` or `200-299`";

/// A way out for messages that contacts name: a chat, a push service, an SMS gateway.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Channel")]
pub(in super::super) struct ChannelFields {
    /// Its name, which contacts use.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// How messages leave by it.
    r#type: At<TypeWord>,
    /// Where they go: an address, or `{secret: NAME}`. For `http` a template whose host is fixed.
    url: At<AddressField>,
    /// The secret that holds the access token; for `ntfy`.
    #[serde(default)]
    token: Option<At<SecretField>>,
    /// The method, POST unless said; for `http`.
    #[serde(default)]
    method: Option<At<MethodWord>>,
    /// Headers, whose values are templates; for `http`.
    #[serde(default)]
    headers: BTreeMap<String, At<String>>,
    /// What kind of text the body is, `json` unless said; for `http`.
    #[serde(default)]
    content: Option<At<ContentWord>>,
    /// The body, a template; for `http`.
    #[serde(default)]
    body: Option<At<String>>,
    /// What counts as accepted, any 2xx unless said; for `http`.
    #[serde(default)]
    success: Option<At<SuccessFields>>,
    /// How many messages a minute it takes, 600 unless said; more wait.
    #[serde(default)]
    per_minute: Option<At<u32>>,
}

impl Fields for ChannelFields {
    const KIND: Kind = Kind::Channel;
    const REQUIRED: &'static [&'static str] = &["name", "team", "type", "url"];
    type Draft = ChannelDraft;

    fn draft(self) -> (core::At<String>, ChannelDraft) {
        let draft = ChannelDraft {
            team: self.team.plain(),
            summary: self.summary.plain(),
            kind: self.r#type.plain(),
            url: self.url.plain(),
            token: self.token.plain(),
            method: self.method.plain(),
            headers: self.headers.plain(),
            content: self.content.plain(),
            body: self.body.plain(),
            success: self.success.plain(),
            per_minute: self.per_minute.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<ChannelDraft>> {
        &mut drafts.channels
    }
}

/// How messages leave by a channel.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(in super::super) enum TypeWord {
    /// An incoming webhook as Slack and Mattermost have it.
    Slack,
    /// A publish to an ntfy server; contacts name the topic.
    Ntfy,
    /// A call by templates: SMS gateways and the rest.
    Http,
}

impl Plain for TypeWord {
    type Core = ChannelKind;
    fn plain(self) -> ChannelKind {
        match self {
            Self::Slack => ChannelKind::Slack,
            Self::Ntfy => ChannelKind::Ntfy,
            Self::Http => ChannelKind::Http,
        }
    }
}

/// The method of a call.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub(in super::super) enum MethodWord {
    /// The usual one.
    Post,
    /// For services that want it.
    Put,
    /// For old SMS gateways.
    Get,
}

impl Plain for MethodWord {
    type Core = Method;
    fn plain(self) -> Method {
        match self {
            Self::Post => Method::Post,
            Self::Put => Method::Put,
            Self::Get => Method::Get,
        }
    }
}

/// What kind of text a body is.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(in super::super) enum ContentWord {
    /// JSON; variables stand inside of strings.
    Json,
    /// A form, as browsers send it.
    Form,
    /// Plain text.
    Plain,
}

impl Plain for ContentWord {
    type Core = BodyKind;
    fn plain(self) -> BodyKind {
        match self {
            Self::Json => BodyKind::Json,
            Self::Form => BodyKind::Form,
            Self::Plain => BodyKind::Plain,
        }
    }
}

/// A secret, by its name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Secret")]
pub(in super::super) struct SecretField {
    /// The name under which the hub keeps it (`--secrets`).
    secret: Named<SecretName>,
}

impl Plain for SecretField {
    type Core = SecretName;
    fn plain(self) -> SecretName {
        self.secret.0
    }
}

/// An address in the open, or kept as a secret.
pub(in super::super) struct AddressField(AddressDraft);

impl Plain for AddressField {
    type Core = AddressDraft;
    fn plain(self) -> AddressDraft {
        self.0
    }
}

impl<'de> Deserialize<'de> for AddressField {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match NameOr::<String, SecretField>::deserialize(from)? {
            NameOr::Name(text) => AddressDraft::Open(text),
            NameOr::Fields(secret) => AddressDraft::Secret(secret.plain()),
        }))
    }
}

impl JsonSchema for AddressField {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let secret = generator.subschema_for::<SecretField>();
        json_schema!({"anyOf": [{"type": "string", "pattern": "^https?://"}, secret]})
    }
}

/// What counts as accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Success")]
pub(in super::super) struct SuccessFields {
    /// The status, or a range of them; `200-299` unless said.
    #[serde(default)]
    status: Option<StatusRange>,
    /// Where in the answer, which must be JSON, to look (RFC 6901).
    #[serde(default)]
    pointer: Option<String>,
    /// What must stand there; `true` unless said.
    #[serde(default)]
    equals: Option<Word>,
}

impl Plain for SuccessFields {
    type Core = SuccessDraft;
    fn plain(self) -> SuccessDraft {
        SuccessDraft {
            status: self.status.map(|range| (range.0, range.1)),
            pointer: self.pointer,
            equals: self.equals.map(|word| word.0),
        }
    }
}

/// A status or a range of them.
struct StatusRange(u16, u16);

impl<'de> Deserialize<'de> for StatusRange {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let number = |text: &str| text.trim().parse::<u16>().ok();
        match (number(first), number(last)) {
            (Some(first), Some(last)) => Ok(Self(first, last)),
            _ => Err(D::Error::invalid_value(Unexpected::Str(&text), &STATUS)),
        }
    }
}

impl JsonSchema for StatusRange {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "StatusRange".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"})
    }
}

/// A text, a number, true or false.
struct Word(serde_json::Value);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(from).map(Self)
    }
}

impl JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

//! Rules and sources.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};
use wheelhouse_core::catalog::{self as core, ActionDraft, Document, Drafts, Kind, RuleDraft, SourceDraft};
use wheelhouse_core::name::{ServiceName, TeamName};
use wheelhouse_core::patterns::Pattern;

use super::super::decode::PATTERN;
use super::places::At;
use super::scalars::{AnyName, Length, Named, SeverityWord};
use super::{Fields, Plain};

/// An event pattern and what to do with a signal that matches; the first rule that matches decides.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub(in super::super) struct RuleFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// Lower is tried first, then by name; 100 unless said.
    #[serde(default)]
    order: Option<i32>,
    /// Which signals it concerns: an event pattern over the normalised form of a signal.
    when: At<PatternField>,
    /// What to do: `drop`, or `{incident: {…}}`.
    then: ActionField,
}

/// An event pattern.
pub(in super::super) struct PatternField(Pattern);

impl Plain for PatternField {
    type Core = Pattern;
    fn plain(self) -> Pattern {
        self.0
    }
}

impl<'de> Deserialize<'de> for PatternField {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(PATTERN, PatternVisitor).map(Self)
    }
}

struct PatternVisitor;

impl<'de> Visitor<'de> for PatternVisitor {
    type Value = Pattern;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event pattern")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Pattern, D::Error> {
        Pattern::parse(&serde_json::Value::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for PatternField {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let deeper = generator.subschema_for::<Self>();
        json_schema!({
            "description": "Fields that must all match; each is a list of alternatives, or more fields.",
            "type": "object",
            "additionalProperties": {"anyOf": [deeper, {"type": "array", "minItems": 1}]}
        })
    }
}

/// What a rule does with a signal.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`drop` or `{incident: {…}}`")]
#[schemars(rename = "Action")]
pub(in super::super) enum ActionField {
    /// Opens or joins an incident.
    Incident(IncidentFields),
    /// Keeps the signal in the journal and does nothing.
    Drop,
}

/// The incident that a rule opens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Incident")]
pub(in super::super) struct IncidentFields {
    /// Its severity, instead of the one that signal and tier give.
    #[serde(default)]
    severity: Option<SeverityWord>,
    /// Its service, instead of the one that labels give.
    #[serde(default)]
    service: Option<At<Named<ServiceName>>>,
    /// Whether it resolves by itself when its last signal has; true unless said.
    #[serde(default)]
    resolve: Option<bool>,
}

impl Plain for ActionField {
    type Core = ActionDraft;
    fn plain(self) -> ActionDraft {
        match self {
            Self::Incident(says) => ActionDraft::Incident {
                severity: says.severity.plain(),
                service: says.service.plain(),
                resolve: says.resolve.unwrap_or(true),
            },
            Self::Drop => ActionDraft::Drop,
        }
    }
}

impl Fields for RuleFields {
    const KIND: Kind = Kind::Rule;
    const REQUIRED: &'static [&'static str] = &["name", "team", "when", "then"];
    type Draft = RuleDraft;

    fn draft(self) -> (core::At<String>, RuleDraft) {
        let draft =
            RuleDraft { team: self.team.plain(), order: self.order, when: self.when.plain(), then: self.then.plain() };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<RuleDraft>> {
        &mut drafts.rules
    }
}

/// A configured sender of signals.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Source")]
pub(in super::super) struct SourceFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// How long after the sender's last word a firing signal still counts as firing, and how long a door
    /// must have been ready before silence means recovery; 5m unless said, 10s to 30d.
    #[serde(default)]
    timeout: Option<At<Length>>,
}

impl Fields for SourceFields {
    const KIND: Kind = Kind::Source;
    const REQUIRED: &'static [&'static str] = &["name", "team"];
    type Draft = SourceDraft;

    fn draft(self) -> (core::At<String>, SourceDraft) {
        let draft =
            SourceDraft { team: self.team.plain(), summary: self.summary.plain(), timeout: self.timeout.plain() };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<SourceDraft>> {
        &mut drafts.sources
    }
}

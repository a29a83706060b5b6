//! The front matter of a runbook: what stands between two lines `---` at the very beginning of its file.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use wheelhouse_core::catalog as core;
use wheelhouse_core::name::{RoleName, ServiceName, TeamName};
use wheelhouse_core::runbook::{Allowed, Parameter, ParameterKind};
use wheelhouse_core::time::Duration;

use super::Plain;
use super::places::{At, OneOrMany};
use super::rules::PatternField;
use super::scalars::{Length, Named};

/// The front matter of a runbook. Keys of other programs may stand beside these.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Runbook")]
pub(in super::super) struct RunbookFields {
    /// What the runbook is called in its repository, instead of the file's name.
    #[serde(default)]
    pub id: Option<At<String>>,
    /// Another word for `id`.
    #[serde(default)]
    pub name: Option<At<String>>,
    /// What people call it, instead of its first heading.
    #[serde(default)]
    pub title: Option<String>,
    /// The teams that keep it.
    #[serde(default)]
    pub owners: OneOrMany<At<Named<TeamName>>>,
    /// The services that it is about.
    #[serde(default)]
    pub services: OneOrMany<At<Named<ServiceName>>>,
    /// What a run is given, by name; steps find `node` in the environment as `WH_NODE`.
    #[serde(default)]
    pub parameters: Ordered<At<ParameterFields>>,
    /// Which signals call for it.
    #[serde(default)]
    pub triggers: OneOrMany<TriggerFields>,
    /// Who may do what with it; the owners where nothing is said.
    #[serde(default)]
    pub roles: RolesFields,
    /// The controls that its executions help to prove.
    #[serde(default)]
    pub controls: OneOrMany<String>,
    /// How often it is to be exercised.
    #[serde(default)]
    pub drill_every: Option<Length>,
    /// When it is run by itself: `03:00`, or `mon,thu 03:00 Europe/Vienna`.
    #[serde(default)]
    pub schedule: Option<At<String>>,
    /// What is new in this version.
    #[serde(default)]
    pub version_note: Option<String>,
}

impl RunbookFields {
    /// The keys that mean something.
    pub const KEYS: [&'static str; 12] = [
        "id",
        "name",
        "title",
        "owners",
        "services",
        "parameters",
        "triggers",
        "roles",
        "controls",
        "drill_every",
        "schedule",
        "version_note",
    ];
}

/// Which signals call for a runbook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trigger")]
pub(in super::super) struct TriggerFields {
    /// An event pattern over the normalised form of a signal.
    pub when: At<PatternField>,
}

/// Who may do what with a runbook: teams, schedules (whoever is on call), or roles that teams give.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Roles")]
pub(in super::super) struct RolesFields {
    /// Who may change it.
    #[serde(default)]
    pub edit: OneOrMany<At<Named<RoleName>>>,
    /// Who may run it.
    #[serde(default)]
    pub run: OneOrMany<At<Named<RoleName>>>,
    /// Who may approve its steps, and versions of it.
    #[serde(default)]
    pub approve: OneOrMany<At<Named<RoleName>>>,
}

/// What a run is given by name: a part of JSON Schema.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Parameter")]
pub(in super::super) struct ParameterFields {
    /// What its values are; `string` unless said. A list is one of texts.
    #[serde(default, rename = "type")]
    kind: Option<TypeWord>,
    /// What people are asked for.
    #[serde(default)]
    title: Option<String>,
    /// What it means.
    #[serde(default)]
    description: Option<String>,
    /// What holds where nothing is given.
    #[serde(default)]
    default: Option<Value>,
    /// Whether a value must be given; it is unless there is a default or this says no.
    #[serde(default)]
    required: Option<bool>,
    /// The only values that it takes.
    #[serde(default, rename = "enum")]
    choices: Vec<Value>,
    /// A regular expression that a text must match.
    #[serde(default)]
    pattern: Option<String>,
    /// The least whole number.
    #[serde(default)]
    minimum: Option<i64>,
    /// The greatest whole number.
    #[serde(default)]
    maximum: Option<i64>,
    /// The least number of characters.
    #[serde(default, rename = "minLength")]
    min_length: Option<u32>,
    /// The greatest number of characters.
    #[serde(default, rename = "maxLength")]
    max_length: Option<u32>,
    /// The greatest number of entries in a list.
    #[serde(default, rename = "maxItems")]
    max_items: Option<u32>,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(in super::super) enum TypeWord {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list of texts.
    Array,
}

impl ParameterFields {
    /// The parameter that these fields describe.
    pub fn named(self, name: String) -> Parameter {
        let kind = match self.kind.unwrap_or(TypeWord::String) {
            TypeWord::String => ParameterKind::String,
            TypeWord::Integer => ParameterKind::Integer,
            TypeWord::Number => ParameterKind::Number,
            TypeWord::Boolean => ParameterKind::Boolean,
            TypeWord::Array => ParameterKind::List,
        };
        Parameter {
            name,
            kind,
            title: self.title,
            description: self.description,
            required: self.required.unwrap_or(self.default.is_none()),
            default: self.default,
            allowed: Allowed {
                choices: self.choices,
                pattern: self.pattern,
                minimum: self.minimum,
                maximum: self.maximum,
                min_length: self.min_length,
                max_length: self.max_length,
                max_items: self.max_items,
            },
        }
    }
}

/// Fields in the order in which they stand.
pub(in super::super) struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(OrderedVisitor(PhantomData)).map(Self)
    }
}

struct OrderedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}s", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let each = generator.subschema_for::<T>();
        json_schema!({"type": "object", "additionalProperties": each})
    }
}

/// A length of time, as the front matter writes it.
pub(in super::super) fn length_of(field: Option<Length>) -> Option<Duration> {
    field.plain()
}

/// Names with their places, out of their wrappers.
pub(in super::super) fn names_of<N: Clone>(field: &[core::At<N>]) -> Vec<N> {
    field.iter().map(|name| name.value.clone()).collect()
}

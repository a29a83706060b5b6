//! JSON Schemas for editors, from the types that read the documents.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wheelhouse_core::catalog::Kind;

use super::format::{
    AudienceFields, AutomationFields, ChannelFields, DrillFields, EscalationFields, Fields, OrganizationFields,
    PersonFields, RuleFields, RunbookFields, RunnerFields, ScheduleFields, ServiceFields, SourceFields, TeamFields,
};

/// The JSON Schema (2020-12) of each kind of document, by kind, each complete in itself.
pub fn schemas() -> BTreeMap<Kind, Value> {
    Kind::ALL.into_iter().map(|kind| (kind, of_kind(kind))).collect()
}

/// One JSON Schema for every kind of document: one of them, told apart by `kind`.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let mut kinds = Vec::new();
    for (kind, mut schema) in schemas() {
        if let Some(object) = schema.as_object_mut() {
            object.remove("$schema");
            if let Some(Value::Object(shared)) = object.remove("$defs") {
                definitions.extend(shared);
            }
        }
        definitions.insert(kind.as_str().into(), schema);
        kinds.push(json!({"$ref": format!("#/$defs/{kind}")}));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wheelhouse catalog",
        "description": "One document of an ops folder.",
        "oneOf": kinds,
        "$defs": definitions,
    })
}

/// The JSON Schema (2020-12) of a runbook's front matter.
pub fn front_matter_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    generator.into_root_schema_for::<RunbookFields>().to_value()
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Organization => of::<OrganizationFields>(),
        Kind::Team => of::<TeamFields>(),
        Kind::Person => of::<PersonFields>(),
        Kind::Service => of::<ServiceFields>(),
        Kind::Schedule => of::<ScheduleFields>(),
        Kind::Escalation => of::<EscalationFields>(),
        Kind::Audience => of::<AudienceFields>(),
        Kind::Rule => of::<RuleFields>(),
        Kind::Source => of::<SourceFields>(),
        Kind::Channel => of::<ChannelFields>(),
        Kind::Drill => of::<DrillFields>(),
        Kind::Automation => of::<AutomationFields>(),
        Kind::Runner => of::<RunnerFields>(),
    }
}

fn of<T: Fields>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    let Some(object) = schema.as_object_mut() else { return schema };
    // `kind` is read before the fields are, so the types do not have it.
    let mut properties = Map::new();
    properties.insert("kind".into(), json!({"description": "The kind of the document.", "const": T::KIND.as_str()}));
    if let Some(Value::Object(fields)) = object.remove("properties") {
        properties.extend(fields);
    }
    object.insert("properties".into(), Value::Object(properties));
    let required = std::iter::once("kind").chain(T::REQUIRED.iter().copied()).collect::<Vec<_>>();
    object.insert("required".into(), json!(required));
    schema
}

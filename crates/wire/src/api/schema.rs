//! Schemas of the core's words. The words come from the core itself, so the two cannot drift apart.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use wheelhouse_core::affected::Impact;
use wheelhouse_core::case::{CaseKind, Relation, Role, Severity, Urgency};
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::oncall::NamedBy;
use wheelhouse_core::signal::Adapter;

macro_rules! words {
    ($($(#[$doc:meta])* $schema:ident as $name:literal: $words:expr;)*) => {$(
        $(#[$doc])*
        pub struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words)).into()
            }
        }
        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> { Cow::Borrowed($name) }
        }
    )*};
}

words! {
    /// The schema of a severity.
    SeverityWord as "Severity": Severity::ALL.map(Severity::as_str);
    /// The schema of an urgency.
    UrgencyWord as "Urgency":
        [Urgency::Critical, Urgency::Error, Urgency::Warning, Urgency::Info].map(Urgency::as_str);
    /// The schema of a kind of case.
    CaseKindWord as "CaseKind": CaseKind::ALL.map(CaseKind::as_str);
    /// The schema of a role.
    RoleWord as "Role": Role::ALL.map(Role::as_str);
    /// The schema of a relation between cases.
    RelationWord as "Relation": Relation::ALL.map(Relation::as_str);
    /// The schema of an impact.
    ImpactWord as "Impact": [Impact::Down, Impact::Degraded, Impact::CallerDown].map(word);
    /// The schema of a kind of contact.
    ContactKindWord as "ContactKind": [ContactKind::Email, ContactKind::Webhook, ContactKind::Channel].map(word);
    /// The schema of what says who is on call.
    NamedByWord as "NamedBy": [NamedBy::Rotation, NamedBy::Override, NamedBy::EarlierCatalog].map(word);
    /// The schema of an adapter.
    AdapterWord as "Adapter": Adapter::ALL.map(Adapter::as_str);
}

macro_rules! texts {
    ($($(#[$doc:meta])* $schema:ident as $name:literal: $pattern:literal, $example:literal;)*) => {$(
        $(#[$doc])*
        pub struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern)).examples([$example]).into()
            }
        }
        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> { Cow::Borrowed($name) }
        }
    )*};
}

texts! {
    /// The schema of a case's name.
    CaseIdText as "CaseId": "^[A-Z]{3}-[1-9][0-9]{0,17}$", "INC-17";
    /// The schema of a message's name.
    MessageIdText as "MessageId": "^[A-Z]{3}-[1-9][0-9]{0,17}/m[1-9][0-9]*$", "INC-17/m3";
}

/// The word with which a unit variant of the core serialises.
pub(super) fn word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

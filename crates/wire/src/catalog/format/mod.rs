//! The documents of the catalog as people write them: one struct a kind, from which both reading and
//! the JSON Schemas come. The doc comments are what editors show.

mod automations;
mod channels;
mod drills;
mod people;
mod places;
mod responses;
mod rules;
mod runbooks;
mod runners;
mod scalars;
mod services;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use wheelhouse_core::catalog::{self as core, Document, Drafts, Kind};

pub(super) use automations::AutomationFields;
pub(super) use channels::ChannelFields;
pub(super) use drills::DrillFields;
pub(super) use people::{AudienceFields, OrganizationFields, PersonFields, TeamFields};
pub(super) use responses::{EscalationFields, ScheduleFields};
pub(super) use rules::{RuleFields, SourceFields};
pub(super) use runbooks::{ParameterFields, RunbookFields, length_of, names_of};
pub(super) use runners::RunnerFields;
pub(crate) use scalars::length;
pub(super) use services::ServiceFields;

/// The fields of one kind of document.
pub(super) trait Fields: DeserializeOwned + JsonSchema {
    /// The kind.
    const KIND: Kind;
    /// The fields that must be there, in the order in which they are asked for.
    const REQUIRED: &'static [&'static str];
    /// What the fields say.
    type Draft;

    /// The name and what else the fields say.
    fn draft(self) -> (core::At<String>, Self::Draft);
    /// Where drafts of this kind are kept.
    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<Self::Draft>>;
}

/// Something as people write it, which stands for something of the kernel's.
pub(super) trait Plain {
    /// What it stands for.
    type Core;
    /// Makes it what it stands for.
    fn plain(self) -> Self::Core;
}

impl<T: Plain> Plain for Option<T> {
    type Core = Option<T::Core>;
    fn plain(self) -> Self::Core {
        self.map(T::plain)
    }
}

impl<T: Plain> Plain for Vec<T> {
    type Core = Vec<T::Core>;
    fn plain(self) -> Self::Core {
        self.into_iter().map(T::plain).collect()
    }
}

impl<V: Plain> Plain for std::collections::BTreeMap<String, V> {
    type Core = std::collections::BTreeMap<String, V::Core>;
    fn plain(self) -> Self::Core {
        self.into_iter().map(|(key, value)| (key, value.plain())).collect()
    }
}

macro_rules! plain_as_it_is {
    ($($name:ty)*) => {$(
        impl Plain for $name {
            type Core = Self;
            fn plain(self) -> Self { self }
        }
    )*};
}

plain_as_it_is! { String u32 i32 bool }

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    fn agrees<T: Fields>() {
        let schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value();
        let mut required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let mut said = T::REQUIRED.to_vec();
        required.sort_unstable();
        said.sort_unstable();
        assert_eq!(said, required, "{}", T::KIND);
    }

    #[test]
    fn required_fields_are_those_of_the_schema() {
        agrees::<OrganizationFields>();
        agrees::<TeamFields>();
        agrees::<PersonFields>();
        agrees::<ServiceFields>();
        agrees::<ScheduleFields>();
        agrees::<EscalationFields>();
        agrees::<AudienceFields>();
        agrees::<RuleFields>();
        agrees::<SourceFields>();
        agrees::<ChannelFields>();
        agrees::<DrillFields>();
        agrees::<AutomationFields>();
        agrees::<RunnerFields>();
    }
}

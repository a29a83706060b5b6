//! Wrappers that say how a value is written: with its place, alone or in a list, short or in full.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use wheelhouse_core::catalog::{self as core, Place};

use super::super::decode::{AT, LIST};
use super::Plain;

/// A value and where it stands.
#[derive(Clone)]
pub(in super::super) struct At<T>(pub core::At<T>);

impl<T: Plain> Plain for At<T> {
    type Core = core::At<T::Core>;
    fn plain(self) -> Self::Core {
        self.0.map(T::plain)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(AT, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<At<T>, A::Error> {
        let mut number =
            || -> Result<u32, A::Error> { from.next_element()?.ok_or_else(|| A::Error::custom("no place")) };
        let place = Place { file: number()?, start: number()?, end: number()? };
        let value = from.next_element()?.ok_or_else(|| A::Error::custom("no value"))?;
        Ok(At(core::At::new(value, place)))
    }
}

/// A place changes nothing about how a value is written.
impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// One of something, or a list of it.
pub(in super::super) struct OneOrMany<T>(Vec<T>);

impl<T: Plain> Plain for OneOrMany<T> {
    type Core = Vec<T::Core>;
    fn plain(self) -> Self::Core {
        self.0.plain()
    }
}

impl<T> OneOrMany<T> {
    /// Makes each another.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Vec<U> {
        self.0.into_iter().map(make).collect()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(LIST, ListVisitor(PhantomData)).map(Self)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one entry or a list of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// A name alone, or fields that say more.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(in super::super) enum NameOr<N, F> {
    /// The name alone.
    Name(N),
    /// The fields.
    Fields(F),
}

impl<'de, N: Deserialize<'de>, F: Deserialize<'de>> Deserialize<'de> for NameOr<N, F> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(NameOrVisitor(PhantomData))
    }
}

struct NameOrVisitor<N, F>(PhantomData<(N, F)>);

impl<'de, N: Deserialize<'de>, F: Deserialize<'de>> Visitor<'de> for NameOrVisitor<N, F> {
    type Value = NameOr<N, F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let name: StrDeserializer<'_, E> = text.into_deserializer();
        N::deserialize(name).map(NameOr::Name)
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Self::Value, A::Error> {
        F::deserialize(MapAccessDeserializer::new(from)).map(NameOr::Fields)
    }
}

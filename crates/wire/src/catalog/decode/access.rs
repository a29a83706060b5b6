//! A tree as serde reads it.

use std::collections::BTreeSet;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};
use wheelhouse_core::patterns::Pattern;

use super::super::tree::{Content, Entry, Node};
use super::error::{DecodeError, Problem};

/// The newtype that wants a value with its place: a sequence of file, start, end and value.
pub(in super::super) const AT: &str = "wheelhouse:at";
/// The newtype that wants a list, and takes a single value for a list of one.
pub(in super::super) const LIST: &str = "wheelhouse:list";
/// The newtype that wants an event pattern.
pub(in super::super) const PATTERN: &str = "wheelhouse:pattern";

/// The choices that are never a word alone.
const WITH_VALUE: [&str; 2] = ["TargetField", "ContactField"];

/// The choices that are told by one field and say more in others beside it: enum and field.
const AMONG_OTHERS: [(&str, &str); 1] = [("ContactField", "channel")];

/// Reads one value of a tree.
#[derive(Clone, Copy)]
pub(in super::super) struct Decoder<'de> {
    node: &'de Node,
    /// The parts that are passed over.
    aside: &'de BTreeSet<u32>,
}

impl<'de> Decoder<'de> {
    /// Reads `node` without the parts that were set `aside`.
    pub fn new(node: &'de Node, aside: &'de BTreeSet<u32>) -> Self {
        Self { node, aside }
    }

    fn of(self, node: &'de Node) -> Self {
        Self { node, ..self }
    }

    fn wrong<V: Visitor<'de>>(self, visitor: &V) -> DecodeError {
        DecodeError::invalid_type(Unexpected::Other("this"), visitor)
    }

    fn fields<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let Content::Map(entries) = &self.node.content else { return Err(self.wrong(&visitor)) };
        let access = Fields { decoder: self, rest: entries.iter(), value: None };
        visitor.visit_map(access).map_err(|error| match error.missing() {
            Some(field) if error.part().is_none() => {
                let aside = self.node.field(field).is_some_and(|entry| self.aside.contains(&entry.value.id));
                if aside { error.silenced() } else { error }
            }
            _ => error,
        })
    }

    fn number<V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, DecodeError> {
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => visitor.visit_u64(number),
            (_, Some(number), _) => visitor.visit_i64(number),
            (.., number) => visitor.visit_f64(number.unwrap_or_default()),
        }
    }
}

impl<'de> Deserializer<'de> for Decoder<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Null => visitor.visit_unit(),
            Content::Bool(value, _) => visitor.visit_bool(*value),
            Content::Number(number, _) => Self::number(number, visitor),
            Content::Text(text) => visitor.visit_str(text),
            Content::List(items) => visitor.visit_seq(Items { decoder: self, rest: items.iter() }),
            Content::Map(_) => self.fields(visitor),
        }
    }

    /// A text; a plain `007` or `true` is one where a text is wanted. Mappings are offered as they
    /// are, for fields that take a name or more.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Bool(_, spelled) | Content::Number(_, spelled) => visitor.visit_str(spelled),
            Content::Text(text) => visitor.visit_str(text),
            Content::Map(_) => self.fields(visitor),
            Content::Null | Content::List(_) => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if matches!(self.node.content, Content::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match (name, &self.node.content) {
            (AT, _) => visitor.visit_seq(Placed { decoder: self, next: 0 }),
            (LIST, Content::List(items)) => visitor.visit_seq(Items { decoder: self, rest: items.iter() }),
            (LIST, Content::Null) => Err(self.wrong(&visitor)),
            (LIST, _) => visitor.visit_seq(Items { decoder: self, rest: std::slice::from_ref(self.node).iter() }),
            (PATTERN, _) => {
                let json = json(self.node);
                if let Err(error) = Pattern::parse(&json) {
                    let place = follow(self.node, &error.path).place;
                    return Err(DecodeError::new(Problem::Pattern(error.message)).at(place));
                }
                visitor.visit_newtype_struct(json).map_err(DecodeError::custom)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Map(entries) => {
                let among_others = |entry: &&Entry| AMONG_OTHERS.contains(&(name, entry.key.as_str()));
                if let Some(entry) = entries.iter().find(among_others) {
                    if self.aside.contains(&entry.value.id) {
                        return Err(DecodeError::new(Problem::Said));
                    }
                    return visitor.visit_enum(Variant { decoder: self, entry, value: self.node });
                }
                let mut live = entries.iter().filter(|entry| !self.aside.contains(&entry.value.id));
                match (live.next(), live.next()) {
                    (Some(entry), None) => visitor.visit_enum(Variant { decoder: self, entry, value: &entry.value }),
                    (None, None) if !entries.is_empty() => Err(DecodeError::new(Problem::Said)),
                    _ => {
                        let words: Vec<String> = variants.iter().map(|variant| format!("`{variant}`")).collect();
                        let expected = format!("exactly one of {}", words.join(", "));
                        Err(DecodeError::new(Problem::Shape(expected)))
                    }
                }
            }
            Content::Text(_) if WITH_VALUE.contains(&name) => {
                let words: Vec<String> = variants.iter().map(|variant| format!("`{{{variant}: …}}`")).collect();
                Err(DecodeError::new(Problem::Shape(words.join(" or "))))
            }
            Content::Text(word) | Content::Bool(_, word) | Content::Number(_, word) => {
                let word: StrDeserializer<'_, DecodeError> = word.as_str().into_deserializer();
                visitor.visit_enum(word)
            }
            Content::Null | Content::List(_) => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.fields(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.fields(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::List(items) => visitor.visit_seq(Items { decoder: self, rest: items.iter() }),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct identifier
    }
}

/// The elements of a list.
struct Items<'de> {
    decoder: Decoder<'de>,
    rest: std::slice::Iter<'de, Node>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let aside = self.decoder.aside;
        let Some(node) = self.rest.find(|node| !aside.contains(&node.id)) else { return Ok(None) };
        seed.deserialize(self.decoder.of(node)).map(Some).map_err(|error| error.within(node, None))
    }
}

/// The fields of a mapping.
struct Fields<'de> {
    decoder: Decoder<'de>,
    rest: std::slice::Iter<'de, Entry>,
    value: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let aside = self.decoder.aside;
        let Some(entry) = self.rest.find(|entry| !aside.contains(&entry.value.id)) else { return Ok(None) };
        self.value = Some(entry);
        let key: StrDeserializer<'_, DecodeError> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error: DecodeError| {
            let keys = self.decoder.node.fields().iter().map(|entry| entry.key.as_str());
            error.at(entry.place).given(keys).within(&entry.value, None)
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let entry = self.value.take().ok_or_else(|| DecodeError::custom("a value without a key"))?;
        let decoder = self.decoder.of(&entry.value);
        seed.deserialize(decoder).map_err(|error| error.within(&entry.value, Some(&entry.key)))
    }
}

/// The one field of a mapping that says which variant it is.
struct Variant<'de> {
    decoder: Decoder<'de>,
    entry: &'de Entry,
    /// What the variant is read from: the field's value, or all fields.
    value: &'de Node,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let key: StrDeserializer<'_, DecodeError> = self.entry.key.as_str().into_deserializer();
        let variant = seed.deserialize(key).map_err(|error: DecodeError| error.at(self.entry.place).of_field())?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        let expected = format!("the word `{}` alone", self.entry.key.escape_debug());
        Err(DecodeError::new(Problem::Shape(expected)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        let value = self.value;
        seed.deserialize(self.decoder.of(value)).map_err(|error| error.within(value, Some(&self.entry.key)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.decoder.of(&self.entry.value).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, DecodeError> {
        let value = &self.entry.value;
        self.decoder.of(value).fields(visitor).map_err(|error| error.within(value, Some(&self.entry.key)))
    }
}

/// A value with its place.
struct Placed<'de> {
    decoder: Decoder<'de>,
    next: u8,
}

impl<'de> SeqAccess<'de> for Placed<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let place = self.decoder.node.place;
        self.next += 1;
        let number = match self.next {
            1 => place.file,
            2 => place.start,
            3 => place.end,
            4 => return seed.deserialize(self.decoder).map(Some),
            _ => return Ok(None),
        };
        seed.deserialize(number.into_deserializer()).map(Some)
    }
}

/// A value as JSON.
pub(in super::super) fn json(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(value, _) => Value::Bool(*value),
        Content::Number(number, _) => Value::Number(number.clone()),
        Content::Text(text) => Value::String(text.clone()),
        Content::List(items) => Value::Array(items.iter().map(json).collect()),
        Content::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect::<Map<_, _>>())
        }
    }
}

/// The value at a path such as `labels.alertname[0].prefix`, or as far as the path can be followed.
/// Keys may hold dots.
fn follow<'de>(node: &'de Node, path: &str) -> &'de Node {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return node;
    }
    match &node.content {
        Content::List(items) => {
            let found = path
                .strip_prefix('[')
                .and_then(|rest| rest.split_once(']'))
                .and_then(|(index, rest)| Some((items.get(index.parse::<usize>().ok()?)?, rest)));
            found.map_or(node, |(item, rest)| follow(item, rest))
        }
        Content::Map(entries) => entries
            .iter()
            .filter_map(|entry| {
                let rest = path.strip_prefix(entry.key.as_str())?;
                (rest.is_empty() || rest.starts_with(['.', '['])).then_some((entry, rest))
            })
            .min_by_key(|(_, rest)| rest.len())
            .map_or(node, |(entry, rest)| follow(&entry.value, rest)),
        _ => node,
    }
}

//! JSON into the interpreter's values, and back.

use std::collections::HashMap;

use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt};
use cel::common::value::Val;
use serde_json::{Number, Value};

/// A JSON value as the interpreter sees it; texts are borrowed.
pub(super) fn from_json<'v>(value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Box::new(CelInt::from(whole)),
            (None, Some(large)) => Box::new(CelUInt::from(large)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(elements) => Box::new(CelList::from(elements.iter().map(from_json).collect::<Vec<_>>())),
        Value::Object(fields) => {
            let entries = fields.iter().map(|(name, value)| (CelMapKey::from(name.as_str()), from_json(value)));
            Box::new(CelMap::from(entries.collect::<HashMap<_, _>>()))
        }
    }
}

/// The truth of a value that is one.
pub(super) fn as_bool(value: &dyn Val) -> Option<bool> {
    value.downcast_ref::<CelBool>().map(|value| *value.inner())
}

/// The interpreter's value as JSON, its keys in order.
pub(super) fn to_json(value: &dyn Val) -> Result<Value, String> {
    if let Some(value) = as_bool(value) {
        return Ok(Value::Bool(value));
    }
    if let Some(text) = value.downcast_ref::<CelString>() {
        return Ok(Value::String(text.inner().to_owned()));
    }
    if let Some(whole) = value.downcast_ref::<CelInt>() {
        return Ok(Value::from(*whole.inner()));
    }
    if let Some(whole) = value.downcast_ref::<CelUInt>() {
        return Ok(Value::from(*whole.inner()));
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        let number = Number::from_f64(*number.inner());
        return number.map(Value::Number).ok_or_else(|| "its value is no number that JSON has".to_owned());
    }
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list
            .inner()
            .iter()
            .map(|element| to_json(element.as_ref()))
            .collect::<Result<_, _>>()
            .map(Value::Array);
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        let mut fields = Vec::with_capacity(map.inner().len());
        for (key, value) in map.inner() {
            let key = key.inner().downcast_ref::<CelString>().ok_or("a key of its value is no text")?;
            fields.push((key.inner().to_owned(), to_json(value.as_ref())?));
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        return Ok(Value::Object(fields.into_iter().collect()));
    }
    match value.downcast_ref::<CelNull>() {
        Some(_) => Ok(Value::Null),
        None => Err(format!("its value is a {}, which JSON has not", value.get_type().name())),
    }
}

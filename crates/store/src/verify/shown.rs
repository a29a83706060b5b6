//! Values in the words of a finding.

use wheelhouse_core::record::Hash;

/// A value that a finding can show to a person.
pub(super) trait Shown {
    /// The value in words.
    fn shown(&self) -> String;
}

macro_rules! shown_plainly {
    ($($kind:ty)*) => {$(
        impl Shown for $kind {
            fn shown(&self) -> String { self.to_string() }
        }
    )*};
}
shown_plainly!(i64 u64 u32 usize Hash);

impl Shown for str {
    fn shown(&self) -> String {
        if self.is_empty() { "an empty text".into() } else { format!("`{}`", self.escape_debug()) }
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        self.as_str().shown()
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        if *self { "yes" } else { "no" }.into()
    }
}

impl Shown for [u8] {
    fn shown(&self) -> String {
        /// The most bytes shown.
        const MOST: usize = 40;
        if self.is_empty() {
            return "no bytes".into();
        }
        let digits: String = self.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
        let more = self.len().saturating_sub(MOST);
        if more > 0 { format!("{digits}… and {more} more bytes") } else { digits }
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn shown(&self) -> String {
        (**self).shown()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "none".into(), Shown::shown)
    }
}

/// How two JSON values of one row differ: the names of their fields, with what they say.
pub(super) fn differences(expected: &str, found: &str) -> (String, String) {
    use serde_json::Value;
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (Some(Value::Object(one)), Some(Value::Object(other))) = (read(expected), read(found)) else {
        return (expected.into(), found.into());
    };
    let mut differing: Vec<&String> =
        one.keys().chain(other.keys()).filter(|key| one.get(*key) != other.get(*key)).collect();
    differing.sort_unstable();
    differing.dedup();
    if differing.is_empty() {
        return ("the same values as they are always written".into(), "them written in another way".into());
    }
    let said = |object: &serde_json::Map<String, Value>| {
        let one = |key: &String| object.get(key).map_or_else(|| format!("no {key}"), |value| format!("{key} {value}"));
        differing.iter().map(|key| one(key)).collect::<Vec<_>>().join(", ")
    };
    (said(&one), said(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let (expected, found) = differences(r#"{"a":1,"b":"x","c":[1]}"#, r#"{"a":1,"b":"y","d":2}"#);
        assert_eq!((expected.as_str(), found.as_str()), (r#"b "x", c [1], no d"#, r#"b "y", no c, d 2"#));
        assert_eq!(differences(r#"{"a":1}"#, r#"{"a": 1}"#).1, "them written in another way");
        assert_eq!(Some("x").shown(), "`x`");
        assert_eq!(None::<i64>.shown(), "none");
    }
}

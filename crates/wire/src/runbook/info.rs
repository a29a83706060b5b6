//! Info strings: what stands behind the opening of a fence.

use serde_json::Value;

/// An info string, taken apart: `sh {step=drain timeout=5m}` or `sh {"name":"drain"}`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    /// The first word; empty where there is none.
    pub language: String,
    /// What stands in the braces, in order. A word alone has no value.
    pub pairs: Vec<(String, Option<String>)>,
    /// What cannot be read in the braces.
    pub broken: Option<&'static str>,
}

impl Info {
    /// Whether a fence says by itself that it is a step.
    pub fn opts_in(&self) -> bool {
        self.get("step").is_some_and(|value| value != Some("false"))
    }

    /// What is said for one of our own keys: nothing, the word alone, or its value.
    pub fn get(&self, key: &str) -> Option<Option<&str>> {
        let said = |(name, _): &&(String, _)| own(name) == key;
        self.pairs.iter().find(said).map(|(_, value)| value.as_deref())
    }
}

/// A key without the name space that tells our keys from those of others.
pub(super) fn own(key: &str) -> &str {
    key.strip_prefix("wh.").unwrap_or(key)
}

/// Takes an info string apart. What stands outside of the braces is nobody's.
pub(super) fn read(info: &str) -> Info {
    let info = info.trim();
    let (head, braces) = info.find('{').map_or((info, ""), |at| info.split_at(at));
    let language = head.split_whitespace().next().unwrap_or_default().trim_end_matches(',').to_owned();
    let mut read = Info { language, ..Info::default() };
    if braces.is_empty() {
        return read;
    }
    match serde_json::from_str::<Value>(braces) {
        Ok(Value::Object(fields)) => {
            read.pairs = fields.into_iter().map(|(key, value)| (key, Some(text_of(&value)))).collect();
        }
        _ => match braces.strip_prefix('{').and_then(|inner| inner.trim_end().strip_suffix('}')) {
            Some(inner) => pairs(inner, &mut read),
            None => {
                read.broken = Some("the brace is not closed");
                pairs(braces.trim_start_matches('{'), &mut read);
            }
        },
    }
    read
}

/// A JSON value as the other form writes it; lists are joined by commas.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Reads `key=value`, `key="a value"` and `key`, apart by white space.
fn pairs(inner: &str, read: &mut Info) {
    let mut rest = inner.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let key = key.trim_matches(',').to_owned();
        match after.strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after, &mut read.broken);
                if key.is_empty() {
                    read.broken.get_or_insert("a value has no name");
                } else {
                    read.pairs.push((key, Some(value)));
                }
                rest = after.trim_start();
            }
            None => {
                if !key.is_empty() {
                    read.pairs.push((key, None));
                }
                rest = after.trim_start();
            }
        }
    }
}

/// A value and what follows it. In quotes a backslash takes the next character as it is.
fn value<'t>(text: &'t str, broken: &mut Option<&'static str>) -> (String, &'t str) {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim_end_matches(',').to_owned(), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == quote => return (value, text.get(at + c.len_utf8()..).unwrap_or_default()),
            c => value.push(c),
        }
    }
    *broken = Some("a quote is not closed");
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(info: &str) -> Vec<(String, Option<String>)> {
        read(info).pairs
    }

    fn pair(key: &str, value: &str) -> (String, Option<String>) {
        (key.to_owned(), Some(value.to_owned()))
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(said("sh {step=drain timeout=5m}"), [pair("step", "drain"), pair("timeout", "5m")]);
        assert_eq!(
            said(r#"sh {"name":"x","tag":["a","b"],"n":2}"#),
            [pair("name", "x"), pair("tag", "a,b"), pair("n", "2")]
        );
        assert_eq!(
            said(r#"sh { if="a == \"b\"" idempotent }"#),
            [pair("if", "a == \"b\""), ("idempotent".into(), None)]
        );
        assert_eq!(said("sh{step=x}"), [pair("step", "x")]);
        assert_eq!(read("sh{step=x}").language, "sh");
        assert_eq!(said("sh title=x"), []);
        assert_eq!(read("").language, "");
    }

    #[test]
    fn only_what_names_a_step_opts_in() {
        for info in ["sh {step=x}", "sh {step}", "{wh.step=x}", r#"sh {"step":"x"}"#, "sh { timeout=5m step }"] {
            assert!(read(info).opts_in(), "{info}");
        }
        for info in [
            "sh",
            "sh {name=x}",
            r#"sh {"name":"step"}"#,
            "sh step=x",
            "step",
            "sh {step=false}",
            "sh {stepp=x}",
            "{.step}",
        ] {
            assert!(!read(info).opts_in(), "{info}");
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        assert_eq!(read("sh {step=x").broken, Some("the brace is not closed"));
        assert_eq!(read("sh {if=\"a}").broken, Some("a quote is not closed"));
        assert_eq!(read("sh {=a}").broken, Some("a value has no name"));
        assert_eq!(read("sh {step=x}").broken, None);
    }
}

//! What a step hands to later ones: the file that `WH_OUTPUT` names, as lines of `key=value` or as one JSON object.

use std::collections::BTreeMap;

use serde_json::Value;

/// The most outputs of a step.
const MOST: usize = 128;
/// The longest value, as text.
const LONGEST: usize = 64 << 10;

/// Outputs by name.
pub type Outputs = BTreeMap<String, Value>;

/// Reads what a step wrote. A key that stands twice has its last value, as in a shell script that appends.
///
/// # Errors
/// If it is neither form, or a name or a size is out of bounds; the message is for people.
pub fn parse(text: &str) -> Result<Outputs, String> {
    let text = text.trim_start_matches('\u{feff}');
    let outputs = if text.trim_start().starts_with('{') { object(text)? } else { lines(text)? };
    few(outputs.len())?;
    Ok(outputs)
}

/// Takes outputs out of a JSON object.
pub(crate) fn of_object(fields: serde_json::Map<String, Value>) -> Result<Outputs, String> {
    few(fields.len())?;
    fields
        .into_iter()
        .map(|(key, value)| {
            name(&key, "the JSON object")?;
            let length = value.as_str().map_or_else(|| value.to_string().len(), str::len);
            fits(&key, length)?;
            Ok((key, value))
        })
        .collect()
}

/// Whether there are no more outputs than a step may have.
fn few(count: usize) -> Result<(), String> {
    if count > MOST {
        return Err(format!("{count} outputs; a step may have {MOST}\n  = help: put them into one JSON value"));
    }
    Ok(())
}

fn object(text: &str) -> Result<Outputs, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => of_object(fields),
        Ok(_) => Err("the outputs begin like a JSON object and are none".to_owned()),
        Err(error) => Err(format!("the outputs are no JSON object: {error}")),
    }
}

fn lines(text: &str) -> Result<Outputs, String> {
    let mut outputs = Outputs::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("line {}", at + 1);
        let Some((key, value)) = line.split_once('=') else {
            return Err(format!(
                "{place} of the outputs is no `key=value`\n  = help: write a JSON object if values have several lines"
            ));
        };
        name(key, &place)?;
        fits(key, value.len())?;
        outputs.insert(key.to_owned(), Value::String(value.to_owned()));
    }
    Ok(outputs)
}

fn name(key: &str, place: &str) -> Result<(), String> {
    let mut bytes = key.bytes();
    let fine = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && key.len() <= 64;
    let shown: String = key.chars().take(70).collect();
    let help = "1 to 64 letters, digits, `_`, `-` or `.`, beginning with a letter";
    if fine {
        Ok(())
    } else {
        Err(format!("{place}: `{}` cannot name an output\n  = help: {help}", shown.escape_debug()))
    }
}

fn fits(key: &str, length: usize) -> Result<(), String> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(format!(
        "the output `{key}` has {length} bytes; {LONGEST} are allowed\n  = help: put it somewhere and hand over where"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use serde_json::json;

    #[test]
    fn lines_and_objects_are_read() {
        let read = parse("host=db-1\n\nurl=a=b\r\nhost=db-2\nempty=\n").unwrap();
        assert_eq!(json!(read), json!({"host": "db-2", "url": "a=b", "empty": ""}));
        let read = parse("\u{feff} {\"n\": 3, \"list\": [1, \"two\"]}\n").unwrap();
        assert_eq!(json!(read), json!({"n": 3, "list": [1, "two"]}));
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn what_is_neither_says_where() {
        assert!(parse("a=1\nb").unwrap_err().starts_with("line 2 of the outputs is no `key=value`"));
        assert!(parse("a b=1").unwrap_err().starts_with("line 1: `a b` cannot name an output"));
        assert!(parse("{\"a\": ").unwrap_err().starts_with("the outputs are no JSON object"));
        assert!(parse(&format!("a={}", "x".repeat(LONGEST + 1))).unwrap_err().contains("65537 bytes"));
        let many: String = (0..=MOST).map(|n| format!("k{n}=1\n")).collect();
        assert!(parse(&many).unwrap_err().starts_with("129 outputs"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_read_within_bounds_or_refused(text in "[{}\\[\\]\":,=a-c1 \n\\\\]{0,60}") {
            if let Ok(outputs) = parse(&text) {
                proptest::prop_assert!(outputs.len() <= MOST);
                proptest::prop_assert!(outputs.keys().all(|key| (1..=64).contains(&key.len())));
            }
        }
    }
}

//! `kind=wait`: for a time, or until something happens within it.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use wheelhouse_core::automation::impossible;
use wheelhouse_core::kernel::HubWork;
use wheelhouse_core::run::Awaited;
use wheelhouse_core::time::Duration;

use super::task::{Values, filled, plain, yaml};
use crate::catalog::length;

/// How deep a pattern may be nested.
const DEEPEST: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitText {
    #[serde(rename = "for")]
    length: String,
    /// A pattern over events as automations see them.
    #[serde(default)]
    until: Option<Value>,
    /// Whether the event must be about the run's own case.
    #[serde(default)]
    case: bool,
}

/// Reads what is waited for, with the values that stand in it.
///
/// # Errors
/// For people: what is wrong with the text, which value is missing, or that no event can be waited for like that.
pub(super) fn read(script: &str, values: &Values<'_>) -> Result<HubWork, String> {
    let text: WaitText = yaml(script)?;
    let wait = time(&filled(&text.length, plain, values)?)?;
    let Some(until) = &text.until else { return plainly(&text, wait) };
    let pattern = each_text(until, DEEPEST, &|text| filled(text, plain, values).map(Value::String))?;
    awaited(&pattern, text.case).map(|awaited| HubWork::Await(wait, Box::new(awaited)))
}

/// Whether what is waited for can be understood, and can happen, whatever the values are that come to stand in it.
///
/// # Errors
/// For people: what is wrong.
pub(super) fn check(script: &str) -> Result<(), String> {
    let text: WaitText = yaml(script)?;
    let any = |name: &str| name.starts_with("WH_").then(|| "1m".to_owned());
    let wait = time(&filled(&text.length, plain, &any)?)?;
    let Some(until) = &text.until else { return plainly(&text, wait).map(|_| ()) };
    // What its names are must be right; what they come to is not known yet.
    each_text(until, DEEPEST, &|text| filled(text, plain, &any).map(Value::String))?;
    awaited(&open(until), text.case).map(|_| ())
}

fn plainly(text: &WaitText, wait: Duration) -> Result<HubWork, String> {
    if text.case {
        return Err("`case: true` belongs to `until:`".into());
    }
    Ok(HubWork::Wait(wait))
}

fn time(text: &str) -> Result<Duration, String> {
    length(text).ok_or_else(|| format!("`for: {text}` is no length of time such as `90s`"))
}

fn awaited(pattern: &Value, of_case: bool) -> Result<Awaited, String> {
    let awaited = Awaited::new(pattern, of_case).map_err(|why| format!("`until` is no event pattern: {why}"))?;
    match impossible(&awaited.pattern) {
        Some((path, help)) => Err(format!("nothing can happen like that: no event has such a `{path}`; {help}")),
        None => Ok(awaited),
    }
}

/// The same with every text replaced that stands for a value; names of fields are left as they are.
fn each_text(json: &Value, deep: usize, write: &dyn Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    let Some(deep) = deep.checked_sub(1) else { return Err(format!("`until` is nested more than {DEEPEST} deep")) };
    match json {
        Value::String(text) => write(text),
        Value::Array(items) => items.iter().map(|item| each_text(item, deep, write)).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| Ok((name.clone(), each_text(value, deep, write)?));
            fields.iter().map(field).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        other => Ok(other.clone()),
    }
}

/// The same where anything goes that depends on a value.
fn open(json: &Value) -> Value {
    let depends = |value: &Value| value.to_string().contains("${");
    match json {
        Value::Array(items) if items.iter().any(|item| !item.is_object() && depends(item)) => json!([{"exists": true}]),
        Value::Array(items) => {
            let of_operator = |item: &Value| if depends(item) { json!({"exists": true}) } else { item.clone() };
            let is_choice = |item: &Value| {
                item.as_object()
                    .is_some_and(|fields| fields.values().any(|value| value.is_array() || value.is_object()))
            };
            items.iter().map(|item| if is_choice(item) { open(item) } else { of_operator(item) }).collect()
        }
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), open(value))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn with_service(script: &str) -> Result<HubWork, String> {
        let values = |name: &str| match name {
            "WH_SERVICE" => Some("a\"], \"kind\": [\"resolved".to_owned()),
            _ => None,
        };
        read(script, &values)
    }

    #[test]
    fn a_value_stays_a_value() {
        let text = "for: 30m\nuntil: {kind: [signal_ended], service: {name: [\"${WH_SERVICE}\"]}}\ncase: true\n";
        let Ok(HubWork::Await(wait, awaited)) = with_service(text) else { panic!("nothing is waited for") };
        assert_eq!((wait, awaited.of_case), (Duration::from_minutes(30), true));
        let names = json!({"kind": "signal_ended", "service": {"name": "a\"], \"kind\": [\"resolved"}});
        assert!(awaited.pattern.matches(&names));
        assert!(!awaited.pattern.matches(&json!({"kind": "resolved", "service": {"name": "a"}})));
    }

    #[test]
    fn what_can_never_happen_is_said_ahead_of_any_run() {
        for text in [
            "for: 5m\nuntil: {kind: [signal_ended], service: {name: [\"${WH_SERVICE}\"]}}",
            "for: 5m\nuntil: {kind: [\"${WH_KIND}\"]}",
            "for: 5m\nuntil: {kind: [event], type: [{prefix: \"${WH_TEAM}.\"}], data: {count: [{numeric: [\">\", 3]}]}}",
            "for: \"${WH_TIME}\"\nuntil: {case: {severity: [sev1, \"${WH_SEVERITY}\"]}}",
            "for: 5m\nuntil: {$or: [{kind: [resolved]}, {kind: [run_ended], run: {runbook: [\"${WH_BOOK}\"]}}]}",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, why) in [
            ("for: 5m\nuntil: {kind: [signal_end]}", "no event has such a `kind`; the kinds are `signal_fired`"),
            ("for: 5m\nuntil: {kind: [resolved], signals: {status: [\"${WH_X}\"]}}", "did you mean `signal.status`?"),
            ("for: 5m\nuntil: {kind: [acknowledged], signal: {summary: [x]}}", "no event has such a `signal.summary`"),
            ("for: 5m\nuntil: {kind: resolved}", "`until` is no event pattern"),
            ("for: 5m\nuntil: {kind: [\"${KIND}\"]}", "there is no value `KIND`"),
            ("for: 5m\ncase: true", "`case: true` belongs to `until:`"),
            ("until: {kind: [resolved]}", "for"),
        ] {
            let said = check(text).unwrap_err();
            assert!(said.contains(why) && !said.contains('\n'), "{text}: {said}");
        }
        // With its values it is held to the same.
        assert!(
            with_service("for: 5m\nuntil: {kind: [\"${WH_SERVICE}\"]}").is_err_and(|why| why.contains("such a `kind`"))
        );
    }
}

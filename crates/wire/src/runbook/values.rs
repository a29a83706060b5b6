//! The values of a step's attributes.

use wheelhouse_core::name::RoleName;
use wheelhouse_core::runbook::{Approval, Retry};
use wheelhouse_core::time::Duration;

use crate::catalog::length;

/// The most people of one approval.
const MOST_APPROVERS: u32 = 20;
/// The most attempts that follow the first.
const MOST_RETRIES: u32 = 100;
/// How long a retry waits unless said.
const PAUSE: Duration = Duration::from_seconds(10);
/// The longest list of names.
const MOST_NAMES: usize = 50;

/// A value, or what is expected instead.
pub(super) type Value<T> = Result<T, &'static str>;

/// `5m`, at most a week.
pub(super) fn timeout(text: &str) -> Value<Duration> {
    let fits = |length: &Duration| (1..=7 * 86_400).contains(&length.as_seconds());
    length(text).filter(fits).ok_or("a length of time of at most a week, such as `90s` or `1h30m`")
}

/// The name of a team, a schedule or a role.
pub(super) fn role(text: &str) -> Value<RoleName> {
    RoleName::new(text).map_err(|_| "the name of a team, of a schedule, or of a role that teams give")
}

/// `payments`, `2`, `2 of payments`.
pub(super) fn approval(text: &str) -> Value<Approval> {
    const EXPECTED: &str = "a role, a number, or both: `payments`, `2`, `2 of payments`";
    let (count, name) = match text.split_once(" of ") {
        Some((count, name)) => (count.trim(), Some(name.trim())),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => (text, None),
        None => ("1", Some(text)),
    };
    let count = count.parse().ok().filter(|count| (1..=MOST_APPROVERS).contains(count)).ok_or(EXPECTED)?;
    let role = name.map(RoleName::new).transpose().map_err(|_| EXPECTED)?;
    Ok(Approval { count, role })
}

/// `3`, `3 every 30s`.
pub(super) fn retry(text: &str) -> Value<Retry> {
    const EXPECTED: &str = "a number of further attempts, and how far apart: `3`, `3 every 30s`";
    let (times, pause) = match text.split_once(" every ") {
        Some((times, pause)) => (times.trim(), timeout(pause.trim()).map_err(|_| EXPECTED)?),
        None => (text, PAUSE),
    };
    let times = times.parse().ok().filter(|times| (1..=MOST_RETRIES).contains(times)).ok_or(EXPECTED)?;
    Ok(Retry { times, pause })
}

/// Yes or no; the word alone is a yes.
pub(super) fn flag(text: Option<&str>) -> Value<bool> {
    match text {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err("`true`, `false`, or the word alone"),
    }
}

/// Names apart by commas or white space.
pub(super) fn names(text: &str) -> Value<Vec<String>> {
    let names: Vec<String> =
        text.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let fits = |name: &String| {
        name.len() <= 100 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | '/'))
    };
    if names.is_empty() || names.len() > MOST_NAMES || !names.iter().all(fits) {
        return Err("names of letters, digits, `_`, `-`, `.`, apart by commas");
    }
    Ok(names)
}

/// One short word or expression.
pub(super) fn words(text: &str) -> Value<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= 1_000 && !text.contains(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("one line of at most 1,000 bytes") }
}

/// A whole number from 1 to 1,000.
pub(super) fn limit(text: &str) -> Value<u32> {
    text.parse().ok().filter(|limit| (1..=1_000).contains(limit)).ok_or("a number from 1 to 1000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_what_they_say() {
        assert_eq!(timeout("1h30m"), Ok(Duration::from_minutes(90)));
        assert!(timeout("0").is_err() && timeout("8d").is_err() && timeout("5").is_err());
        assert_eq!(approval("2 of payments").map(|approval| (approval.count, approval.role.is_some())), Ok((2, true)));
        assert_eq!(approval("payments").map(|approval| approval.count), Ok(1));
        assert_eq!(approval("3").map(|approval| approval.role), Ok(None));
        assert!(approval("0").is_err() && approval("two of x").is_err() && approval("99").is_err());
        assert_eq!(retry("3 every 30s"), Ok(Retry { times: 3, pause: Duration::from_seconds(30) }));
        assert!(retry("every 3s").is_err() && retry("0").is_err());
        assert_eq!(names("a, b,c"), Ok(vec!["a".into(), "b".into(), "c".into()]));
        assert!(names("").is_err() && names("a;b").is_err());
        assert_eq!((flag(None), flag(Some("false"))), (Ok(true), Ok(false)));
    }
}

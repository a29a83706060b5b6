//! Checks of single values: lengths, counts, bounds, zones.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::super::finding::{Code, Finding};
use super::super::known::nearest;
use super::super::limits::{LONGEST_TEXT, YEARS};
use super::super::place::{At, Place};
use crate::oncall::Period;
use crate::time::Duration;

/// The zone of an IANA name, from the time-zone data that is compiled in, so that no machine's own
/// data changes what a schedule means.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// Checks that a time zone exists.
pub fn check_zone(name: &At<String>, findings: &mut Vec<Finding>) {
    if zone(&name.value).is_some() {
        return;
    }
    let names: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    let help = nearest(&name.value, names.iter().map(String::as_str)).map_or_else(
        || "write a name of the IANA time zone database, such as `Europe/Vienna` or `UTC`".to_string(),
        |meant| format!("did you mean `{meant}`?"),
    );
    findings.push(
        Finding::error(Code::BadValue, name.place, format!("`{}` is not a time zone", shown(&name.value)))
            .label("expected an IANA time zone")
            .help(help),
    );
}

/// Checks that a text for people is not too long.
pub fn check_summary(text: Option<&At<String>>, findings: &mut Vec<Finding>) {
    if let Some(text) = text {
        check_length("this text", &text.value, LONGEST_TEXT, text.place, findings);
    }
}

/// Checks that a text is not too long.
pub fn check_length(what: &str, text: &str, longest: usize, place: Place, findings: &mut Vec<Finding>) {
    if text.len() > longest {
        findings.push(
            Finding::error(Code::TooLong, place, format!("{what} has {} bytes", text.len()))
                .label(format!("at most {longest} are allowed"))
                .help("shorten it, and link to the rest"),
        );
    }
}

/// Checks that a list is not too long.
pub fn check_count(what: &str, count: usize, most: usize, place: Place, findings: &mut Vec<Finding>) {
    if count > most {
        findings.push(
            Finding::error(Code::TooMany, place, format!("{count} {what}"))
                .label(format!("at most {most} are allowed"))
                .help("leave some out, or split it"),
        );
    }
}

/// Checks that a list is not empty.
pub fn check_some(what: &str, count: usize, partial: bool, place: Place, findings: &mut Vec<Finding>) {
    if count == 0 && !partial {
        findings.push(
            Finding::error(Code::EmptyList, place, format!("this list of {what} is empty"))
                .label("expected at least one entry")
                .help("add one"),
        );
    }
}

/// Checks that nothing is listed twice.
pub fn check_once<'a, N: Ord + Display + 'a>(entries: impl Iterator<Item = &'a At<N>>, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        if !seen.insert(&entry.value) {
            findings.push(
                Finding::error(Code::Repeated, entry.place, format!("`{}` is listed twice", entry.value))
                    .label("listed before")
                    .help("leave it out here"),
            );
        }
    }
}

/// Checks that a length of time lies within bounds.
pub fn check_bounds(
    what: &str,
    length: Option<&At<Duration>>,
    (least, most): (Duration, Duration),
    findings: &mut Vec<Finding>,
) {
    let Some(length) = length else { return };
    if length.value < least || length.value > most {
        let least = if least == Duration::ZERO { "0".to_string() } else { least.to_string() };
        findings.push(
            Finding::error(Code::OutOfRange, length.place, format!("{what} is out of range"))
                .label(format!("expected {least} to {most}"))
                .help("write it as `90s`, `10m`, `1h30m`, `2d` or `1w`"),
        );
    }
}

/// Checks that a number lies within bounds.
pub fn check_number(number: Option<&At<u32>>, (least, most): (u32, u32), findings: &mut Vec<Finding>) {
    let Some(number) = number.filter(|number| !(least..=most).contains(&number.value)) else { return };
    findings.push(
        Finding::error(Code::OutOfRange, number.place, format!("{} is out of range", number.value))
            .label(format!("expected {least} to {most}"))
            .help("correct the number"),
    );
}

/// Checks that a date lies in years that schedules can handle.
pub fn check_year(date: &At<DateTime>, findings: &mut Vec<Finding>) {
    if !(YEARS.0..=YEARS.1).contains(&date.value.year()) {
        findings.push(
            Finding::error(Code::OutOfRange, date.place, format!("the year {} is out of range", date.value.year()))
                .label(format!("expected {} to {}", YEARS.0, YEARS.1))
                .help("correct the year"),
        );
    }
}

/// Checks that one date lies before another.
pub fn check_order(from: &At<DateTime>, until: &At<DateTime>, findings: &mut Vec<Finding>) {
    if until.value <= from.value {
        findings.push(
            Finding::error(Code::EmptyInterval, until.place, "this interval ends before it starts")
                .label(format!("not after {}", from.value))
                .related(from.place, "it starts here")
                .help("correct one of the two"),
        );
    }
}

/// Checks that a turn is neither nothing nor longer than ten years.
pub fn check_period(period: &At<Period>, findings: &mut Vec<Finding>) {
    let (count, most, unit) = match period.value {
        Period::Hours(count) => (count, 87_600, "hours"),
        Period::Days(count) => (count, 3_650, "days"),
        Period::Weeks(count) => (count, 520, "weeks"),
        Period::Months(count) => (count, 120, "months"),
    };
    if !(1..=most).contains(&count) {
        findings.push(
            Finding::error(Code::OutOfRange, period.place, "the length of a turn is out of range")
                .label(format!("expected 1 to {most} {unit}"))
                .help("write it as `12h`, `1d`, `1w` or `1mo`"),
        );
    }
}

/// A foreign text as a message shows it: escaped and cut.
pub fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

//! `stats`: how long things took, who was told, and what cannot be told.

use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{Stats, StatsGroup, StatsMeasure, StatsTold, Time};

use super::{Answer, Context};
use crate::args;
use crate::client::read;
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Cell, Look, Table, Tone, cell, exact, span, toned};

/// Shows statistics over the incidents of a period.
pub fn run(options: &args::Stats, context: &Context<'_>) -> Result<Answer, Failure> {
    let look = &context.look;
    let mut query = Vec::new();
    for (name, moment) in [("since", &options.since), ("until", &options.until)] {
        if let Some(at) = moment.as_ref().map(|moment| instant(name, moment, look)).transpose()? {
            query.push((name, Time(at).to_string()));
        }
    }
    if !options.by.is_empty() {
        query.push(("by", options.by.join(",")));
    }
    let value = context.client()?.get(&["stats"], &query)?;
    if look.json() || options.json {
        return Ok(Answer::json(&value));
    }
    let stats: Stats = read(value)?;
    Ok(Answer::text(render(&stats, look)))
}

fn instant(name: &str, moment: &Moment, look: &Look) -> Result<Timestamp, Failure> {
    moment.resolve(look.now, &look.zone).map_err(|error| Failure::cannot_run(format!("--{name}: {error}")))
}

fn render(stats: &Stats, look: &Look) -> String {
    let period =
        format!("incidents opened from {} to {}", exact(stats.since.0, &look.zone), exact(stats.until.0, &look.zone));
    let drills = match stats.drills {
        0 => "no drills in that time".to_owned(),
        1 => "1 incident was a drill and is not counted".to_owned(),
        drills => format!("{drills} incidents were drills and are not counted"),
    };
    if stats.groups.is_empty() {
        return format!("{period}: none\n{drills}\n");
    }
    format!(
        "{period}\n\n{}\n{}\nmedian and p90 by nearest rank; below {} values, the values themselves\n{drills}\n",
        measures(stats, look),
        told(stats, look),
        stats.smallest_sample
    )
}

fn headings(rest: &[&'static str]) -> Vec<&'static str> {
    [&["MONTH", "SEVERITY", "TEAM", "SERVICE"], rest].concat()
}

/// What a group's incidents have in common; columns by which they are not told apart stay empty, and go.
fn names(stats: &Stats, group: &StatsGroup) -> [Cell; 4] {
    let by_service = stats.by.iter().any(|word| word == "service");
    let service = group.service.as_deref().unwrap_or(if by_service { "(not known)" } else { "" });
    [
        cell(group.month.as_deref().unwrap_or("")),
        cell(group.severity.map_or("", |severity| severity.as_str())),
        cell(group.team.as_deref().unwrap_or("")),
        cell(service),
    ]
}

/// A line for each measure; the group is named on the first.
fn measures(stats: &Stats, look: &Look) -> String {
    let headings = headings(&["INCIDENTS", "MEASURE", "N", "MEDIAN", "P90", "VALUES", "CANNOT TELL"]);
    let mut table = Table::new(&headings).right(4).right(6).right(7).right(8).whole(7).whole(8);
    for group in &stats.groups {
        let mut lead = names(stats, group).to_vec();
        lead.push(cell(incidents(group)));
        for measure in &group.measures {
            let mut row = std::mem::replace(&mut lead, vec![Cell::default(); 5]);
            row.extend([
                cell(&measure.measure),
                cell(measure.count.to_string()),
                cell(measure.median_seconds.map(span).unwrap_or_default()),
                cell(measure.p90_seconds.map(span).unwrap_or_default()),
                cell(values(measure)),
                toned(left_out(measure), Tone::Faint),
            ]);
            table.row(row);
        }
    }
    table.render(look)
}

fn incidents(group: &StatsGroup) -> String {
    match group.symptoms {
        0 => group.cases.to_string(),
        1 => format!("{} + 1 symptom", group.cases),
        symptoms => format!("{} + {symptoms} symptoms", group.cases),
    }
}

fn values(measure: &StatsMeasure) -> String {
    let values = measure.values_seconds.as_deref().unwrap_or_default();
    values.iter().copied().map(span).collect::<Vec<_>>().join(", ")
}

fn left_out(measure: &StatsMeasure) -> String {
    let parts: Vec<String> = measure.left_out.iter().map(|out| format!("{} {}", out.cases, out.words)).collect();
    parts.join(", ")
}

fn told(stats: &Stats, look: &Look) -> String {
    let headings = headings(&["TOLD", "OF", "RATE", "LATE", "MISSED", "UNREACHED", "UNDER WAY", "WHY MISSED"]);
    let mut table = Table::new(&headings).right(4).right(5).right(6).right(7).right(8).right(9).right(10);
    for group in &stats.groups {
        let told = &group.told;
        let mut row = names(stats, group).to_vec();
        let none_if_zero = |count: u64| if count == 0 { String::new() } else { count.to_string() };
        row.extend([
            cell(told.told.to_string()),
            cell(told.count.to_string()),
            cell(rate(told)),
            cell(told.late.to_string()),
            toned(told.missed.to_string(), if told.missed > 0 { Tone::Warning } else { Tone::Plain }),
            toned(told.unreached.to_string(), if told.unreached > 0 { Tone::Warning } else { Tone::Plain }),
            cell(none_if_zero(told.under_way)),
            cell(reasons(told)),
        ]);
        table.row(row);
    }
    table.render(look)
}

/// `92 %`; rounded down, so that all is said only where it was all.
fn rate(told: &StatsTold) -> String {
    told.told.saturating_mul(100).checked_div(told.count).map(|percent| format!("{percent} %")).unwrap_or_default()
}

fn reasons(told: &StatsTold) -> String {
    let parts = told.reasons.iter().map(|missed| format!("{} {}", missed.count, missed.reason.replace('_', " ")));
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::output::Format;

    fn look() -> Look {
        let now = Timestamp::from_jiff("2026-11-23T02:14:00Z".parse().unwrap());
        Look { format: Format::Table, colour: false, width: None, now, zone: TimeZone::UTC }
    }

    fn stats(groups: &serde_json::Value) -> Stats {
        let all = json!({
            "since": "2026-11-01T00:00:00Z", "until": "2026-11-23T02:14:00Z", "by": ["service"],
            "quantile": "nearest_rank", "smallest_sample": 8, "drills": 2, "groups": groups,
        });
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn few_values_are_shown_and_many_are_summed_up() {
        let group = json!([{
            "service": "ledger", "team": null, "severity": null, "month": null, "cases": 9, "symptoms": 2,
            "measures": [
                {"measure": "detect", "count": 9, "median_seconds": 30.0, "p90_seconds": 120.0, "values_seconds": null, "left_out": []},
                {"measure": "resolve", "count": 2, "median_seconds": null, "p90_seconds": null, "values_seconds": [60.0, 3600.0],
                 "left_out": [{"reason": "still_open", "words": "still open", "cases": 6},
                              {"reason": "flapping", "words": "came and went", "cases": 1}]},
            ],
            "told": {"told": 10, "late": 1, "missed": 1, "unreached": 0, "under_way": 0, "count": 12, "rate": 0.8333,
                     "reasons": [{"reason": "no_dependency", "count": 1}]},
        }]);
        assert_eq!(
            render(&stats(&group), &look()),
            "\
incidents opened from 2026-11-01 00:00:00 UTC to 2026-11-23 02:14:00 UTC

SERVICE       INCIDENTS  MEASURE  N  MEDIAN    P90  VALUES      CANNOT TELL
ledger   9 + 2 symptoms  detect   9    30 s  2 min
                         resolve  2                 1 min, 1 h  6 still open, 1 came and went

SERVICE  TOLD  OF  RATE  LATE  MISSED  UNREACHED  WHY MISSED
ledger     10  12  83 %     1       1          0  1 no dependency

median and p90 by nearest rank; below 8 values, the values themselves
2 incidents were drills and are not counted
"
        );
    }

    #[test]
    fn an_empty_period_says_so() {
        let text = render(&stats(&json!([])), &look());
        assert!(text.starts_with("incidents opened from 2026-11-01 00:00:00 UTC to "), "{text}");
        assert!(text.contains(": none\n2 incidents were drills"), "{text}");
    }
}

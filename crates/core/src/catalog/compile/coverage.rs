//! Times at which an escalation, or the organisation's fallback, would page nobody.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::super::draft::Drafts;
use super::super::finding::{Code, Finding};
use super::super::model::Target;
use super::super::place::At;
use super::build;
use crate::oncall::{Schedule, shifts_between};
use crate::time::{Duration, Timestamp};

/// How far ahead schedules are looked at.
const AHEAD: Duration = Duration::from_hours(28 * 24);
/// How many shifts of one schedule are looked at.
const MOST_SHIFTS: usize = 4_000;

/// A stretch of time, the end exclusive.
type Span = (Timestamp, Timestamp);

/// Warns of escalations, and of a fallback, that page nobody at some time in the coming four weeks,
/// and of schedules in them that have nobody in all of it.
pub fn warn(drafts: &Drafts, now: Timestamp, findings: &mut Vec<Finding>) {
    let schedules: BTreeMap<String, Rota> = drafts
        .schedules
        .iter()
        .filter(|document| !document.partial)
        .filter_map(|document| {
            let schedule = build::schedule(document)?;
            let gaps = gaps(&schedule, now);
            Some((document.name.value.clone(), Rota { zone: schedule.time_zone, gaps }))
        })
        .collect();
    for organization in &drafts.organizations {
        let fallback = [&organization.body.fallback];
        warn_of("the organisation's fallback", &fallback, &schedules, now, findings);
    }
    for escalation in drafts.escalations.iter().filter(|escalation| !escalation.partial) {
        let targets: Vec<_> = escalation.body.steps.value.iter().flat_map(|step| &step.page.value).collect();
        warn_of(&format!("escalation `{}`", escalation.name.value), &targets, &schedules, now, findings);
    }
}

/// When a schedule has nobody.
struct Rota {
    zone: TimeZone,
    gaps: Vec<Span>,
}

fn gaps(schedule: &Schedule, now: Timestamp) -> Vec<Span> {
    let end = now + AHEAD;
    let shifts = shifts_between(schedule, now, end, MOST_SHIFTS);
    // Beyond the last shift looked at, nothing is claimed.
    let end = if shifts.len() == MOST_SHIFTS { shifts.last().map_or(end, |shift| shift.until.min(end)) } else { end };
    let mut covered = now;
    let mut gaps = Vec::new();
    for shift in shifts {
        if shift.from > covered {
            gaps.push((covered, shift.from.min(end)));
        }
        covered = covered.max(shift.until);
    }
    if covered < end {
        gaps.push((covered, end));
    }
    gaps
}

fn warn_of(
    who: &str,
    targets: &[&At<Target>],
    schedules: &BTreeMap<String, Rota>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let mut common: Option<Vec<Span>> = None;
    let mut first: Option<(&At<Target>, &str, &Rota)> = None;
    let mut empty = Vec::new();
    let mut all_schedules = true;
    for target in targets {
        let rota = match &target.value {
            Target::Schedule(name) => schedules.get(name.as_str()).map(|rota| (name.as_str(), rota)),
            Target::Person(_) | Target::Team(_) => None,
        };
        let Some((name, rota)) = rota else {
            all_schedules = false;
            continue;
        };
        first = first.or(Some((*target, name, rota)));
        if rota.gaps == [(now, now + AHEAD)] {
            empty.push((*target, name));
        }
        common = Some(common.map_or_else(|| rota.gaps.clone(), |gaps| intersect(&gaps, &rota.gaps)));
    }
    let gap = common.as_ref().and_then(|gaps| gaps.first());
    if let (true, Some((from, until)), Some((target, name, rota))) = (all_schedules, gap, first) {
        let message = if (*from, *until) == (now, now + AHEAD) {
            format!("{who} pages nobody in the coming four weeks")
        } else {
            format!("{who} pages nobody between {} and {}", local(*from, rota), local(*until, rota))
        };
        findings.push(
            Finding::warning(Code::NobodyOnCall, target.place, message)
                .label(format!("schedule `{name}` has no shift then"))
                .help("add a layer to the schedule, or page a person or a team as well"),
        );
        return;
    }
    for (target, name) in empty {
        findings.push(
            Finding::warning(
                Code::NobodyOnCall,
                target.place,
                format!("schedule `{name}` has nobody on call in the coming four weeks"),
            )
            .label(format!("{who} counts on it"))
            .help("add a layer to the schedule, or leave it out here"),
        );
    }
}

/// What both lists have in common; each is in order and without overlaps.
fn intersect(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(&&(from_a, until_a)), Some(&&(from_b, until_b))) = (left.peek(), right.peek()) {
        let (from, until) = (from_a.max(from_b), until_a.min(until_b));
        if from < until {
            common.push((from, until));
        }
        if until_a <= until_b {
            left.next()
        } else {
            right.next()
        };
    }
    common
}

/// An instant on the schedule's wall clock: `Sat 2026-11-28 00:00`.
fn local(instant: Timestamp, rota: &Rota) -> String {
    instant.to_jiff().to_zoned(rota.zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Span, intersect};
    use crate::time::Timestamp;

    fn span(from: i64, until: i64) -> Span {
        (Timestamp::from_seconds(from), Timestamp::from_seconds(until))
    }

    #[test]
    fn intersections_keep_only_what_both_lack() {
        let both = intersect(&[span(0, 10), span(20, 30)], &[span(5, 22), span(25, 40)]);
        assert_eq!(both, [span(5, 10), span(20, 22), span(25, 30)]);
        assert_eq!(intersect(&[span(0, 10)], &[span(10, 20)]), []);
        assert_eq!(intersect(&[], &[span(10, 20)]), []);
    }
}

//! Times at which an escalation, or the organisation's fallback, would page nobody.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::super::draft::Drafts;
use super::super::finding::{Code, Finding};
use super::super::model::Target;
use super::super::place::At;
use super::build;
use super::reach::People;
use crate::oncall::{Schedule, gaps_between, shifts_between};
use crate::time::{Duration, Timestamp};

/// How far ahead schedules are looked at.
const AHEAD: Duration = Duration::from_hours(90 * 24);
/// How many shifts of one schedule are looked at for people whom no message reaches.
const MOST_SHIFTS: usize = 4_000;

/// A stretch of time, the end exclusive.
type Span = (Timestamp, Timestamp);

/// Warns of escalations, and of a fallback, that page nobody at some instant of the coming 90 days,
/// and of schedules in them that have nobody in all of it.
///
/// A person without contacts pages nobody, nor does a team of such people.
pub fn warn(drafts: &Drafts, people: &People<'_>, now: Timestamp, findings: &mut Vec<Finding>) {
    let schedules: BTreeMap<&str, Rota> = drafts
        .schedules
        .iter()
        .filter(|document| !document.partial)
        .filter_map(|document| {
            let schedule = build::schedule(document)?;
            let gaps = gaps(&schedule, people, now);
            Some((document.name.value.as_str(), Rota { zone: schedule.time_zone, gaps }))
        })
        .collect();
    let look = Look { people, schedules, now };
    for organization in &drafts.organizations {
        look.warn("the organisation's fallback", &[&organization.body.fallback], findings);
    }
    for escalation in drafts.escalations.iter().filter(|escalation| !escalation.partial) {
        let targets: Vec<_> = escalation.body.steps.value.iter().flat_map(|step| &step.page.value).collect();
        look.warn(&format!("escalation `{}`", escalation.name.value), &targets, findings);
    }
}

/// When a schedule pages nobody.
struct Rota {
    zone: TimeZone,
    gaps: Vec<Span>,
}

/// When nobody is on call, or somebody whom no message reaches.
fn gaps(schedule: &Schedule, people: &People<'_>, now: Timestamp) -> Vec<Span> {
    let end = now + AHEAD;
    let gaps = gaps_between(schedule, now, end);
    let turns = schedule.layers.iter().flat_map(|layer| &layer.rotation.people);
    let overrides = schedule.overrides.iter().map(|one| &one.person);
    if !turns.chain(overrides).any(|person| people.is_silent(person.as_str())) {
        return gaps;
    }
    let shifts = shifts_between(schedule, now, end, MOST_SHIFTS).into_iter();
    let silent = shifts.filter(|shift| people.is_silent(shift.person.as_str()));
    let silent = silent.map(|shift| (shift.from.max(now), shift.until.min(end)));
    joined(gaps.into_iter().chain(silent).collect())
}

/// Stretches in order, those that touch made one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, until) in spans {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => all.push((from, until)),
        }
    }
    all
}

/// What is looked at, and from when on.
struct Look<'l, 'd> {
    people: &'l People<'d>,
    schedules: BTreeMap<&'d str, Rota>,
    now: Timestamp,
}

impl Look<'_, '_> {
    fn warn(&self, who: &str, targets: &[&At<Target>], findings: &mut Vec<Finding>) {
        let always: Span = (self.now, self.now + AHEAD);
        let mut common: Option<Vec<Span>> = None;
        let mut first: Option<(&At<Target>, &str, &Rota)> = None;
        let mut empty = Vec::new();
        for target in targets {
            let gaps = match &target.value {
                Target::Schedule(name) => self.schedules.get(name.as_str()).map_or_else(Vec::new, |rota| {
                    first = first.or(Some((*target, name.as_str(), rota)));
                    if rota.gaps == [always] {
                        empty.push((*target, name.as_str()));
                    }
                    rota.gaps.clone()
                }),
                // Those whom no message reaches are found for themselves.
                Target::Person(name) if self.people.is_silent(name.as_str()) => Vec::from([always]),
                Target::Team(name) if self.people.is_silent_team(name.as_str()) => Vec::from([always]),
                Target::Person(_) | Target::Team(_) => Vec::new(),
            };
            common = Some(common.map_or_else(|| gaps.clone(), |known| intersect(&known, &gaps)));
        }
        let gaps = common.unwrap_or_default();
        if let (Some(gap), Some((target, name, rota))) = (gaps.first(), first) {
            findings.push(self.nobody(who, target, name, rota, *gap, gaps.len() - 1));
            return;
        }
        for (target, name) in empty {
            findings.push(
                Finding::warning(
                    Code::NobodyOnCall,
                    target.place,
                    format!("schedule `{name}` pages nobody in the coming 90 days"),
                )
                .label(format!("{who} counts on it"))
                .help("add a layer to the schedule, or leave it out here"),
            );
        }
    }

    fn nobody(&self, who: &str, target: &At<Target>, name: &str, rota: &Rota, gap: Span, more: usize) -> Finding {
        let end = self.now + AHEAD;
        let message = match gap {
            (from, until) if from == self.now && until == end => format!("{who} pages nobody in the coming 90 days"),
            (from, until) if from == self.now => {
                format!("{who} pages nobody from now until {}", rota.local(until, from))
            }
            (from, until) => {
                format!("{who} pages nobody between {} and {}", rota.local(from, until), rota.local(until, from))
            }
        };
        let others = match more {
            0 => String::new(),
            1 => ", nor at one more time in the coming 90 days".into(),
            more => format!(", nor at {more} more times in the coming 90 days"),
        };
        Finding::warning(Code::NobodyOnCall, target.place, message)
            .label(format!("schedule `{name}`{} pages nobody then{others}", rota.zone_name()))
            .help("add a layer to the schedule, or page a person or a team as well")
    }
}

impl Rota {
    /// The schedule's zone, ` (Europe/Vienna)`.
    fn zone_name(&self) -> String {
        self.zone.iana_name().map(|name| format!(" ({name})")).unwrap_or_default()
    }

    /// An instant on the schedule's wall clock, `Sat 2026-11-28 00:00`; with its offset from UTC where
    /// the clocks change between it and the other end.
    fn local(&self, instant: Timestamp, other: Timestamp) -> String {
        let zoned = |instant: Timestamp| instant.to_jiff().to_zoned(self.zone.clone());
        let (at, other) = (zoned(instant), zoned(other));
        let format = if at.offset() == other.offset() { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d %H:%M %:z" };
        format!("{}", at.strftime(format))
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

#[cfg(test)]
mod tests {
    use super::{Span, intersect, joined};
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

    #[test]
    fn stretches_that_touch_are_one() {
        assert_eq!(joined([span(5, 9), span(0, 5), span(20, 30), span(22, 24)].into()), [span(0, 9), span(20, 30)]);
    }
}

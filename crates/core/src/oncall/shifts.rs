//! Who is on call when: the one function that pages, pages' explanations, API and calendar share.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::schedule::{Layer, Override, Schedule};
use super::turns::{Turns, instant};
use crate::name::PersonName;
use crate::time::Timestamp;

/// A time during which one person is on call without a break: one turn of a rotation, or one
/// override, or what is left of it where something covers it.
///
/// Two shifts in a row may be the same person's: two turns are two shifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Who is on call.
    pub person: PersonName,
    /// From this instant on (inclusive).
    pub from: Timestamp,
    /// Until this instant (exclusive).
    pub until: Timestamp,
    /// What says so.
    pub named_by: NamedBy,
}

/// What says that somebody is on call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// A rotation of the schedule.
    Rotation,
    /// An override of the schedule.
    Override,
    /// The rotation of an earlier catalog: their shift goes on until its hand-off.
    EarlierCatalog,
}

impl NamedBy {
    /// The words for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Override => "override",
            Self::EarlierCatalog => "earlier catalog",
        }
    }
}

/// The shift in progress at `now`, with its true bounds; `None` if nobody is on call.
///
/// Costs the same for any instant. From [`Timestamp::MAX`] on nobody is on call.
pub fn on_call_at(schedule: &Schedule, now: Timestamp) -> Option<Shift> {
    let mut shift = covers(schedule).find_map(|cover| cover.shift_at(schedule, now))?;
    for cover in covers(schedule) {
        let Some(span) = cover.span(schedule) else {
            continue;
        };
        if span.contains(now) {
            // What covers `now` first is what gave the shift; nothing below it can cut it.
            break;
        }
        if span.until <= now {
            shift.from = shift.from.max(span.until);
        } else {
            shift.until = shift.until.min(span.from);
        }
    }
    Some(shift)
}

/// The layer whose rotation says who is on call at `now`, from 0, the one that yields first; `None` where an
/// override does, or nobody is on call.
pub fn layer_at(schedule: &Schedule, now: Timestamp) -> Option<usize> {
    let names = |cover: &Cover<'_>| cover.shift_at(schedule, now).is_some();
    if schedule.overrides.iter().any(|one| names(&Cover::Override(one))) {
        return None;
    }
    schedule.layers.iter().rposition(|layer| names(&Cover::Layer(layer)))
}

/// The shifts that overlap the time from `from` (inclusive) until `until` (exclusive), in order of
/// time, with their true bounds; the first `limit` of them.
///
/// They never overlap; a time that none of them covers is one at which nobody is on call.
pub fn shifts_between(schedule: &Schedule, from: Timestamp, until: Timestamp, limit: usize) -> Vec<Shift> {
    let mut shifts = Vec::new();
    let mut now = from;
    while now < until && shifts.len() < limit {
        match on_call_at(schedule, now) {
            Some(shift) => {
                now = shift.until;
                shifts.push(shift);
            }
            None => match next_start(schedule, now) {
                Some(start) => now = start,
                None => break,
            },
        }
    }
    shifts
}

/// The times from `from` (inclusive) until `until` (exclusive) at which nobody is on call, in order.
///
/// Costs the same whatever the length of turns: whoever takes turns leaves no gap between two of them.
pub fn gaps_between(schedule: &Schedule, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut spans: Vec<Span> = covers(schedule).filter_map(|cover| cover.span(schedule)).collect();
    spans.sort_by_key(|span| span.from);
    let mut gaps = Vec::new();
    let mut covered = from;
    for span in spans {
        if span.from >= until {
            break;
        }
        if span.from > covered {
            gaps.push((covered, span.from));
        }
        covered = covered.max(span.until);
    }
    if covered < until {
        gaps.push((covered, until));
    }
    gaps
}

/// When somebody is next on call after `now`, at which nobody is.
fn next_start(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    covers(schedule).filter_map(|cover| cover.span(schedule)).map(|span| span.from).filter(|start| *start > now).min()
}

/// Something that says who is on call for one unbroken span of time.
enum Cover<'s> {
    Override(&'s Override),
    Layer(&'s Layer),
}

/// From `from` (inclusive) until `until` (exclusive), never empty.
struct Span {
    from: Timestamp,
    until: Timestamp,
}

/// From the one that wins to the one that yields first.
fn covers(schedule: &Schedule) -> impl Iterator<Item = Cover<'_>> {
    let overrides = schedule.overrides.iter().rev().map(Cover::Override);
    overrides.chain(schedule.layers.iter().rev().map(Cover::Layer))
}

impl Cover<'_> {
    /// What it covers; `None` if nothing.
    fn span(&self, schedule: &Schedule) -> Option<Span> {
        let span = match self {
            Self::Override(one) => Span { from: one.from, until: one.until.min(Timestamp::MAX) },
            Self::Layer(layer) if layer.rotation.people.is_empty() => return None,
            Self::Layer(layer) => {
                let zone = &schedule.time_zone;
                let start = Turns::new(zone, &layer.rotation).start();
                Span {
                    from: layer.from.map_or(start, |from| instant(zone, from).max(start)),
                    until: layer.until.map_or(Timestamp::MAX, |until| instant(zone, until)),
                }
            }
        };
        (span.from < span.until).then_some(span)
    }

    /// The shift in progress at `now` as if nothing covered it.
    fn shift_at(&self, schedule: &Schedule, now: Timestamp) -> Option<Shift> {
        let span = self.span(schedule).filter(|span| span.contains(now))?;
        Some(match self {
            Self::Override(one) => {
                let named_by = if one.held_over { NamedBy::EarlierCatalog } else { NamedBy::Override };
                Shift { person: one.person.clone(), from: span.from, until: span.until, named_by }
            }
            Self::Layer(layer) => {
                let turn = Turns::new(&schedule.time_zone, &layer.rotation).at(now)?;
                Shift {
                    person: turn.person.clone(),
                    from: turn.from.max(span.from),
                    until: turn.until.min(span.until),
                    named_by: NamedBy::Rotation,
                }
            }
        })
    }
}

impl Span {
    fn contains(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

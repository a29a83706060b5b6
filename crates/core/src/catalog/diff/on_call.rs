//! Who is on call when.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::super::Catalog;
use super::super::kind::Kind;
use super::AHEAD;
use super::model::{Change, What};
use crate::name::PersonName;
use crate::oncall::{Schedule, shifts_between};
use crate::time::Timestamp;
use crate::world::shifts;

/// How many shifts of one schedule are compared.
const MOST_SHIFTS: usize = 1_000;

/// Compares the schedules that both catalogs have. A shift in progress goes on as it would if the new one came
/// into force: an edited rotation moves nobody before the hand-off.
pub(super) fn compare(old: &Catalog, new: &Catalog, now: Timestamp, changes: &mut Vec<Change>) {
    let held = shifts::would_hold(old, new, now);
    let new = if held.is_empty() { Cow::Borrowed(new) } else { Cow::Owned(shifts::with_held(new, held.values())) };
    for (name, schedule) in &new.schedules {
        let Some(before) = old.schedules.get(name).filter(|before| *before != schedule) else { continue };
        for Difference { from, until, was, becomes } in differences(before, schedule, now) {
            let in_progress = from == now && was.is_some();
            let zone = schedule.time_zone.clone();
            changes.push(Change {
                kind: Kind::Schedule,
                name: name.to_string(),
                what: What::OnCall { from, until, was, becomes, in_progress, zone },
            });
        }
    }
}

/// A time for which two schedules name different people.
struct Difference {
    from: Timestamp,
    until: Timestamp,
    was: Option<PersonName>,
    becomes: Option<PersonName>,
}

fn differences(old: &Schedule, new: &Schedule, now: Timestamp) -> Vec<Difference> {
    let (old, new) = (Rota::of(old, now), Rota::of(new, now));
    // Beyond the last shift looked at, nothing is claimed.
    let end = old.known_until.min(new.known_until);
    let mut borders: Vec<Timestamp> = old.borders().chain(new.borders()).filter(|border| *border < end).collect();
    borders.push(now);
    borders.sort_unstable();
    borders.dedup();
    let mut found: Vec<Difference> = Vec::new();
    let ends = borders.iter().skip(1).copied().chain([end]);
    for (from, until) in borders.iter().copied().zip(ends) {
        let (was, becomes) = (old.at(from), new.at(from));
        if was == becomes {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.until == from && last.was == was && last.becomes == becomes => last.until = until,
            _ => found.push(Difference { from, until, was, becomes }),
        }
    }
    found
}

/// The shifts of a schedule, cut to the time that is compared.
struct Rota {
    shifts: Vec<(Timestamp, Timestamp, PersonName)>,
    known_until: Timestamp,
}

impl Rota {
    fn of(schedule: &Schedule, now: Timestamp) -> Self {
        let end = now + AHEAD;
        let shifts: Vec<_> = shifts_between(schedule, now, end, MOST_SHIFTS)
            .into_iter()
            .map(|shift| (shift.from.max(now), shift.until.min(end), shift.person))
            .collect();
        let is_cut = shifts.len() == MOST_SHIFTS;
        let known_until = shifts.last().filter(|_| is_cut).map_or(end, |(_, until, _)| *until);
        Self { shifts, known_until }
    }

    fn borders(&self) -> impl Iterator<Item = Timestamp> {
        self.shifts.iter().flat_map(|(from, until, _)| [*from, *until])
    }

    fn at(&self, instant: Timestamp) -> Option<PersonName> {
        let place = self.shifts.partition_point(|(from, ..)| *from <= instant).checked_sub(1)?;
        self.shifts.get(place).filter(|(_, until, _)| instant < *until).map(|(.., person)| person.clone())
    }
}

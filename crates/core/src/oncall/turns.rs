//! Turns of one rotation, numbered from zero, as instants.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::schedule::{Period, Rotation};
use crate::name::PersonName;
use crate::time::Timestamp;

/// A rotation in its zone.
///
/// Hand-offs are computed on the wall clock, each from the rotation's start and never from the one
/// before, so that neither the length of a day nor of a month adds up to a drift. A hand-off in
/// a gap of the zone happens as much later as the gap is long, one in a fold at its first passing
/// (the `compatible` choice of RFC 5545 and of Temporal). A turn may be empty where a gap
/// swallows it.
pub(super) struct Turns<'s> {
    zone: &'s TimeZone,
    rotation: &'s Rotation,
}

/// One turn, not empty.
pub(super) struct Turn<'s> {
    pub(super) person: &'s PersonName,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl<'s> Turns<'s> {
    pub(super) fn new(zone: &'s TimeZone, rotation: &'s Rotation) -> Self {
        Self { zone, rotation }
    }

    /// When the first turn starts.
    pub(super) fn start(&self) -> Timestamp {
        self.hand_off(0)
    }

    /// The turn in progress at `now`; `None` before the first and from [`Timestamp::MAX`] on.
    pub(super) fn at(&self, now: Timestamp) -> Option<Turn<'s>> {
        if now < self.start() || now >= Timestamp::MAX {
            return None;
        }
        // The wall clock says which turn it is but for gaps and folds, which move it by a day at most.
        let mut turn = self.by_wall_clock(now).max(0);
        while turn > 0 && self.hand_off(turn) > now {
            turn -= 1;
        }
        while self.hand_off(turn + 1) <= now {
            turn += 1;
        }
        let place = usize::try_from(turn).ok()?.checked_rem(self.rotation.people.len())?;
        Some(Turn {
            person: self.rotation.people.get(place)?,
            from: self.hand_off(turn),
            until: self.hand_off(turn + 1),
        })
    }

    /// The number of turns that the wall clock has completed since the start, if it never jumped.
    fn by_wall_clock(&self, now: Timestamp) -> i64 {
        let local = self.zone.to_datetime(now.to_jiff());
        let start = self.rotation.start;
        let hours = start.duration_until(local).as_secs().div_euclid(3_600);
        let each = |length: u32| i64::from(length.max(1));
        match self.rotation.every {
            Period::Hours(length) => hours.div_euclid(each(length)),
            Period::Days(length) => hours.div_euclid(24 * each(length)),
            Period::Weeks(length) => hours.div_euclid(24 * 7 * each(length)),
            Period::Months(length) => {
                let years = i64::from(local.year()) - i64::from(start.year());
                let months = years * 12 + i64::from(local.month()) - i64::from(start.month());
                months.div_euclid(each(length))
            }
        }
    }

    /// When `turn` starts, never after a later turn; [`Timestamp::MAX`] if the calendar ends before.
    fn hand_off(&self, turn: i64) -> Timestamp {
        let mut earliest = Timestamp::MAX;
        for turn in turn.. {
            let Some(local) = self.local(turn) else { break };
            let ambiguous = self.zone.to_ambiguous_timestamp(local);
            let in_gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
            let Ok(instant) = ambiguous.compatible() else {
                break;
            };
            earliest = earliest.min(Timestamp::from_jiff(instant));
            if !in_gap {
                break;
            }
        }
        earliest
    }

    /// The local date and time at which `turn` starts; `None` beyond the calendar.
    fn local(&self, turn: i64) -> Option<DateTime> {
        let count = |length: u32| turn.checked_mul(i64::from(length.max(1)));
        let span = match self.rotation.every {
            Period::Hours(length) => Span::new().try_hours(count(length)?),
            Period::Days(length) => Span::new().try_days(count(length)?),
            Period::Weeks(length) => Span::new().try_weeks(count(length)?),
            Period::Months(length) => Span::new().try_months(count(length)?),
        };
        self.rotation.start.checked_add(span.ok()?).ok()
    }
}

/// The instant at which the wall clock in `zone` shows `local`, by the `compatible` choice.
pub(super) fn instant(zone: &TimeZone, local: DateTime) -> Timestamp {
    zone.to_ambiguous_timestamp(local).compatible().map_or(Timestamp::MAX, Timestamp::from_jiff)
}

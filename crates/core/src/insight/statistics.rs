//! Statistics over many cases: taken in one after the other, in any order.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use super::measure::{CannotTell, Measure, is_symptom, measure};
use super::spread::Spread;
use crate::case::{Case, CaseKind, MissReason, Moment, Severity};
use crate::name::{ServiceName, TeamName};
use crate::notify::Recipient;
use crate::time::{Duration, Timestamp};

/// The most groups of one answer.
pub const MOST_GROUPS: usize = 10_000;

/// What cases are told apart by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// By service.
    pub service: bool,
    /// By the team that handles them.
    pub team: bool,
    /// By severity, as it is now.
    pub severity: bool,
    /// By the month in which they were opened, in UTC.
    pub month: bool,
}

/// A month of the calendar in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
}

/// What the cases of a group have in common; absent where they are not told apart by it. The
/// service is absent within `Some` where the cases have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The month in which they were opened.
    pub month: Option<Month>,
    /// Their severity.
    pub severity: Option<Severity>,
    /// Their team.
    pub team: Option<TeamName>,
    /// Their service, if they have one.
    pub service: Option<Option<ServiceName>>,
}

/// How telling went: a count of recipients, each counted once for every case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// A channel accepted a notice for them while it still mattered.
    pub told: u64,
    /// A channel accepted a notice for them when the harm had already stopped.
    pub late: u64,
    /// They were missed, by a person's word.
    pub missed: u64,
    /// The hub knew that they must be told and could not reach them.
    pub unreached: u64,
    /// A notice for them is under way.
    pub under_way: u64,
    /// Why they were missed: counts by [`MissReason::code`].
    pub reasons: BTreeMap<&'static str, u64>,
}

impl Telling {
    /// Of how many it is known whether they were told.
    pub const fn count(&self) -> u64 {
        self.told + self.late + self.missed + self.unreached
    }
}

/// The figures of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many incidents were measured.
    pub cases: u64,
    /// How many further ones another incident had brought about; they are not measured.
    pub symptoms: u64,
    /// How telling went.
    pub telling: Telling,
    values: BTreeMap<Measure, Vec<Duration>>,
    left_out: BTreeMap<(Measure, CannotTell), u64>,
}

impl Figures {
    /// How the values of a measure spread.
    pub fn spread(&self, what: Measure) -> Spread {
        Spread::of(self.values.get(&what).cloned().unwrap_or_default())
    }

    /// How many cases could not tell, and why; reasons without a case are left out.
    pub fn left_out(&self, what: Measure) -> impl Iterator<Item = (CannotTell, u64)> {
        let all = CannotTell::ALL.into_iter();
        all.filter_map(move |why| Some((why, *self.left_out.get(&(what, why))?)))
    }

    fn take_in(&mut self, case: &Case) {
        if is_symptom(case) {
            self.symptoms += 1;
            return;
        }
        self.cases += 1;
        for what in Measure::ALL {
            match measure(case, what) {
                Ok(length) => self.values.entry(what).or_default().push(length),
                Err(why) => *self.left_out.entry((what, why)).or_default() += 1,
            }
        }
        self.telling.take_in(case);
    }
}

impl Telling {
    fn take_in(&mut self, case: &Case) {
        for miss in &case.missed {
            self.missed += 1;
            *self.reasons.entry(MissReason::code(&miss.reason)).or_default() += 1;
        }
        let is_missed = |whom: &Recipient| case.missed.iter().any(|miss| miss.recipient == *whom);
        for telling in case.tellings.iter().filter(|telling| !is_missed(&telling.recipient)) {
            if let Some(reached) = telling.reached {
                let in_time = case.harm_stopped().is_none_or(|stopped| reached.at < stopped);
                *(if in_time { &mut self.told } else { &mut self.late }) += 1;
            }
            self.unreached += u64::from(telling.failed());
        }
        let settled = |whom| case.telling(whom).is_some_and(|telling| telling.reached.is_some() || telling.failed());
        let under_way = case.told.iter().filter(|whom| !is_missed(whom) && !settled(whom)).count();
        self.under_way += under_way as u64;
    }
}

/// There are more groups than one answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyGroups;

impl fmt::Display for TooManyGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are more than {MOST_GROUPS} groups; tell the cases apart by less, or take a shorter period")
    }
}

impl core::error::Error for TooManyGroups {}

/// Statistics in the making.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    by: By,
    groups: BTreeMap<Key, Figures>,
    drills: u64,
}

impl Statistics {
    /// Starts, with cases told apart as `by` says.
    pub fn new(by: By) -> Self {
        Self { by, ..Self::default() }
    }

    /// Takes in a case. Real incidents are counted in their group, drills by themselves, and other
    /// kinds not at all.
    ///
    /// # Errors
    /// When there are too many groups.
    pub fn take_in(&mut self, case: &Case) -> Result<(), TooManyGroups> {
        if case.id.kind != CaseKind::Incident {
            return Ok(());
        }
        if case.drill {
            self.drills += 1;
            return Ok(());
        }
        let key = self.key(case);
        if !self.groups.contains_key(&key) && self.groups.len() >= MOST_GROUPS {
            return Err(TooManyGroups);
        }
        self.groups.entry(key).or_default().take_in(case);
        Ok(())
    }

    /// The groups that have a case, in order of key.
    pub fn groups(&self) -> impl Iterator<Item = (&Key, &Figures)> {
        self.groups.iter()
    }

    /// How many incidents were opened for exercise; none of them is counted elsewhere.
    pub const fn drills(&self) -> u64 {
        self.drills
    }

    fn key(&self, case: &Case) -> Key {
        let opened = case.instants.get(Moment::Opened).map_or(Timestamp::EPOCH, |instant| instant.at);
        Key {
            month: self.by.month.then(|| Month::of(opened)),
            severity: self.by.severity.then_some(case.severity),
            team: self.by.team.then(|| case.team.clone()),
            service: self.by.service.then(|| case.service.clone()),
        }
    }
}

impl Month {
    /// The month of an instant.
    pub fn of(at: Timestamp) -> Self {
        let date = at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { year: date.year(), month: date.month() }
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

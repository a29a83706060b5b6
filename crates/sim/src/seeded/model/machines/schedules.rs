//! Runbooks that are run by themselves at a time.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::record::{Actor, Entry, Fact, ScheduleFact};
use wheelhouse_core::runbook::RunbookName;
use wheelhouse_core::time::Timestamp;

use super::super::Cause;
use super::{MRun, Machines, Plan};

/// From when on the times of each runbook count: the last one that came, or when they came into force.
pub(super) type From = BTreeMap<RunbookName, Timestamp>;

impl Machines {
    /// What is new or at another time than before counts from now on.
    pub(super) fn retimed(&mut self, before: Option<&Catalog>, after: &Catalog, now: Timestamp) {
        for runbook in after.runbooks.keys() {
            let text = written(after, runbook);
            if text.is_some() && before.and_then(|before| written(before, runbook)) != text {
                self.scheduled.insert(runbook.clone(), now);
            }
        }
    }

    /// The time of a runbook came, and what became of it.
    pub(super) fn time_came(&mut self, plan: Plan<'_>, entry: &Entry, fact: &ScheduleFact) -> Result<(), String> {
        let due = self.next_time(plan.catalog, &fact.runbook).filter(|due| *due <= plan.now);
        let by_clock = matches!(plan.cause, Cause::Due) && entry.actor == Actor::Hub && plan.model.doors.is_some();
        if !by_clock || due != Some(fact.due) {
            return Err(format!("its time is {due:?}"));
        }
        self.scheduled.insert(fact.runbook.clone(), plan.now);
        let before = |run: &&MRun| run.over.is_none() && run.began_by_itself(&fact.runbook) && Some(run.id) != fact.run;
        let kept = self.runs.values().find(before).map(|run| format!("{} is under way", run.id));
        let held = plan.catalog.runbooks.get(&fact.runbook).filter(|book| self.is_held_back(book));
        match (fact.run, kept.or(held.map(|_| "that version may not run".into()))) {
            (Some(run), Some(why)) => Err(format!("{run} begins, and {why}")),
            (None, None) => Err("nothing keeps it from being run".into()),
            (Some(run), None) if !self.runs.contains_key(&run) => Err(format!("{run} does not begin")),
            _ => Ok(()),
        }
    }

    /// A run begins by the clock, for a time of its own.
    pub(super) fn begins_by_clock(&self, plan: Plan<'_>, run: &MRun) -> Result<(), String> {
        let is_own = |entry: &&Entry| matches!(&entry.fact, Fact::RunScheduled(fact) if fact.runbook == run.runbook && fact.run == Some(run.id));
        let alike = run.by == Actor::Hub && run.by_itself && !run.tried_out && !run.drill && run.case.is_none();
        match plan.entries.iter().filter(is_own).count() {
            1 if alike => Ok(()),
            1 => Err("a run that the clock begins should move by itself, in earnest, for no case".into()),
            times => Err(format!("{} begins by the clock for {times} times that came", run.id)),
        }
    }

    /// When the time of a runbook comes next.
    fn next_time(&self, catalog: &Catalog, runbook: &RunbookName) -> Option<Timestamp> {
        after(&written(catalog, runbook)?, *self.scheduled.get(runbook)?)
    }

    /// Every time that came was seen to.
    pub(super) fn no_time_is_missed(&self, catalog: &Catalog, now: Timestamp) -> Result<(), String> {
        let due = |runbook: &&RunbookName| self.next_time(catalog, runbook).is_some_and(|at| at <= now);
        let missed = catalog.runbooks.keys().find(due);
        missed.map_or(Ok(()), |runbook| Err(format!("machines: the time of {runbook} came, and nothing happens")))
    }

    /// What the world holds of the times of runbooks.
    pub(super) fn times_agree(
        &self,
        catalog: &Catalog,
        world: impl Fn(&RunbookName) -> Option<Timestamp>,
    ) -> Result<(), String> {
        let mut others = catalog.runbooks.keys().filter(|name| world(name) != self.next_time(catalog, name));
        others.next().map_or(Ok(()), |name| {
            let ours = self.next_time(catalog, name);
            Err(format!("machines: the time of {name} is {ours:?}, and {:?} in the world", world(name)))
        })
    }
}

impl MRun {
    /// Whether nobody asked for it: an automation, or the clock, began it.
    fn began_by_itself(&self, runbook: &RunbookName) -> bool {
        self.runbook == *runbook && self.by == Actor::Hub && self.parent.is_none()
    }
}

/// How the times of a runbook are written.
fn written(catalog: &Catalog, runbook: &RunbookName) -> Option<String> {
    catalog.runbooks.get(runbook)?.front.schedule.as_ref().map(ToString::to_string)
}

/// The first time after an instant, by trying each day: what the clocks leave out comes an hour later, what there is
/// twice comes once.
fn after(text: &str, instant: Timestamp) -> Option<Timestamp> {
    let words: Vec<&str> = text.split(' ').collect();
    let place = words.iter().position(|word| word.contains(':'))?;
    let time: Time = words.get(place)?.parse().ok()?;
    let zone = words.get(place + 1).map_or(Ok(TimeZone::UTC), |name| TimeZone::get(name)).ok()?;
    let days: Option<Vec<&str>> = words.first().filter(|_| place > 0).map(|days| days.split(',').collect());
    let first = instant.to_jiff().to_zoned(zone.clone()).date();
    (-1..9).find_map(|later| {
        let date = first.checked_add(later.days()).ok()?;
        let named = days.as_ref().is_none_or(|days| days.contains(&word(date.weekday())));
        let at = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().ok()?;
        let at = Timestamp::from_jiff(at.timestamp());
        (named && at > instant).then_some(at)
    })
}

const fn word(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

//! The gates of an automation, by the words of docs/automation.md.

use wheelhouse_core::automation::{Automation, Link};
use wheelhouse_core::record::Held;
use wheelhouse_core::time::{Duration, Timestamp};

use super::automations::MAutomation;
use super::{Machines, Plan};

/// An automation before its gates.
#[derive(Clone, Copy)]
pub(super) struct Gates<'a> {
    pub(super) machines: &'a Machines,
    pub(super) plan: Plan<'a>,
    pub(super) automation: &'a Automation,
    /// What it is about, kept apart for exercise and earnest.
    pub(super) key: &'a str,
}

impl<'a> Gates<'a> {
    /// Nothing holds it back; says what should have.
    pub(super) fn pass(self, live: bool) -> Result<(), String> {
        let shut = [
            ("it is halted", self.is_paused()),
            ("it rests", self.rests()),
            ("it is to leave this target alone", self.is_cooling()),
            ("it did enough about this target", self.is_full(true)),
            ("it did enough", self.is_full(false)),
            ("all of them did enough", live && self.is_all_full()),
        ];
        let held = shut.into_iter().find(|(_, held)| *held);
        held.map_or(Ok(()), |(why, _)| Err(format!("it goes on, and {why}: {:?}", self.known())))
    }

    /// What is said to hold it back does.
    pub(super) fn hold(self, why: &Held, causes: &[Link], target: &str) -> Result<(), String> {
        let does = match why {
            Held::Paused => self.is_paused(),
            Held::Breaker { .. } => self.rests(),
            Held::Cooldown { .. } => self.is_cooling(),
            Held::TargetLimit { .. } => self.is_full(true),
            Held::Limit { .. } => self.is_full(false),
            Held::OrganizationLimit { .. } => self.is_all_full(),
            Held::Loop { .. } => goes_round(self.automation, causes, target).is_err(),
            Held::AwaitsAlready { number } => {
                self.known().and_then(|known| known.questions.get(number)).is_some_and(|one| one.until > self.plan.now)
            }
            // These stories have no windows and no conditions; what runs refuse is seen where they are started.
            Held::Window { .. } | Held::Condition | Held::TooMuchUnderWay => false,
            Held::Refused => true,
        };
        if does { Ok(()) } else { Err(format!("`{}` does not hold it back", why.word())) }
    }

    fn known(self) -> Option<&'a MAutomation> {
        self.machines.automations.get(&self.automation.name)
    }

    fn is_paused(self) -> bool {
        self.known().is_some_and(|known| known.paused)
    }

    fn rests(self) -> bool {
        let since = self.known().and_then(|known| known.open_since);
        since.is_some_and(|since| self.plan.now < since + self.automation.breaker.rest)
    }

    fn is_cooling(self) -> bool {
        let about =
            |known: &MAutomation| known.starts.iter().rev().find(|(_, key, _)| key == self.key).map(|one| one.0);
        self.known().and_then(about).is_some_and(|at| self.plan.now < at + self.automation.cooldown)
    }

    /// As many began about the target, or in all, as may within so long.
    fn is_full(self, of_target: bool) -> bool {
        let limits = self.automation.limits;
        let drill = self.key.starts_with("drill:");
        let counts = |key: &str| if of_target { key == self.key } else { key.starts_with("drill:") == drill };
        let starts = self.known().into_iter().flat_map(|known| &known.starts);
        let many = starts.filter(|(at, key, _)| *at + limits.within > self.plan.now && counts(key)).count();
        many >= usize::try_from(if of_target { limits.target } else { limits.all }).unwrap_or(usize::MAX)
    }

    fn is_all_full(self) -> bool {
        let starts = self.machines.automations.values().flat_map(|known| &known.starts);
        let lately = |at: Timestamp| at + Duration::from_hours(1) > self.plan.now;
        let many = starts.filter(|(at, _, live)| *live && lately(*at)).count();
        many >= usize::try_from(self.plan.catalog.organization.automations_per_hour).unwrap_or(usize::MAX)
    }
}

/// It follows from itself about the same target, or from as many others as it may.
pub(super) fn goes_round(automation: &Automation, causes: &[Link], target: &str) -> Result<(), String> {
    let own = causes.iter().any(|link| link.automation == automation.name && link.target == target);
    let deep = causes.len() >= usize::try_from(automation.chain).unwrap_or(usize::MAX);
    if own || deep { Err(format!("it goes on, and goes round: {causes:?}")) } else { Ok(()) }
}

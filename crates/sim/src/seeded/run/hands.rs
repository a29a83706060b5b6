//! The hub's hands and its runners, without a machine: what steps are carried out with, who is given them, how they
//! end. Chance decides by run, step and lease, so that batches do not.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::case::Severity;
use wheelhouse_core::kernel::{
    AttemptReport, CaseAction, Command, HubWork, Lease, Offer, Prepared, Report, RunWork, What, has_work,
};
use wheelhouse_core::name::RunnerName;
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{AttemptEnd, Epoch, MadeEvent, Run, RunId, RunStep, WorkState};
use wheelhouse_core::runbook::{Does, RunbookHash, Step, StepId};
use wheelhouse_core::time::{Duration, Timestamp};

use super::super::catalogs::service;
use super::super::machines;
use super::{Shell, by_hub};
use crate::rng::Rng;

/// What a runner will say, and when: copies of one report are numbered.
type Key = (Timestamp, Epoch, u32);

/// What goes on outside of the hub.
#[derive(Default)]
pub(super) struct Hands {
    /// Leases that are decided and not committed: nobody has them yet.
    undelivered: Vec<Lease>,
    reports: BTreeMap<Key, (RunId, StepId, AttemptEnd)>,
    /// What the hub found out about steps and is slow to say.
    late: Vec<(Timestamp, RunWork)>,
    /// The leases that somebody was heard to end.
    cancelled: BTreeSet<Epoch>,
    /// Every lease that a runner was given.
    pub(super) given: Vec<Lease>,
}

/// The runner that all stories have.
pub(super) fn runner() -> RunnerName {
    RunnerName::new("hub").expect("letters are a name")
}

impl Shell {
    /// When hands or runners do something next.
    pub(super) fn hands_next(&self) -> Option<Timestamp> {
        if !machines::are_in(self.seed) {
            return None;
        }
        let world = &self.hub.world;
        let turns = world.turns().filter_map(|(run, step)| self.at(run, step));
        let ready = world.ready(self.now).filter_map(|(run, step)| self.at(run, step));
        let report = self.hands.reports.keys().next().map(|key| key.0);
        let late = self.hands.late.iter().map(|(at, _)| *at);
        turns.chain(ready).chain(world.next_ready(self.now)).chain(report).chain(late).min()
    }

    /// Runners say what became of their steps.
    pub(super) fn hear(&mut self) -> Result<(), String> {
        while let Some(key) = self.hands.reports.keys().next().copied().filter(|key| key.0 <= self.now) {
            if let Some((run, step, end)) = self.hands.reports.remove(&key) {
                let report =
                    AttemptReport { events: self.made(run, &step, key.1), ..AttemptReport::of(end, "as it went") };
                let done = RunWork::Ended { run, step, epoch: key.1, report };
                self.by_runner(What::RunWork(Box::new(done)))?;
            }
        }
        Ok(())
    }

    /// What the hub does about steps whose time has come, from what is committed.
    pub(super) fn handle(&mut self) -> Result<(), String> {
        if !machines::are_in(self.seed) {
            return Ok(());
        }
        let due = |(run, step): (&Run, &RunStep)| self.at(run, step).is_some_and(|at| at <= self.now);
        let turns = self.hub.world.turns().filter(|one| due(*one)).map(|(run, step)| self.prepared(run, step));
        let own = self.hub.world.ready(self.now).filter(|one| due(*one)).filter(|(_, step)| !for_runner(step));
        let mut work: Vec<RunWork> = turns.chain(own.map(|(run, step)| self.read(run, step))).collect();
        let waiting =
            self.hub.world.ready(self.now).filter(|(_, step)| for_runner(step)).filter(|one| due(*one)).count();
        // Some comes late: much may have happened in between.
        let mut rng = Rng::new(self.seed ^ self.now.as_micros().unsigned_abs());
        let is_late: Vec<RunWork> = work.extract_if(.., |_| rng.chance(12)).collect();
        for done in is_late {
            let at = self.now + Duration::from_millis(rng.between(1, 60_000));
            self.hands.late.push((at, done));
        }
        work.extend(self.hands.late.extract_if(.., |(at, _)| *at <= self.now).map(|(_, done)| done));
        for done in work {
            self.command(by_hub(What::RunWork(Box::new(done))))?;
        }
        let offer = Offer { runner: runner(), own_labels: Some(Vec::new()), room: 1 + waiting % 3 };
        if waiting > 0 && has_work(&self.hub.world, self.now, &offer) {
            self.by_runner(What::Lease(offer))?;
        }
        Ok(())
    }

    /// Keeps leases back until they are committed.
    pub(super) fn lease(&mut self, leases: &[Lease]) {
        self.hands.undelivered.extend_from_slice(leases);
    }

    /// Runners begin what was committed, and hear what is to end.
    pub(super) fn deliver(&mut self) {
        for lease in std::mem::take(&mut self.hands.undelivered) {
            self.begin_lease(&lease);
            self.hands.given.push(lease);
        }
        let cancelled = self.hub.world.leased().filter_map(|(epoch, run, step)| {
            let asked = matches!(step.work.as_ref()?.state, WorkState::Leased { cancel: true, .. });
            asked.then(|| (epoch, run.id, step.planned.id.clone()))
        });
        for (epoch, run, step) in cancelled.collect::<Vec<_>>() {
            if self.hands.cancelled.insert(epoch) {
                self.end_early(epoch, run, step);
            }
        }
    }

    /// The hub died: what was not committed was never given away. Its own runner died with it, or another one goes on.
    pub(super) fn hands_restart(&mut self, down: Duration) {
        self.hands.undelivered.clear();
        self.hands.late.clear();
        let mut rng = Rng::new(self.seed ^ 0x0dea_d000 ^ u64::try_from(down.as_micros()).unwrap_or(0));
        if !rng.chance(50) {
            return;
        }
        self.hands.reports.clear();
        if rng.chance(50) {
            // The hub that starts says at once that nobody knows what became of what its own runner had.
            let at = self.now + Duration::from_seconds(rng.between(0, 60));
            let leased = self.hub.world.leased();
            let unknown = leased
                .map(|(epoch, run, step)| ((at, epoch, 0), (run.id, step.planned.id.clone(), AttemptEnd::Unknown)));
            let unknown: Vec<_> = unknown.collect();
            self.hands.reports.extend(unknown);
        }
    }

    /// The clock jumps, and runners take as long as they take.
    pub(super) fn hands_jump(&mut self, length: Duration) {
        let shifted = std::mem::take(&mut self.hands.reports).into_iter();
        self.hands.reports = shifted.map(|((at, epoch, copy), said)| ((at + length, epoch, copy), said)).collect();
    }

    /// The step of the runbook that a run is pinned to.
    pub(super) fn pinned(&self, run: &Run, step: &RunStep) -> Option<Step> {
        let catalogs = self.catalogs.iter().chain(self.hub.world.catalog());
        let mut versions = catalogs.filter_map(|catalog| catalog.runbooks.get(&run.runbook));
        versions.find(|book| book.hash == run.version)?.step(&step.planned.id).cloned()
    }

    fn by_runner(&mut self, what: What) -> Result<(), String> {
        self.command(Command { actor: Actor::Runner(runner()), ..by_hub(what) })
    }

    /// What chance says of a step at this point of its way.
    fn chance(&self, run: RunId, step: &StepId, point: u64) -> Rng {
        let letters = step.as_str().bytes().fold(0_u64, |all, byte| all.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Rng::new(self.seed ^ run.0.wrapping_mul(0x9e37_79b9) ^ letters << 24 ^ point.wrapping_mul(0x5851_f42d))
    }

    /// When hands get to a step: mostly at once.
    fn at(&self, run: &Run, step: &RunStep) -> Option<Timestamp> {
        let work = step.work.as_ref()?;
        if self.hands.late.iter().any(|(_, done)| is_about(done, run.id, &step.planned.id)) {
            return None;
        }
        let (since, point) = match work.state {
            WorkState::Turn => (work.since, 1),
            WorkState::Ready { from } => {
                (from.max(work.since), 2 + u64::from(work.attempt) + u64::from(work.item) * 16)
            }
            _ => return None,
        };
        let mut rng = self.chance(run.id, &step.planned.id, point);
        let delay = match rng.below(10) {
            0..=6 => Duration::ZERO,
            7..=8 => Duration::from_millis(rng.between(1, 20_000)),
            _ => Duration::from_seconds(rng.between(20, 600)),
        };
        Some(since + delay)
    }

    fn prepared(&self, run: &Run, step: &RunStep) -> RunWork {
        let id = &step.planned.id;
        let since = step.work.as_ref().map_or(run.started_at, |work| work.since);
        let mut rng = self.chance(run.id, id, since.as_micros().unsigned_abs());
        let listed = self.pinned(run, step).is_some_and(|step| step.attributes.each.is_some());
        let prepared = Prepared {
            applies: rng.chance(92),
            input: RunbookHash::of(&format!("{} {id} of {} since {since}", run.id, run.version)),
            items: listed.then(|| u32::try_from(rng.below(4)).unwrap_or(0)),
            untold: None,
        };
        let prepared = Prepared { untold: self.untold(run.id, id, since), ..prepared };
        let prepared = if rng.chance(3) { Err("a value is missing".to_string()) } else { Ok(prepared) };
        RunWork::Prepared { run: run.id, step: id.clone(), prepared }
    }

    /// What cannot be told of a step, if nobody knows what earlier ones would have handed on.
    fn untold(&self, run: RunId, step: &StepId, since: Timestamp) -> Option<String> {
        let mut rng = self.chance(run, step, since.as_micros().unsigned_abs() ^ 0x0707_01d0);
        let untold = machines::are_all_in(self.seed) && rng.chance(12);
        untold.then(|| "`node` is what an earlier step hands on".to_string())
    }

    /// The events that a function answers with, however it ended.
    fn made(&self, run: RunId, step: &StepId, epoch: Epoch) -> Vec<MadeEvent> {
        let known = self.hub.world.run(run).and_then(|run| run.step(step)?.planned.automated.as_ref());
        let is_function = known.is_some_and(|how| how.does == Does::Function);
        let mut rng = self.chance(run, step, epoch.0 << 8 | 2);
        if is_function { machines::made(&mut rng) } else { Vec::new() }
    }

    /// What the hub itself carries out, by the words of the pinned fence.
    fn read(&self, run: &Run, step: &RunStep) -> RunWork {
        let pinned = self.pinned(run, step);
        let script = pinned.as_ref().and_then(|step| step.block()).map_or("", |block| block.script.as_str());
        let (word, words) = script.split_once(' ').unwrap_or((script, ""));
        let number: u64 = words.parse().unwrap_or(0);
        let case = |action| HubWork::Case(Box::new(action));
        let work = match word {
            "await" => machines::awaited(words).map_or_else(
                || HubWork::Wrong("nobody knows what it waits for".into()),
                |(length, awaited)| HubWork::Await(length, Box::new(awaited)),
            ),
            "wait" => HubWork::Wait(Duration::from_seconds(i64::try_from(number).unwrap_or(0))),
            "note" => case(CaseAction::Note("looked".into())),
            "update" => case(CaseAction::Update("still on it".into())),
            "mitigate" => case(CaseAction::Mitigate(None)),
            "resolve" => case(CaseAction::Resolve { at: None, text: Some("done".into()) }),
            "severity" => case(CaseAction::SetSeverity(Severity::Sev2)),
            "open" => HubWork::Open(Box::new(Report {
                title: "found by a run".into(),
                text: None,
                service: Some(service(number)),
                severity: None,
                drill: run.drill,
            })),
            "run" => HubWork::Run { runbook: machines::book(number), parameters: BTreeMap::new() },
            _ => HubWork::Wrong("nobody knows what this is".into()),
        };
        RunWork::Read { run: run.id, step: step.planned.id.clone(), work }
    }

    /// What becomes of an attempt: any end, late, twice, or never heard of.
    fn begin_lease(&mut self, lease: &Lease) {
        let mut rng = self.chance(lease.run, &lease.step, lease.epoch.0 << 8);
        let roll = rng.below(100);
        let end = match roll {
            0..=54 => AttemptEnd::Succeeded,
            55..=67 => AttemptEnd::Failed,
            68..=71 => AttemptEnd::Unexpected,
            72..=75 => AttemptEnd::TimedOut,
            76..=81 => AttemptEnd::NotStarted,
            82..=87 => AttemptEnd::Unknown,
            88..=92 => AttemptEnd::Succeeded,
            // Nobody hears of it again.
            _ => return,
        };
        // A few come when nobody waits for them any more.
        let most = if (88..=92).contains(&roll) { 7_200 } else { 25 };
        let at = self.now + Duration::from_seconds(rng.between(0, most));
        let said = (lease.run, lease.step.clone(), end);
        if rng.chance(6) {
            self.hands.reports.insert((at + Duration::from_seconds(rng.between(0, 90)), lease.epoch, 1), said.clone());
        }
        self.hands.reports.insert((at, lease.epoch, 0), said);
    }

    /// A runner was asked to end a step: it does, or was done before it heard of it.
    fn end_early(&mut self, epoch: Epoch, run: RunId, step: StepId) {
        let mut rng = self.chance(run, &step, epoch.0 << 8 | 1);
        let key = self.hands.reports.keys().find(|key| key.1 == epoch).copied();
        if let Some(key) = key.filter(|_| rng.chance(65)) {
            self.hands.reports.remove(&key);
            let end = if rng.chance(80) { AttemptEnd::Cancelled } else { AttemptEnd::Unknown };
            let at = self.now + Duration::from_seconds(rng.between(0, 10));
            self.hands.reports.insert((at, epoch, 0), (run, step, end));
        }
    }
}

fn for_runner(step: &RunStep) -> bool {
    step.planned.automated.as_ref().is_some_and(|how| how.wants_runner())
}

fn is_about(done: &RunWork, id: RunId, at: &StepId) -> bool {
    match done {
        RunWork::Prepared { run, step, .. } | RunWork::Read { run, step, .. } | RunWork::Ended { run, step, .. } => {
            *run == id && step == at
        }
    }
}

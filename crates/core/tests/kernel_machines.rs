//! Runs whose steps machines carry out: prepared, agreed to, leased, judged, taken back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog};
use proptest::prelude::*;
use wheelhouse_core::catalog::{Catalog, Runner};
use wheelhouse_core::kernel::{
    AttemptReport, Command, HubWork, Offer, Prepared, Refusal, RunAction, RunRequest, RunWork, What,
};
use wheelhouse_core::name::{PersonName, RoleName, RunnerName};
use wheelhouse_core::record::{Actor, Fact, RunHappening};
use wheelhouse_core::run::{AttemptEnd, Course, Ending, Epoch, Pace, Run, RunId, Settling, WorkState};
use wheelhouse_core::runbook::{
    Approval, Attributes, Block, Does, FrontMatter, Retry, Runbook, RunbookHash, RunbookName, Schedule, Step, StepId,
    StepKind, Stretch,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, decide, next_due};

fn id(step: &str) -> StepId {
    StepId::new(step).unwrap()
}

fn person(name: &str) -> Actor {
    Actor::Person(PersonName::new(name).unwrap())
}

fn manual(name: &str) -> Step {
    let (kind, attributes) = (StepKind::Manual, Attributes::default());
    Step { id: id(name), phase: 0, kind, title: name.into(), stretch: Stretch::default(), attributes }
}

fn does(name: &str, does: Does, attributes: Attributes) -> Step {
    let block = Block { does, language: "sh".into(), interpreter: None, script: format!("{name}\n") };
    let kind = StepKind::Automated(block);
    Step { id: id(name), phase: 0, kind, title: name.into(), stretch: Stretch::default(), attributes }
}

fn machine(name: &str, attributes: Attributes) -> Step {
    does(name, Does::Process, attributes)
}

fn plain() -> Attributes {
    Attributes::default()
}

fn undone_by(step: &str) -> Attributes {
    Attributes { undo: Some(id(step)), ..plain() }
}

fn with_lock(lock: &str) -> Attributes {
    Attributes { lock: Some(lock.into()), ..plain() }
}

fn book(stem: &str, steps: Vec<Step>) -> Runbook {
    Runbook {
        name: RunbookName::parse(&format!("payments/{stem}")).unwrap(),
        title: stem.into(),
        path: format!("payments:runbooks/{stem}.md"),
        hash: RunbookHash::of(stem),
        text: "".into(),
        summary: String::new(),
        front: FrontMatter::default(),
        phases: Vec::new(),
        steps,
        findings: Vec::new(),
    }
}

fn kernel(books: Vec<Runbook>) -> Kernel {
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    catalog.runbooks = books.into_iter().map(|book| (book.name.clone(), Arc::new(book))).collect();
    Kernel::of(catalog)
}

/// A shell of a few lines around runs.
struct Hands {
    kernel: Kernel,
    now: i64,
}

impl Hands {
    fn of(steps: Vec<Step>) -> Self {
        Self::with(vec![book("book", steps)])
    }

    fn with(books: Vec<Runbook>) -> Self {
        Self { kernel: kernel(books), now: 1 }
    }

    fn now(&self) -> Timestamp {
        at(self.now)
    }

    fn try_it(&mut self, actor: Actor, what: What) -> Result<(), Refusal> {
        self.kernel.until(self.now());
        let command = Command { actor: actor.clone(), policies: Vec::new(), judged_under: None, what: what.clone() };
        decide(&self.kernel.world, &command, &context(self.now()))?;
        self.kernel.command(self.now(), actor, what);
        Ok(())
    }

    fn start(&mut self, stem: &str, pace: Pace, undo_on_failure: bool) -> RunId {
        let request = RunRequest {
            runbook: RunbookName::parse(&format!("payments/{stem}")).unwrap(),
            version: None,
            case: None,
            drill: false,
            parameters: BTreeMap::new(),
            pace,
            undo_on_failure,
        };
        self.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
        self.kernel.world.last_run()
    }

    fn act(&mut self, who: &str, run: u64, action: RunAction) -> Result<(), Refusal> {
        self.try_it(person(who), What::Run { run: RunId(run), action })
    }

    fn work(&mut self, work: RunWork) -> Result<(), Refusal> {
        self.try_it(Actor::Hub, What::RunWork(Box::new(work)))
    }

    /// Finds out about every step whose turn it is.
    fn prepare(&mut self) {
        loop {
            let turns: Vec<_> =
                self.kernel.world.turns().map(|(run, step)| (run.id, step.planned.id.clone())).collect();
            if turns.is_empty() {
                return;
            }
            for (run, step) in turns {
                let prepared = Ok(Prepared { applies: true, input: RunbookHash::of(step.as_str()), items: None });
                self.work(RunWork::Prepared { run, step, prepared }).unwrap();
            }
        }
    }

    /// What a runner is given.
    fn lease(&mut self, labels: &[&str], room: usize) -> Vec<(RunId, StepId, Epoch)> {
        self.kernel.until(self.now());
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        let offer = Offer { runner: RunnerName::new("near").unwrap(), own_labels: Some(labels), room };
        let what = What::Lease(offer);
        let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what: what.clone() };
        let plan = decide(&self.kernel.world, &command, &context(self.now())).unwrap();
        self.kernel.command(self.now(), Actor::Hub, what);
        plan.leases.into_iter().map(|lease| (lease.run, lease.step, lease.epoch)).collect()
    }

    fn ended(&mut self, (run, step, epoch): (RunId, StepId, Epoch), end: AttemptEnd) -> Result<(), Refusal> {
        self.work(RunWork::Ended { run, step, epoch, report: AttemptReport::of(end, "so it went") })
    }

    /// Carries out the one step that may be.
    fn carry_out(&mut self, end: AttemptEnd) -> StepId {
        self.prepare();
        let leases = self.lease(&[], 1);
        assert_eq!(leases.len(), 1, "nothing may be carried out");
        let step = leases[0].1.clone();
        self.ended(leases[0].clone(), end).unwrap();
        step
    }

    fn run(&self, run: u64) -> Option<&Run> {
        self.kernel.world.run(RunId(run))
    }

    fn state(&self, run: u64, step: &str) -> Option<WorkState> {
        self.run(run)?.step(&id(step))?.work.as_ref().map(|work| work.state.clone())
    }

    fn settled(&self, run: u64, step: &str) -> Option<Settling> {
        self.run(run)?.step(&id(step))?.settled.as_ref().map(|settled| settled.how)
    }

    fn ending(&self, run: u64) -> Option<Ending> {
        self.kernel.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Run(part) if part.run == RunId(run) => match &part.what {
                RunHappening::Ended { how } => Some(*how),
                _ => None,
            },
            _ => None,
        })
    }
}

fn context(now: Timestamp) -> Context {
    Context::at(now)
}

#[test]
fn a_run_by_itself_goes_from_top_to_bottom_and_waits_for_people_at_theirs() {
    let mut hands = Hands::of(vec![machine("one", plain()), manual("look"), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("one"));
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "a person's step comes first");
    hands.act("dana", 1, RunAction::Settle { step: id("look"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("two"));
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn by_hand_a_machine_begins_when_somebody_asks() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByHand, false);
    assert_eq!(hands.kernel.world.turns().count(), 0);
    hands.act("dana", 1, RunAction::Execute { step: id("two") }).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("two"));
    assert_eq!(hands.settled(1, "two"), Some(Settling::Done));
    hands.act("dana", 1, RunAction::Settle { step: id("one"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_fails_is_tried_as_often_as_the_runbook_says_and_then_halts_the_run() {
    let retry = Some(Retry { times: 1, pause: Duration::from_seconds(30) });
    let mut hands = Hands::of(vec![machine("one", Attributes { retry, ..plain() }), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Failed);
    assert!(hands.lease(&[], 9).is_empty(), "it waits before it is tried again");
    hands.now += 30;
    hands.carry_out(AttemptEnd::TimedOut);
    assert_eq!(hands.settled(1, "one"), Some(Settling::Failed));
    assert_eq!(hands.run(1).unwrap().course, Course::Paused);
    hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_nobody_knows_asks_a_person_unless_it_may_be_done_twice() {
    let twice = Attributes { idempotent: true, ..plain() };
    let mut hands = Hands::of(vec![machine("safe", twice), machine("other", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Unknown);
    hands.now += 10;
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("safe"));
    hands.carry_out(AttemptEnd::Unknown);
    assert_eq!(hands.state(1, "other"), Some(WorkState::Unknown));
    hands.now += 10_000;
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "nothing is done twice");
    hands.act("dana", 1, RunAction::Settle { step: id("other"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_did_not_begin_is_tried_again_but_not_for_ever() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    for _ in 0..5 {
        hands.carry_out(AttemptEnd::NotStarted);
        hands.now += 10;
    }
    assert_eq!(hands.settled(1, "one"), Some(Settling::Failed));
}

#[test]
fn only_the_lease_in_force_counts() {
    let twice = Attributes { idempotent: true, timeout: Some(Duration::from_seconds(5)), ..plain() };
    let mut hands = Hands::of(vec![machine("one", twice), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let first = hands.lease(&[], 1).remove(0);
    hands.now += 100;
    let second = hands.lease(&[], 1).remove(0);
    assert!(second.2 > first.2, "its time was over, and it was given to somebody else");
    let stale = hands.ended(first, AttemptEnd::Failed).unwrap_err();
    assert_eq!(stale.code(), "stale_lease");
    hands.ended(second.clone(), AttemptEnd::Succeeded).unwrap();
    assert_eq!(hands.ended(second, AttemptEnd::Succeeded).unwrap_err().code(), "stale_lease");
    assert_eq!(hands.settled(1, "one"), Some(Settling::Done));
}

#[test]
fn a_runner_is_given_what_it_can_reach() {
    let dmz = Attributes { runner: vec!["zone=dmz".into()], ..plain() };
    let mut hands = Hands::of(vec![machine("one", dmz)]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty() && hands.lease(&["zone=lan"], 9).is_empty());
    assert_eq!(hands.lease(&["zone=lan", "zone=dmz"], 9).len(), 1);
}

#[test]
fn neighbours_of_a_group_go_together() {
    let group = || Attributes { parallel: Some("all".into()), ..plain() };
    let mut hands = Hands::of(vec![machine("a", group()), machine("b", group()), machine("c", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let both = hands.lease(&[], 9);
    assert_eq!(both.len(), 2);
    hands.ended(both[1].clone(), AttemptEnd::Succeeded).unwrap();
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "what follows the group waits for all of it");
    hands.ended(both[0].clone(), AttemptEnd::Succeeded).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("c"));
}

#[test]
fn a_lock_is_held_by_one_run_also_while_it_is_halted() {
    let mut hands = Hands::of(vec![machine("one", with_lock("db")), machine("two", with_lock("db"))]);
    for _ in 0..3 {
        hands.start("book", Pace::ByItself, false);
        hands.prepare();
    }
    assert_eq!(hands.state(2, "one"), Some(WorkState::Locked));
    hands.carry_out(AttemptEnd::Failed);
    assert_eq!(hands.run(1).unwrap().course, Course::Paused);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "the halted run holds it");
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert_eq!(hands.kernel.world.lock_holder("db"), Some(RunId(2)), "first come, first served");
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!((hands.ending(2), hands.kernel.world.lock_holder("db")), (Some(Ending::Completed), Some(RunId(3))));
}

#[test]
fn what_was_done_is_taken_back_the_last_step_first() {
    let steps = vec![
        machine("a", undone_by("un-a")),
        machine("b", undone_by("un-b")),
        machine("c", undone_by("un-c")),
        machine("un-a", plain()),
        machine("un-b", plain()),
        machine("un-c", plain()),
    ];
    let mut hands = Hands::of(steps);
    hands.start("book", Pace::ByItself, true);
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Failed);
    let back: Vec<StepId> = (0..3).map(|_| hands.carry_out(AttemptEnd::Succeeded)).collect();
    assert_eq!(back, [id("un-c"), id("un-b"), id("un-a")], "what failed may have been done in part");
    assert_eq!(hands.ending(1), Some(Ending::Undone));
}

#[test]
fn a_run_that_is_stopped_lets_go_of_what_runs_and_ends_after_it() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let lease = hands.lease(&[], 1).remove(0);
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert!(matches!(hands.state(1, "one"), Some(WorkState::Leased { cancel: true, .. })));
    assert_eq!(hands.ending(1), None, "something of it still runs");
    hands.ended(lease, AttemptEnd::Cancelled).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Stopped));
}

#[test]
fn what_the_hub_does_itself_happens_with_its_end() {
    let mut hands = Hands::with(vec![
        book("book", vec![does("rest", Does::Wait, plain()), does("inner", Does::Runbook, plain())]),
        book("inner", vec![machine("deep", plain())]),
    ]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "no runner is given it");
    let rest = HubWork::Wait(Duration::from_seconds(60));
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work: rest }).unwrap();
    hands.now += 59;
    hands.kernel.until(hands.now());
    assert_eq!(hands.settled(1, "rest"), None);
    hands.now += 1;
    hands.kernel.until(hands.now());
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Done));
    hands.prepare();
    let runbook = RunbookName::parse("payments/inner").unwrap();
    let work = HubWork::Run { runbook, parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(1), step: id("inner"), work }).unwrap();
    assert_eq!(hands.state(1, "inner"), Some(WorkState::Within { run: RunId(2) }));
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!((hands.ending(2), hands.ending(1)), (Some(Ending::Completed), Some(Ending::Completed)));
}

#[test]
fn a_run_is_no_step_of_itself() {
    let mut hands = Hands::of(vec![does("again", Does::Runbook, plain()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let work = HubWork::Run { runbook: RunbookName::parse("payments/book").unwrap(), parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(1), step: id("again"), work }).unwrap();
    assert_eq!(hands.settled(1, "again"), Some(Settling::Failed));
    assert_eq!(hands.kernel.world.last_run(), RunId(1));
}

fn two_of_payments() -> Attributes {
    let approve = Some(Approval { count: 2, role: Some(RoleName::new("payments").unwrap()) });
    Attributes { approve, ..plain() }
}

#[test]
fn people_agree_to_what_they_saw_and_never_to_their_own() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let input = RunbookHash::of("one");
    let agree = |input: &RunbookHash| RunAction::Approve { step: id("one"), input: input.clone() };
    assert_eq!(hands.act("dana", 1, agree(&input)).unwrap_err().code(), "may_not_agree");
    assert_eq!(hands.act("nadia", 1, agree(&RunbookHash::of("else"))).unwrap_err().code(), "changed");
    assert_eq!(hands.act("stranger", 1, agree(&input)).unwrap_err().code(), "lacks_role");
    hands.act("nadia", 1, agree(&input)).unwrap();
    assert_eq!(hands.act("nadia", 1, agree(&input)).unwrap_err().code(), "may_not_agree");
    assert!(hands.lease(&[], 9).is_empty(), "one of two agreed");
    hands.act("ines", 1, agree(&input)).unwrap();
    assert_eq!(hands.lease(&[], 9).len(), 1);
}

#[test]
fn agreement_that_does_not_come_halts_the_run() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    hands.now += 3_600;
    hands.kernel.until(hands.now());
    assert_eq!((hands.state(1, "one"), hands.run(1).unwrap().course), (None, Course::Paused));
    hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
    hands.prepare();
    hands.act("nadia", 1, RunAction::Decline { step: id("one"), text: "not now".into() }).unwrap();
    assert_eq!((hands.state(1, "one"), hands.run(1).unwrap().course), (None, Course::Paused));
}

proptest! {
    /// Whatever the order and whoever answers: a step that wants two never goes before two others agreed to it.
    #[test]
    fn no_race_of_answers_lets_a_step_go_early(answers in prop::collection::vec((0usize..4, any::<bool>(), any::<bool>()), 1..12)) {
        let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
        hands.start("book", Pace::ByItself, false);
        hands.prepare();
        let mut agreed = BTreeSet::new();
        for (who, agrees, sees) in answers {
            let name = ["dana", "nadia", "ines", "stranger"][who];
            let input = RunbookHash::of(if sees { "one" } else { "another" });
            let step = id("one");
            let asks = matches!(hands.state(1, "one"), Some(WorkState::Asking { .. }));
            let action = if agrees { RunAction::Approve { step, input } } else { RunAction::Decline { step, text: "no".into() } };
            let taken = hands.act(name, 1, action).is_ok();
            let may = asks && (name == "nadia" || name == "ines") && !agreed.contains(name) && (sees || !agrees);
            prop_assert_eq!(taken, may, "{} {} {}", name, agrees, sees);
            if taken && agrees { agreed.insert(name); }
            if taken && !agrees {
                agreed.clear();
                prop_assert_eq!(hands.state(1, "one"), None);
                hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
                hands.prepare();
            }
            let ready = matches!(hands.state(1, "one"), Some(WorkState::Ready { .. }));
            prop_assert_eq!(ready, agreed.len() == 2);
            if ready { return Ok(()); }
        }
    }

    /// Whatever runners and people do, in whatever order: the run ends, nothing is carried out under two leases at
    /// once, and a step that may not be done twice never is unless somebody asks for it.
    #[test]
    fn whatever_happens_nothing_runs_twice_unasked(moves in prop::collection::vec((0u8..9, 0usize..4), 1..60)) {
        let steps = vec![
            machine("a", undone_by("back")),
            machine("b", Attributes { parallel: Some("g".into()), ..with_lock("l") }),
            machine("c", Attributes { parallel: Some("g".into()), ..plain() }),
            machine("back", plain()),
        ];
        let names = ["a", "b", "c", "back"];
        let mut hands = Hands::of(steps);
        hands.start("book", Pace::ByItself, false);
        hands.start("book", Pace::ByItself, true);
        let mut leases: Vec<(RunId, StepId, Epoch)> = Vec::new();
        let mut asked: BTreeMap<(RunId, StepId), u32> = BTreeMap::new();
        let mut given: BTreeMap<(RunId, StepId), u32> = BTreeMap::new();
        for (what, which) in moves {
            hands.now += 1;
            hands.kernel.until(hands.now());
            hands.prepare();
            let run = 1 + which as u64 % 2;
            match what {
                0 | 1 => {
                    for lease in hands.lease(&[], 2) {
                        *given.entry((lease.0, lease.1.clone())).or_default() += 1;
                        leases.push(lease);
                    }
                }
                2..=5 => {
                    if let Some(lease) = (!leases.is_empty()).then(|| leases.remove(which % leases.len())) {
                        let ends = [AttemptEnd::Succeeded, AttemptEnd::Failed, AttemptEnd::Unknown, AttemptEnd::Cancelled];
                        let _late = hands.ended(lease, ends[usize::from(what) - 2]);
                    }
                }
                6 => {
                    let step = id(names[which]);
                    if hands.act("dana", run, RunAction::Execute { step: step.clone() }).is_ok() {
                        *asked.entry((RunId(run), step)).or_default() += 1;
                    }
                }
                7 => drop(hands.act("dana", run, RunAction::Cancel { step: id(names[which]), text: None })),
                _ => drop(hands.act("dana", run, if which < 2 { RunAction::Resume { text: None } } else { RunAction::Undo { text: None } })),
            }
            for run in hands.kernel.world.runs() {
                let open = leases.iter().filter(|(id, ..)| *id == run.id);
                let in_hands = run.in_hands().count();
                prop_assert!(in_hands <= open.count());
            }
            let held: Vec<_> = hands.kernel.world.runs().filter(|run| run.locks.contains("l")).collect();
            prop_assert!(held.len() <= 1);
        }
        for (key, times) in &given {
            let by_turn = 1 + asked.get(key).copied().unwrap_or(0);
            // What a person let go, or what was let go for the way back, may come again in its turn.
            let dropped = hands.kernel.entries.iter().filter(|entry| matches!(&entry.fact, Fact::Run(part) if part.run == key.0
                && matches!(&part.what, RunHappening::WorkDropped { step } if *step == key.1))).count();
            prop_assert!(*times as usize <= by_turn as usize + dropped, "{:?} was given {} times", key, times);
        }
        for run in 1..=2 {
            let _over = hands.act("dana", run, RunAction::Stop { text: None });
        }
        for lease in leases {
            let _late = hands.ended(lease, AttemptEnd::Cancelled);
        }
        prop_assert_eq!(hands.kernel.world.runs().len(), 0, "a run that was stopped ends");
    }
}

#[test]
fn what_has_a_time_begins_by_itself_once_and_says_where_it_cannot() {
    let mut daily = book("daily", vec![machine("one", plain())]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    let mut hands = Hands::with(vec![daily]);
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    let day = 86_400;
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    assert_eq!(hands.run(1).unwrap().by, Actor::Hub);
    hands.now += day;
    hands.kernel.until(hands.now());
    assert_eq!(hands.kernel.world.last_run(), RunId(1), "the one before is still under way");
    let said = hands.kernel.entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::RunScheduled { run, .. } => Some((*run, entry.body.clone().unwrap())),
        _ => None,
    });
    let (run, body) = said.unwrap();
    assert!(run.is_none() && body["text"].contains("RUN-1"), "{body:?}");
    hands.carry_out(AttemptEnd::Succeeded);
    // Several days without power: it is made up for once.
    hands.now += 5 * day + 60;
    hands.kernel.until(hands.now());
    hands.carry_out(AttemptEnd::Succeeded);
    hands.now += 60;
    hands.kernel.until(hands.now());
    assert_eq!(hands.kernel.world.runs().len(), 0);
}

#[test]
fn a_runner_of_the_catalog_gets_what_it_reaches_and_only_its_own_word_counts() {
    let far = || Attributes { runner: vec!["zone=dmz".into()], ..plain() };
    let mut hands = Hands::of(vec![machine("near", plain()), machine("far", far()), machine("last", far())]);
    let mut catalog = (**hands.kernel.world.catalog().unwrap()).clone();
    let runner = |name: &str, labels: &[&str]| {
        let (name, team) = (RunnerName::new(name).unwrap(), catalog.organization.default_team.clone());
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        (name.clone(), Runner { name, team, summary: None, labels })
    };
    catalog.runners =
        BTreeMap::from([runner("any", &[]), runner("dmz", &["zone=dmz", "db=orders"]), runner("lan", &["zone=lan"])]);
    hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let lease = |hands: &mut Hands, name: &str| {
        let name = RunnerName::new(name).unwrap();
        let what = What::Lease(Offer { runner: name.clone(), own_labels: None, room: 4 });
        let policies = vec!["runners-take-steps".to_owned()];
        let command = Command { actor: Actor::Runner(name), policies, judged_under: None, what };
        let plan = decide(&hands.kernel.world, &command, &context(hands.now())).unwrap();
        hands.kernel.command(hands.now(), command.actor, command.what);
        plan.leases
    };
    let tell = |hands: &mut Hands, name: &str, lease: &wheelhouse_core::kernel::Lease| {
        let report = AttemptReport::of(AttemptEnd::Succeeded, "");
        let work = RunWork::Ended { run: lease.run, step: lease.step.clone(), epoch: lease.epoch, report };
        hands.try_it(Actor::Runner(RunnerName::new(name).unwrap()), What::RunWork(Box::new(work)))
    };
    // What asks for nothing is not meant for a zone; what asks for one goes nowhere else; who is unknown gets nothing.
    for name in ["dmz", "lan", "gone"] {
        assert!(lease(&mut hands, name).is_empty(), "{name}");
    }
    let near = lease(&mut hands, "any");
    assert_eq!(near.len(), 1);
    tell(&mut hands, "any", &near[0]).unwrap();
    hands.prepare();
    for name in ["any", "lan", "gone"] {
        assert!(lease(&mut hands, name).is_empty(), "{name}");
    }
    let far = lease(&mut hands, "dmz");
    assert_eq!((far.len(), far[0].step.clone()), (1, id("far")));
    assert_eq!(hands.kernel.world.lease(far[0].epoch).unwrap().1.planned.id, id("far"));
    for name in ["lan", "gone"] {
        assert!(matches!(tell(&mut hands, name, &far[0]), Err(Refusal::StaleLease { .. })), "{name}");
    }
    tell(&mut hands, "dmz", &far[0]).unwrap();
    assert!(matches!(tell(&mut hands, "dmz", &far[0]), Err(Refusal::StaleLease { .. })));
    assert!(hands.kernel.world.leased().next().is_none());
    let by_runner = hands.kernel.entries.iter().filter(|entry| matches!(entry.actor, Actor::Runner(_)));
    assert_eq!(by_runner.count(), 4, "two leases and two ends");
}

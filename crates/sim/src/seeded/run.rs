//! Plays a seeded story: the shell's part, against the reference model, step by step.

mod chosen;
mod commits;
mod hands;
mod runs;
mod tend;

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::case::{MessageId, Proposal};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CatalogChange, Command, Outcome, Plan, What};
use wheelhouse_core::notify::{ContactKind, Message, takes_another_way};
use wheelhouse_core::record::Actor;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, needs, next_due};
use wheelhouse_wire::expression::CEL;

use super::catalogs::{self, START};
use super::machines;
use super::model::{Cause, Model};
use super::runbooks;
use super::script::{CATALOGS, Op, Script, Step};
use super::subject::Subject;
use crate::hub::{Fold, Hub};
use crate::rng::Rng;
use crate::scenario::Transcript;
use crate::tables::KEEP;

/// How long after a start the doors are ready.
const DOORS_TAKE: Duration = Duration::from_seconds(10);

/// What reached the kernel, in order: enough to play the same story with other batches.
#[derive(Clone, Debug)]
pub(super) enum Input {
    Command(Box<Command>),
    Due(usize),
    Restart,
}

/// An attempt under way: when its answer comes, the message, and which copy of the answer it is.
type Attempt = (Timestamp, MessageId, u32);

/// What a channel will say; an attempt without it is never answered.
type Said = (Option<ContactKind>, Outcome);

/// What came of a story.
pub(super) struct Played {
    pub(super) hub: Hub,
    pub(super) inputs: Vec<(Timestamp, Input)>,
}

/// Plays a story; says which promise is broken, at which step.
pub(super) fn run(script: &Script, subject: Subject) -> Result<Played, String> {
    let mut shell = Shell::new(script, subject);
    shell.play(script)?;
    Ok(Played { hub: shell.hub, inputs: shell.inputs })
}

/// Plays a story and tells it: its catalogs, and every entry up to what broke a promise.
pub(super) fn retell(script: &Script, subject: Subject) -> String {
    let mut shell = Shell::new(script, subject);
    let mut transcript = Transcript::new(&format!("the story of seed {}", script.seed));
    for (number, catalog) in shell.catalogs.iter().enumerate() {
        catalogs::describe(catalog).iter().for_each(|line| transcript.end(&format!("catalog {number}: {line}")));
    }
    shell.transcript = Some(transcript);
    let problem = shell.play(script).err();
    let mut transcript = shell.transcript.unwrap_or_default();
    problem.iter().for_each(|problem| transcript.end(problem));
    transcript.finish()
}

struct Shell {
    subject: Subject,
    seed: u64,
    catalogs: Vec<Arc<Catalog>>,
    hub: Hub,
    fold: Fold,
    model: Model,
    /// The model as of the last commit, which is what a crash goes back to.
    durable: Model,
    now: Timestamp,
    in_flight: BTreeMap<Attempt, Option<Said>>,
    doors_at: Option<Timestamp>,
    hands: hands::Hands,
    inputs: Vec<(Timestamp, Input)>,
    durable_inputs: usize,
    /// What happens in words, where somebody wants to read it.
    transcript: Option<Transcript>,
}

impl Shell {
    fn new(script: &Script, subject: Subject) -> Self {
        let mut rng = Rng::new(script.seed ^ 0xca7a_1095);
        Self {
            subject,
            seed: script.seed,
            catalogs: (0..CATALOGS).map(|version| catalog(&mut rng, script.seed, version)).collect(),
            hub: Hub::default(),
            fold: Fold::default(),
            model: Model::new(machines::are_in(script.seed)),
            durable: Model::default(),
            now: START,
            in_flight: BTreeMap::new(),
            doors_at: None,
            hands: hands::Hands::default(),
            inputs: Vec::new(),
            durable_inputs: 0,
            transcript: None,
        }
    }

    fn play(&mut self, script: &Script) -> Result<(), String> {
        self.begin().map_err(|problem| format!("at the start: {problem}"))?;
        for (index, step) in script.steps.iter().enumerate() {
            self.tell(|| format!("-- step {index}: {:?}", step.what));
            let played = self.step(step);
            played.map_err(|problem| format!("at step {index} ({:?}), {}: {problem}", step.what, self.now))?;
        }
        self.commit().and_then(|()| self.compare()).map_err(|problem| format!("at the end: {problem}"))
    }

    fn tell(&mut self, words: impl FnOnce() -> String) {
        if let Some(transcript) = &mut self.transcript {
            transcript.say(self.now, &words());
        }
    }

    /// Takes in what the kernel has decided, where the model agrees.
    fn follow(&mut self, cause: Cause<'_>, plan: Plan) -> Result<(), String> {
        if let Some(transcript) = &mut self.transcript {
            transcript.commit(&plan.entries, &self.hub.tables);
        }
        self.model.observe(cause, &plan.entries, self.now)?;
        self.hub.apply(plan.entries);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), String> {
        self.adopt(0)?;
        self.command(by_hub(What::DoorsReady))?;
        self.commit()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.go_to(self.now + step.after)?;
        match &step.what {
            Op::Crash(down) => self.crash(*down)?,
            Op::Jump(length) => self.jump(*length)?,
            Op::Evict => {
                self.commit()?;
                self.hub.world.evict(self.now, KEEP);
            }
            Op::Adopt(which) => self.adopt(*which)?,
            Op::Mend(which) => self.mend(*which)?,
            what => {
                if let Some(command) = self.command_of(what) {
                    self.command(command)?;
                }
            }
        }
        self.happen(step.cut)
    }

    /// Lets everything happen that happens by itself until `target`.
    fn go_to(&mut self, target: Timestamp) -> Result<(), String> {
        for turn in 0.. {
            let due = next_due(&self.hub.world).map(|(at, _)| at);
            let answer = self.in_flight.keys().next().map(|key| key.0);
            let claim = self.hub.world.next_message_at(self.now);
            let next = [due, answer, claim, self.doors_at, self.hands_next()];
            let Some(next) = next.into_iter().flatten().min() else { break };
            if next > target {
                break;
            }
            if turn > 5_000 {
                return Err(format!("10: the hub never comes to rest at {next}"));
            }
            self.now = self.now.max(next);
            self.happen(turn % 3 != 0)?;
        }
        self.now = self.now.max(target);
        Ok(())
    }

    /// Everything that is due now, then a commit where `cut` says so, then new attempts.
    fn happen(&mut self, cut: bool) -> Result<(), String> {
        while let Some(key) = self.in_flight.keys().next().copied().filter(|key| key.0 <= self.now) {
            if let Some(Some((contact, outcome))) = self.in_flight.remove(&key) {
                let repeated = self.hub.world.message(key.1).is_some_and(|message| message.repeated);
                let what = What::Attempted { message: key.1, contact, repeated, outcome };
                self.command(by_hub(what))?;
            }
        }
        self.hear()?;
        if self.doors_at.is_some_and(|at| at <= self.now) {
            self.doors_at = None;
            self.command(by_hub(What::DoorsReady))?;
        }
        self.due()?;
        let waiting = self.hub.world.messages_due(self.now).next().is_some();
        if cut || (waiting && !self.hub.is_clean()) {
            self.commit()?;
        }
        if !self.hub.is_clean() {
            return Ok(());
        }
        self.claim()?;
        self.handle()
    }

    fn due(&mut self) -> Result<(), String> {
        let cx = Context::new(self.now, &CEL);
        for round in 0.. {
            let limit = 1 + round % 4;
            let plan = self.subject.advance(&self.hub.world, limit, &cx);
            if plan.is_empty() {
                break;
            }
            if round > 10_000 {
                return Err("10: what is due never ends".into());
            }
            self.inputs.push((self.now, Input::Due(limit)));
            self.follow(Cause::Due, plan)?;
        }
        if let Some((at, reason)) = next_due(&self.hub.world).filter(|(at, _)| *at <= self.now) {
            return Err(format!("2: {reason:?} has been due since {at} and does not happen"));
        }
        self.model.at_rest(self.now)
    }

    fn claim(&mut self) -> Result<(), String> {
        let held: Vec<MessageId> = self.in_flight.keys().map(|key| key.1).collect();
        let due: Vec<Message> =
            self.hub.world.messages_due(self.now).filter(|row| !held.contains(&row.id)).cloned().collect();
        for message in due {
            self.model.claim(message.id)?;
            self.attempt(&message);
        }
        Ok(())
    }

    /// What the channel does: chance decides by message and attempt, so that batches do not.
    fn attempt(&mut self, message: &Message) {
        let mixed = self.seed ^ message.id.case.number.wrapping_mul(0x9e37) ^ u64::from(message.id.number) << 20;
        let mut rng = Rng::new(mixed ^ u64::from(message.attempts) << 40);
        let contacts = self.hub.world.catalog().map_or(&[][..], |catalog| message.recipient.contacts(catalog));
        let contact = contacts.get(usize::from(message.contact)).map(ContactKind::from);
        let answer = "as chance has it".to_string();
        let roll = rng.below(100);
        let outcome = match contact {
            None => Outcome::Failed { answer, permanent: true },
            Some(_) if roll < 64 => Outcome::Accepted { answer },
            Some(_) if roll < 70 => Outcome::Unknown { answer },
            Some(_) if roll < 76 && self.takes_another_way(message) => {
                Outcome::Held { answer, until: self.now + Duration::from_minutes(5) }
            }
            Some(_) => Outcome::Failed { answer, permanent: roll >= 88 },
        };
        let at = self.now + Duration::from_millis(rng.between(0, 40_000));
        let lost = rng.chance(4);
        self.in_flight.insert(
            (if lost { Timestamp::MAX } else { at }, message.id, 0),
            (!lost).then(|| (contact, outcome.clone())),
        );
        if rng.chance(5) && !lost && matches!(outcome, Outcome::Accepted { .. }) {
            self.in_flight.insert((at + Duration::from_seconds(1), message.id, 1), Some((contact, outcome)));
        }
    }

    /// What waits for a channel that is left alone is not handed over at all, and so needs no answer.
    fn takes_another_way(&self, message: &Message) -> bool {
        self.hub.world.catalog().is_some_and(|catalog| takes_another_way(message, catalog))
    }

    fn adopt(&mut self, which: u64) -> Result<(), String> {
        let catalog = usize::try_from(which).ok().and_then(|which| self.catalogs.get(which)).cloned();
        let Some(catalog) = catalog else { return Ok(()) };
        let change = self.change();
        self.command(by_hub(What::Adopt { catalog, time_zones: "bundled".into(), change }))
    }

    /// What one of the open actions asks for is committed.
    fn mend(&mut self, which: u64) -> Result<(), String> {
        let open = self.hub.world.cases().filter(|case| !case.state.is_resolved());
        let asked: Vec<Proposal> = open.filter_map(|case| case.proposal.clone()).collect();
        let chosen = usize::try_from(which).unwrap_or(0).checked_rem(asked.len()).and_then(|one| asked.get(one));
        let version = self.hub.world.adoptions() + 1_000;
        let mended = self.hub.world.catalog().zip(chosen).and_then(|(now, asks)| catalogs::mended(now, asks, version));
        let Some(catalog) = mended.map(Arc::new) else { return Ok(()) };
        let change = CatalogChange::default();
        self.command(by_hub(What::Adopt { catalog, time_zones: "bundled".into(), change }))
    }

    /// A jump of the clock: the doors must be ready anew before silence counts.
    fn jump(&mut self, length: Duration) -> Result<(), String> {
        let shifted = std::mem::take(&mut self.in_flight).into_iter();
        let shift = |at: Timestamp| if at == Timestamp::MAX { at } else { at + length };
        self.in_flight = shifted.map(|((at, id, copy), answer)| ((shift(at), id, copy), answer)).collect();
        self.doors_at = self.doors_at.map(|at| at + length);
        self.hands_jump(length);
        self.now = self.now + length;
        self.command(by_hub(What::DoorsReady))
    }

    /// The hub dies: what it had not committed never happened, and no answer reaches it.
    fn crash(&mut self, down: Duration) -> Result<(), String> {
        self.in_flight.clear();
        self.model = self.durable.clone();
        self.model.restart();
        self.inputs.truncate(self.durable_inputs);
        self.inputs.push((self.now, Input::Restart));
        self.now = self.now + down;
        self.subject.restart(&mut self.hub, self.now)?;
        self.model.agrees(&self.hub.world).map_err(|problem| format!("after a start: {problem}"))?;
        self.hands_restart(down);
        self.doors_at = Some(self.now + DOORS_TAKE);
        self.durable = self.model.clone();
        self.durable_inputs = self.inputs.len();
        Ok(())
    }

    fn command(&mut self, command: Command) -> Result<(), String> {
        let cx = Context::new(self.now, &CEL);
        for id in needs(&self.hub.world, &command).cases {
            if let Some((case, messages)) = self.hub.tables.load(id) {
                self.hub.world.take_in(case, messages);
            }
        }
        let must = self.model.must_accept(&command, self.now);
        match self.subject.decide(&self.hub.world, &command, &cx) {
            Ok(_) if must == Some(false) => Err("10: accepted what must be refused".into()),
            Ok(plan) => {
                self.inputs.push((self.now, Input::Command(Box::new(command.clone()))));
                self.lease(&plan.leases);
                self.follow(Cause::Command(&command), plan)?;
                self.model.agrees(&self.hub.world)
            }
            Err(refusal) => self.model.refused(&command, &refusal, self.now),
        }
    }

    fn commit(&mut self) -> Result<(), String> {
        if self.hub.is_clean() {
            return Ok(());
        }
        self.hub.commit(self.now);
        self.model.agrees(&self.hub.world)?;
        self.durable = self.model.clone();
        self.durable_inputs = self.inputs.len();
        self.deliver();
        for case in self.hub.world.cases() {
            if self.hub.tables.cases.get(&case.id) != Some(case) {
                return Err(format!("7: the row of {} is not what is live:\n{case:?}", case.id));
            }
        }
        if let Some(run) = self.hub.world.runs().find(|run| self.hub.tables.runs.get(&run.id) != Some(run)) {
            return Err(format!("7: the row of {} is not what is live:\n{run:?}", run.id));
        }
        self.fold.follow(&self.hub).map_err(|problem| format!("7: {problem}"))?;
        if self.fold.is_time() { self.compare() } else { Ok(()) }
    }

    fn compare(&self) -> Result<(), String> {
        self.fold.difference(&self.hub.tables).map_or(Ok(()), |problem| Err(format!("7: {problem}")))
    }
}

fn catalog(rng: &mut Rng, seed: u64, version: u64) -> Arc<Catalog> {
    let catalog = runbooks::with(catalogs::catalog(rng, version), seed, version);
    Arc::new(machines::with(catalog, seed, version))
}

fn by_hub(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}

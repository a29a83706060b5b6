//! What one submission does to a batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wheelhouse_core::Context;
use wheelhouse_core::kernel::{Command, Plan, Refusal, What, needs};
use wheelhouse_core::record::{Actor, leaf_hash};
use wheelhouse_store::{Frame, KeptReply};

use super::attempt::Outcome;
use super::batch::{DUE_A_ROUND, Staged};
use super::fault::{self, Poison};
use super::request::{Answer, Fault, PersonCommand, SignalOutcome, SignalsRequest, Submission};
use super::run::Writer;
use super::seal::row_salt;

/// How many rounds of due items one batch does before it lets others in.
const DUE_ROUNDS_A_BATCH: usize = 64;

impl Writer {
    /// Handles one submission. An error means that applying it stumbled: the world must go.
    pub(super) fn handle(
        &mut self,
        staged: &mut Staged,
        cx: &Context,
        submission: &Submission,
    ) -> Result<Outcome, Poison> {
        match submission {
            Submission::Hub(command, _) => {
                if let What::Attempted { message, .. } = &command.what {
                    staged.reported.push(*message);
                }
                self.carry_out(staged, cx, command)
            }
            // One transaction keeps the files of one catalog: a second adoption waits for the next.
            Submission::Adopt(_) if staged.catalog.is_some() => Ok(Outcome::Not(Fault::Busy)),
            Submission::Adopt(adoption) => {
                let outcome = self.carry_out(staged, cx, &adoption.command)?;
                if matches!(outcome, Outcome::Done(_)) {
                    staged.catalog = Some(adoption.stored.clone());
                }
                Ok(outcome)
            }
            Submission::Person(person) => self.person(staged, cx, person),
            Submission::Signals(request) => self.take_in(staged, cx, request),
            Submission::Read(_) => Ok(Outcome::Silent),
        }
    }

    fn person(&mut self, staged: &mut Staged, cx: &Context, person: &PersonCommand) -> Result<Outcome, Poison> {
        if let Some(keep) = &person.keep {
            let key = (keep.principal.clone(), keep.key.clone());
            let pending = staged.replies.iter().find(|kept| (&kept.principal, &kept.key) == (&key.0, &key.1));
            if let Some(kept) = self.recent_replies.get(&key).or(pending) {
                return Ok(Outcome::Not(Fault::Repeated(Box::new(kept.clone()))));
            }
        }
        let outcome = self.carry_out(staged, cx, &person.command)?;
        if let (Some(keep), Outcome::Done(answer)) = (&person.keep, &outcome) {
            let (status, body) = (keep.render)(answer);
            let (principal, key, request) = (keep.principal.clone(), keep.key.clone(), keep.request);
            let (case, salt) = (answer.case.as_ref().map(|case| case.id), row_salt());
            staged.replies.push(KeptReply { principal, key, request, status, body, at: cx.now, case, salt });
        }
        Ok(outcome)
    }

    /// Decides and applies a command.
    fn carry_out(&mut self, staged: &mut Staged, cx: &Context, command: &Command) -> Result<Outcome, Poison> {
        for case in needs(&self.world, command).cases {
            match self.store.load_case(case) {
                Ok(Some((case, messages))) => self.world.take_in(case, messages),
                Ok(None) => {}
                Err(error) => return Ok(Outcome::Not(Fault::Store(error.to_string()))),
            }
        }
        match self.decide_safely(command, cx) {
            Ok(Ok(plan)) => {
                let (case, token, silence, change) = (plan.case, plan.token, plan.silence, plan.change);
                let (run, leases) = (plan.run, plan.leases.clone());
                let why = plan.why().cloned().collect();
                self.apply_safely(staged, plan)?;
                let case = case.and_then(|id| self.world.case(id).cloned());
                let run = run.and_then(|id| staged.runs.get(&id).cloned());
                let silence = silence.and_then(|id| self.world.silences().get(id).cloned());
                let commit = self.commit;
                Ok(Outcome::Done(Box::new(Answer { commit, case, token, silence, change, run, leases, why })))
            }
            Ok(Err(refusal)) => Ok(Outcome::Not(Fault::Refused(refusal))),
            Err(poison) => {
                self.say_poisoned(staged, cx, &poison, format!("{command:?}").as_bytes(), None);
                Ok(Outcome::Not(Fault::Quarantined))
            }
        }
    }

    /// Takes in the signals of one request, each by itself: one that stumbles is set aside.
    fn take_in(&mut self, staged: &mut Staged, cx: &Context, request: &SignalsRequest) -> Result<Outcome, Poison> {
        if request.judged_under != self.world.adoptions() {
            return Ok(Outcome::Not(Fault::Refused(Refusal::Stale)));
        }
        let mut taken = SignalOutcome::default();
        let actor = Actor::Source(request.source.clone());
        let mut command = Command { actor, policies: Vec::new(), judged_under: None, what: What::DoorsReady };
        // Changes first: a signal beside one may open the case that it explains.
        for told in &request.changes {
            staged.frames.push(frame(request, &told.raw));
            command.what = What::Change(Arc::clone(&told.change));
            match self.decide_safely(&command, cx) {
                Ok(Ok(plan)) => self.apply_safely(staged, plan)?,
                Ok(Err(refusal)) => return Ok(Outcome::Not(Fault::Refused(refusal))),
                Err(poison) => self.say_poisoned(staged, cx, &poison, &told.raw, None),
            }
        }
        for (index, told) in request.signals.iter().enumerate() {
            staged.frames.push(frame(request, &told.raw));
            if let Some(words) = &told.stumbled {
                let poison = Poison { what: format!("no rule could be asked about a signal: {words}"), signal: None };
                self.say_poisoned(staged, cx, &poison, &told.raw, None);
            }
            command.what = What::Signal { routing: told.routing.clone(), signal: Arc::clone(&told.signal) };
            match self.decide_safely(&command, cx) {
                Ok(Ok(plan)) => {
                    self.apply_safely(staged, plan).map_err(|poison| Poison { signal: Some(index), ..poison })?;
                    taken.accepted += 1;
                }
                Ok(Err(refusal)) => return Ok(Outcome::Not(Fault::Refused(refusal))),
                Err(poison) => {
                    self.say_poisoned(staged, cx, &poison, &told.raw, None);
                    taken.quarantined += 1;
                }
            }
        }
        self.metrics.signals.add(taken.accepted);
        Ok(Outcome::Taken(taken))
    }

    /// Does what is due, round by round.
    pub(super) fn do_what_is_due(&mut self, staged: &mut Staged, cx: &Context) -> Result<(), Poison> {
        for _ in 0..DUE_ROUNDS_A_BATCH {
            if self.expiry_rests && self.world.first_due(cx.now).is_none() {
                return Ok(());
            }
            let advance = self.advance;
            let world = &self.world;
            let plan = catch_unwind(AssertUnwindSafe(|| advance(world, DUE_A_ROUND, cx)))
                .or_else(|_| catch_unwind(AssertUnwindSafe(|| advance(world, 1, cx))));
            match plan {
                Ok(plan) if plan.is_empty() => return Ok(()),
                Ok(plan) => self.apply_safely(staged, plan)?,
                Err(panic) => {
                    let poison = Poison { what: fault::words(&*panic), signal: None };
                    let case = self.world.first_due(cx.now);
                    self.expiry_rests |= case.is_none();
                    let input = case.map_or_else(|| "expiry of signals".to_owned(), |case| format!("timer of {case}"));
                    self.say_poisoned(staged, cx, &poison, input.as_bytes(), case);
                }
            }
        }
        Ok(())
    }

    /// Carries out a command of the hub's own whose answer nobody waits for.
    pub(super) fn hub_command(&mut self, staged: &mut Staged, cx: &Context, what: What) {
        let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
        match self.decide_safely(&command, cx) {
            Ok(Ok(plan)) => {
                if let Err(poison) = self.apply_safely(staged, plan) {
                    tracing::error!(what = poison.what, "a command of the hub itself stumbled while it was applied");
                }
            }
            Ok(Err(refusal)) => tracing::error!(%refusal, "a command of the hub itself was refused"),
            Err(poison) => tracing::error!(what = poison.what, "a command of the hub itself stumbled"),
        }
    }

    /// Opens the loud case about an input that was set aside.
    fn say_poisoned(
        &mut self,
        staged: &mut Staged,
        cx: &Context,
        poison: &Poison,
        input: &[u8],
        parked: Option<wheelhouse_core::case::CaseId>,
    ) {
        tracing::error!(what = poison.what, ?parked, "an input made the kernel stumble and was set aside");
        self.metrics.quarantined.add(1);
        let (digest, description) = (leaf_hash(input), fault::description(&poison.what, input));
        self.hub_command(staged, cx, What::Quarantine { digest, description, parked });
    }

    fn decide_safely(&self, command: &Command, cx: &Context) -> Result<Result<Plan, Refusal>, Poison> {
        let (decide, world) = (self.decide, &self.world);
        catch_unwind(AssertUnwindSafe(|| decide(world, command, cx)))
            .map_err(|panic| Poison { what: fault::words(&*panic), signal: None })
    }

    fn apply_safely(&mut self, staged: &mut Staged, plan: Plan) -> Result<(), Poison> {
        self.metrics.automations_asked(plan.automations);
        let world = &mut self.world;
        catch_unwind(AssertUnwindSafe(|| staged.apply(world, plan.entries)))
            .map_err(|panic| Poison { what: fault::words(&*panic), signal: None })
    }
}

/// What the journal keeps of one signal or change of a request.
fn frame(request: &SignalsRequest, raw: &[u8]) -> Frame {
    Frame {
        source: request.source.clone(),
        adapter: request.adapter,
        received_at: request.received_at,
        raw: raw.to_vec(),
    }
}

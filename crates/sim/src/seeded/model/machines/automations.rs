//! What automations do: they follow events that they listen to, through their gates.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::automation::{Automation, Link, Mode};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{AutomationAction, Command, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::record::{
    About, Actor, AutomationFact, AutomationHappening, AutomationOutcome, Entry, Fact, RunCause, RunHappening, Why,
};
use wheelhouse_core::run::RunId;
use wheelhouse_core::time::Timestamp;

use super::super::Cause;
use super::{Machines, Plan, events, gates};

/// What is remembered of an automation.
#[derive(Clone, Debug, Default)]
pub(super) struct MAutomation {
    pub(super) paused: bool,
    /// When it began something, or would have; about what; in earnest.
    pub(super) starts: Vec<(Timestamp, String, bool)>,
    pub(super) failures: u32,
    pub(super) open_since: Option<Timestamp>,
    /// Runs that it may begin now, with what each follows from.
    pub(super) begins: BTreeMap<RunId, Vec<Link>>,
    /// Its runs of which it was not said that they are over.
    pub(super) under_way: BTreeSet<RunId>,
    pub(super) questions: BTreeMap<u64, Question>,
}

/// What people are asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) target: String,
    pub(super) until: Timestamp,
    /// The case of what happened.
    pub(super) case: Option<CaseId>,
    pub(super) requester: Option<PersonName>,
    pub(super) agreed: BTreeSet<PersonName>,
    chain: Vec<Link>,
}

impl Machines {
    pub(super) fn about_automation(
        &mut self,
        plan: Plan<'_>,
        entry: &Entry,
        fact: &AutomationFact,
    ) -> Result<(), String> {
        let name = &fact.automation;
        let in_force = plan.catalog.automations.get(name);
        let of_person = matches!(&plan.cause, Cause::Command(Command { what: What::Automation { .. }, actor, .. })
            if *actor == entry.actor);
        match &fact.what {
            AutomationHappening::Considered { about, outcome } => {
                let automation = in_force.ok_or("the catalog has no such automation")?;
                return self.considered(plan, entry, automation, (about, outcome));
            }
            AutomationHappening::Began { number, run } => {
                let automation = in_force.ok_or("the catalog has no such automation")?;
                return self.agreed_to(plan, automation, *number, *run);
            }
            AutomationHappening::RunOver { run, failed, opens } => {
                return self.is_over(plan, fact, (*run, *failed, *opens));
            }
            // What a case follows from is told by what brought it about.
            AutomationHappening::Caused { run, case } => {
                let chain = self.runs.get(run).map(|run| &run.chain);
                let same = chain.is_some() && chain == self.chains.get(case);
                return if same { Ok(()) } else { Err(format!("{case} does not follow from {run}")) };
            }
            AutomationHappening::Expired { number } => {
                let question = self.automations.entry(name.clone()).or_default().questions.remove(number);
                let over = question.is_some_and(|question| question.until <= plan.now);
                return if over { Ok(()) } else { Err("its time is not over".into()) };
            }
            _ if !of_person => return Err("nobody said so".into()),
            _ => {}
        }
        let known = self.automations.entry(name.clone()).or_default();
        match &fact.what {
            AutomationHappening::Approved { number } => {
                let Actor::Person(person) = &entry.actor else { return Err("only people agree".into()) };
                let question = known.questions.get_mut(number).ok_or("nobody was asked")?;
                if question.requester.as_ref() == Some(person) || !question.agreed.insert(person.clone()) {
                    return Err(format!("{person} does not count"));
                }
            }
            AutomationHappening::Declined { number } => {
                known.questions.remove(number).ok_or("nobody was asked")?;
            }
            AutomationHappening::Paused => known.paused = true,
            AutomationHappening::Resumed => (known.paused, known.open_since, known.failures) = (false, None, 0),
            _ => {}
        }
        Ok(())
    }

    fn considered(
        &mut self,
        plan: Plan<'_>,
        entry: &Entry,
        automation: &Automation,
        (about, outcome): (&About, &AutomationOutcome),
    ) -> Result<(), String> {
        let event = self.listened_to(plan, entry, automation, about)?;
        let key = if entry.drill { format!("drill:{}", about.target) } else { about.target.clone() };
        let causes = self.causes(plan, event, about);
        let own = Link { automation: automation.name.clone(), target: about.target.clone() };
        let follows: Vec<Link> = causes.iter().cloned().chain([own]).collect();
        let gates = gates::Gates { machines: self, plan, automation, key: &key };
        let begins = match outcome {
            AutomationOutcome::Held { why } => return gates.hold(why, &causes, &about.target),
            AutomationOutcome::WouldHave { .. } => {
                if automation.mode == Mode::Live && !entry.drill {
                    return Err("it is live, and does nothing".into());
                }
                gates.pass(false)?;
                None
            }
            AutomationOutcome::Started { run, chain } => {
                let asks = automation.approval.as_ref().is_some_and(|approval| approval.above.is_none());
                if automation.mode == Mode::Shadow || entry.drill || asks || *chain != follows {
                    return Err(format!("it may not begin {run}, or not as what follows from {causes:?}"));
                }
                gates.pass(true)?;
                Some((*run, chain.clone()))
            }
            AutomationOutcome::AwaitsApproval { number, until, requester, chain, .. } => {
                let by = match &event.actor {
                    Actor::Person(person) => Some(person),
                    _ => None,
                };
                if automation.mode == Mode::Shadow || entry.drill || requester.as_ref() != by || *chain != follows {
                    return Err(format!("it may not ask, or not for {by:?}"));
                }
                gates.pass(false)?;
                let (target, until, requester) = (about.target.clone(), *until, requester.clone());
                let (case, agreed) = (entry.subject, BTreeSet::new());
                let question = Question { target, until, case, requester, agreed, chain: chain.clone() };
                let known = self.automations.entry(automation.name.clone()).or_default();
                known.questions.insert(*number, question);
                return Ok(());
            }
        };
        gates::goes_round(automation, &causes, &about.target)?;
        let known = self.automations.entry(automation.name.clone()).or_default();
        known.starts.push((plan.now, key, begins.is_some()));
        if let Some((run, chain)) = begins {
            known.begins.insert(run, chain);
            known.under_way.insert(run);
        }
        Ok(())
    }

    /// What people agreed to begins.
    fn agreed_to(&mut self, plan: Plan<'_>, automation: &Automation, number: u64, run: RunId) -> Result<(), String> {
        let known = self.automations.get(&automation.name).ok_or("nobody was asked")?;
        let question = known.questions.get(&number).cloned().ok_or("nobody was asked")?;
        let asked = matches!(&plan.cause, Cause::Command(Command {
            what: What::Automation { action: AutomationAction::Approve { number: said }, .. }, ..
        }) if *said == number);
        let wanted = automation.approval.as_ref().map_or(0, |approval| approval.count);
        let enough = question.agreed.len() >= usize::try_from(wanted).unwrap_or(usize::MAX);
        if !asked || !enough || plan.now >= question.until || automation.mode == Mode::Shadow {
            return Err(format!("{wanted} people must agree by {}, and {:?} did", question.until, question.agreed));
        }
        gates::Gates { machines: self, plan, automation, key: &question.target }.pass(true)?;
        let known = self.automations.entry(automation.name.clone()).or_default();
        known.questions.remove(&number);
        known.starts.push((plan.now, question.target, true));
        known.begins.insert(run, question.chain);
        known.under_way.insert(run);
        Ok(())
    }

    /// A run of an automation is over, or came to what only a person can mend: once.
    fn is_over(
        &mut self,
        plan: Plan<'_>,
        fact: &AutomationFact,
        (id, failed, opens): (RunId, bool, bool),
    ) -> Result<(), String> {
        let run = self.runs.get(&id).ok_or("the run is unknown")?;
        let halted = halted_by_failure(plan, id);
        let wrong = halted || !run.went_well();
        if (run.over.is_none() && !halted) || wrong != failed {
            return Err(format!("{id} ended {:?}, and went wrong is {wrong}", run.over));
        }
        let most = plan.catalog.automations.get(&fact.automation).map(|one| one.breaker.failures);
        let known = self.automations.entry(fact.automation.clone()).or_default();
        if !known.under_way.remove(&id) {
            return Err(format!("{id} is none of its runs, or it was said before"));
        }
        known.failures = if failed { known.failures + 1 } else { 0 };
        let must = failed && most.is_some_and(|most| known.failures >= most);
        if must != opens {
            return Err(format!("after {} failures it rests is {opens}", known.failures));
        }
        known.open_since = if opens { Some(plan.now) } else { known.open_since.filter(|_| failed) };
        Ok(())
    }

    /// Whatever began was said to, and whatever is over is said to be.
    pub(super) fn noted(&mut self, plan: Plan<'_>) -> Result<(), String> {
        for (name, known) in &mut self.automations {
            let mut begun = std::mem::take(&mut known.begins).into_keys();
            if let Some(run) = begun.find(|run| !self.runs.contains_key(run)) {
                return Err(format!("{name} was to begin {run}, which did not begin"));
            }
            let mut over = known.under_way.iter().filter(|run| {
                self.runs.get(run).is_none_or(|run| run.over.is_some()) || halted_by_failure(plan, **run)
            });
            if let Some(run) = over.next() {
                return Err(format!("{run} of {name} is over, and it does not know"));
            }
        }
        Ok(())
    }

    /// The event in the plan that an automation was asked about, if it listens to it.
    fn listened_to<'a>(
        &self,
        plan: Plan<'a>,
        entry: &Entry,
        automation: &Automation,
        about: &About,
    ) -> Result<&'a Entry, String> {
        let mut wrong = format!("nothing happened that is {:?}", about.event);
        for event in self.happened(plan) {
            let same = (event.kind, event.case, event.run) == (about.event, entry.subject, about.run);
            if !same || event.entry.drill != entry.drill {
                continue;
            }
            let named = event.words.get("service.name").filter(|name| about.target != format!("service/{name}"));
            if let Some(service) = named {
                return Err(format!("it is about {service}, and not {}", about.target));
            }
            match events::matches(&automation.when.to_string(), &event.words) {
                Ok(()) => return Ok(event.entry),
                Err(problem) => wrong = problem,
            }
        }
        Err(wrong)
    }

    /// What an event follows from: the run in which it happens, its case, or the run that ended; whichever is deepest.
    fn causes(&self, plan: Plan<'_>, event: &Entry, about: &About) -> Vec<Link> {
        let case = match &event.fact {
            Fact::Signal(change) => change.case(),
            _ => event.subject,
        };
        let of_case = case.and_then(|case| self.chains.get(&case)).cloned().unwrap_or_default();
        let of_run = about.run.and_then(|run| self.runs.get(&run));
        let of_run = of_run.map(|run| run.chain.clone()).unwrap_or_default();
        [self.within(plan), of_case, of_run].into_iter().max_by_key(Vec::len).unwrap_or_default()
    }
}

/// A step failed, and the run waits for a person, or goes back, because of that.
fn halted_by_failure(plan: Plan<'_>, id: RunId) -> bool {
    plan.entries.iter().any(|entry| {
        let because = matches!(&entry.why, Some(Why::InRun { because: RunCause::StepFailed { .. } }));
        let turns = |what: &RunHappening| matches!(what, RunHappening::Paused | RunHappening::UndoBegun);
        because && matches!(&entry.fact, Fact::Run(part) if part.run == id && turns(&part.what))
    })
}

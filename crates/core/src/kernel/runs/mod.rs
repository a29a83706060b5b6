//! Runs of runbooks: started, worked on, and over.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::people::{checked_text, keep_acknowledged, not_in_catalog};
use super::{Command, Draft, Plan, Refusal};
use crate::Context;
use crate::case::CaseId;
use crate::catalog::Catalog;
use crate::record::{Actor, Body, Entry, Fact, RunFact, RunHappening, Why};
use crate::run::{
    Ending, LARGEST_PARAMETERS, MOST_OF_A_CASE, MOST_UNDER_WAY, PlannedStep, Run, RunId, RunStep, Settling,
};
use crate::runbook::{Runbook, RunbookHash, RunbookName, StepId, holders, may};
use crate::world::World;

/// A person's wish to start a run.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// Of which runbook.
    pub runbook: RunbookName,
    /// The version that the person saw, where another one must not be started.
    pub version: Option<RunbookHash>,
    /// For which case, if for one.
    pub case: Option<CaseId>,
    /// Whether it is for exercise; a run for a case is what the case is.
    pub drill: bool,
    /// Values of the runbook's parameters, by name.
    pub parameters: BTreeMap<String, Value>,
}

/// What a person does in a run.
#[derive(Clone, Debug)]
pub enum RunAction {
    /// Says what became of a step.
    Settle {
        /// Which.
        step: StepId,
        /// How it went.
        how: Settling,
        /// What there is to say about it; needed where it was left out.
        text: Option<String>,
    },
    /// Opens a settled step again.
    Reopen {
        /// Which.
        step: StepId,
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Ends the run before its steps are settled.
    Stop {
        /// Why, if the person says so.
        text: Option<String>,
    },
}

/// Starts a run.
pub(super) fn start(world: &World, command: &Command, cx: &Context, request: &RunRequest) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let runbook = known(catalog, &request.runbook)?;
    if request.version.as_ref().is_some_and(|seen| *seen != runbook.hash) {
        return Err(Refusal::RunbookChanged { runbook: runbook.name.clone(), now: runbook.hash.clone() });
    }
    if runbook.steps.is_empty() {
        let expected =
            format!("a runbook with steps; {} has none: write them as a numbered or a task list", runbook.name);
        return Err(Refusal::Invalid { field: "runbook", expected });
    }
    if !runbook.front.roles.run.is_empty() && !holds_one(catalog, runbook, command, cx) {
        return Err(Refusal::LacksRole { roles: runbook.front.roles.run.clone() });
    }
    let parameters = checked_parameters(runbook, &request.parameters)?;
    if world.runs().len() >= MOST_UNDER_WAY {
        let expected = format!("at most {MOST_UNDER_WAY} runs under way; end those that nobody works on");
        return Err(Refusal::Invalid { field: "runbook", expected });
    }
    if let Some(case) = request.case
        && world.runs_of(case).count() >= MOST_OF_A_CASE
    {
        return Err(Refusal::Full { case, what: "runs under way", most: MOST_OF_A_CASE });
    }
    let run = world.next_run();
    let mut writing = Writing::new(world, command, cx, request.case, request.drill)?;
    let steps = runbook.steps.iter().map(|step| PlannedStep {
        id: step.id.clone(),
        automated: step.block().is_some(),
        only_undoes: runbook.only_undoes(&step.id),
        role: step.attributes.role.clone(),
    });
    let what = RunHappening::Started {
        runbook: runbook.name.clone(),
        version: runbook.hash.clone(),
        path: runbook.path.clone(),
        steps: steps.collect(),
    };
    let mut body = Body::from([("title".to_string(), runbook.title.clone())]);
    if !parameters.is_empty() {
        let json = serde_json::to_string(&parameters).expect("a map of JSON values is JSON");
        body.insert("parameters".to_string(), json);
    }
    writing.act(RunFact { run, what }, Some(body));
    Ok(writing.finish(run))
}

/// Does something in a run.
pub(super) fn act(
    world: &World,
    command: &Command,
    cx: &Context,
    id: RunId,
    action: &RunAction,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let Some(run) = world.run(id) else {
        return Err(if id <= world.last_run() && id.0 > 0 { Refusal::RunOver(id) } else { Refusal::NoSuchRun(id) });
    };
    let mut writing = Writing::new(world, command, cx, run.case, run.drill)?;
    let fact = |what| RunFact { run: id, what };
    match action {
        RunAction::Settle { step, how, text } => {
            let text = text.as_deref().map(checked_text).transpose()?;
            if *how == Settling::Skipped && text.is_none() {
                return Err(Refusal::Invalid { field: "text", expected: "why the step is left out".into() });
            }
            let known = step_of(run, step)?;
            may_do(catalog, known, command, cx)?;
            if let Some(settled) = &known.settled {
                let (by, at) = (settled.by.clone(), settled.at);
                return Err(Refusal::StepSettled { step: step.clone(), how: settled.how, by, at });
            }
            writing
                .act(fact(RunHappening::StepSettled { step: step.clone(), how: *how }), body(catalog, run, step, text));
            if run.is_last_open(step) {
                writing.follow(fact(RunHappening::Ended { how: Ending::Completed }), Why::EveryStepSettled);
            }
        }
        RunAction::Reopen { step, text } => {
            let text = text.as_deref().map(checked_text).transpose()?;
            let known = step_of(run, step)?;
            may_do(catalog, known, command, cx)?;
            if known.settled.is_none() {
                let expected = format!("a step that was settled; `{step}` is open");
                return Err(Refusal::Invalid { field: "step", expected });
            }
            writing.act(fact(RunHappening::StepReopened { step: step.clone() }), body(catalog, run, step, text));
        }
        RunAction::Stop { text } => {
            let text = text.as_deref().map(checked_text).transpose()?;
            let body = text.and_then(|text| super::text_body("text", text));
            writing.act(fact(RunHappening::Ended { how: Ending::Stopped }), body);
        }
    }
    Ok(writing.finish(id))
}

fn known<'c>(catalog: &'c Catalog, name: &RunbookName) -> Result<&'c Runbook, Refusal> {
    let names = || catalog.runbooks.keys().map(ToString::to_string).collect::<Vec<_>>();
    let found = catalog.runbooks.get(name).map(|runbook| &**runbook);
    found.ok_or_else(|| {
        let names = names();
        not_in_catalog("runbook", &name.to_string(), names.iter().map(String::as_str))
    })
}

fn step_of<'r>(run: &'r Run, id: &StepId) -> Result<&'r RunStep, Refusal> {
    let names = || run.steps.iter().map(|step| step.planned.id.as_str());
    run.step(id).ok_or_else(|| not_in_catalog("step", id.as_str(), names()))
}

fn holds_one(catalog: &Catalog, runbook: &Runbook, command: &Command, cx: &Context) -> bool {
    let Actor::Person(person) = &command.actor else { return false };
    may(catalog, runbook, &runbook.front.roles.run, person, cx.now)
}

/// Whether who asks holds the role that a step wants.
fn may_do(catalog: &Catalog, step: &RunStep, command: &Command, cx: &Context) -> Result<(), Refusal> {
    let Some(role) = &step.planned.role else { return Ok(()) };
    let holds = match &command.actor {
        Actor::Person(person) => holders(catalog, role, cx.now).contains(person),
        Actor::Source(_) | Actor::Bootstrap | Actor::Hub => false,
    };
    if holds { Ok(()) } else { Err(Refusal::LacksRole { roles: Vec::from([role.clone()]) }) }
}

/// The values of all parameters: as given, else by default.
fn checked_parameters(runbook: &Runbook, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Refusal> {
    let invalid = |expected: String| Refusal::Invalid { field: "parameters", expected };
    let names = || runbook.front.parameters.iter().map(|parameter| parameter.name.as_str());
    if let Some(unknown) = given.keys().find(|name| !names().any(|known| known == name.as_str())) {
        return Err(not_in_catalog("parameter", unknown, names()));
    }
    let mut values = BTreeMap::new();
    for parameter in &runbook.front.parameters {
        let Some(value) = given.get(&parameter.name).or(parameter.default.as_ref()) else {
            if parameter.required {
                return Err(invalid(format!("a value for `{}`", parameter.name)));
            }
            continue;
        };
        parameter.check(value).map_err(|wrong| invalid(format!("`{}` as {}", wrong.parameter, wrong.expected)))?;
        values.insert(parameter.name.clone(), value.clone());
    }
    let size: usize = values.iter().map(|(name, value)| name.len() + value.to_string().len() + 6).sum();
    if size > LARGEST_PARAMETERS {
        return Err(invalid(format!("values of at most {LARGEST_PARAMETERS} bytes together")));
    }
    Ok(values)
}

/// The texts of an entry about a step: what it is called, as far as its version is in force, and what was said.
fn body(catalog: &Catalog, run: &Run, step: &StepId, text: Option<&str>) -> Option<Body> {
    let runbook = catalog.runbooks.get(&run.runbook).filter(|runbook| runbook.hash == run.version);
    let title = runbook.and_then(|runbook| runbook.step(step)).map(|step| step.title.clone());
    let texts = [("title", title), ("text", text.map(String::from))];
    let body: Body = texts.into_iter().filter_map(|(field, text)| Some((field.to_string(), text?))).collect();
    Some(body).filter(|body| !body.is_empty())
}

/// A plan in the making: on the timeline of a case, or by itself.
struct Writing<'a> {
    draft: Option<Box<Draft<'a>>>,
    command: &'a Command,
    cx: &'a Context,
    drill: bool,
    entries: Vec<Entry>,
}

impl<'a> Writing<'a> {
    fn new(
        world: &'a World,
        command: &'a Command,
        cx: &'a Context,
        case: Option<CaseId>,
        drill: bool,
    ) -> Result<Self, Refusal> {
        let draft = case.map(|case| Draft::for_command(world, cx, case, command).map(Box::new)).transpose()?;
        Ok(Self { draft, command, cx, drill, entries: Vec::new() })
    }

    /// Adds what the actor does.
    fn act(&mut self, fact: RunFact, body: Option<Body>) {
        match &mut self.draft {
            Some(draft) => draft.act(Fact::Run(fact), None, body),
            None => {
                let entry = Entry::new(self.cx.now, self.command.actor.clone(), Fact::Run(fact));
                let policies = self.command.policies.clone();
                self.entries.push(Entry { policies, drill: self.drill, body, ..entry });
            }
        }
    }

    /// Adds what the hub does in consequence.
    fn follow(&mut self, fact: RunFact, why: Why) {
        match &mut self.draft {
            Some(draft) => draft.follow(Fact::Run(fact), why),
            None => {
                let entry = Entry::new(self.cx.now, Actor::Hub, Fact::Run(fact));
                self.entries.push(Entry { drill: self.drill, why: Some(why), ..entry });
            }
        }
    }

    /// The finished plan. Work on a run of a case is work on the case.
    fn finish(self, run: RunId) -> Plan {
        let plan = match self.draft {
            Some(mut draft) => {
                keep_acknowledged(&mut draft);
                draft.finish()
            }
            None => Plan { entries: self.entries, ..Plan::default() },
        };
        Plan { run: Some(run), ..plan }
    }
}

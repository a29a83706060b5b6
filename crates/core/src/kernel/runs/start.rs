//! Starting a run: of the version in force, with values that its parameters accept.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::{Desk, RunRequest, course};
use crate::catalog::Catalog;
use crate::kernel::people::not_in_catalog;
use crate::kernel::{Refusal, may_run};
use crate::name::RoleName;
use crate::record::{Actor, Body, Entry, Fact, RunFact, RunHappening, Why};
use crate::run::{Automated, LARGEST_PARAMETERS, MOST_OF_A_CASE, MOST_UNDER_WAY, Parent, PlannedStep, RunId};
use crate::runbook::{Runbook, RunbookName, may, owners};

/// On whose account a run is started beside the wish itself.
#[derive(Clone, Debug, Default)]
pub(in crate::kernel) struct Origin {
    /// Why the hub starts it, where it does.
    pub why: Option<Why>,
    /// The step of another run that it is.
    pub parent: Option<Parent>,
    /// That its case is opened at the same moment, and whether that belongs to an exercise.
    pub opens: Option<bool>,
    /// The event that made an automation start it, as it is kept.
    pub event: Option<Value>,
}

/// Starts a run in a plan, and begins what a machine can begin.
pub(in crate::kernel) fn begin(desk: &mut Desk<'_>, request: &RunRequest, origin: Origin) -> Result<RunId, Refusal> {
    let catalog = desk.catalog;
    let runbook = known(catalog, &request.runbook)?;
    if request.version.as_ref().is_some_and(|seen| *seen != runbook.hash) {
        return Err(Refusal::RunbookChanged { runbook: runbook.name.clone(), now: runbook.hash.clone() });
    }
    may_run(desk.world, runbook, desk.cx.now)?;
    if runbook.steps.is_empty() {
        let expected =
            format!("a runbook with steps; {} has none: write them as a numbered or a task list", runbook.name);
        return Err(Refusal::Invalid { field: "runbook", expected });
    }
    // What the hub starts was allowed where it was written down.
    if origin.why.is_none() && !runbook.front.roles.run.is_empty() && !holds_one(desk, runbook) {
        return Err(Refusal::LacksRole { roles: runbook.front.roles.run.clone() });
    }
    let parameters = checked_parameters(runbook, &request.parameters)?;
    if desk.under_way() >= MOST_UNDER_WAY {
        let expected = format!("at most {MOST_UNDER_WAY} runs under way; end those that nobody works on");
        return Err(Refusal::Invalid { field: "runbook", expected });
    }
    let mut drill = request.drill;
    if let Some(case) = request.case {
        let known = desk.world.case(case).map(|case| case.drill);
        drill = known.or(origin.opens).ok_or(Refusal::NoSuchCase(case))?;
        if desk.world.runs_of(case).count() >= MOST_OF_A_CASE {
            return Err(Refusal::Full { case, what: "runs under way", most: MOST_OF_A_CASE });
        }
    }
    let run = desk.next_run();
    let what = RunHappening::Started {
        runbook: runbook.name.clone(),
        version: runbook.hash.clone(),
        path: runbook.path.clone(),
        pace: request.pace,
        undo_on_failure: request.undo_on_failure,
        dry_run: request.dry_run,
        parent: origin.parent,
        steps: planned(catalog, runbook),
    };
    let mut body = Body::from([("title".to_string(), runbook.title.clone())]);
    if !parameters.is_empty() {
        let json = serde_json::to_string(&parameters).expect("a map of JSON values is JSON");
        body.insert("parameters".to_string(), json);
    }
    body.extend(origin.event.map(|event| ("event".to_string(), event.to_string())));
    let entry = Entry::new(desk.cx.now, Actor::Hub, Fact::Run(RunFact { run, what }));
    desk.open(Entry { subject: request.case, drill, why: origin.why, body: Some(body), ..entry });
    course::proceed(desk, run);
    Ok(run)
}

/// What a run keeps of the steps of a runbook.
fn planned(catalog: &Catalog, runbook: &Runbook) -> Vec<PlannedStep> {
    let approvers = approving_roles(catalog, runbook);
    let steps = runbook.steps.iter().map(|step| PlannedStep {
        id: step.id.clone(),
        automated: step.block().map(|block| Box::new(Automated::new(block, &step.attributes, &approvers))),
        only_undoes: runbook.only_undoes(&step.id),
        role: step.attributes.role.clone(),
    });
    steps.collect()
}

/// Who agrees to steps that name nobody: as the front matter says, else the teams that keep the runbook.
fn approving_roles(catalog: &Catalog, runbook: &Runbook) -> Vec<RoleName> {
    if !runbook.front.roles.approve.is_empty() {
        return runbook.front.roles.approve.clone();
    }
    owners(catalog, runbook).iter().filter_map(|team| RoleName::new(team.as_str()).ok()).collect()
}

fn known<'c>(catalog: &'c Catalog, name: &RunbookName) -> Result<&'c Runbook, Refusal> {
    let names = || catalog.runbooks.keys().map(ToString::to_string).collect::<Vec<_>>();
    let found = catalog.runbooks.get(name).map(|runbook| &**runbook);
    found.ok_or_else(|| {
        let names = names();
        not_in_catalog("runbook", &name.to_string(), names.iter().map(String::as_str))
    })
}

fn holds_one(desk: &Desk<'_>, runbook: &Runbook) -> bool {
    let Actor::Person(person) = desk.actor() else { return false };
    may(desk.catalog, runbook, &runbook.front.roles.run, person, desk.cx.now)
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

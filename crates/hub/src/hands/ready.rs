//! Finding out what a step is carried out with, and reading what the hub itself carries out.

use wheelhouse_core::World;
use wheelhouse_core::expression::Conditions;
use wheelhouse_core::kernel::{HubWork, Prepared};
use wheelhouse_core::run::{Run, RunId, WorkState};
use wheelhouse_core::runbook::{Runbook, StepId};
use wheelhouse_store::{LARGEST_PAGE, StoredEntry};
use wheelhouse_wire::expression::CEL;
use wheelhouse_wire::runbook::{Task, task};

use super::function::CaseFacts;
use super::given::{Given, StepInput, input_of};
use super::{pinned, rehearse};
use crate::routes::App;

/// A step of a run with everything that is known about it.
pub(crate) struct Known {
    pub run: Run,
    pub runbook: std::sync::Arc<Runbook>,
    pub given: Given,
    /// The case that the run is for, where that is live.
    pub case: Option<CaseFacts>,
}

/// Finds out what a step is carried out with; nothing where the run is over or the store could not be asked.
pub(super) async fn prepare(app: &App, run: RunId, step: &StepId) -> Option<Result<Prepared, String>> {
    let known = match known(app, run).await? {
        Ok(known) => known,
        Err(why) => return Some(Err(why)),
    };
    Some(find_out(&known, step))
}

fn find_out(known: &Known, step: &StepId) -> Result<Prepared, String> {
    let planned = known.runbook.step(step).ok_or_else(|| format!("the pinned version has no step `{step}`"))?;
    if let Some(untold) = rehearse::untold(known, planned) {
        let (applies, input, items) = (true, known.runbook.hash.clone(), None);
        return Ok(Prepared { applies, input, items, untold: Some(untold) });
    }
    let applies = match &planned.attributes.condition {
        Some(condition) => {
            let holds = CEL.holds(condition, &known.given.variables(&known.run));
            holds.map_err(|why| format!("`if` cannot be answered: {why}"))?
        }
        None => true,
    };
    let input = input_of(&known.run, &known.runbook, planned, &known.given);
    // What would not apply need not be there either.
    if !applies {
        let input = input.map(|input| input.digest()).unwrap_or_else(|_| known.runbook.hash.clone());
        return Ok(Prepared { applies, input, items: None, untold: None });
    }
    let input = input?;
    rehearse::read(known, planned, &input)?;
    let items = input.items.as_ref().map(|items| u32::try_from(items.len()).unwrap_or(u32::MAX));
    Ok(Prepared { applies, input: input.digest(), items, untold: None })
}

/// Reads what the hub itself carries out; nothing where that is not known now.
pub(super) async fn read_own(app: &App, run: RunId, step: &StepId) -> Option<HubWork> {
    let known = match known(app, run).await? {
        Ok(known) => known,
        Err(why) => return Some(HubWork::Wrong(why)),
    };
    let read = || -> Result<HubWork, String> {
        let planned = known.runbook.step(step).ok_or_else(|| format!("the pinned version has no step `{step}`"))?;
        let block = planned.block().ok_or("the step is for people")?;
        let input = checked_input(&known, step)?;
        let values = |name: &str| input.environment.get(name).cloned();
        match task(block, &planned.attributes.secrets, known.run.drill, &values)? {
            Task::Hub(work) => Ok(work),
            Task::Process | Task::Function | Task::Http(_) | Task::Sql(_) => Err("a runner carries this out".into()),
        }
    };
    Some(read().unwrap_or_else(HubWork::Wrong))
}

/// What a step is carried out with, where that is still what was found out, and agreed to.
pub(crate) fn checked_input(known: &Known, step: &StepId) -> Result<StepInput, String> {
    let planned = known.runbook.step(step).ok_or_else(|| format!("the pinned version has no step `{step}`"))?;
    let mut input = input_of(&known.run, &known.runbook, planned, &known.given)?;
    let work = known.run.step(step).and_then(|step| step.work.as_ref());
    let agreed = work.and_then(|work| work.input.as_ref());
    if agreed != Some(&input.digest()) {
        return Err("what it would be carried out with is not what was found out when its turn came: a value was \
                    erased, or another step handed on something else; have it carried out again"
            .into());
    }
    let item = work.map_or(0, |work| work.item);
    if let Some(items) = &input.items {
        let value = items.get(usize::try_from(item).unwrap_or(usize::MAX)).ok_or("its list has no such entry")?;
        input.environment.insert("WH_ITEM".into(), super::given::text(value));
        input.environment.insert("WH_ITEM_INDEX".into(), item.to_string());
    }
    Ok(input)
}

/// A run under way with its version and its values; nothing where it is over, or cannot be looked at now.
pub(crate) async fn known(app: &App, id: RunId) -> Option<Result<Known, String>> {
    let look = move |world: &World| {
        let run = world.run(id)?.clone();
        let case = run.case.and_then(|case| world.case(case)).map(CaseFacts::of);
        Some((run, case))
    };
    let (run, case) = app.0.writer.read(look).await.ok()??;
    about(app, run, case).await
}

/// A run with its version and its values, also where it is over; nothing where it cannot be looked at now.
pub(crate) async fn about(app: &App, run: Run, case: Option<CaseFacts>) -> Option<Result<Known, String>> {
    let runbook = match pinned(app, &run).await {
        Ok(runbook) => runbook,
        Err(why) => return Some(Err(why)),
    };
    let given = Given::of(&entries(app, run.id).await?);
    Some(Ok(Known { run, runbook, given, case }))
}

/// Everything that was recorded about a run; nothing where the store could not be asked.
pub(super) async fn entries(app: &App, id: RunId) -> Option<Vec<StoredEntry>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = app.query(move |readers| readers.entries_of_run(id, cursor, LARGEST_PAGE)).await.ok()?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Some(all);
        }
    }
}

/// Whether a step is leased under a number.
pub(crate) fn is_leased(run: &Run, step: &StepId, number: u64) -> Option<bool> {
    match &run.step(step)?.work.as_ref()?.state {
        WorkState::Leased { epoch, cancel, .. } if epoch.0 == number => Some(*cancel),
        _ => None,
    }
}

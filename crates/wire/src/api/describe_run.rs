//! What happened in runs of runbooks, in one line each.

use wheelhouse_core::record::{Entry, RunFact, RunHappening, ScheduleFact};
use wheelhouse_core::run::{AttemptEnd, Ending, Settling};
use wheelhouse_core::runbook::StepId;

use super::describe_others::to_the_second;

/// `RUN-3 of payments/drain was started by dana`, `RUN-3: Drain the node was done by dana`.
pub(super) fn run(entry: &Entry, part: &RunFact, by: &str) -> String {
    let id = part.run;
    match &part.what {
        RunHappening::Started { runbook, dry_run: true, .. } => {
            format!("{id}, a dry run of the runbook {runbook}, was started{by}")
        }
        RunHappening::Started { runbook, .. } => format!("{id} of the runbook {runbook} was started{by}"),
        RunHappening::LockTaken { lock } => format!("{id} holds the lock {lock}"),
        RunHappening::LockReleased { lock } => format!("{id} lets go of the lock {lock}"),
        RunHappening::Paused => format!("{id} is halted{by}"),
        RunHappening::Resumed => format!("{id} goes on{by}"),
        RunHappening::UndoBegun => format!("{id} goes back: what was done is taken back{by}"),
        RunHappening::Stopping => format!("{id} ends as soon as no machine is at any step{by}"),
        RunHappening::Ended { how: Ending::Completed } => format!("{id} is complete: every step is settled"),
        RunHappening::Ended { how: Ending::Stopped } => format!("{id} was ended before its steps were settled{by}"),
        RunHappening::Ended { how: Ending::Undone } => format!("{id} is over: what was done is taken back"),
        what => format!("{id}: {}", of_step(entry, what, by)),
    }
}

fn of_step(entry: &Entry, what: &RunHappening, by: &str) -> String {
    let title = entry.body.as_ref().and_then(|body| body.get("title"));
    let name = |step: &StepId| title.map_or_else(|| format!("step {step}"), |title| format!("\u{201c}{title}\u{201d}"));
    let step = what.step().map(name).unwrap_or_default();
    match what {
        RunHappening::StepSettled { how: Settling::Done, .. } => format!("{step} was done{by}"),
        RunHappening::StepSettled { how: Settling::Skipped, .. } => format!("{step} was left out{by}"),
        RunHappening::StepSettled { how: Settling::Failed, .. } => format!("{step} was tried in vain{by}"),
        RunHappening::StepReopened { .. } => format!("{step} is open again{by}"),
        RunHappening::TurnCame { .. } => format!("a machine is to carry out {step}{by}"),
        RunHappening::Prepared { items: Some(items), .. } => format!("{step} is carried out for {items} entries"),
        RunHappening::Prepared { items: None, .. } => format!("it is known what {step} is carried out with"),
        RunHappening::ApprovalAsked { until, .. } => {
            format!("people must agree to {step}, until {}", to_the_second(*until))
        }
        RunHappening::Approved { .. } => format!("{step} was agreed to{by}"),
        RunHappening::LockWanted { lock, .. } => format!("{step} waits for the lock {lock}"),
        RunHappening::StepReady { .. } => format!("{step} may be carried out"),
        RunHappening::Leased { attempt, runner, .. } => format!("runner {runner} has {step}, attempt {attempt}"),
        RunHappening::CancelAsked { .. } => format!("{step} was asked to end{by}"),
        RunHappening::AttemptEnded { end, .. } => format!("the attempt at {step} {}", ended(*end)),
        RunHappening::WaitsUntil { until, for_event: true, .. } => {
            format!("{step} waits for an event, until {}", to_the_second(*until))
        }
        RunHappening::WaitsUntil { until, .. } => format!("{step} waits until {}", to_the_second(*until)),
        RunHappening::EventMade { event, .. } => format!("{step} made the event {event}"),
        RunHappening::Within { inner, .. } => format!("{step} is carried out as {inner}"),
        RunHappening::FileAttached { .. } => match entry.body.as_ref().and_then(|body| body.get("name")) {
            Some(name) => format!("{name} attached to {step}{by}"),
            None => format!("file attached to {step}{by}"),
        },
        RunHappening::WorkDropped { .. } => format!("no machine is to carry out {step} any more{by}"),
        _ => step,
    }
}

const fn ended(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Succeeded => "did what it should",
        AttemptEnd::Unexpected => "came to something else than the runbook expects",
        AttemptEnd::Failed => "failed",
        AttemptEnd::TimedOut => "took too long and was ended",
        AttemptEnd::Cancelled => "was ended",
        AttemptEnd::NotStarted => "could not begin",
        AttemptEnd::Unknown => "came to nobody knows what",
    }
}

/// `the time of payments/drain came (03:00), and RUN-3 was started`.
pub(super) fn scheduled(entry: &Entry, part: &ScheduleFact) -> String {
    let (runbook, due) = (&part.runbook, to_the_second(part.due));
    if let Some(run) = part.run {
        return format!("the time of {runbook} came ({due}), and {run} was started");
    }
    let why = entry.body.as_ref().and_then(|body| body.get("text")).map_or("nobody knows why", String::as_str);
    format!("the time of {runbook} came ({due}), and it was not run: {why}")
}

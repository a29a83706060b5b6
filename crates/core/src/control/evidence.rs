//! Evidence: what entries of the record show about runbooks, up to an instant.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::claim::Claimant;
use crate::case::CaseId;
use crate::record::{Actor, AutomationHappening, AutomationOutcome, Entry, Fact};
use crate::run::{Ending, Run, RunId, Settling};
use crate::runbook::{Judgement, RunbookHash, StepId};
use crate::time::Timestamp;

/// The most executions of one claimant that are listed, the latest; all of them are counted.
pub const MOST_EXECUTIONS: usize = 100;

/// What entries show, gathered from the first one on.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Until when: the instant of the last entry.
    pub until: Option<Timestamp>,
    /// The entry that put the catalog into force, and its version.
    pub catalog: Option<(u64, String)>,
    /// What was judged of each version of each runbook, the latest word last.
    judged: BTreeMap<(String, RunbookHash), Judged>,
    under_way: BTreeMap<RunId, (u64, Run)>,
    /// The automation that started each of these runs.
    started_by: BTreeMap<RunId, String>,
    ran: BTreeMap<(Claimant, String), Ran>,
}

/// The latest word on a version of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The entry that says so.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Who said so.
    pub by: Actor,
    /// What.
    pub judgement: Judgement,
}

/// One time that a runbook was carried out to its end, or ended before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The run.
    pub run: RunId,
    /// The version that it was pinned to.
    pub version: RunbookHash,
    /// The case that it was for.
    pub case: Option<CaseId>,
    /// Whether it was for exercise.
    pub drill: bool,
    /// Who started it.
    pub by: Actor,
    /// When.
    pub started_at: Timestamp,
    /// The entry that says so.
    pub started_in: u64,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub how: Ending,
    /// The entry that says so.
    pub ended_in: u64,
    /// How many of its steps were done, left out, and tried in vain.
    pub steps: [usize; 3],
}

/// How often the script of a step was carried out to a good end by runs that are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScriptRuns {
    /// How often.
    pub times: u64,
    /// When last.
    pub last: Option<Timestamp>,
    /// The entry that ended the last of these runs.
    pub entry: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Ran {
    /// How many reached their end, and how many did not.
    counts: [u64; 2],
    /// The last ones, oldest first.
    executions: VecDeque<Execution>,
    /// The last that reached its end.
    last: Option<Execution>,
    scripts: BTreeMap<(RunbookHash, StepId), ScriptRuns>,
}

impl Evidence {
    /// The kinds of entries that show something.
    pub const KINDS: [&'static str; 4] = ["catalog_adopted", "runbook_version", "run", "automation"];

    /// Takes an entry in, in the order of the record.
    pub fn take(&mut self, seq: u64, entry: &Entry) {
        self.until = Some(entry.at);
        match &entry.fact {
            Fact::CatalogAdopted { version, .. } => self.catalog = Some((seq, version.clone())),
            Fact::RunbookVersion(part) => {
                let judged =
                    Judged { entry: seq, at: entry.at, by: entry.actor.clone(), judgement: part.judgement.clone() };
                self.judged.insert((part.runbook.to_string(), part.version.clone()), judged);
            }
            Fact::Run(part) => {
                let known = self.under_way.remove(&part.run).map(|(first, mut run)| {
                    run.apply(entry);
                    (first, run)
                });
                let Some((first, run)) = known.or_else(|| Some((seq, Run::started(entry)?))) else { return };
                if run.ended.is_some() {
                    self.ended(first, seq, &run);
                } else {
                    self.under_way.insert(run.id, (first, run));
                }
            }
            Fact::Automation(part) => {
                if let Some(run) = begun(&part.what) {
                    self.started_by.insert(run, part.automation.to_string());
                }
            }
            _ => {}
        }
    }

    /// The latest word on a version of a runbook; none for one that came with its repository.
    pub fn judged(&self, runbook: &str, version: &RunbookHash) -> Option<&Judged> {
        self.judged.get(&(runbook.to_string(), version.clone()))
    }

    /// How often something was carried out to its end, and how often ended before it. What an automation started is
    /// its own and the runbook's.
    pub fn counts(&self, by: Claimant, name: &str) -> [u64; 2] {
        self.ran(by, name).map_or([0, 0], |ran| ran.counts)
    }

    /// The last executions, the latest first.
    pub fn executions(&self, by: Claimant, name: &str) -> Vec<&Execution> {
        self.ran(by, name).into_iter().flat_map(|ran| ran.executions.iter().rev()).collect()
    }

    /// The last execution that reached its end.
    pub fn last(&self, by: Claimant, name: &str) -> Option<&Execution> {
        self.ran(by, name)?.last.as_ref()
    }

    fn ran(&self, by: Claimant, name: &str) -> Option<&Ran> {
        self.ran.get(&(by, name.to_string()))
    }

    /// How often the script of a step of a version was carried out.
    pub fn script(&self, runbook: &str, version: &RunbookHash, step: &StepId) -> ScriptRuns {
        let ran = self.ran(Claimant::Runbook, runbook);
        let known = ran.and_then(|ran| ran.scripts.get(&(version.clone(), step.clone())));
        known.copied().unwrap_or_default()
    }

    fn ended(&mut self, started_in: u64, ended_in: u64, run: &Run) {
        // What was only tried out shows nothing.
        let Some(end) = run.ended.as_ref().filter(|_| !run.dry_run) else { return };
        let went = |how| run.steps.iter().filter(|step| step.settled.as_ref().is_some_and(|it| it.how == how)).count();
        let execution = Execution {
            run: run.id,
            version: run.version.clone(),
            case: run.case,
            drill: run.drill,
            by: run.by.clone(),
            started_at: run.started_at,
            started_in,
            ended_at: end.at,
            how: end.how,
            ended_in,
            steps: [Settling::Done, Settling::Skipped, Settling::Failed].map(went),
        };
        if let Some(automation) = self.started_by.remove(&run.id) {
            self.ran.entry((Claimant::Automation, automation)).or_default().take(execution.clone());
        }
        let ran = self.ran.entry((Claimant::Runbook, run.runbook.to_string())).or_default();
        ran.take(execution);
        // What a person did in a machine's place shows nothing of the script.
        for step in run.steps.iter().filter(|step| step.planned.automated.is_some() && step.attempts > 0) {
            let Some(settled) = step.settled.as_ref().filter(|settled| settled.how == Settling::Done) else { continue };
            let known = ran.scripts.entry((run.version.clone(), step.planned.id.clone())).or_default();
            known.times += 1;
            (known.last, known.entry) = (Some(settled.at), Some(ended_in));
        }
    }
}

impl Ran {
    fn take(&mut self, execution: Execution) {
        let [completed, other] = &mut self.counts;
        let reached = execution.how == Ending::Completed;
        let count = if reached { completed } else { other };
        *count += 1;
        if reached {
            self.last = Some(execution.clone());
        }
        if self.executions.len() == MOST_EXECUTIONS {
            self.executions.pop_front();
        }
        self.executions.push_back(execution);
    }
}

/// The run that an automation began, where it did.
const fn begun(what: &AutomationHappening) -> Option<RunId> {
    match what {
        AutomationHappening::Considered { outcome: AutomationOutcome::Started { run, .. }, .. }
        | AutomationHappening::Began { run, .. } => Some(*run),
        _ => None,
    }
}

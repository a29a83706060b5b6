//! How a run follows from entries. No rule is evaluated here.

use super::{Run, RunEnd, RunStep, Settled};
use crate::record::{Entry, Fact, RunHappening};

impl Run {
    /// The run that an entry starts; nothing where it starts none.
    pub fn started(entry: &Entry) -> Option<Self> {
        let Fact::Run(part) = &entry.fact else { return None };
        let RunHappening::Started { runbook, version, path, steps } = &part.what else { return None };
        Some(Self {
            id: part.run,
            runbook: runbook.clone(),
            version: version.clone(),
            path: path.clone(),
            case: entry.subject,
            drill: entry.drill,
            started_at: entry.at,
            by: entry.actor.clone(),
            steps: steps.iter().map(|planned| RunStep { planned: planned.clone(), settled: None }).collect(),
            ended: None,
        })
    }

    /// Follows an entry about it.
    pub fn apply(&mut self, entry: &Entry) {
        let Fact::Run(part) = &entry.fact else { return };
        let (at, by) = (entry.at, entry.actor.clone());
        match &part.what {
            RunHappening::Started { .. } => {}
            RunHappening::StepSettled { step, how } => {
                let settled = Settled { how: *how, at, by };
                self.steps.iter_mut().filter(|known| known.planned.id == *step).for_each(|known| {
                    known.settled = Some(settled.clone());
                });
            }
            RunHappening::StepReopened { step } => {
                self.steps.iter_mut().filter(|known| known.planned.id == *step).for_each(|known| known.settled = None);
            }
            RunHappening::Ended { how } => self.ended = Some(RunEnd { at, by, how: *how }),
        }
    }
}

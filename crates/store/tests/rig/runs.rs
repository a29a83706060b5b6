//! A runbook, and random work on runs of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::case::{CaseId, CaseKind};
use wheelhouse_core::kernel::{RunAction, RunRequest, What};
use wheelhouse_core::run::{Pace, RunId, Settling};
use wheelhouse_core::runbook::{
    Attributes, FrontMatter, Runbook, RunbookHash, RunbookName, Step, StepId, StepKind, Stretch,
};
use wheelhouse_store::Store;

use super::Rig;

const STEPS: [&str; 3] = ["look", "drain", "watch"];

fn name() -> RunbookName {
    RunbookName::parse("payments/drain").unwrap()
}

/// The runbooks of the catalog.
pub fn runbooks(edition: u64) -> BTreeMap<RunbookName, Arc<Runbook>> {
    let text = format!("# Drain, edition {edition}\n\n1. look\n2. drain\n3. watch\n");
    let steps = STEPS.iter().map(|id| Step {
        id: StepId::new(id).unwrap(),
        phase: 0,
        kind: StepKind::Manual,
        title: format!("{id} at it"),
        stretch: Stretch::default(),
        attributes: Attributes::default(),
    });
    let runbook = Runbook {
        name: name(),
        title: "Drain a node".into(),
        path: "payments:runbooks/drain.md".into(),
        hash: RunbookHash::of(&text),
        text: text.into(),
        summary: String::new(),
        front: FrontMatter::default(),
        phases: Vec::new(),
        steps: steps.collect(),
        findings: Vec::new(),
    };
    BTreeMap::from([(name(), Arc::new(runbook))])
}

impl<S: Store> Rig<S> {
    /// Starts a run, works on one, or ends one; refusals are part of the game.
    pub fn random_run(&mut self) {
        let what = match self.random.below(8) {
            0 | 1 => {
                let last = self.world.counters().last_case.get(&CaseKind::Incident).copied().unwrap_or(0);
                let case = CaseId { kind: CaseKind::Incident, number: 1 + self.random.below(last + 1) };
                let case = self.random.one_in(2).then_some(case);
                let (drill, parameters) = (self.random.one_in(4), BTreeMap::new());
                What::StartRun(Box::new(RunRequest {
                    runbook: name(),
                    version: None,
                    case,
                    drill,
                    parameters,
                    pace: Pace::ByHand,
                    undo_on_failure: false,
                    dry_run: false,
                }))
            }
            other => {
                let step = StepId::new(self.random.pick(&STEPS)).unwrap();
                let how = Settling::ALL[self.random.below(3) as usize];
                let text = self.random.one_in(2).then(|| "as it says".to_owned());
                let action = match other {
                    2 => RunAction::Stop { text },
                    3 => RunAction::Reopen { step, text },
                    4 => RunAction::Attach { step, attachment: Arc::new(self.random_attachment()) },
                    _ => RunAction::Settle { step, how, text },
                };
                let last = self.world.last_run().0;
                let run = RunId((last + 1).saturating_sub(self.random.below(4)).max(1));
                What::Run { run, action }
            }
        };
        let actor = self.random_person();
        let _refused = self.carry_out(actor, what);
    }

    /// Attaches a file to a step of a run that is for no case; says whether anybody could.
    pub fn attach_to_a_run(&mut self) -> bool {
        (0..200).any(|_| {
            let actor = self.random_person();
            let request = RunRequest {
                runbook: name(),
                version: None,
                case: None,
                drill: false,
                parameters: BTreeMap::new(),
                pace: Pace::ByHand,
                undo_on_failure: false,
                dry_run: false,
            };
            if self.carry_out(actor.clone(), What::StartRun(Box::new(request))).is_err() {
                return false;
            }
            let run = self.world.last_run();
            STEPS.iter().any(|step| {
                let attachment = Arc::new(self.random_attachment());
                let action = RunAction::Attach { step: StepId::new(step).unwrap(), attachment };
                self.carry_out(actor.clone(), What::Run { run, action }).is_ok()
            })
        })
    }
}

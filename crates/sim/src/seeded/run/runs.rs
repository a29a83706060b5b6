//! What people ask for in runs of runbooks, by what there is at that time.

use std::collections::BTreeMap;

use wheelhouse_core::kernel::{RunAction, RunRequest, What};
use wheelhouse_core::name::{PersonName, RoleName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{Pace, RunId, Settling};

use super::super::catalogs;
use super::super::runbooks::{self, Work};
use super::super::script::Op;
use super::Shell;

impl Shell {
    /// What somebody asks for about runs, and who; nothing for any other step.
    pub(super) fn about_runs(&self, op: &Op) -> Option<(Actor, What)> {
        let catalog = self.hub.world.catalog()?;
        let (who, what) = match op {
            Op::Start { who, fits, runbook, case, drill, seen, odd } => {
                let name = runbooks::name(*runbook);
                let known = catalog.runbooks.get(&name);
                let asked = known.map_or(&[][..], |runbook| runbook.front.roles.run.as_slice());
                let wanted = known.is_some_and(|runbook| !runbook.front.parameters.is_empty());
                let value = |name: &str| (name.to_string(), serde_json::json!("n1"));
                let given: BTreeMap<_, _> = wanted.then(|| value("node")).into_iter().collect();
                // Somebody has seen this version, that of another catalog, or does not say.
                let version = match seen {
                    0 => self.catalogs.iter().find_map(|catalog| Some(catalog.runbooks.get(&name)?.hash.clone())),
                    1..=3 => known.map(|runbook| runbook.hash.clone()),
                    _ => None,
                };
                let request = RunRequest {
                    version,
                    case: case.and_then(|number| self.choose(number)),
                    drill: *drill,
                    parameters: if *odd { BTreeMap::from([value("nod")]) } else { given },
                    runbook: name,
                    pace: Pace::ByHand,
                    undo_on_failure: false,
                    dry_run: false,
                };
                (self.somebody(*who, *fits, asked), What::StartRun(Box::new(request)))
            }
            Op::Work { who, fits, run, step, work } => {
                let id = RunId(self.hub.world.last_run().0.saturating_sub(*run) + u64::from(*run == 7) * 50);
                let step = runbooks::step_id(*step);
                let known = self.hub.world.run(id).and_then(|run| run.step(&step));
                let asked: Vec<RoleName> = known.and_then(|step| step.planned.role.clone()).into_iter().collect();
                let text = |says: bool| says.then(|| "as it was".to_string());
                let action = match work {
                    Work::Settle { how, says } => {
                        let how = usize::try_from(*how).ok().and_then(|how| Settling::ALL.get(how)).copied()?;
                        RunAction::Settle { step, how, text: text(*says) }
                    }
                    Work::Reopen => RunAction::Reopen { step, text: text(true) },
                    Work::Stop => RunAction::Stop { text: None },
                };
                (self.somebody(*who, *fits, &asked), What::Run { run: id, action })
            }
            _ => return None,
        };
        Some((Actor::Person(who), what))
    }

    /// A person by a number; where they must fit, one who holds one of the roles that are asked for, if there is any.
    pub(super) fn somebody(&self, number: u64, fits: bool, asked: &[RoleName]) -> PersonName {
        let all = (0..catalogs::PEOPLE).map(|more| catalogs::person((number + more) % catalogs::PEOPLE));
        let mut fitting = all.filter(|person| fits && self.model.holds_any(asked, person, self.now));
        fitting.next().unwrap_or_else(|| catalogs::person(number))
    }
}

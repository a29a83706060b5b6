//! Who may do what about machines, and what must be refused.

use wheelhouse_core::kernel::{AutomationAction, Command, RunAction, RunRequest, RunWork, What};
use wheelhouse_core::name::{AutomationName, PersonName, RoleName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{Course, RunId, Settling};
use wheelhouse_core::runbook::StepId;
use wheelhouse_core::time::Timestamp;

use super::super::Model;
use super::super::runs::MOST_OF_A_CASE;
use super::{MRun, MStep, MWork, Stage};

impl Model {
    /// Whether a person may agree to a step as it stands.
    pub fn may_agree(&self, run: RunId, step: &StepId, person: &PersonName, now: Timestamp) -> bool {
        let run = self.machines.as_ref().and_then(|machines| machines.runs.get(&run));
        run.and_then(|run| Some((run, run.step(step)?)))
            .is_some_and(|(run, step)| self.agrees_to(run, step, person, now))
    }

    /// People agree once, in time, to what others asked for, and if they hold the role.
    pub(super) fn agrees_to(&self, run: &MRun, step: &MStep, person: &PersonName, now: Timestamp) -> bool {
        let (Some(work), Some(rules)) = (&step.work, &step.rules) else { return false };
        let Some((_, roles)) = &rules.approval else { return false };
        let own = Actor::Person(person.clone());
        matches!(work.stage, Stage::Asking { until } if now < until)
            && own != run.by
            && own != work.asked_by
            && !work.agreed.contains(person)
            && self.holds_one(roles, person, now)
    }

    /// Whether a person may answer a question of an automation.
    pub fn may_answer(&self, name: &AutomationName, number: u64, person: &PersonName, now: Timestamp) -> bool {
        let known = self.machines.as_ref().and_then(|machines| machines.automations.get(name));
        known.and_then(|known| known.questions.get(&number)).is_some_and(|question| {
            let own = question.requester.as_ref() == Some(person) || question.agreed.contains(person);
            !own && self.may_decline(name, number, person, now)
        })
    }

    fn may_decline(&self, name: &AutomationName, number: u64, person: &PersonName, now: Timestamp) -> bool {
        let known = self.machines.as_ref().and_then(|machines| machines.automations.get(name));
        let open = known.and_then(|known| known.questions.get(&number)).is_some_and(|question| now < question.until);
        let in_force = self.catalog.as_ref().and_then(|catalog| catalog.automations.get(name));
        let role = in_force.and_then(|automation| automation.approval.as_ref()).map(|approval| approval.role.clone());
        open && role.is_some_and(|role| self.holds_one(&[role], person, now))
    }

    fn holds_one(&self, roles: &[RoleName], person: &PersonName, now: Timestamp) -> bool {
        !roles.is_empty() && self.holds_any(roles, person, now)
    }

    /// Whether a command about machines must be accepted, where the model can tell; nothing for any other.
    pub(in crate::seeded::model) fn must_do(&self, command: &Command, now: Timestamp) -> Option<bool> {
        let machines = self.machines.as_ref()?;
        match (&command.what, &command.actor) {
            (What::StartRun(request), Actor::Person(person)) => Some(self.may_begin(request, person, now)),
            (What::Run { run, action }, Actor::Person(person)) => {
                let known = machines.runs.get(run).filter(|run| run.over.is_none());
                known.map_or(Some(false), |run| self.may_do(run, action, person, now))
            }
            (What::RunWork(done), actor) => {
                let RunWork::Ended { run, step, epoch, .. } = &**done else { return Some(true) };
                let known = machines.runs.get(run).and_then(|run| run.step(step)?.work.as_ref());
                let in_force =
                    matches!(known, Some(MWork { stage: Stage::Leased { epoch: known, .. }, .. }) if known == epoch);
                let theirs = matches!(actor, Actor::Runner(name) if name.as_str() == "hub");
                Some(in_force && theirs)
            }
            (What::Lease(_), _) => Some(true),
            (What::ApproveVersion(asked), Actor::Person(person)) => Some(self.must_let_run(asked, person, now)),
            (What::Automation { automation, action }, Actor::Person(person)) => {
                self.may_tell(automation, action, person, now)
            }
            _ => None,
        }
    }

    fn may_begin(&self, request: &RunRequest, person: &PersonName, now: Timestamp) -> bool {
        let Some(book) = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(&request.runbook)) else {
            return false;
        };
        let under_way = |case| {
            let runs = self.machines.iter().flat_map(|machines| machines.runs.values());
            runs.filter(|run| run.case == Some(case) && run.over.is_none()).count()
        };
        self.holds_any(&book.front.roles.run, person, now)
            && !self.is_held_back(&request.runbook)
            && request.case.is_none_or(|case| self.cases.contains_key(&case) && under_way(case) < MOST_OF_A_CASE)
    }

    fn may_do(&self, run: &MRun, action: &RunAction, person: &PersonName, now: Timestamp) -> Option<bool> {
        let holds = |step: &MStep| {
            step.role.as_ref().is_none_or(|role| self.holds_one(std::slice::from_ref(role), person, now))
        };
        let known = |id: &StepId| run.step(id).filter(|step| holds(step));
        let stands = |step: &MStep| step.work.as_ref().map(|work| work.stage.clone());
        Some(match action {
            RunAction::Settle { step, how, text } => known(step).is_some_and(|step| {
                let held = step.work.as_ref().is_some_and(MWork::is_in_hands);
                (*how != Settling::Skipped || text.is_some()) && step.settled.is_none() && !held
            }),
            RunAction::Reopen { step, .. } => known(step).is_some_and(|step| step.settled.is_some()),
            RunAction::Execute { step } => known(step).is_some_and(|step| {
                let idle = matches!(stands(step), None | Some(Stage::Unknown));
                step.rules.is_some() && run.course != Course::Stopping && idle && step.settled != Some(Settling::Done)
            }),
            RunAction::Cancel { step, .. } => {
                known(step).is_some_and(|step| !matches!(stands(step), None | Some(Stage::Unknown)))
            }
            RunAction::Approve { step, input } => {
                run.step(step).is_some_and(|step| self.agrees_to(run, step, person, now) && step.input() == Some(input))
            }
            RunAction::Decline { step, .. } => {
                run.step(step).is_some_and(|step| self.agrees_to(run, step, person, now))
            }
            // How much of it there is is not remembered here.
            RunAction::Attach { step, .. } => {
                return (run.step(step).is_none() || run.case.is_some()).then_some(false);
            }
            RunAction::Pause { .. } => !run.course.is_paused() && run.course != Course::Stopping,
            RunAction::Resume { .. } => run.course.is_paused(),
            RunAction::Undo { .. } if run.course.is_undoing() || run.course == Course::Stopping => false,
            RunAction::Undo { .. } => return run.to_take_back().next().is_some().then_some(true),
            RunAction::Stop { .. } => true,
        })
    }

    fn may_tell(
        &self,
        name: &AutomationName,
        action: &AutomationAction,
        person: &PersonName,
        now: Timestamp,
    ) -> Option<bool> {
        let in_force = self.catalog.as_ref()?.automations.get(name).is_some();
        let known = self.machines.as_ref()?.automations.get(name);
        match action {
            _ if !in_force => Some(false),
            // What begins must be as it was when people were asked; that is looked at where it does begin.
            AutomationAction::Approve { number } => (!self.may_answer(name, *number, person, now)).then_some(false),
            AutomationAction::Decline { number, .. } => Some(self.may_decline(name, *number, person, now)),
            AutomationAction::Pause { .. } => Some(known.is_none_or(|known| !known.paused)),
            AutomationAction::Resume => Some(known.is_some_and(|known| known.paused || known.open_since.is_some())),
        }
    }
}

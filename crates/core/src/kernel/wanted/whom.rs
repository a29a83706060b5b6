//! Whom runs and automations ask.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::Wanting;
use crate::automation::Awaiting;
use crate::case::State;
use crate::kernel::runs::approvers;
use crate::name::{AutomationName, PersonName, TeamName};
use crate::notify::{Recipient, addressees};
use crate::oncall::on_call_at;
use crate::record::{Actor, AskedAs, Fact, RunHappening};
use crate::run::{Ask, Run, RunId, Want};
use crate::runbook::{RunbookName, holders, owners};

/// Who is asked.
pub(super) struct People {
    /// As whom.
    pub(super) standing: AskedAs,
    /// At once.
    pub(super) first: Vec<Recipient>,
    /// When half of the time is over.
    pub(super) later: Vec<Recipient>,
}

impl Wanting<'_> {
    /// Whom a run asks for something; nobody where whoever acts in this plan is the only one.
    pub(super) fn whom(&self, run: &Run, ask: &Ask) -> Option<People> {
        let now = self.cx.now;
        let step = ask.step.as_ref().and_then(|step| run.step(step));
        let role = step.and_then(|step| step.planned.role.as_ref());
        let starter = self.starter(run);
        let just = |person: PersonName| BTreeSet::from([person]);
        let (people, standing) = match (ask.want, step) {
            (Want::Approval, Some(step)) => {
                let approval = step.planned.automated.as_ref().and_then(|how| how.approval.as_ref());
                let agreed = step.work.as_ref().map_or(0, |work| work.approved_by.len());
                let count = approval.map_or(1, |approval| approval.count as usize).saturating_sub(agreed);
                let people = approvers(self.catalog, run, step, now);
                return Some(self.on_call_first(people, AskedAs::Approver, count, &run.runbook));
            }
            _ => match (role.map(|role| holders(self.catalog, role, now)), starter) {
                (Some(holders), Some(starter)) if holders.contains(&starter) => (just(starter), AskedAs::Starter),
                (Some(holders), _) if !holders.is_empty() => (holders, AskedAs::RoleHolder),
                (_, Some(starter)) => (just(starter), AskedAs::Starter),
                _ => (self.whose_case(run).into_iter().collect(), AskedAs::CaseOwner),
            },
        };
        if people.is_empty() {
            return Some(self.as_team(self.team_of(run)));
        }
        let knows = people.iter().all(|person| self.acts(person));
        (!knows).then(|| self.on_call_first(people, standing, 1, &run.runbook))
    }

    /// Who is asked by an automation: who holds the role, but for whoever's action it was.
    pub(super) fn who_agrees(&self, name: &AutomationName, awaiting: &Awaiting) -> Option<People> {
        let approval = self.catalog.automations.get(name)?.approval.as_ref()?;
        let mut people = holders(self.catalog, &approval.role, self.cx.now);
        if let Some(requester) = &awaiting.requester {
            people.remove(requester);
        }
        Some(self.on_call_first(people, AskedAs::Approver, approval.count as usize, &awaiting.runbook))
    }

    /// Those of some people who are on call for anything first, if they are enough; else all of them. Where there is
    /// nobody, the team that keeps the runbook.
    fn on_call_first(
        &self,
        people: BTreeSet<PersonName>,
        standing: AskedAs,
        enough: usize,
        runbook: &RunbookName,
    ) -> People {
        let now = self.cx.now;
        if people.is_empty() {
            return self.as_team(self.team(runbook));
        }
        let shifts = self.catalog.schedules.values().filter_map(|schedule| on_call_at(schedule, now));
        let on_call: BTreeSet<PersonName> = shifts.map(|shift| shift.person).collect();
        let (first, later): (Vec<PersonName>, _) = people.into_iter().partition(|person| on_call.contains(person));
        let recipients = |people: Vec<PersonName>| people.into_iter().map(Recipient::Person).collect::<Vec<_>>();
        if first.len() >= enough.max(1) {
            return People { standing, first: recipients(first), later: recipients(later) };
        }
        let first = recipients(first.into_iter().chain(later).collect());
        People { standing, first, later: Vec::new() }
    }

    /// Those who stand for a team; the team itself where nobody of it can be reached: that its message fails is said.
    fn as_team(&self, team: TeamName) -> People {
        let itself = Recipient::Team(team);
        let mut first = addressees(self.catalog, &itself, self.cx.now);
        if first.is_empty() {
            first.push(itself);
        }
        People { standing: AskedAs::Team, first, later: Vec::new() }
    }

    /// Whether a person halts a run in this plan.
    pub(super) fn is_halted_by_hand(&self, id: RunId) -> bool {
        self.plan.entries.iter().any(|entry| {
            let halts = matches!(&entry.fact, Fact::Run(part) if part.run == id && part.what == RunHappening::Paused);
            halts && matches!(entry.actor, Actor::Person(_))
        })
    }

    /// Whether a person does something in this plan: they know.
    fn acts(&self, person: &PersonName) -> bool {
        self.plan.entries.iter().any(|entry| entry.actor == Actor::Person(person.clone()))
    }

    /// The person who started a run, or the one that it is a step of.
    fn starter(&self, run: &Run) -> Option<PersonName> {
        let mut by = run.by.clone();
        let mut parent = run.parent.clone();
        while let Some(outer) = parent.and_then(|parent| self.world.run(parent.run)) {
            by = outer.by.clone();
            parent = outer.parent.clone();
        }
        match by {
            Actor::Person(person) => Some(person),
            _ => None,
        }
    }

    /// Who has the case of a run.
    fn whose_case(&self, run: &Run) -> Option<PersonName> {
        let case = self.plan.case_after(self.world, run.case?)?;
        match (case.owner, case.state) {
            (Some(owner), _) | (None, State::Acknowledged { by: Actor::Person(owner), .. }) => Some(owner),
            _ => None,
        }
    }

    /// The team that has the case of a run, else the one that keeps its runbook.
    fn team_of(&self, run: &Run) -> TeamName {
        let case = run.case.and_then(|case| self.plan.case_after(self.world, case));
        case.map_or_else(|| self.team(&run.runbook), |case| case.team)
    }

    /// The first team that keeps a runbook; the default team where that cannot be told.
    pub(super) fn team(&self, runbook: &RunbookName) -> TeamName {
        let owners = self.catalog.runbooks.get(runbook).map(|runbook| owners(self.catalog, runbook));
        let first = owners.and_then(|owners| owners.into_iter().next());
        first.unwrap_or_else(|| self.catalog.organization.default_team.clone())
    }
}

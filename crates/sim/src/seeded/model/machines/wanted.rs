//! Whom runs and automations want is told, and what is settled is taken back.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::automation::Automation;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Team;
use wheelhouse_core::name::{PersonName, RoleName, TeamName};
use wheelhouse_core::notify::{Purpose, Recipient, Wanted};
use wheelhouse_core::record::{Actor, Fact, RunHappening};
use wheelhouse_core::run::{Course, RunId, Want};
use wheelhouse_core::runbook::StepId;
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};

use super::super::{Model, Phase, oncall};
use super::automations::Question;
use super::{MRun, Machines, Plan, Stage};

/// One thing that a run wants people for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ask {
    want: Want,
    step: Option<StepId>,
    until: Option<Timestamp>,
    role: Option<RoleName>,
}

/// Whoever is asked: at once, and later if that was not enough.
#[derive(Default)]
struct People {
    first: Vec<Recipient>,
    later: Vec<Recipient>,
}

/// Messages, in words, and how many of each.
type Messages = BTreeMap<String, u32>;

impl Ask {
    /// Whoever does one step of people goes on with the next, unless that is for others.
    fn is_like(&self, other: &Self) -> bool {
        self == other || (self.want, other.want) == (Want::Step, Want::Step) && self.role == other.role
    }
}

impl MRun {
    /// What it wants people for; a run that is only tried out wants nobody.
    fn asks(&self) -> Vec<Ask> {
        if self.over.is_some() || self.tried_out {
            return Vec::new();
        }
        let of = |step: &super::MStep, want, until| Ask {
            want,
            step: Some(step.id.clone()),
            until,
            role: step.role.clone().filter(|_| want != Want::Approval),
        };
        let stands = self.steps.iter().filter_map(|step| match &step.work.as_ref()?.stage {
            Stage::Asking { until } => Some(of(step, Want::Approval, Some(*until))),
            Stage::Unknown => Some(of(step, Want::Verdict, None)),
            _ => None,
        });
        let mut asks: Vec<Ask> = stands.collect();
        if self.course.is_paused() {
            asks.push(Ask { want: Want::Resume, step: None, until: None, role: None });
        }
        let next = match self.course {
            Course::Onward if self.by_itself => self.way().find(|step| step.settled.is_none()),
            Course::Undoing if !self.in_hands() => {
                self.to_take_back().next().and_then(|done| self.step(done.undo.as_ref()?))
            }
            _ => None,
        };
        asks.extend(next.filter(|step| step.rules.is_none()).map(|step| of(step, Want::Step, None)));
        asks
    }

    fn own_case(&self) -> Group {
        Group::Hub(format!("{} wants people", self.id))
    }
}

impl Machines {
    /// Whoever is wanted since this plan is asked in it, nobody else is, and what is settled is asked no more.
    pub(super) fn told_as_wanted(&self, before: &Model, plan: Plan<'_>) -> Result<(), String> {
        let none = Self::default();
        let was = before.machines.as_deref().unwrap_or(&none);
        let mut owed = Messages::new();
        let touched = plan.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Run(part) => Some(part.run),
            _ => None,
        });
        for run in touched.collect::<BTreeSet<RunId>>().into_iter().filter_map(|id| self.runs.get(&id)) {
            let (before, now) = (was.runs.get(&run.id).map(MRun::asks).unwrap_or_default(), run.asks());
            for ask in now.iter().filter(|ask| !before.iter().any(|other| other.is_like(ask))) {
                let wanted =
                    Wanted::Run { run: run.id, runbook: run.runbook.clone(), want: ask.want, step: ask.step.clone() };
                self.whom(was, plan, run, ask).owe(&mut owed, &wanted, ask.until, plan.now);
            }
            if now.is_empty() && !before.is_empty() {
                closed(plan, &run.own_case())
                    .map_err(|case| format!("{case} asks for {}, which wants nobody", run.id))?;
            }
        }
        for (name, known) in &self.automations {
            let before = was.automations.get(name).map(|known| &known.questions);
            for (number, question) in &known.questions {
                if before.is_some_and(|before| before.contains_key(number)) {
                    continue;
                }
                let automation = plan.catalog.automations.get(name).ok_or("nobody knows who asks")?;
                let wanted = Wanted::Automation {
                    automation: name.clone(),
                    question: *number,
                    runbook: automation.runbook.clone(),
                };
                who_agrees(plan, automation, question).owe(&mut owed, &wanted, Some(question.until), plan.now);
            }
            for number in before.into_iter().flatten().map(|(number, _)| number) {
                let own = Group::Hub(format!("automation {name} asks {number}"));
                if !known.questions.contains_key(number) {
                    closed(plan, &own).map_err(|case| format!("{case} is open, and nobody is asked any more"))?;
                }
            }
        }
        let asked = self.asked(plan)?;
        if owed != asked {
            return Err(format!("wanted: these should be asked {owed:?}\nand these are {asked:?}"));
        }
        self.is_taken_back(plan)
    }

    /// Whoever is asked in a plan.
    fn asked(&self, plan: Plan<'_>) -> Result<Messages, String> {
        let mut asked = Messages::new();
        for entry in plan.entries {
            let Fact::MessageQueued { message, recipient, purpose: Purpose::Wanted { wanted, until }, not_before } =
                &entry.fact
            else {
                continue;
            };
            let of = match wanted {
                Wanted::Run { run, .. } => self.runs.get(run).and_then(|run| run.case),
                Wanted::Automation { automation, question, .. } => {
                    let known = self.automations.get(automation).and_then(|known| known.questions.get(question));
                    known.and_then(|question| question.case)
                }
            };
            let case = plan.model.cases.get(&message.case).ok_or("a message of no case")?;
            let over = |case: &CaseId| plan.model.cases.get(case).is_none_or(|case| case.phase == Phase::Resolved);
            if of != Some(message.case) && !(case.is_question() && of.as_ref().is_none_or(over)) {
                return Err(format!("{message} asks for what belongs to {of:?}"));
            }
            *asked.entry(words(wanted, recipient, *until, *not_before)).or_default() += 1;
        }
        Ok(asked)
    }

    /// Nobody is about to be asked for what nobody wants from them any more.
    fn is_taken_back(&self, plan: Plan<'_>) -> Result<(), String> {
        for (id, message) in plan.model.messages.iter().filter(|(_, message)| message.under_way) {
            let person = match &message.recipient {
                Recipient::Person(person) => Some(person),
                _ => None,
            };
            let holds = match &message.wanted {
                None => true,
                Some(Wanted::Run { run, want, step, .. }) => {
                    self.runs.get(run).is_some_and(|run| run.still_wants((*want, step.as_ref()), person))
                }
                Some(Wanted::Automation { automation, question, .. }) => {
                    let known = self.automations.get(automation).and_then(|known| known.questions.get(question));
                    known.is_some_and(|question| !person.is_some_and(|person| question.agreed.contains(person)))
                }
            };
            if !holds {
                return Err(format!("wanted: {id} is still to be sent to {}: {:?}", message.recipient, message.wanted));
            }
        }
        Ok(())
    }

    /// Whom a run asks for something.
    fn whom(&self, was: &Self, plan: Plan<'_>, run: &MRun, ask: &Ask) -> People {
        let step = ask.step.as_ref().and_then(|step| run.step(step));
        if let (Want::Approval, Some(step)) = (ask.want, step) {
            let wanted = step.rules.as_ref().and_then(|rules| rules.approval.as_ref()).map_or(1, |(count, _)| *count);
            let agreed = step.work.as_ref().map_or(0, |work| work.agreed.len());
            let people = everybody(plan).filter(|person| plan.model.agrees_to(run, step, person, plan.now)).collect();
            return on_call_first(plan, people, wanted.saturating_sub(agreed), keeper(plan, run));
        }
        let by_hand = plan.entries.iter().any(|entry| {
            let of_person = matches!(entry.actor, Actor::Person(_));
            of_person
                && matches!(&entry.fact, Fact::Run(part) if part.run == run.id && part.what == RunHappening::Paused)
        });
        if ask.want == Want::Resume && by_hand {
            return People::default();
        }
        let case = run.case.and_then(|case| plan.model.cases.get(&case));
        let starter = self.starter(was, run);
        let held: BTreeSet<PersonName> = ask.role.iter().flat_map(|role| holders(plan, role)).collect();
        let people = match starter {
            Some(starter) if held.is_empty() || held.contains(&starter) => BTreeSet::from([starter]),
            _ if !held.is_empty() => held,
            _ => case.and_then(|case| case.owner.clone()).into_iter().collect(),
        };
        if people.is_empty() {
            let team = case.map_or_else(|| keeper(plan, run), |case| case.team.clone());
            return People { first: team_of(plan, &team), later: Vec::new() };
        }
        let acts = |person: &PersonName| plan.entries.iter().any(|entry| entry.actor == Actor::Person(person.clone()));
        if people.iter().all(acts) {
            return People::default();
        }
        on_call_first(plan, people, 1, keeper(plan, run))
    }

    /// The person who started a run, or the one that it is a step of.
    fn starter(&self, was: &Self, run: &MRun) -> Option<PersonName> {
        let mut first = run;
        while let Some((outer, _)) = &first.parent {
            match was.runs.get(outer).filter(|outer| outer.over.is_none()) {
                Some(outer) => first = outer,
                None => break,
            }
        }
        match &first.by {
            Actor::Person(person) => Some(person.clone()),
            _ => None,
        }
    }
}

impl MRun {
    /// Whether somebody is still wanted for something.
    fn still_wants(&self, (want, step): (Want, Option<&StepId>), person: Option<&PersonName>) -> bool {
        let known = step.and_then(|step| self.step(step));
        let agreed = known.and_then(|step| step.work.as_ref()).map(|work| &work.agreed);
        if want == Want::Approval && person.zip(agreed).is_some_and(|(person, agreed)| agreed.contains(person)) {
            return false;
        }
        let role = known.and_then(|step| step.role.as_ref());
        self.asks().iter().any(|ask| match (want, ask.want) {
            (Want::Step, Want::Step) => ask.role.as_ref() == role,
            _ => (ask.want, ask.step.as_ref()) == (want, step),
        })
    }
}

impl People {
    fn owe(self, owed: &mut Messages, wanted: &Wanted, until: Option<Timestamp>, now: Timestamp) {
        let half = until.map(|until| now + Duration::from_micros(until.since(now).as_micros() / 2));
        let first = self.first.iter().map(|whom| (whom, None));
        for (whom, not_before) in first.chain(self.later.iter().map(|whom| (whom, half))) {
            *owed.entry(words(wanted, whom, until, not_before)).or_default() += 1;
        }
    }
}

fn words(wanted: &Wanted, recipient: &Recipient, until: Option<Timestamp>, not_before: Option<Timestamp>) -> String {
    format!("{recipient}: {wanted:?} until {until:?}, not before {not_before:?}")
}

/// What people are asked in a case of its own is over.
fn closed(plan: Plan<'_>, own: &Group) -> Result<(), CaseId> {
    let mut open = plan.model.cases.iter().filter(|(_, case)| case.group == *own && case.phase != Phase::Resolved);
    open.next().map_or(Ok(()), |(id, _)| Err(*id))
}

/// Whom an automation asks: who holds the role, but for whoever's action it was.
fn who_agrees(plan: Plan<'_>, automation: &Automation, question: &Question) -> People {
    let Some(approval) = &automation.approval else { return People::default() };
    let mut people = holders(plan, &approval.role);
    people.retain(|person| question.requester.as_ref() != Some(person));
    let book = plan.catalog.runbooks.contains_key(&automation.runbook);
    let team = if book { automation.runbook.repository().as_str() } else { "t0" };
    let team = TeamName::new(team).unwrap_or_else(|_| plan.catalog.organization.default_team.clone());
    on_call_first(plan, people, usize::try_from(approval.count).unwrap_or(1), team)
}

/// Those who are on call for anything first, if they are enough; the team where there is nobody.
fn on_call_first(plan: Plan<'_>, people: BTreeSet<PersonName>, enough: usize, team: TeamName) -> People {
    if people.is_empty() {
        return People { first: team_of(plan, &team), later: Vec::new() };
    }
    let schedules = plan.catalog.schedules.values();
    let on_call: BTreeSet<PersonName> = schedules.filter_map(|schedule| oncall::on_call(schedule, plan.now)).collect();
    let first: Vec<Recipient> = people.intersection(&on_call).cloned().map(Recipient::Person).collect();
    if first.len() < enough.max(1) {
        return People { first: people.into_iter().map(Recipient::Person).collect(), later: Vec::new() };
    }
    let later = people.difference(&on_call).cloned().map(Recipient::Person).collect();
    People { first, later }
}

/// Those who stand for a team; the team itself where nobody of it can be reached, so that this is said.
fn team_of(plan: Plan<'_>, team: &TeamName) -> Vec<Recipient> {
    let itself = Recipient::Team(team.clone());
    let all = oncall::addressees(plan.catalog, &itself, plan.now);
    if all.is_empty() { vec![itself] } else { all }
}

/// The team that keeps a runbook.
fn keeper(plan: Plan<'_>, run: &MRun) -> TeamName {
    let known = plan.catalog.runbooks.contains_key(&run.runbook);
    let named = TeamName::new(run.runbook.repository().as_str()).ok().filter(|_| known);
    named.unwrap_or_else(|| plan.catalog.organization.default_team.clone())
}

/// The people who hold a role by the catalog of the plan: also where that brings another one.
fn holders(plan: Plan<'_>, role: &RoleName) -> BTreeSet<PersonName> {
    let gives =
        |team: &&Team| team.name.as_str() == role.as_str() || team.roles.iter().any(|given| given == role.as_str());
    let members = plan.catalog.teams.values().filter(gives).flat_map(|team| team.members.iter().cloned());
    let schedule = plan.catalog.schedules.get(role.as_str());
    members.chain(schedule.and_then(|schedule| oncall::on_call(schedule, plan.now))).collect()
}

fn everybody(plan: Plan<'_>) -> impl Iterator<Item = PersonName> {
    let named = plan.catalog.teams.values().flat_map(|team| team.members.iter().cloned());
    let all: BTreeSet<PersonName> = plan.catalog.people.keys().cloned().chain(named).collect();
    let on_call = plan.catalog.schedules.values().filter_map(move |one| oncall::on_call(one, plan.now));
    all.into_iter().chain(on_call).collect::<BTreeSet<_>>().into_iter()
}

//! People whom runs and automations want: asked by messages, in the case that it is for, or in one of its own.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::runs::approvers;
use super::{Draft, Plan};
use crate::Context;
use crate::automation::{AutomationState, Awaiting, Memory};
use crate::case::{CaseId, CaseKind, Severity, State};
use crate::catalog::Catalog;
use crate::name::{AutomationName, PersonName, TeamName};
use crate::notify::{Purpose, Recipient, Wanted, addressees};
use crate::oncall::on_call_at;
use crate::record::{Actor, AskedAs, Body, Entry, Fact, Why};
use crate::run::{Ask, Run, RunId, Want};
use crate::runbook::{RunbookName, holders, owners};
use crate::signal::Group;
use crate::time::{Duration, Timestamp};
use crate::world::World;

/// The most people who are asked about one thing.
const MOST_ASKED: usize = 50;

/// Adds what a plan means to people: who is wanted from now on is asked, who is not any more is left alone.
pub(super) fn consider(world: &World, cx: &Context, plan: &mut Plan) {
    let Some(catalog) = world.catalog() else { return };
    let of_run = |entry: &Entry| match &entry.fact {
        Fact::Run(part) => Some(part.run),
        _ => None,
    };
    let runs: BTreeSet<RunId> = plan.entries.iter().filter_map(of_run).collect();
    let asks = plan.entries.iter().any(|entry| matches!(entry.fact, Fact::Automation(_)));
    if runs.is_empty() && !asks {
        return;
    }
    let mut wanting = Wanting { world, catalog, cx, plan, drafts: BTreeMap::new() };
    runs.into_iter().for_each(|run| wanting.run(run));
    wanting.automations();
    let more: Vec<Entry> = wanting.drafts.into_values().flat_map(|draft| draft.finish_alone().entries).collect();
    plan.entries.extend(more);
}

/// The messages about a plan, in the making.
struct Wanting<'a> {
    world: &'a World,
    catalog: &'a Catalog,
    cx: &'a Context,
    plan: &'a Plan,
    drafts: BTreeMap<CaseId, Draft<'a>>,
}

/// Something that people are wanted for.
struct Question {
    wanted: Wanted,
    until: Option<Timestamp>,
    /// The case that it is for.
    case: Option<CaseId>,
    drill: bool,
    /// What is wanted, in words.
    title: String,
    people: People,
}

/// Who is asked.
struct People {
    /// As whom.
    standing: AskedAs,
    /// At once.
    first: Vec<Recipient>,
    /// When half of the time is over.
    later: Vec<Recipient>,
}

impl<'a> Wanting<'a> {
    /// Asks for what a run wants now and did not before, and takes back what it does not want any more.
    fn run(&mut self, id: RunId) {
        let (world, plan) = (self.world, self.plan);
        let before = world.run(id);
        let Some(after) = plan.run_after(world, id).filter(|run| !run.dry_run) else { return };
        let (was, is) = (before.map(Run::asks).unwrap_or_default(), after.asks());
        let wanted =
            |ask: &Ask| Wanted::Run { run: id, runbook: after.runbook.clone(), want: ask.want, step: ask.step.clone() };
        let own = group_of_run(id);
        let role = |ask: &Ask| ask.step.as_ref().and_then(|step| after.step(step)?.planned.role.clone());
        // Whoever does one step of people goes on with the next, unless that is for others.
        let is_same = |a: &Ask, b: &Ask| a == b || (a.want, b.want) == (Want::Step, Want::Step) && role(a) == role(b);
        let is_among = |ask: &Ask, all: &[Ask]| all.iter().any(|other| is_same(ask, other));
        let over: Vec<Wanted> = was.iter().filter(|ask| !is_among(ask, &is)).map(wanted).collect();
        self.take_back(after.case, (after.drill, &own), &over);
        for ask in is.iter().filter(|ask| !is_among(ask, &was)) {
            let Some(people) = self.whom(&after, ask) else { continue };
            let (wanted, title) = (wanted(ask), format!("{id} of {} {}", after.runbook, ask.want.words()));
            let (until, case, drill) = (ask.until, after.case, after.drill);
            self.ask(&own, Question { wanted, until, case, drill, title, people });
        }
        if is.is_empty() && !was.is_empty() {
            self.close(after.drill, &own);
        }
    }

    /// The same for automations.
    fn automations(&mut self) {
        let mut memory = Memory::new(self.world.automations());
        let mut names: BTreeSet<&AutomationName> = BTreeSet::new();
        for entry in &self.plan.entries {
            if let Fact::Automation(part) = &entry.fact {
                memory.apply(entry);
                names.insert(&part.automation);
            }
        }
        for name in names {
            let none = BTreeMap::new();
            let awaiting = |state: Option<&'_ AutomationState>| state.map(|state| state.awaiting.clone());
            let was = awaiting(self.world.automations().get(name)).unwrap_or_else(|| none.clone());
            let is = awaiting(memory.get(name)).unwrap_or(none);
            for (number, awaiting) in was.iter().filter(|(number, _)| !is.contains_key(number)) {
                let own = group_of_question(name, *number);
                self.take_back(awaiting.case, (false, &own), &[asks(name, *number, awaiting)]);
                self.close(false, &own);
            }
            for (number, awaiting) in is.iter().filter(|(number, _)| !was.contains_key(number)) {
                let Some(people) = self.who_agrees(name, awaiting) else { continue };
                let title = format!("automation {name} asks for agreement to run {}", awaiting.runbook);
                let question = Question {
                    wanted: asks(name, *number, awaiting),
                    until: Some(awaiting.until),
                    case: awaiting.case,
                    drill: false,
                    title,
                    people,
                };
                self.ask(&group_of_question(name, *number), question);
            }
        }
    }

    /// Sends a question to people.
    fn ask(&mut self, own: &Group, question: Question) {
        let Question { wanted, until, case, drill, title, people } = question;
        if people.first.is_empty() && people.later.is_empty() {
            return;
        }
        let known = case.filter(|case| self.draft(*case).is_some());
        let known = known.or_else(|| {
            let known = self.world.case_of_group(drill, own).filter(|case| !case.state.is_resolved())?.id;
            self.draft(known).map(|_| known)
        });
        let opened = self.drafts.iter().find(|(_, draft)| draft.case.group == *own).map(|(case, _)| *case);
        let Some(case) = known.or(opened).or_else(|| self.open(own, &wanted, drill, title)) else { return };
        let Some(draft) = self.draft(case) else { return };
        let now = draft.cx.now;
        let half = until.map(|until| now + Duration::from_micros(until.since(now).as_micros() / 2));
        let why = Why::AskedAs { standing: people.standing };
        let all = people.first.into_iter().map(|whom| (whom, None));
        let all = all.chain(people.later.into_iter().map(|whom| (whom, half)));
        for (whom, not_before) in all.take(MOST_ASKED) {
            draft.queue_at(whom, Purpose::Wanted { wanted: wanted.clone(), until }, why.clone(), not_before);
        }
    }

    /// Withdraws messages that no channel has taken yet.
    fn take_back(&mut self, case: Option<CaseId>, (drill, own): (bool, &Group), over: &[Wanted]) {
        if over.is_empty() {
            return;
        }
        let own = self.world.case_of_group(drill, own).map(|case| case.id);
        for case in case.into_iter().chain(own) {
            let is_over =
                |purpose: &Purpose| matches!(purpose, Purpose::Wanted { wanted, .. } if over.contains(wanted));
            let messages = self.world.messages_of(case).filter(|message| is_over(&message.purpose));
            let messages: Vec<_> = messages.map(|message| (message.id, message.recipient.clone())).collect();
            let Some(draft) = self.draft(case).filter(|_| !messages.is_empty()) else { continue };
            for (message, recipient) in messages {
                draft.follow(Fact::MessageWithdrawn { message, recipient }, Why::NotWanted);
            }
        }
    }

    /// Closes the case that was opened for a question alone.
    fn close(&mut self, drill: bool, own: &Group) {
        let now = self.cx.now;
        let Some(case) = self.world.case_of_group(drill, own).map(|case| case.id) else { return };
        let Some(draft) = self.draft(case).filter(|draft| !draft.case.state.is_resolved()) else { return };
        draft.note(Fact::Resolved { at: now, recheck_at: None }, Some(Why::NotWanted), None);
    }

    /// Opens a case for a question that belongs to none.
    fn open(&mut self, own: &Group, wanted: &Wanted, drill: bool, title: String) -> Option<CaseId> {
        let (kind, runbook) = match wanted {
            Wanted::Run { runbook, want: Want::Approval, .. } | Wanted::Automation { runbook, .. } => {
                (CaseKind::Request, runbook)
            }
            Wanted::Run { runbook, .. } => (CaseKind::Action, runbook),
        };
        let of_plan = self.plan.entries.iter().filter(|entry| matches!(entry.fact, Fact::CaseOpened { .. }));
        let others = of_plan.filter_map(|entry| entry.subject).chain(self.drafts.keys().copied());
        let last = others.filter(|case| case.kind == kind).map(|case| case.number).max().unwrap_or(0);
        let next = self.world.next_case(kind);
        let id = CaseId { number: next.number.max(last + 1), ..next };
        let fact = Fact::CaseOpened {
            severity: Severity::Sev4,
            service: None,
            team: self.team(runbook),
            group: own.clone(),
            rule: None,
            detected_at: self.cx.now,
            auto_resolve: false,
            reported: false,
        };
        let (why, body) = (Why::Wanted { wanted: wanted.clone() }, Body::from([("title".to_string(), title)]));
        let entry = Entry::new(self.cx.now, Actor::Hub, fact);
        let entry = Entry { subject: Some(id), drill, why: Some(why), body: Some(body), ..entry };
        let draft = Draft::opening(self.world, self.cx, self.catalog, entry)?;
        self.drafts.insert(id, draft);
        Some(id)
    }

    /// The plan about a case, as the rest of the plan leaves it; none where it is over and gone.
    fn draft(&mut self, case: CaseId) -> Option<&mut Draft<'a>> {
        if !self.drafts.contains_key(&case) {
            let known = self.plan.case_after(self.world, case)?;
            self.drafts.insert(case, Draft::going_on(self.world, self.cx, self.catalog, known));
        }
        self.drafts.get_mut(&case)
    }

    /// Whom a run asks for something; nobody where whoever acts in this plan is the only one.
    fn whom(&self, run: &Run, ask: &Ask) -> Option<People> {
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
            let first = addressees(self.catalog, &Recipient::Team(self.team_of(run)), now);
            return Some(People { standing: AskedAs::Team, first, later: Vec::new() });
        }
        let knows = people.iter().all(|person| self.acts(person));
        (!knows).then(|| self.on_call_first(people, standing, 1, &run.runbook))
    }

    /// Who is asked by an automation: who holds the role, but for whoever's action it was.
    fn who_agrees(&self, name: &AutomationName, awaiting: &Awaiting) -> Option<People> {
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
            let first = addressees(self.catalog, &Recipient::Team(self.team(runbook)), now);
            return People { standing: AskedAs::Team, first, later: Vec::new() };
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
    fn team(&self, runbook: &RunbookName) -> TeamName {
        let owners = self.catalog.runbooks.get(runbook).map(|runbook| owners(self.catalog, runbook));
        let first = owners.and_then(|owners| owners.into_iter().next());
        first.unwrap_or_else(|| self.catalog.organization.default_team.clone())
    }
}

/// The case that is opened because a run wants people, if it is for none.
fn group_of_run(run: RunId) -> Group {
    Group::Hub(format!("{run} wants people"))
}

/// The case that is opened because an automation asks people, if it is about none.
fn group_of_question(automation: &AutomationName, number: u64) -> Group {
    Group::Hub(format!("automation {automation} asks {number}"))
}

fn asks(automation: &AutomationName, question: u64, awaiting: &Awaiting) -> Wanted {
    Wanted::Automation { automation: automation.clone(), question, runbook: awaiting.runbook.clone() }
}

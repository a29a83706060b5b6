//! People whom runs and automations want: asked by messages, in the case that it is for, or in one of its own.

mod whom;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use whom::People;

use super::{Draft, Plan};
use crate::Context;
use crate::automation::{AutomationState, Awaiting, Memory};
use crate::case::{CaseId, CaseKind, Severity};
use crate::catalog::Catalog;
use crate::name::AutomationName;
use crate::notify::{Message, Purpose, Recipient, Wanted};
use crate::record::{Actor, Body, Entry, Fact, Why};
use crate::run::{Ask, Run, RunId, Want};
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
        let mut agreed: Vec<(Wanted, Recipient)> = Vec::new();
        for ask in is.iter().filter(|ask| ask.want == Want::Approval && is_among(ask, &was)) {
            let people = ask.step.as_ref().and_then(|step| after.step(step)?.work.as_ref()).into_iter();
            let people = people.flat_map(|work| work.approved_by.iter().cloned().map(Recipient::Person));
            agreed.extend(people.map(|person| (wanted(ask), person)));
        }
        self.take_back(after.case, (after.drill, &own), (&over, &agreed));
        for ask in is.iter().filter(|ask| !is_among(ask, &was)) {
            // Whoever halts a run has their reasons.
            if ask.want == Want::Resume && self.is_halted_by_hand(id) {
                continue;
            }
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
                self.take_back(awaiting.case, (false, &own), (&[asks(name, *number, awaiting)], &[]));
                self.close(false, &own);
            }
            for (number, awaiting) in is.iter().filter(|(number, _)| was.contains_key(number)) {
                let people = awaiting.approved.iter().cloned().map(Recipient::Person);
                let agreed: Vec<_> = people.map(|person| (asks(name, *number, awaiting), person)).collect();
                let own = group_of_question(name, *number);
                self.take_back(awaiting.case, (false, &own), (&[], &agreed));
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
        let known = known.or_else(|| self.again(drill, own, &wanted));
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

    /// The case of its own that there is already: one that is over is opened again, so that all that is asked stays in one.
    fn again(&mut self, drill: bool, own: &Group, wanted: &Wanted) -> Option<CaseId> {
        let world = self.world;
        let known = world.case_of_group(drill, own)?.id;
        let draft = self.draft(known)?;
        if draft.case.retired {
            let left = world.messages_of(known).map(|message| (message.id, message.recipient.clone()));
            for (message, recipient) in left.collect::<Vec<_>>() {
                draft.follow(Fact::MessageWithdrawn { message, recipient }, Why::NotWanted);
            }
            return None;
        }
        if draft.case.state.is_resolved() {
            draft.note(Fact::CaseReopened, Some(Why::Wanted { wanted: wanted.clone() }), None);
        }
        Some(known)
    }

    /// Withdraws messages that no channel has taken yet: about what is over, and to whoever has agreed already.
    fn take_back(
        &mut self,
        case: Option<CaseId>,
        (drill, own): (bool, &Group),
        (over, agreed): (&[Wanted], &[(Wanted, Recipient)]),
    ) {
        if over.is_empty() && agreed.is_empty() {
            return;
        }
        let own = self.world.case_of_group(drill, own).map(|case| case.id);
        for case in case.into_iter().chain(own) {
            let has_agreed = |asked: &Wanted, whom: &Recipient| {
                agreed.iter().any(|(wanted, person)| wanted == asked && person == whom)
            };
            let is_over = |message: &&Message| match &message.purpose {
                Purpose::Wanted { wanted, .. } => {
                    over.iter().any(|over| is_same(over, wanted)) || has_agreed(wanted, &message.recipient)
                }
                _ => false,
            };
            let messages = self.world.messages_of(case).filter(is_over);
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

/// Whether a message asks for something that is over. Whoever was asked to do one step of people may have gone on with
/// the next ones, and does so no more.
fn is_same(over: &Wanted, asked: &Wanted) -> bool {
    let steps_of = |wanted: &Wanted| match wanted {
        Wanted::Run { run, want: Want::Step, .. } => Some(*run),
        _ => None,
    };
    over == asked || (steps_of(over).is_some() && steps_of(over) == steps_of(asked))
}

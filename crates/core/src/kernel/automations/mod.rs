//! Automations: asked about what a plan decides, and answered for by people.

mod approve;
mod happened;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

pub use approve::AutomationAction;
pub(super) use approve::act;
use happened::{Happened, happened, runs_over};

use super::events::{Sight, heard};
use super::runs::{Desk, Origin, begin};
use super::{Plan, Refusal, RunRequest};
use crate::Context;
use crate::automation::{Asked, Automation, AutomationState, Judgement, Link, Memory, Mode, SAID_AGAIN, judge};
use crate::case::CaseId;
use crate::catalog::Catalog;
use crate::record::{
    Actor, AutomationFact, AutomationHappening, AutomationOutcome, Body, Entry, Fact, Held, RunHappening, Why,
};
use crate::run::{Pace, RunId};
use crate::runbook::{RunbookHash, RunbookName};
use crate::world::World;

/// How often automations were asked in a plan without a word of it in the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsaid {
    /// Their condition did not hold.
    pub not_about: u32,
    /// What held them back was said of the same target a short while ago.
    pub said_before: u32,
}

/// Adds what automations do about what a plan decides.
///
/// Where the catalog has none and none is remembered, nothing is looked at.
pub(super) fn consider(world: &World, cx: &Context, plan: &mut Plan) {
    let Some(catalog) = world.catalog() else { return };
    if plan.is_empty() || (catalog.automations.is_empty() && world.automations().is_empty()) {
        return;
    }
    let heard = heard(catalog.automations.listening(), &plan.entries);
    if heard.is_empty() && !plan.entries.iter().any(|entry| matches!(entry.fact, Fact::Run(_))) {
        return;
    }
    let mut considering = Considering::new(world, catalog, cx, plan);
    for entry in runs_over(&considering, plan) {
        considering.add(entry);
    }
    for happened in happened(&considering, plan, heard) {
        for automation in catalog.automations.matching(&happened.event) {
            considering.ask(&automation, &happened);
        }
    }
    plan.automations = considering.unsaid;
    plan.entries.append(&mut considering.entries);
}

/// Puts questions away whose time is over, at most `limit`.
pub(super) fn due(world: &World, limit: usize, cx: &Context) -> Plan {
    let mut entries = Vec::new();
    for (automation, number) in world.questions_due(cx.now).take(limit) {
        let awaiting = world.automations().get(automation).and_then(|state| state.awaiting.get(&number));
        let what = AutomationHappening::Expired { number };
        let fact = Fact::Automation(AutomationFact { automation: automation.clone(), what });
        let subject = awaiting.and_then(|awaiting| awaiting.case);
        entries.push(Entry { subject, ..Entry::new(cx.now, Actor::Hub, fact) });
    }
    Plan { entries, ..Plan::default() }
}

/// What automations do about a plan, in the making.
struct Considering<'a> {
    world: &'a World,
    catalog: &'a Catalog,
    cx: &'a Context,
    memory: Memory<'a>,
    /// The last run that there is, with those that the plan starts.
    last: RunId,
    /// Cases that the plan opens, and whether each belongs to an exercise.
    opened: BTreeMap<CaseId, bool>,
    entries: Vec<Entry>,
    unsaid: Unsaid,
}

impl<'a> Considering<'a> {
    fn new(world: &'a World, catalog: &'a Catalog, cx: &'a Context, plan: &Plan) -> Self {
        let memory = Memory::new(world.automations());
        let opens = |entry: &&Entry| matches!(entry.fact, Fact::CaseOpened { .. });
        let opened = plan.entries.iter().filter(opens).filter_map(|entry| Some((entry.subject?, entry.drill)));
        let (opened, last) = (opened.collect(), last_run(world.last_run(), &plan.entries));
        Self { world, catalog, cx, memory, last, opened, entries: Vec::new(), unsaid: Unsaid::default() }
    }

    /// The plan, with what is remembered of automations.
    const fn sight<'s>(&'s self, plan: &'s Plan) -> Sight<'s> {
        Sight { world: self.world, catalog: self.catalog, memory: &self.memory, plan }
    }

    /// Adds an entry, and remembers it for what follows in the plan.
    fn add(&mut self, entry: Entry) {
        self.memory.apply(&entry);
        self.last = last_run(self.last, core::slice::from_ref(&entry));
        self.entries.push(entry);
    }

    fn ask(&mut self, automation: &Automation, happened: &Happened) {
        let (catalog, event) = (self.catalog, &happened.event);
        let (conditions, now) = (self.cx.conditions, self.cx.now);
        let asked = Asked { catalog, conditions, now, automation, event, memory: &self.memory, chain: &happened.chain };
        let judgement = judge(&asked);
        if judgement.is_not_about {
            self.unsaid.not_about += 1;
            return;
        }
        if let Some((gate, held)) = judgement.holds() {
            let (held, says) = (held.clone(), gate.says.clone());
            return self.hold(automation, happened, held, says, &judgement.parameters);
        }
        self.carry_out(automation, happened, judgement);
    }

    /// Starts a run, or asks people, or notes what would have been done.
    fn carry_out(&mut self, automation: &Automation, happened: &Happened, judgement: Judgement) {
        let Judgement { parameters, blast, needs_approval, .. } = judgement;
        let event = &happened.event;
        let chain = follows(&happened.chain, automation, &event.target);
        let wish = Wish {
            automation,
            case: event.case,
            drill: event.drill,
            version: None,
            parameters: parameters.clone(),
            event: Some(event.kept()),
            why: Why::Automation { automation: automation.name.clone(), event: event.kind },
        };
        let start = match wish.start(self.world, self.catalog, self.cx, self.last, &self.opened) {
            Ok(start) => start,
            Err(refusal) => {
                return self.hold(automation, happened, Held::Refused, Some(refusal.to_string()), &parameters);
            }
        };
        let mut says = Body::new();
        let (acts, mut begun) = (automation.mode == Mode::Live && !event.drill, Vec::new());
        let outcome = if !acts {
            AutomationOutcome::WouldHave { asked: needs_approval }
        } else if let Some(approval) = automation.approval.as_ref().filter(|_| needs_approval) {
            says.insert("event".to_string(), event.kept().to_string());
            AutomationOutcome::AwaitsApproval {
                number: self.memory.get(&automation.name).map_or(0, |state| state.asked) + 1,
                until: self.cx.now + approval.within,
                blast,
                runbook: start.runbook,
                version: start.version,
                requester: happened.person.clone(),
                chain,
            }
        } else {
            begun = start.entries;
            AutomationOutcome::Started { run: start.run, chain }
        };
        self.note(automation, happened, outcome, says, &parameters);
        begun.into_iter().for_each(|entry| self.add(entry));
    }

    /// Notes what held an automation back, unless the same was said about the same target a short while ago.
    fn hold(
        &mut self,
        automation: &Automation,
        happened: &Happened,
        why: Held,
        says: Option<String>,
        parameters: &BTreeMap<String, Value>,
    ) {
        let state = self.memory.get(&automation.name);
        let key = AutomationState::key(happened.event.drill, &happened.event.target);
        let said = state.and_then(|state| state.targets.get(&key)).and_then(|target| target.held.as_ref());
        if said.is_some_and(|(word, at)| word == why.word() && *at + SAID_AGAIN > self.cx.now) {
            self.unsaid.said_before += 1;
            return;
        }
        let says = says.into_iter().map(|says| ("text".to_string(), says)).collect();
        self.note(automation, happened, AutomationOutcome::Held { why }, says, parameters);
    }

    fn note(
        &mut self,
        automation: &Automation,
        happened: &Happened,
        outcome: AutomationOutcome,
        mut body: Body,
        parameters: &BTreeMap<String, Value>,
    ) {
        if !parameters.is_empty() {
            let json = serde_json::to_string(parameters).expect("a map of JSON values is JSON");
            body.insert("parameters".to_string(), json);
        }
        let what = AutomationHappening::Considered { about: happened.about.clone(), outcome };
        let fact = Fact::Automation(AutomationFact { automation: automation.name.clone(), what });
        let (subject, drill) = (happened.event.case, happened.event.drill);
        let entry = Entry::new(self.cx.now, Actor::Hub, fact);
        self.add(Entry { subject, drill, body: Some(body).filter(|body| !body.is_empty()), ..entry });
    }
}

/// A run that an automation wants.
struct Wish<'a> {
    automation: &'a Automation,
    case: Option<CaseId>,
    drill: bool,
    /// The version that people agreed to.
    version: Option<RunbookHash>,
    parameters: BTreeMap<String, Value>,
    /// The event that it follows from, as it is kept with the run.
    event: Option<Value>,
    why: Why,
}

/// A run as it would begin.
struct Start {
    run: RunId,
    runbook: RunbookName,
    version: RunbookHash,
    entries: Vec<Entry>,
}

impl Wish<'_> {
    /// The run as it would begin behind others, or why the rules of runs refuse it.
    fn start(
        self,
        world: &World,
        catalog: &Catalog,
        cx: &Context,
        last: RunId,
        opened: &BTreeMap<CaseId, bool>,
    ) -> Result<Start, Refusal> {
        let request = RunRequest {
            runbook: self.automation.runbook.clone(),
            version: self.version,
            case: self.case,
            drill: self.drill,
            parameters: self.parameters,
            pace: Pace::ByItself,
            undo_on_failure: false,
            dry_run: false,
        };
        let mut desk = Desk::by_hub(world, catalog, cx).behind(last);
        let opens = self.case.and_then(|case| opened.get(&case).copied());
        let run =
            begin(&mut desk, &request, Origin { why: Some(self.why), opens, event: self.event, ..Origin::default() })?;
        let entries = desk.finish(None).entries;
        let version = entries.iter().find_map(|entry| match &entry.fact {
            Fact::Run(part) if part.run == run => match &part.what {
                RunHappening::Started { version, .. } => Some(version.clone()),
                _ => None,
            },
            _ => None,
        });
        let version = version.ok_or(Refusal::NoSuchRun(run))?;
        Ok(Start { run, runbook: request.runbook, version, entries })
    }
}

/// What a run follows from: what the event does, and the automation itself.
fn follows(chain: &[Link], automation: &Automation, target: &str) -> Vec<Link> {
    let own = Link { automation: automation.name.clone(), target: target.into() };
    chain.iter().cloned().chain([own]).collect()
}

/// The last run there is behind entries.
fn last_run(last: RunId, entries: &[Entry]) -> RunId {
    let started = entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Run(part) if matches!(part.what, RunHappening::Started { .. }) => Some(part.run),
        _ => None,
    });
    started.fold(last, RunId::max)
}

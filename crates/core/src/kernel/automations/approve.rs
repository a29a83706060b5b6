//! What people do about automations: agree, decline, halt, let go on.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Wish;
use crate::Context;
use crate::automation::{Approval, Automation, AutomationState, Awaiting, Memory, Mode, used_up};
use crate::kernel::people::{checked_text, not_in_catalog};
use crate::kernel::{Command, Plan, Refusal, text_body};
use crate::name::{AutomationName, PersonName};
use crate::record::{Actor, AutomationFact, AutomationHappening, Body, Entry, Fact, Why};
use crate::runbook::holders;
use crate::world::World;

/// What a person does about an automation.
#[derive(Clone, Debug)]
pub enum AutomationAction {
    /// Agrees to what it asks for.
    Approve {
        /// The number of the question.
        number: u64,
    },
    /// Does not agree to what it asks for.
    Decline {
        /// The number of the question.
        number: u64,
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Halts it.
    Pause {
        /// Why.
        text: String,
    },
    /// Lets it go on, and closes its breaker.
    Resume,
}

/// Does something about an automation on a person's behalf.
pub(in crate::kernel) fn act(
    world: &World,
    command: &Command,
    cx: &Context,
    name: &AutomationName,
    action: &AutomationAction,
) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let state = world.automations().get(name);
    let names = || catalog.automations.iter().map(|known| known.name.as_str());
    let automation = catalog.automations.get(name);
    let automation = automation.ok_or_else(|| not_in_catalog("automation", name.as_str(), names()))?;
    let asking = Asking { world, command, cx, automation, state };
    match action {
        AutomationAction::Approve { number } => asking.approve(*number),
        AutomationAction::Decline { number, text } => {
            let text = text.as_deref().map(checked_text).transpose()?;
            let (awaiting, _) = asking.question(*number)?;
            let body = text.and_then(|text| text_body("text", text));
            let entry = asking.entry(AutomationHappening::Declined { number: *number }, body);
            Ok(plan(Vec::from([about(entry, awaiting)])))
        }
        AutomationAction::Pause { text } => {
            let body = text_body("text", checked_text(text)?);
            if state.is_some_and(|state| state.paused.is_some()) {
                return Err(invalid("automation", format!("one that goes on; {name} is halted already")));
            }
            Ok(plan(Vec::from([asking.entry(AutomationHappening::Paused, body)])))
        }
        AutomationAction::Resume => {
            if !state.is_some_and(|state| state.paused.is_some() || state.open_since.is_some()) {
                return Err(invalid("automation", format!("one that is halted or rests; {name} does neither")));
            }
            Ok(plan(Vec::from([asking.entry(AutomationHappening::Resumed, None)])))
        }
    }
}

struct Asking<'a> {
    world: &'a World,
    command: &'a Command,
    cx: &'a Context,
    automation: &'a Automation,
    state: Option<&'a AutomationState>,
}

impl<'a> Asking<'a> {
    fn approve(&self, number: u64) -> Result<Plan, Refusal> {
        let (awaiting, approval) = self.question(number)?;
        let person = self.person()?;
        if awaiting.requester.as_ref() == Some(person) {
            let expected = format!("somebody else's word: it follows from what {person} did");
            return Err(invalid("approval", expected));
        }
        if awaiting.approved.contains(person) {
            return Err(invalid("approval", format!("somebody else's word: {person} agreed already")));
        }
        self.still_acts(awaiting)?;
        let agreed = self.entry(AutomationHappening::Approved { number }, None);
        let mut entries = Vec::from([about(agreed, awaiting)]);
        let enough = u32::try_from(awaiting.approved.len()).unwrap_or(u32::MAX).saturating_add(1) >= approval.count;
        if enough {
            entries.extend(self.begin(number, awaiting)?);
        }
        Ok(plan(entries))
    }

    /// Begins what people agreed to.
    fn begin(&self, number: u64, awaiting: &Awaiting) -> Result<Vec<Entry>, Refusal> {
        let (world, cx) = (self.world, self.cx);
        let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
        let erased = || invalid("approval", "a question whose values were not erased; wait for the next one".into());
        let wish = Wish {
            automation: self.automation,
            case: awaiting.case,
            drill: false,
            version: Some(awaiting.version.clone()),
            parameters: awaiting.parameters.clone().ok_or_else(erased)?,
            event: awaiting.event.clone(),
            why: Why::Automation { automation: self.automation.name.clone(), event: awaiting.about.event },
        };
        let start = wish.start(world, catalog, cx, world.last_run(), &BTreeMap::new())?;
        let what = AutomationHappening::Began { number, run: start.run };
        let fact = Fact::Automation(AutomationFact { automation: self.automation.name.clone(), what });
        let began = about(Entry::new(cx.now, Actor::Hub, fact), awaiting);
        Ok([began].into_iter().chain(start.entries).collect())
    }

    /// What waits for people, and who they are; the caller is one of them.
    fn question(&self, number: u64) -> Result<(&'a Awaiting, &'a Approval), Refusal> {
        let known = self.state.and_then(|state| state.awaiting.get(&number));
        let open = known.filter(|awaiting| awaiting.until > self.cx.now);
        let (Some(awaiting), Some(approval)) = (open, &self.automation.approval) else {
            let name = &self.automation.name;
            let over = if known.is_some() { "its time is over" } else { "there is none of this number" };
            let expected =
                format!("a question of {name} that waits for people; {over}: `wheelhouse automation show {name}`");
            return Err(invalid("number", expected));
        };
        let person = self.person()?;
        let catalog = self.world.catalog().ok_or(Refusal::NoCatalog)?;
        if !holders(catalog, &approval.role, self.cx.now).contains(person) {
            return Err(Refusal::LacksRole { roles: Vec::from([approval.role.clone()]) });
        }
        Ok((awaiting, approval))
    }

    /// What was true when people were asked must still be: nothing begins that was halted since.
    fn still_acts(&self, awaiting: &Awaiting) -> Result<(), Refusal> {
        let name = &self.automation.name;
        let refuse = |why: &str| Err(invalid("automation", format!("one that acts; {name} {why}")));
        let Some(state) = self.state else { return Ok(()) };
        if self.automation.mode == Mode::Shadow {
            return refuse("is in shadow mode");
        }
        if state.paused.is_some() {
            return refuse("is halted");
        }
        if state.open_since.is_some_and(|since| self.cx.now < since + self.automation.breaker.rest) {
            return refuse("rests, because its last runs went wrong; let it go on first");
        }
        let catalog = self.world.catalog().ok_or(Refusal::NoCatalog)?;
        let memory = Memory::new(self.world.automations());
        match used_up(catalog, self.automation, &memory, &awaiting.about.target, self.cx.now) {
            Some(held) => refuse(&format!("is held back: {held}")),
            None => Ok(()),
        }
    }

    fn person(&self) -> Result<&'a PersonName, Refusal> {
        match &self.command.actor {
            Actor::Person(person) => Ok(person),
            _ => Err(invalid("approval", "a person's word".into())),
        }
    }

    fn entry(&self, what: AutomationHappening, body: Option<Body>) -> Entry {
        let fact = Fact::Automation(AutomationFact { automation: self.automation.name.clone(), what });
        let policies = self.command.policies.clone();
        Entry { policies, body, ..Entry::new(self.cx.now, self.command.actor.clone(), fact) }
    }
}

fn about(entry: Entry, awaiting: &Awaiting) -> Entry {
    Entry { subject: awaiting.case, ..entry }
}

fn plan(entries: Vec<Entry>) -> Plan {
    Plan { case: entries.first().and_then(|entry| entry.subject), entries, ..Plan::default() }
}

fn invalid(field: &'static str, expected: String) -> Refusal {
    Refusal::Invalid { field, expected }
}

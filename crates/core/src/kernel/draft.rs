//! A plan in the making: each fact is folded into a working copy of its case, so that what is
//! decided later in the plan sees what was decided before.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Command, Plan, Refusal};
use crate::Context;
use crate::case::{Case, CaseId, MessageId};
use crate::catalog::Catalog;
use crate::notify::{Message, Purpose, Recipient};
use crate::record::{Actor, Attached, Body, Entry, Fact, Why};
use crate::silence::Silence;
use crate::time::Timestamp;
use crate::world::World;

/// A plan in the making about one case.
pub(crate) struct Draft<'a> {
    pub(crate) world: &'a World,
    pub(crate) catalog: &'a Catalog,
    pub(crate) cx: &'a Context,
    pub(crate) case: Case,
    /// What the case is a symptom of, as it will be once the plan is carried out.
    pub(crate) root: Option<Case>,
    /// What the plan means to other cases.
    beside: Vec<Plan>,
    /// Other cases that are decided on together with this one: what becomes of it means nothing more to them.
    apart: BTreeSet<CaseId>,
    /// The messages that the plan takes back.
    withdrawn: BTreeSet<MessageId>,
    /// The silences that are active once the plan is carried out, where it changes them.
    silences: Option<&'a [Silence]>,
    actor: Actor,
    policies: Vec<String>,
    plan: Plan,
}

impl<'a> Draft<'a> {
    /// Starts a plan of the hub's own about a live case.
    pub(crate) fn by_hub(world: &'a World, cx: &'a Context, case: CaseId) -> Result<Self, Refusal> {
        Self::new(world, cx, case, Actor::Hub, Vec::new())
    }

    /// Starts a plan about a live case on somebody's behalf.
    pub(crate) fn for_command(
        world: &'a World,
        cx: &'a Context,
        case: CaseId,
        command: &Command,
    ) -> Result<Self, Refusal> {
        Self::new(world, cx, case, command.actor.clone(), command.policies.clone())
    }

    fn new(
        world: &'a World,
        cx: &'a Context,
        case: CaseId,
        actor: Actor,
        policies: Vec<String>,
    ) -> Result<Self, Refusal> {
        let case = world.case(case).ok_or(Refusal::NoSuchCase(case))?.clone();
        let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
        let plan = Plan { case: Some(case.id), ..Plan::default() };
        Ok(Self::with(world, catalog, cx, case, (actor, policies), plan))
    }

    /// Starts a plan with the entry that opens its case.
    pub(crate) fn opening(world: &'a World, cx: &'a Context, catalog: &'a Catalog, entry: Entry) -> Option<Self> {
        let id = entry.subject?;
        let case = Case::opened(id, &entry)?;
        let (actor, policies) = (entry.actor.clone(), entry.policies.clone());
        let plan = Plan { case: Some(id), entries: alloc::vec![entry], ..Plan::default() };
        Some(Self::with(world, catalog, cx, case, (actor, policies), plan))
    }

    /// Starts a plan about a case as another plan leaves it.
    pub(crate) fn going_on(world: &'a World, cx: &'a Context, catalog: &'a Catalog, case: Case) -> Self {
        let plan = Plan { case: Some(case.id), ..Plan::default() };
        Self::with(world, catalog, cx, case, (Actor::Hub, Vec::new()), plan)
    }

    fn with(
        world: &'a World,
        catalog: &'a Catalog,
        cx: &'a Context,
        case: Case,
        (actor, policies): (Actor, Vec<String>),
        plan: Plan,
    ) -> Self {
        let (apart, withdrawn) = (BTreeSet::new(), BTreeSet::new());
        let (root, beside, silences) = (None, Vec::new(), None);
        Self { world, catalog, cx, case, root, beside, apart, withdrawn, silences, actor, policies, plan }
    }

    /// The same under another catalog: the one that comes into force with this plan.
    pub(crate) fn under(self, catalog: &'a Catalog) -> Self {
        Self { catalog, ..self }
    }

    /// The same with other silences: those that are active once the plan is carried out.
    pub(crate) fn with_silences(self, silences: &'a [Silence]) -> Self {
        Self { silences: Some(silences), ..self }
    }

    /// The same in a plan that decides on these cases, each by itself.
    pub(crate) fn together_with(self, cases: &BTreeSet<CaseId>) -> Self {
        Self { apart: cases.clone(), ..self }
    }

    /// The messages of the case that are under way and that the plan has not taken back.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &'a Message> {
        self.world.messages_of(self.case.id).filter(|message| !self.withdrawn.contains(&message.id))
    }

    /// The silences that are active once the plan is carried out.
    pub(crate) fn silences(&self) -> Vec<Silence> {
        self.silences.map_or_else(|| self.world.silences().active().cloned().collect(), <[Silence]>::to_vec)
    }

    /// Starts a plan about another live case that this one has consequences for.
    pub(crate) fn beside(&self, case: CaseId) -> Result<Self, Refusal> {
        Ok(Self { silences: self.silences, ..Self::by_hub(self.world, self.cx, case)? })
    }

    /// Adds what the plan means to another case.
    pub(crate) fn add(&mut self, plan: Plan) {
        self.beside.push(plan);
    }

    /// What the case is a symptom of.
    pub(crate) fn root(&self) -> Option<&Case> {
        let symptom = self.case.symptom?;
        self.root.as_ref().filter(|root| root.id == symptom.root).or_else(|| self.world.case(symptom.root))
    }

    /// Who the plan is for.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Adds what the actor does.
    pub(crate) fn act(&mut self, fact: Fact, why: Option<Why>, body: Option<Body>) {
        self.push(fact, why, body, self.actor.clone(), self.policies.clone());
    }

    /// Adds what the actor does, with what the world or a table needs beside the entry.
    pub(crate) fn act_attaching(&mut self, fact: Fact, body: Option<Body>, attached: Attached) {
        self.act(fact, None, body);
        if let Some(entry) = self.plan.entries.last_mut() {
            entry.attached = attached;
        }
    }

    /// Adds what the hub does in consequence.
    pub(crate) fn follow(&mut self, fact: Fact, why: Why) {
        self.push(fact, Some(why), None, Actor::Hub, Vec::new());
    }

    /// Adds what the hub notes, with erasable texts.
    pub(crate) fn note(&mut self, fact: Fact, why: Option<Why>, body: Option<Body>) {
        self.push(fact, why, body, Actor::Hub, Vec::new());
    }

    /// Adds an entry about a signal of the case, and counts it.
    pub(crate) fn attach(&mut self, entry: Entry) {
        if let Fact::Signal(change) = &entry.fact {
            self.case.tally(&change.tally());
        }
        self.plan.entries.push(entry);
    }

    /// Decides a message that goes out at once.
    pub(crate) fn queue(&mut self, recipient: Recipient, purpose: Purpose, why: Why) -> MessageId {
        self.queue_at(recipient, purpose, why, None)
    }

    /// Decides a message that is held back until an instant, if one is given.
    pub(crate) fn queue_at(
        &mut self,
        recipient: Recipient,
        purpose: Purpose,
        why: Why,
        not_before: Option<Timestamp>,
    ) -> MessageId {
        let message = MessageId { case: self.case.id, number: self.case.messages + 1 };
        self.follow(Fact::MessageQueued { message, recipient, purpose, not_before }, why);
        message
    }

    /// The finished plan, with what it means to other cases.
    pub(crate) fn finish(mut self) -> Plan {
        let moved = self.beside.iter().flat_map(|plan| &plan.entries);
        let moved = moved.filter(|entry| matches!(entry.fact, Fact::SymptomSet { .. }));
        self.apart.extend(moved.filter_map(|entry| entry.subject));
        let followers = super::followers::follow(&self, &self.apart);
        for other in self.beside.into_iter().chain(followers) {
            self.plan.entries.extend(other.entries);
        }
        self.plan
    }

    /// The finished plan of a case beside the plan's own, whose followers know already.
    pub(crate) fn finish_alone(self) -> Plan {
        self.plan
    }

    fn push(&mut self, fact: Fact, why: Option<Why>, body: Option<Body>, actor: Actor, policies: Vec<String>) {
        let entry = Entry {
            at: self.cx.now,
            actor,
            policies,
            subject: Some(self.case.id),
            drill: self.case.drill,
            fact,
            why,
            body,
            attached: Attached::Nothing,
        };
        if let Fact::MessageWithdrawn { message, .. } = &entry.fact {
            self.withdrawn.insert(*message);
        }
        self.case.apply(&entry);
        self.plan.entries.push(entry);
    }
}

/// A body of one field.
pub(crate) fn text_body(field: &str, text: &str) -> Option<Body> {
    Some(Body::from([(field.to_string(), text.to_string())]))
}

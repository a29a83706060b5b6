//! Plays a scenario: the shell's part, with a clock that the story sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::Context;
use wheelhouse_core::case::{Link, Urgency};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, Missed, Report, What};
use wheelhouse_core::notify::MessageState;
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{advance, decide, needs, next_due, route};
use wheelhouse_wire::expression::CEL;

use super::delivery::{Channels, View};
use super::describe::named;
use super::file::{HubStep, Length, Scenario, Step, Told};
use super::transcript::{Transcript, clock};
use super::{around, automations, machines, runs};
use crate::hub::{Fold, Hub};

/// How long after a start the doors are ready.
const DOORS_TAKE: Duration = Duration::from_seconds(10);

/// Plays a scenario with the catalogs that `load` finds by the name of their folder; gives the
/// transcript, and what was left over against the scenario's word.
///
/// Says what is wrong with the scenario where it cannot be played.
pub fn play(
    scenario: &Scenario,
    load: impl Fn(&str) -> Result<Arc<Catalog>, String>,
) -> Result<(String, Vec<String>), String> {
    let start = scenario.start.0;
    let transcript = Transcript::new(&scenario.title);
    let mut stage = Stage {
        scenario,
        hub: Hub::default(),
        fold: Fold::default(),
        channels: Channels::default(),
        transcript,
        now: start,
        jumped: Duration::ZERO,
        up: true,
        doors_at: None,
    };
    stage.command(hub_does(What::Adopt {
        catalog: load("catalog")?,
        time_zones: "bundled".into(),
        change: CatalogChange::default(),
    }))?;
    stage.command(hub_does(What::DoorsReady))?;
    let mut last = Length::default();
    for step in &scenario.steps {
        stage.go_to(start + step.at.0)?;
        stage.step(step, &load)?;
        last = step.at;
    }
    stage.go_to(start + scenario.until.unwrap_or(last).0)?;
    Ok(stage.finish())
}

struct Stage<'s> {
    scenario: &'s Scenario,
    hub: Hub,
    fold: Fold,
    channels: Channels,
    transcript: Transcript,
    now: Timestamp,
    jumped: Duration,
    up: bool,
    doors_at: Option<Timestamp>,
}

impl Stage<'_> {
    /// Lets everything happen that happens by itself until `story`, which is without jumps.
    fn go_to(&mut self, story: Timestamp) -> Result<(), String> {
        let target = story + self.jumped;
        loop {
            let due = next_due(&self.hub.world).map(|(at, _)| at);
            let claim = self.channels.next_claim(self.view());
            let own = [due, claim, self.channels.next(), self.doors_at];
            let next = own.into_iter().flatten().min().filter(|_| self.up);
            let Some(next) = next.filter(|next| *next <= target) else { break };
            self.now = self.now.max(next);
            self.happen()?;
        }
        self.now = self.now.max(target);
        Ok(())
    }

    /// Everything that is due now: answers first, then timers, then the doors, then new attempts.
    fn happen(&mut self) -> Result<(), String> {
        while let Some((message, answer)) = self.channels.take(self.now) {
            let (contact, outcome, repeated) = (answer.contact, answer.outcome, answer.repeated);
            self.command(hub_does(What::Attempted { message, contact, repeated, outcome }))?;
        }
        self.due()?;
        while let Some(work) = machines::next(&self.hub.world, self.now) {
            self.command(hub_does(What::RunWork(Box::new(work))))?;
        }
        if self.doors_at.is_some_and(|at| at <= self.now) {
            self.doors_at = None;
            self.command(hub_does(What::DoorsReady))?;
        }
        self.claim();
        Ok(())
    }

    fn due(&mut self) -> Result<(), String> {
        loop {
            let plan = advance(&self.hub.world, 16, &Context::new(self.now, &CEL));
            if plan.is_empty() {
                return Ok(());
            }
            self.hub.apply(plan.entries);
            self.commit()?;
        }
    }

    fn claim(&mut self) {
        let elapsed = self.elapsed();
        let view = View { world: &self.hub.world, rules: &self.scenario.delivery, now: self.now, elapsed };
        for (message, until) in self.channels.claim(view) {
            let what = named(message, &self.hub.tables);
            let words = format!("---    {what} waits: that channel fails and is left alone until {}", clock(until));
            self.transcript.say(self.now, &words);
        }
    }

    fn view(&self) -> View<'_> {
        let (world, rules) = (&self.hub.world, self.scenario.delivery.as_slice());
        View { world, rules, now: self.now, elapsed: self.elapsed() }
    }

    /// The story's time, which no jump of the clock moves.
    fn elapsed(&self) -> Duration {
        self.now.since(self.scenario.start.0 + self.jumped)
    }

    fn step(&mut self, step: &Step, load: &impl Fn(&str) -> Result<Arc<Catalog>, String>) -> Result<(), String> {
        if let Some(state) = step.hub {
            return self.switch(state);
        }
        if let Some(jump) = step.clock {
            self.transcript.say(self.now, &format!("---    the clock jumps ahead by {jump}"));
            self.now = self.now + jump.0;
            self.jumped = self.jumped + jump.0;
            self.channels.shift(jump.0);
            return self.command(hub_does(What::DoorsReady)).and_then(|()| self.happen());
        }
        if !self.up {
            let again = step.signal.as_ref().is_some_and(|told| told.every.is_some());
            if !again {
                self.transcript.say(self.now, "---    nobody answers: the hub is down");
            }
            return Ok(());
        }
        self.due()?;
        if let Some(attempt) = &step.attempt {
            self.command(machines::lease()?)?;
            let leased = machines::leased(&self.hub.world);
            let leased = leased.ok_or_else(|| format!("the step at {}: no step waits for a runner", step.at))?;
            self.command(machines::ended(leased, attempt)?)?;
            return self.happen();
        }
        let command = if let Some(name) = &step.catalog {
            self.transcript.say(self.now, &format!("---    the catalog becomes `{name}`"));
            hub_does(What::Adopt {
                catalog: load(name)?,
                time_zones: "bundled".into(),
                change: CatalogChange::default(),
            })
        } else if let Some(told) = &step.signal {
            self.signal(told)?
        } else if let Some(command) = around::command(step, &self.hub.world, self.now) {
            command?
        } else if let Some(command) = automations::command(step, &self.hub.world) {
            command?
        } else {
            person_does(step, &self.hub.tables.runs, self.now)?
        };
        self.command(command)?;
        self.happen()
    }

    fn switch(&mut self, state: HubStep) -> Result<(), String> {
        match state {
            HubStep::Down => {
                self.transcript.say(self.now, "---    the hub goes down");
                self.up = false;
                self.channels.lose();
                Ok(())
            }
            HubStep::Up => {
                self.transcript.say(self.now, "---    the hub starts from its tables");
                self.up = true;
                self.doors_at = Some(self.now + DOORS_TAKE);
                self.hub.restart(self.now)?;
                self.happen()
            }
        }
    }

    fn signal(&self, told: &Told) -> Result<Command, String> {
        let urgency = told.labels.get("severity").map_or(Urgency::Error, |word| Urgency::from_word(word));
        let until = told.holds.map(|holds| self.now + holds.0);
        let status = if told.resolved { Status::Resolved { at: self.now } } else { Status::Firing { until } };
        let signal = Signal {
            source: told.source.clone(),
            adapter: Adapter::Alertmanager,
            drill: told.drill,
            labels: told.labels.iter().collect(),
            annotations: told.annotations.iter().collect(),
            url: "".into(),
            urgency,
            started_at: self.now,
            status,
        };
        let catalog = self.hub.world.catalog().ok_or("there is no catalog")?;
        let routing = route(catalog, &signal);
        let actor = Actor::Source(told.source.clone());
        let what = What::Signal { routing, signal: Arc::new(signal) };
        Ok(Command { actor, policies: Vec::new(), judged_under: None, what })
    }

    fn command(&mut self, command: Command) -> Result<(), String> {
        for id in needs(&self.hub.world, &command).cases {
            if let Some((case, messages)) = self.hub.tables.load(id) {
                self.hub.world.take_in(case, messages);
            }
        }
        match decide(&self.hub.world, &command, &Context::new(self.now, &CEL)) {
            Ok(plan) => {
                self.hub.apply(plan.entries);
                self.commit()
            }
            Err(refusal) => {
                self.transcript.say(self.now, &format!("---    {} is refused: {refusal}", command.actor));
                Ok(())
            }
        }
    }

    fn commit(&mut self) -> Result<(), String> {
        if self.hub.is_clean() {
            return Ok(());
        }
        let entries = self.hub.commit(self.now);
        self.transcript.commit(&entries, &self.hub.tables);
        self.fold.follow(&self.hub)?;
        self.fold.difference(&self.hub.tables).map_or(Ok(()), Err)
    }

    /// Closes the transcript with how each case stands, and says what was left over.
    fn finish(mut self) -> (String, Vec<String>) {
        self.transcript.end("\nin the end");
        let mut left = BTreeSet::new();
        let cases: Vec<_> = self.hub.tables.cases.values().cloned().collect();
        for case in &cases {
            let (state, severity) = (case.state.as_str(), case.severity);
            let reopened = match case.reopened {
                0 => String::new(),
                1 => ", reopened once".into(),
                times => format!(", reopened {times} times"),
            };
            let line = format!(
                "{:<6} {state}, {severity}, {} of {} signals firing, {} messages{reopened}",
                case.id, case.firing, case.members, case.messages
            );
            self.transcript.end(&line);
            if !case.state.is_resolved() {
                left.insert(case.id.to_string());
            }
        }
        for run in self.hub.tables.runs.values() {
            self.transcript.end(&runs::in_the_end(run));
            if run.ended.is_none() {
                left.insert(run.id.to_string());
            }
        }
        let under_way = self.hub.tables.messages.values().filter(|row| row.state == MessageState::Queued);
        left.extend(under_way.map(|row| row.id.to_string()));
        let allowed: BTreeSet<String> = self.scenario.leaves.iter().cloned().collect();
        let over = left.difference(&allowed).map(|what| format!("{what} is left over; `leaves:` does not name it"));
        let missing = allowed.difference(&left).map(|what| format!("`leaves:` names {what}, which is not left over"));
        (self.transcript.finish(), over.chain(missing).collect())
    }
}

fn hub_does(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}

fn person_does(step: &Step, runs: &BTreeMap<RunId, Run>, now: Timestamp) -> Result<Command, String> {
    let by = step.by.clone().ok_or_else(|| format!("the step at {} needs `by:`, or does nothing", step.at))?;
    if let Some(what) = runs::what(step, runs) {
        return Ok(Command { actor: Actor::Person(by), policies: Vec::new(), judged_under: None, what: what? });
    }
    let what = match (&step.report, case_action(step, now)) {
        (Some(report), _) => What::Report(Box::new(Report {
            title: report.title.clone(),
            text: report.text.clone(),
            service: report.service.clone(),
            severity: report.severity,
            drill: report.drill,
        })),
        (None, Some((case, action))) => What::Case { case, revision: None, action },
        (None, None) => return Err(format!("the step at {} does not say what {by} does", step.at)),
    };
    Ok(Command { actor: Actor::Person(by), policies: Vec::new(), judged_under: None, what })
}

fn case_action(step: &Step, now: Timestamp) -> Option<(wheelhouse_core::case::CaseId, CaseAction)> {
    let ago = |ago: Option<Length>| ago.map(|ago| now - ago.0);
    if let Some(case) = step.ack {
        return Some((case, CaseAction::Acknowledge));
    }
    if let Some(note) = &step.note {
        return Some((note.case, CaseAction::Note(note.text.clone())));
    }
    if let Some(severity) = &step.severity {
        return Some((severity.case, CaseAction::SetSeverity(severity.to)));
    }
    if let Some(assign) = &step.assign {
        let action = match &assign.team {
            Some(team) => CaseAction::AssignTeam(team.clone(), assign.service.clone()),
            None => CaseAction::Assign(assign.person.clone()),
        };
        return Some((assign.case, action));
    }
    if let Some(role) = &step.role {
        return Some((role.case, CaseAction::SetRole(role.role, role.person.clone())));
    }
    if let Some(page) = &step.page {
        return Some((page.case, CaseAction::Page(page.target()?)));
    }
    if let Some(update) = &step.update {
        return Some((update.case, CaseAction::Update(update.text.clone())));
    }
    if let Some(end) = &step.mitigate {
        return Some((end.case, CaseAction::Mitigate(ago(end.ago))));
    }
    if let Some(end) = &step.resolve {
        return Some((end.case, CaseAction::Resolve { at: ago(end.ago), text: end.text.clone() }));
    }
    if let Some(end) = &step.reopen {
        return Some((end.case, CaseAction::Reopen(end.text.clone())));
    }
    if let Some(missed) = &step.missed {
        let (service, text) = (missed.service.clone(), missed.text.clone());
        let said = Missed { recipient: missed.recipient()?, service, text };
        return Some((missed.case, CaseAction::Missed(Box::new(said))));
    }
    let (link, make): (_, fn(Link) -> CaseAction) = match (&step.link, &step.unlink) {
        (Some(link), _) => (link, CaseAction::Link),
        (None, unlink) => (unlink.as_ref()?, CaseAction::Unlink),
    };
    let (relation, case, url) = (link.relation, link.to, link.url.clone());
    Some((link.case, make(Link { relation, case, url })))
}

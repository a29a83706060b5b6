//! Signals: deduplication, grouping, opening, reopening.

use alloc::sync::Arc;

use super::{
    Command, Draft, Plan, Refusal, Report, changes, flapping, newcomers, resolve, silences, symptoms, text_body,
};
use crate::Context;
use crate::case::{Case, CaseKind, Severity, SeveritySetBy, Urgency};
use crate::catalog::Catalog;
use crate::escalation;
use crate::name::SourceName;
use crate::notify::Stage;
use crate::record::{Attached, Body, Entry, Fact, SignalChange, Why};
use crate::signal::{Adapter, Group, Pairs, Routing, Signal, SignalNumber, Status, Verdict, route};
use crate::time::Timestamp;
use crate::world::World;

/// The source of people's reports; no catalog may define one of this name.
pub const REPORTS: &str = "reports";

/// The longest title, in bytes.
const LONGEST_TITLE: usize = 300;
/// The longest text, in bytes.
pub(super) const LONGEST_TEXT: usize = 20_000;

/// Takes in one signal that a source told.
pub(super) fn take_in(
    world: &World,
    command: &Command,
    cx: &Context,
    routing: &Routing,
    signal: &Arc<Signal>,
) -> Result<Plan, Refusal> {
    let entry = |change| signal_entry(command, cx, signal, change);
    match (world.signals().find(routing.identity_hash, signal), signal.status) {
        (Some((number, active)), Status::Firing { until }) => {
            Ok(plain(entry(SignalChange::Repeated { number, case: active.case, until })))
        }
        (Some((number, active)), Status::Resolved { at }) => {
            let ended = entry(SignalChange::Resolved { number, case: active.case, ended_at: at.min(cx.now) });
            // A signal that is silenced belongs to no case.
            let Some(case) = active.case else { return Ok(plain(ended)) };
            let is_last =
                world.case(case).is_some_and(|case| case.auto_resolve && case.firing == 1 && !case.state.is_resolved());
            if !is_last && silences::holds_now(world, case, &[number]) {
                let mut draft = Draft::for_command(world, cx, case, command)?;
                draft.attach(ended);
                silences::hold_case(&mut draft, &[number]);
                return Ok(draft.finish());
            }
            if !is_last {
                return Ok(plain(ended));
            }
            let mut draft = Draft::for_command(world, cx, case, command)?;
            draft.attach(ended);
            if draft.case.flapping.is_some() {
                flapping::pauses(&mut draft);
            } else {
                resolve::by_itself(&mut draft, cx.now, Why::AllClear);
            }
            Ok(draft.finish())
        }
        (None, Status::Resolved { .. }) => Ok(plain(entry(SignalChange::Ignored))),
        (None, Status::Firing { until }) => match &routing.verdict {
            Verdict::Drop { .. } => Ok(plain(entry(SignalChange::Dropped))),
            Verdict::Incident { .. } => {
                let number = world.next_signal();
                let identity_hash = routing.identity_hash;
                if let Some(silence) = world.silences().covering(signal).next().map(|silence| silence.id) {
                    return Ok(plain(entry(SignalChange::Silenced { number, identity_hash, silence, until })));
                }
                Ok(join(world, command, cx, routing, signal, number, until)?)
            }
        },
    }
}

/// Takes a person's report as a signal, by the same rules as an alert.
pub(super) fn report(world: &World, command: &Command, cx: &Context, report: &Report) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    validate(catalog, report)?;
    let number = world.next_signal();
    let labels = [("report", alloc::format!("{}", number.0))];
    let service = report.service.as_ref().map(|service| ("service", alloc::string::String::from(service.as_str())));
    let signal = Arc::new(Signal {
        source: SourceName::new(REPORTS).expect("`reports` is a name"),
        adapter: Adapter::Report,
        drill: report.drill,
        labels: labels.into_iter().chain(service).collect(),
        annotations: [("summary", Some(report.title.as_str())), ("description", report.text.as_deref())]
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)))
            .collect::<Pairs>(),
        url: "".into(),
        urgency: Urgency::Error,
        started_at: cx.now,
        status: Status::Firing { until: None },
    });
    let mut routing = route(catalog, &signal);
    if let Verdict::Incident { group, severity, service, .. } = &mut routing.verdict {
        *severity = report.severity.unwrap_or(*severity);
        if service.is_none() {
            *group = Group::Report(number.0);
        }
    }
    if let Verdict::Drop { .. } = routing.verdict {
        return Err(Refusal::Invalid { field: "title", expected: "a report that no rule drops".into() });
    }
    join(world, command, cx, &routing, &signal, number, None)
}

fn validate(catalog: &Catalog, report: &Report) -> Result<(), Refusal> {
    let title = report.title.trim();
    if title.is_empty() || title.len() > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(Refusal::Invalid {
            field: "title",
            expected: alloc::format!("one line of 1 to {LONGEST_TITLE} bytes"),
        });
    }
    if report.text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT) {
        return Err(Refusal::Invalid { field: "text", expected: alloc::format!("at most {LONGEST_TEXT} bytes") });
    }
    match &report.service {
        Some(name) if !catalog.services.contains_key(name) => Err(super::people::not_in_catalog(
            "service",
            name.as_str(),
            catalog.services.keys().map(|name| name.as_str()),
        )),
        _ => Ok(()),
    }
}

/// Joins a signal first seen to the case of its group, opening or reopening one where needed.
pub(super) fn join(
    world: &World,
    command: &Command,
    cx: &Context,
    routing: &Routing,
    signal: &Arc<Signal>,
    number: SignalNumber,
    until: Option<crate::time::Timestamp>,
) -> Result<Plan, Refusal> {
    let Verdict::Incident { group, severity, .. } = &routing.verdict else {
        return Ok(Plan::default());
    };
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let joined = |case: &Case| {
        // One that fires already was held back by a silence until now.
        let change = match world.signals().get(number) {
            Some(_) => SignalChange::Released { number, case: case.id },
            None => SignalChange::Joined { number, identity_hash: routing.identity_hash, case: case.id, until },
        };
        signal_entry(command, cx, signal, change)
    };
    // Nobody could tell what one is about whose texts were erased: what fires again is a case of its own.
    let known = world.case_of_group(signal.drill, group).filter(|case| case.erased.is_none()).filter(|case| {
        let over_since = case.state.is_resolved().then(|| case.resolved_entry_at());
        let reopen_within = catalog.organization.reopen_within;
        // A case that is to be looked at again still fires: it would be opened beside a new one.
        case.recheck_at.is_some() || over_since.is_none_or(|at| cx.now.since(at) <= reopen_within)
    });
    if known.is_none()
        && let Some(rest) = newcomers::rest(world, signal.drill, group)
    {
        let mut routing = routing.clone();
        if let Verdict::Incident { group, .. } = &mut routing.verdict {
            *group = rest;
        }
        return join(world, command, cx, &routing, signal, number, until);
    }
    match known {
        Some(case) if case.state.is_resolved() => {
            let mut draft = Draft::for_command(world, cx, case.id, command)?;
            let after = cx.now.since(case.resolved_entry_at());
            draft.note(Fact::CaseReopened, Some(Why::FiredAgain { after }), None);
            draft.attach(joined(case));
            note_report(&mut draft, signal);
            raise(&mut draft, *severity, false);
            let stage = flapping::recognise(&mut draft);
            symptoms::start(&mut draft, stage);
            Ok(draft.finish())
        }
        Some(case) if case.silenced.is_some() => {
            let mut draft = Draft::for_command(world, cx, case.id, command)?;
            draft.attach(joined(case));
            note_report(&mut draft, signal);
            joined_silenced(&mut draft, *severity);
            Ok(draft.finish())
        }
        Some(case) if severity < &case.severity && case.severity_set_by == SeveritySetBy::Signals => {
            let mut draft = Draft::for_command(world, cx, case.id, command)?;
            draft.attach(joined(case));
            note_report(&mut draft, signal);
            flapping::stirs(&mut draft);
            raise(&mut draft, *severity, true);
            newcomers::joined(&mut draft);
            Ok(draft.finish())
        }
        Some(case) if signal.adapter == Adapter::Report || newcomers::matters(world, case) => {
            let mut draft = Draft::for_command(world, cx, case.id, command)?;
            draft.attach(joined(case));
            note_report(&mut draft, signal);
            flapping::stirs(&mut draft);
            newcomers::joined(&mut draft);
            Ok(draft.finish())
        }
        Some(case) => Ok(plain(joined(case))),
        None => Ok(open(world, command, cx, catalog, routing, signal, joined)),
    }
}

/// Pages for a silenced case again, because a signal fires that no silence covers.
fn joined_silenced(draft: &mut Draft<'_>, severity: Severity) {
    flapping::stirs(draft);
    silences::lift(draft);
    // A worse signal starts to page as well.
    if !raise(draft, severity, true) {
        escalation::begin_unsilenced(draft, Stage::Reopened);
    }
}

/// Raises the severity to that of a worse signal, unless a person has set it; says whether it did.
fn raise(draft: &mut Draft<'_>, severity: Severity, announce: bool) -> bool {
    let raises = severity < draft.case.severity && draft.case.severity_set_by == SeveritySetBy::Signals;
    if raises {
        let from = draft.case.severity;
        draft.note(Fact::SeverityChanged { from, to: severity }, Some(Why::WorseSignal { severity }), None);
        if announce {
            symptoms::severity_changed(draft);
        }
    }
    raises
}

fn open(
    world: &World,
    command: &Command,
    cx: &Context,
    catalog: &Catalog,
    routing: &Routing,
    signal: &Arc<Signal>,
    joined: impl Fn(&Case) -> Entry,
) -> Plan {
    let Verdict::Incident { group, service, team, severity, rule, resolve } = &routing.verdict else {
        return Plan::default();
    };
    let reported = matches!(signal.adapter, Adapter::Report);
    let title = match service {
        Some(service) if !reported => alloc::format!("{service}: {}", signal.summary()),
        _ => newcomers::title(group, signal),
    };
    let mut body = Body::from([("title".into(), clipped(&title))]);
    if let Some(text) = signal.annotations.get("description") {
        body.insert("text".into(), text.into());
    }
    let entry = Entry {
        at: cx.now,
        actor: command.actor.clone(),
        policies: command.policies.clone(),
        subject: Some(world.next_case(CaseKind::Incident)),
        drill: signal.drill,
        fact: Fact::CaseOpened {
            severity: *severity,
            service: service.clone(),
            team: team.clone(),
            group: group.clone(),
            rule: rule.clone(),
            // A sender without a clock says the year 1: no trouble began before there were computers.
            detected_at: if signal.started_at < Timestamp::EPOCH { cx.now } else { signal.started_at.min(cx.now) },
            auto_resolve: *resolve && !reported,
            reported,
        },
        why: Some(if reported {
            Why::Reported
        } else {
            Why::Signal { source: signal.source.clone(), rule: rule.clone(), service: service.clone() }
        }),
        body: Some(body),
        attached: Attached::Nothing,
    };
    let Some(mut draft) = Draft::opening(world, cx, catalog, entry) else {
        return Plan::default();
    };
    let joined = joined(&draft.case);
    draft.attach(joined);
    changes::note_change_before(&mut draft);
    symptoms::start(&mut draft, Stage::Opened);
    draft.finish()
}

/// Notes on a case what a person's report of the known trouble says.
fn note_report(draft: &mut Draft<'_>, signal: &Signal) {
    let Some(title) = signal.annotations.get("summary").filter(|_| signal.adapter == Adapter::Report) else { return };
    let text = signal.annotations.get("description");
    let text = text.map_or_else(|| title.into(), |text| alloc::format!("{title}\n\n{text}"));
    draft.act(Fact::Noted, Some(Why::Reported), text_body("text", &text));
}

fn signal_entry(command: &Command, cx: &Context, signal: &Arc<Signal>, change: SignalChange) -> Entry {
    Entry::of_signal(cx.now, command.actor.clone(), change, signal.clone())
}

fn plain(entry: Entry) -> Plan {
    let case = match &entry.fact {
        Fact::Signal(change) => change.case(),
        _ => None,
    };
    Plan { entries: alloc::vec![entry], case, ..Plan::default() }
}

fn clipped(title: &str) -> alloc::string::String {
    let line: alloc::string::String =
        title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TITLE).collect();
    line.trim().into()
}

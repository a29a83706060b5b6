//! Automations, held against the rest of the catalog.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::super::draft::{Document, Drafts};
use super::super::finding::{Code, Finding, Level};
use super::super::known::nearest;
use super::super::limits;
use super::super::place::{At, Place};
use super::names::{Names, listed};
use super::{runbooks, values};
use crate::automation::{
    ASKED_FOR, Above, Approval, ApprovalDraft, Automation, AutomationDraft, Automations, Breaker, COOLDOWN,
    DEEPEST_CHAIN, Limits, MOST, MOST_STARTS, Mode, REST, WITHIN, Window,
};
use crate::catalog::Kind;
use crate::name::AutomationName;
use crate::runbook::{Runbook, RunbookDraft};
use crate::time::Duration;

const DEFAULT_LIMITS: Limits = Limits { target: 3, all: 10, within: Duration::from_hours(1) };
const DEFAULT_BREAKER: Breaker = Breaker { failures: 3, rest: Duration::from_hours(1) };
const DEFAULT_COOLDOWN: Duration = Duration::from_hours(1);
const DEFAULT_ASKED_FOR: Duration = Duration::from_minutes(30);
/// The most runs in a row that may go wrong, and the most people that must agree.
const MOST_FAILURES: u32 = 100;
const MOST_PEOPLE: u32 = 10;

/// Checks every automation. `whole` says that the documents are all there is.
pub fn check(drafts: &Drafts, names: &Names<'_>, whole: bool, findings: &mut Vec<Finding>) {
    if let Some(excess) = drafts.automations.get(MOST) {
        let message = format!("more than {MOST} automations");
        let help = "let one automation be about more, by a wider pattern";
        findings.push(Finding::error(Code::TooMany, excess.name.place, message).help(help));
        return;
    }
    for document in &drafts.automations {
        let says = &document.body;
        names.resolve(Kind::Team, says.team.value.as_str(), says.team.place, findings);
        values::check_summary(says.summary.as_ref(), findings);
        findings.extend(impossible(document));
        numbers(says, findings);
        findings.extend(cooldown(document));
        if let Some(zone) = &says.time_zone {
            values::check_zone(zone, findings);
        }
        if let Some(approval) = &says.approval {
            self::approval(drafts, names, approval, findings);
        }
        let meant = &says.runbook.value;
        let found = find(&drafts.runbooks, meant).or_else(|help| {
            // What the rest of the catalog calls this repository, nobody knows who checks it alone.
            let stem = meant.rsplit('/').next().filter(|_| !whole);
            stem.and_then(|stem| find(&drafts.runbooks, stem).ok()).ok_or(help)
        });
        match found {
            Ok(runbook) => parameters(says, runbook, findings),
            Err(help) => findings.push(unknown(&says.runbook, help, whole)),
        }
    }
}

/// The automations that drafts make; `None` if they did not pass the checks after all.
pub fn build(documents: Vec<Document<AutomationDraft>>, runbooks: &[RunbookDraft]) -> Option<Automations> {
    documents.into_iter().map(|document| automation(document, runbooks)).collect()
}

fn automation(document: Document<AutomationDraft>, runbooks: &[RunbookDraft]) -> Option<Automation> {
    let says = document.body;
    let length = |at: Option<At<Duration>>, default| at.map_or(default, |at| at.value);
    let number = |at: Option<At<u32>>, default| at.map_or(default, |at| at.value);
    let all = number(says.limits.all, DEFAULT_LIMITS.all);
    let zone = says.time_zone.map_or(Some(TimeZone::UTC), |zone| values::zone(&zone.value))?;
    let window = |at: At<crate::automation::WindowDraft>| Window {
        days: at.value.days.into_iter().collect(),
        from: at.value.from,
        until: at.value.until,
    };
    let approval = |at: At<ApprovalDraft>| {
        let says = at.value;
        let tier = says.tier.map(|tier| u8::try_from(tier.value)).transpose().ok()?;
        let above = Above { services: says.services.map(|services| services.value), tier };
        Some(Approval {
            above: says.above.then_some(above),
            role: says.role.value,
            count: number(says.count, 1),
            within: length(says.within, DEFAULT_ASKED_FOR),
        })
    };
    Some(Automation {
        name: AutomationName::new(&document.name.value).ok()?,
        team: says.team.value,
        summary: says.summary.map(|summary| summary.value),
        mode: says.mode,
        when: says.when.value,
        condition: says.condition.map(|condition| condition.value),
        runbook: find(runbooks, &says.runbook.value).ok()?.name.clone(),
        with: says.with.into_iter().map(|(name, value)| (name, value.value)).collect(),
        from: says.from.into_iter().map(|(name, text)| (name, text.value)).collect(),
        cooldown: length(says.cooldown, DEFAULT_COOLDOWN),
        limits: Limits {
            target: number(says.limits.target, DEFAULT_LIMITS.target.min(all)),
            all,
            within: length(says.limits.within, DEFAULT_LIMITS.within),
        },
        breaker: Breaker {
            failures: number(says.failures, DEFAULT_BREAKER.failures),
            rest: length(says.rest, DEFAULT_BREAKER.rest),
        },
        chain: number(says.chain, DEEPEST_CHAIN),
        windows: says.windows.into_iter().map(window).collect(),
        time_zone: zone,
        approval: says.approval.map(approval).map_or(Some(None), |approval| approval.map(Some))?,
        controls: says.controls.into_iter().map(|control| control.value).collect(),
    })
}

/// The runbook of a name, or of a stem that only one has; else what to do about it.
fn find<'r>(runbooks: &'r [RunbookDraft], text: &str) -> Result<&'r Runbook, String> {
    let is_meant = |draft: &&RunbookDraft| match text.contains('/') {
        true => draft.runbook.name.to_string() == text,
        false => draft.runbook.name.stem() == text,
    };
    let mut fitting = runbooks.iter().filter(is_meant).map(|draft| &draft.runbook);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(format!("say which: `{}` or `{}`", one.name, other.name)),
        (None, _) => {
            let names: Vec<String> = runbooks.iter().map(|draft| draft.runbook.name.to_string()).collect();
            let stems = runbooks.iter().map(|draft| draft.runbook.name.stem());
            let meant = nearest(text, names.iter().map(String::as_str).chain(stems));
            let advice = "write it: a Markdown file with steps below a folder `runbooks`".to_string();
            Err(meant.map_or(advice, |meant| format!("did you mean `{meant}`?")))
        }
    }
}

fn unknown(name: &At<String>, help: String, whole: bool) -> Finding {
    let shown = values::shown(&name.value);
    let (level, message) = match whole {
        true => (Level::Error, format!("runbook `{shown}` does not exist")),
        false => (Level::Warning, format!("runbook `{shown}` is not defined here")),
    };
    let finding = Finding { level, ..Finding::error(Code::Unresolved, name.place, message) };
    finding.label("no runbook has this name").help(help)
}

fn parameters(says: &AutomationDraft, runbook: &Runbook, findings: &mut Vec<Finding>) {
    let place = says.runbook.place;
    if runbook.steps.is_empty() {
        let message = format!("runbook `{}` has no steps", runbook.name);
        let help = "write them as a numbered list, a task list, or fences marked as steps";
        findings.push(Finding::error(Code::EmptyList, place, message).label("nothing to be run").help(help));
    }
    let known: Vec<&str> = runbook.front.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let with = says.with.iter().map(|(name, value)| (name, value.place));
    let from = says.from.iter().map(|(name, text)| (name, text.place));
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for (name, place) in with.chain(from) {
        if !known.contains(&name.as_str()) {
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.is_empty() => "its front matter has no `parameters`".to_string(),
                None => format!("it has {}", listed(&known)),
            };
            let message = format!("runbook `{}` has no parameter `{}`", runbook.name, values::shown(name));
            findings.push(Finding::error(Code::Unresolved, place, message).label("no such parameter").help(help));
        }
        if !given.insert(name) {
            let message = format!("`{}` is given twice", values::shown(name));
            findings.push(Finding::error(Code::Repeated, place, message).help("leave it out in `with` or in `from`"));
        }
    }
    for parameter in &runbook.front.parameters {
        if let Some(Err(wrong)) = says.with.get(&parameter.name).map(|value| parameter.check(&value.value)) {
            let place = says.with.get(&parameter.name).map_or(place, |value| value.place);
            let message = format!("`{}` does not take this value", parameter.name);
            let label = format!("expected {}", wrong.expected);
            findings.push(Finding::error(Code::BadValue, place, message).label(label).help("correct the value"));
        }
        if parameter.required && parameter.default.is_none() && !given.contains(parameter.name.as_str()) {
            let message = format!("runbook `{}` needs `{}`", runbook.name, parameter.name);
            let help = format!("add `with: {{{0}: …}}`, or `from: {{{0}: \"signal.labels.…\"}}`", parameter.name);
            findings.push(Finding::error(Code::MissingField, place, message).label("without a value").help(help));
        }
    }
}

/// Says of a pattern that no event of any kind can match it.
fn impossible(document: &Document<AutomationDraft>) -> Option<Finding> {
    let when = &document.body.when;
    let (path, help) = crate::automation::impossible(&when.value)?;
    let message = format!("automation `{}` can never do anything", document.name.value);
    let finding = Finding::warning(Code::ImpossiblePattern, when.place, message);
    Some(finding.label(format!("no event has such a `{}`", values::shown(&path))).help(help))
}

fn cooldown(document: &Document<AutomationDraft>) -> Option<Finding> {
    let says = &document.body;
    if says.mode != Mode::Live || says.cooldown.is_some() || document.partial {
        return None;
    }
    let message = format!("automation `{}` acts and names no `cooldown`", document.name.value);
    let finding = Finding::error(Code::MissingCooldown, document.name.place, message);
    Some(finding.label("is live").help("say how long it leaves a target alone: `cooldown: 30m`, or `0` if not at all"))
}

fn numbers(says: &AutomationDraft, findings: &mut Vec<Finding>) {
    values::check_bounds("`cooldown`", says.cooldown.as_ref(), COOLDOWN, findings);
    values::check_bounds("`within`", says.limits.within.as_ref(), WITHIN, findings);
    values::check_bounds("`rest`", says.rest.as_ref(), REST, findings);
    values::check_number(says.limits.target.as_ref(), (1, MOST_STARTS), findings);
    values::check_number(says.limits.all.as_ref(), (1, MOST_STARTS), findings);
    values::check_number(says.failures.as_ref(), (1, MOST_FAILURES), findings);
    values::check_number(says.chain.as_ref(), (1, DEEPEST_CHAIN), findings);
    let place = |first: Option<Place>| first.unwrap_or(says.team.place);
    let windows = says.windows.first().map(|window| window.place);
    values::check_count("windows", says.windows.len(), limits::MOST_LAYERS, place(windows), findings);
    let controls = says.controls.first().map(|control| control.place);
    values::check_count("controls", says.controls.len(), limits::MOST_NOTES, place(controls), findings);
    for control in &says.controls {
        values::check_length("this control", &control.value, limits::LONGEST_LINE, control.place, findings);
    }
}

fn approval(drafts: &Drafts, names: &Names<'_>, approval: &At<ApprovalDraft>, findings: &mut Vec<Finding>) {
    let says = &approval.value;
    findings.extend(runbooks::nobody_holds(drafts, names, &says.role));
    values::check_number(says.count.as_ref(), (1, MOST_PEOPLE), findings);
    values::check_number(says.tier.as_ref(), (1, 4), findings);
    values::check_bounds("`within`", says.within.as_ref(), ASKED_FOR, findings);
    if says.above && says.services.is_none() && says.tier.is_none() {
        let help = "name `services` or `tier` in it, or leave `above` out to be asked always";
        let message = "`above` says nothing";
        findings.push(Finding::error(Code::EmptyList, approval.place, message).label("in here").help(help));
    }
}

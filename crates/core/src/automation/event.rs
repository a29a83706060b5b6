//! What the kernel decided, in the one JSON form that patterns and expressions of automations see.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::blast::blast;
use crate::case::{Case, CaseId};
use crate::catalog::Catalog;
use crate::name::{AutomationName, ServiceName};
use crate::run::{EventType, LARGEST_EVENT, Run};
use crate::runbook::StepId;
use crate::signal::{self, Group, Signal};

/// The paths at the top of every event, as people list them.
pub const PATHS: [&str; 9] = ["kind", "drill", "target", "signal", "case", "run", "service", "type", "data"];
/// The longest target, in bytes.
const LONGEST_TARGET: usize = 200;

/// The words of [`EventKind::ALL`].
pub(super) const WORDS: [&str; 9] = [
    "signal_fired",
    "signal_ended",
    "case_opened",
    "case_reopened",
    "severity_changed",
    "acknowledged",
    "resolved",
    "run_ended",
    "event",
];
/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A signal began to fire, and belongs to a case.
    SignalFired,
    /// A signal of a case ended, by its sender's word or by silence.
    SignalEnded,
    /// A case was opened.
    CaseOpened,
    /// A case that was over goes on.
    CaseReopened,
    /// A case is worse or better than it was.
    SeverityChanged,
    /// Somebody took a case.
    Acknowledged,
    /// A case is over.
    Resolved,
    /// A run of a runbook ended.
    RunEnded,
    /// A function that is a step of a run made an event.
    Event,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::SignalFired,
        Self::SignalEnded,
        Self::CaseOpened,
        Self::CaseReopened,
        Self::SeverityChanged,
        Self::Acknowledged,
        Self::Resolved,
        Self::RunEnded,
        Self::Event,
    ];

    /// The word for it, as in patterns.
    pub const fn as_str(self) -> &'static str {
        let [fired, ended, opened, reopened, severity, acknowledged, resolved, run, event] = WORDS;
        match self {
            Self::SignalFired => fired,
            Self::SignalEnded => ended,
            Self::CaseOpened => opened,
            Self::CaseReopened => reopened,
            Self::SeverityChanged => severity,
            Self::Acknowledged => acknowledged,
            Self::Resolved => resolved,
            Self::RunEnded => run,
            Self::Event => event,
        }
    }

    /// What happened, as sentences say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SignalFired => "a signal began to fire",
            Self::SignalEnded => "a signal ended",
            Self::CaseOpened => "a case was opened",
            Self::CaseReopened => "a case was reopened",
            Self::SeverityChanged => "a severity changed",
            Self::Acknowledged => "a case was acknowledged",
            Self::Resolved => "a case was resolved",
            Self::RunEnded => "a run ended",
            Self::Event => "a function made an event",
        }
    }

    /// Reads the word for it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its place among all kinds.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// A run that ended or made an event, as events tell of it.
#[derive(Clone, Debug)]
pub struct RunOutcome<'a> {
    /// The run.
    pub run: &'a Run,
    /// The automation that had started it, if one had.
    pub automation: Option<&'a AutomationName>,
    /// What one of its steps made, where that is the event.
    pub made: Option<Made<'a>>,
}

/// What a function made.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    /// The step that is the function.
    pub step: &'a StepId,
    /// What kind of thing happened.
    pub kind: &'a EventType,
    /// More about it; null where it was erased.
    pub data: Value,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// What it is about, by which automations keep apart what they do: `service/ledger`.
    pub target: String,
    /// The case, if it is about one.
    pub case: Option<CaseId>,
    /// The service, if it is known.
    pub service: Option<ServiceName>,
    /// The form that patterns see.
    pub json: Value,
}

impl Event {
    /// What happened to a case, with the signal that brought it about where one did, or the run that ended.
    pub fn of(
        kind: EventKind,
        catalog: &Catalog,
        drill: bool,
        case: Option<&Case>,
        signal: Option<&Signal>,
        run: Option<&RunOutcome<'_>>,
    ) -> Self {
        let matched = || signal.and_then(|signal| signal::service_of(catalog, signal)).map(|service| &service.name);
        let service = case.map_or_else(matched, |case| case.service.as_ref()).cloned();
        let group = || case.map(|case| of_group(&case.group));
        let runbook = || run.map(|run| format!("runbook/{}", run.run.runbook));
        let target = service.as_ref().map(|service| format!("service/{service}")).or_else(group).or_else(runbook);
        let target = clipped(&target.unwrap_or_default());
        let mut json = Map::new();
        json.insert("kind".into(), kind.as_str().into());
        json.insert("drill".into(), drill.into());
        json.insert("target".into(), target.as_str().into());
        if let Some(signal) = signal {
            json.insert("signal".into(), of_signal(signal, service.as_ref()));
        }
        if let Some(case) = case {
            json.insert("case".into(), of_case(case));
        }
        if let Some(run) = run {
            json.insert("run".into(), of_run(run));
            if let Some(made) = &run.made {
                json.insert("type".into(), made.kind.as_str().into());
                json.insert("data".into(), made.data.clone());
            }
        }
        if let Some(service) = &service {
            json.insert("service".into(), of_service(catalog, service));
        }
        Self { kind, drill, target, case: case.map(|case| case.id), service, json: Value::Object(json) }
    }

    /// An event as a person wrote it down, to try automations on; says what is wrong with one that is none.
    ///
    /// What the catalog knows of its service is put in, and its target follows from it, unless it says so itself.
    pub fn read(mut json: Value, catalog: &Catalog) -> Result<Self, String> {
        let text = |json: &Value, pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(String::from);
        let kinds = || EventKind::ALL.map(EventKind::as_str).join(", ");
        let word =
            text(&json, "/kind").ok_or_else(|| format!("expected an object with a `kind`: one of {}", kinds()))?;
        let kind = EventKind::parse(&word);
        let kind =
            kind.ok_or_else(|| format!("`{}` is no kind of event; expected one of {}", word.escape_debug(), kinds()))?;
        let named = ["/service/name", "/case/service", "/signal/service"].iter().find_map(|path| text(&json, path));
        let service = named.as_deref().map(ServiceName::new).transpose().map_err(|bad| bad.to_string())?;
        let runbook = text(&json, "/run/runbook").map(|name| format!("runbook/{name}"));
        let target = text(&json, "/target").or_else(|| service.as_ref().map(|name| format!("service/{name}")));
        let target = clipped(&target.or(runbook).unwrap_or_else(|| "unknown".into()));
        let case = text(&json, "/case/id").and_then(|id| CaseId::parse(&id));
        let drill = json.pointer("/drill").and_then(Value::as_bool).unwrap_or(false);
        let Some(fields) = json.as_object_mut() else { return Err("expected an object".to_string()) };
        fields.insert("drill".into(), drill.into());
        fields.insert("target".into(), target.as_str().into());
        if let Some(service) = service.as_ref().filter(|service| catalog.services.contains_key(*service)) {
            fields.insert("service".into(), of_service(catalog, service));
        }
        Ok(Self { kind, drill, target, case, service, json })
    }

    /// The event as it is kept with a run that it started: as patterns see it, within 32 KiB. What is longest goes
    /// first, and `cut` names it.
    pub fn kept(&self) -> Value {
        let mut kept = self.json.clone();
        for (parent, name) in [("/signal", "annotations"), ("/signal", "labels"), ("/signal", "summary"), ("", "data")]
        {
            if kept.to_string().len() <= LARGEST_EVENT {
                break;
            }
            let there = kept.pointer_mut(parent).and_then(Value::as_object_mut);
            if there.and_then(|fields| fields.remove(name)).is_some() {
                let path = format!("{parent}/{name}").trim_start_matches('/').replace('/', ".");
                if let Value::Object(fields) = &mut kept {
                    let cut = fields.entry("cut").or_insert_with(|| Value::Array(Vec::new()));
                    cut.as_array_mut().into_iter().for_each(|cut| cut.push(path.as_str().into()));
                }
            }
        }
        kept
    }

    /// The variables of expressions: as in patterns, with an empty object for what is not there.
    pub fn variables(&self) -> Value {
        let mut variables = self.json.as_object().cloned().unwrap_or_default();
        for name in PATHS.into_iter().skip(3) {
            if !variables.contains_key(name) {
                variables.insert(name.into(), Value::Object(Map::new()));
            }
        }
        Value::Object(variables)
    }
}

/// The part of a signal's event that follows from the signal alone.
pub(super) fn beginning(kind: EventKind, drill: bool, signal: &Signal) -> Value {
    json!({"kind": kind.as_str(), "drill": drill, "signal": of_signal(signal, None)})
}

/// Whether a pattern, as JSON, asks about nothing but what [`beginning`] holds.
pub(super) fn asks_of_beginning(pattern: &Value) -> bool {
    let fields = |value: &Value, fits: &dyn Fn(&str, &Value) -> bool| {
        value.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| fits(name, value)))
    };
    let of_signal = |name: &str| name != "service" && !name.starts_with('$');
    fields(pattern, &|name, value| match name.split_once('.') {
        None if name == "kind" || name == "drill" => true,
        None if name == "signal" => fields(value, &|name, _| of_signal(name)),
        Some(("signal", rest)) => of_signal(rest),
        _ => false,
    })
}

fn of_signal(signal: &Signal, service: Option<&ServiceName>) -> Value {
    let pairs = |pairs: &signal::Pairs| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.into())).collect()
    };
    let mut json = json!({
        "source": signal.source.as_str(),
        "adapter": signal.adapter.as_str(),
        "status": if signal.is_firing() { "firing" } else { "resolved" },
        "severity": signal.urgency.as_str(),
        "summary": signal.summary(),
        "drill": signal.drill,
        "labels": pairs(&signal.labels),
        "annotations": pairs(&signal.annotations),
    });
    if let (Some(service), Some(fields)) = (service, json.as_object_mut()) {
        fields.insert("service".into(), service.as_str().into());
    }
    json
}

fn of_case(case: &Case) -> Value {
    let mut json = json!({
        "id": case.id.to_string(),
        "kind": case.id.kind.as_str(),
        "severity": case.severity.as_str(),
        "state": case.state.as_str(),
        "team": case.team.as_str(),
    });
    if let (Some(service), Some(fields)) = (&case.service, json.as_object_mut()) {
        fields.insert("service".into(), service.as_str().into());
    }
    json
}

fn of_run(outcome: &RunOutcome<'_>) -> Value {
    let (run, progress) = (outcome.run, outcome.run.progress());
    let mut json = json!({"id": run.id.to_string(), "runbook": run.runbook.to_string()});
    let Some(fields) = json.as_object_mut() else { return json };
    if let Some(made) = &outcome.made {
        fields.insert("step".into(), made.step.as_str().into());
    } else {
        let how = run.ended.as_ref().map_or("under way", |end| end.how.as_str());
        fields.insert("how".into(), how.into());
        fields.insert("failed".into(), progress.failed.into());
        fields.insert("skipped".into(), progress.skipped.into());
    }
    if let Some(automation) = outcome.automation {
        fields.insert("automation".into(), automation.as_str().into());
    }
    json
}

fn of_service(catalog: &Catalog, name: &ServiceName) -> Value {
    let mut json = json!({"name": name.as_str()});
    if let (Some(service), Some(fields)) = (catalog.services.get(name), json.as_object_mut()) {
        fields.insert("team".into(), service.team.as_str().into());
        fields.insert("tier".into(), service.tier.into());
        let reaches = blast(catalog, Some(name)).map_or(1, |blast| blast.services);
        fields.insert("reaches".into(), reaches.into());
    }
    json
}

fn of_group(group: &Group) -> String {
    match group {
        Group::Service(service) => format!("service/{service}"),
        Group::Unmatched { source, alert } if alert.is_empty() => format!("source/{source}"),
        Group::Unmatched { source, alert } => format!("source/{source}/{alert}"),
        Group::Report(number) => format!("report/{number}"),
        Group::Hub(fault) => format!("hub/{fault}"),
        Group::Repository(name) => format!("repository/{name}"),
    }
}

fn clipped(text: &str) -> String {
    let mut end = text.len().min(LONGEST_TARGET);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

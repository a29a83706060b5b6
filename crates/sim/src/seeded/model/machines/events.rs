//! What the entries of a plan are as events, for automations and for steps that wait.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wheelhouse_core::automation::EventKind;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::{Entry, Fact, RunHappening, SignalChange, Why};
use wheelhouse_core::run::RunId;

use super::{Machines, Plan};

/// The few fields that patterns of these stories ask for.
type Words = BTreeMap<&'static str, String>;

/// An event of a plan.
pub(super) struct Happened<'a> {
    pub(super) kind: EventKind,
    pub(super) entry: &'a Entry,
    pub(super) case: Option<CaseId>,
    pub(super) run: Option<RunId>,
    pub(super) words: Words,
}

impl Machines {
    /// All events of a plan.
    pub(super) fn happened<'a>(&self, plan: Plan<'a>) -> Vec<Happened<'a>> {
        let starts = |entry: &Entry| match &entry.fact {
            Fact::Run(part) if matches!(part.what, RunHappening::Started { .. }) => Some(part.run),
            _ => None,
        };
        let begun: BTreeSet<RunId> = plan.entries.iter().filter_map(starts).collect();
        let one = |entry: &'a Entry| {
            // What people are asked is nobody's trouble.
            if matches!(entry.why, Some(Why::Wanted { .. } | Why::NotWanted)) {
                return None;
            }
            let kind = EventKind::ALL.into_iter().find(|kind| is(&entry.fact, *kind))?;
            let run = match &entry.fact {
                // Of a run that is only tried out nobody hears, nor of one that is over as it begins.
                Fact::Run(part) if begun.contains(&part.run) || self.runs.get(&part.run)?.tried_out => return None,
                Fact::Run(part) => Some(part.run),
                _ => None,
            };
            let case = match &entry.fact {
                Fact::Signal(change) => Some(change.case()?),
                _ => entry.subject,
            };
            let words = self.words(plan, entry, kind, (case, run));
            Some(Happened { kind, entry, case, run, words })
        };
        plan.entries.iter().filter_map(one).collect()
    }

    fn words(
        &self,
        plan: Plan<'_>,
        entry: &Entry,
        kind: EventKind,
        (case, run): (Option<CaseId>, Option<RunId>),
    ) -> Words {
        let case = case.and_then(|case| plan.model.cases.get(&case));
        let made = match &entry.fact {
            Fact::Run(part) => match &part.what {
                RunHappening::EventMade { event, .. } => Some(event.as_str().to_string()),
                _ => None,
            },
            _ => None,
        };
        let data = entry.body.as_ref().filter(|_| made.is_some()).and_then(|body| body.get("data"));
        let data = data.and_then(|json| serde_json::from_str::<Value>(json).ok());
        let ended = run.filter(|_| made.is_none()).and_then(|run| self.runs.get(&run)?.over);
        let said = [
            ("kind", Some(kind.as_str().to_string())),
            ("drill", Some(entry.drill.to_string())),
            ("service.name", case.and_then(|case| case.service.as_ref()).map(ToString::to_string)),
            ("case.severity", case.map(|case| case.severity.as_str().to_string())),
            ("run.how", ended.map(|how| how.as_str().to_string())),
            ("type", made),
            ("data.n", data.and_then(|data| Some(data.get("n")?.to_string()))),
        ];
        said.into_iter().filter_map(|(path, word)| Some((path, word?))).collect()
    }
}

/// Whether a fact is an event of a kind.
fn is(fact: &Fact, kind: EventKind) -> bool {
    match kind {
        EventKind::SignalFired => {
            matches!(fact, Fact::Signal(SignalChange::Joined { .. } | SignalChange::Released { .. }))
        }
        EventKind::SignalEnded => {
            matches!(fact, Fact::Signal(SignalChange::Resolved { .. } | SignalChange::Expired { .. }))
        }
        EventKind::CaseOpened => matches!(fact, Fact::CaseOpened { .. }),
        EventKind::CaseReopened => matches!(fact, Fact::CaseReopened),
        EventKind::SeverityChanged => matches!(fact, Fact::SeverityChanged { .. }),
        EventKind::Acknowledged => matches!(fact, Fact::Acknowledged { .. }),
        EventKind::Resolved => matches!(fact, Fact::Resolved { .. }),
        EventKind::RunEnded => {
            matches!(fact, Fact::Run(part) if matches!(part.what, RunHappening::Ended { .. }))
        }
        EventKind::Event => {
            matches!(fact, Fact::Run(part) if matches!(part.what, RunHappening::EventMade { .. }))
        }
    }
}

/// Whether a pattern is about what these words say: each of its fields names one of a few values.
pub(super) fn matches(pattern: &str, words: &Words) -> Result<(), String> {
    let pattern: Value = serde_json::from_str(pattern).map_err(|error| error.to_string())?;
    let mut fields: Vec<(String, Value)> = vec![(String::new(), pattern)];
    while let Some((path, value)) = fields.pop() {
        match value {
            Value::Object(inner) => {
                let name = |field: &str| if path.is_empty() { field.to_string() } else { format!("{path}.{field}") };
                fields.extend(inner.into_iter().map(|(field, value)| (name(&field), value)));
            }
            Value::Array(values) => {
                let said = words.get(path.as_str());
                let named = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
                if !values.iter().any(|value| Some(&named(value)) == said) {
                    return Err(format!("it listens to {path} {values:?}, and this is {said:?}"));
                }
            }
            other => return Err(format!("the model cannot read {other} at {path}")),
        }
    }
    Ok(())
}

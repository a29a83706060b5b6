//! How services stand: who is on call for them, what is open, what `check` finds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::runbooks;
use wheelhouse_core::catalog::{self as core, Catalog};
use wheelhouse_core::escalation::{Ahead, paged_for};
use wheelhouse_core::time::Timestamp;

use super::time::seconds;
use super::{OpenCaseView, Party, RunbookView, Service, ServiceDetail, Time};

/// Somebody who is paged for a service, at a step of its escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// How long after the case opened, or the step before, it comes due.
    pub after_seconds: f64,
    /// Whom it names.
    pub targets: Vec<Party>,
    /// Who these are now; nobody where a schedule has a gap.
    pub people: Vec<String>,
}

/// Something that `check` finds about what a service's operation rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// `error` or `warning`.
    pub level: String,
    /// The kind of thing that is wrong, as a stable word.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The kind of the document that it is about: `Service`, `Schedule`, …
    pub kind: Option<String>,
    /// The name of that document.
    pub name: Option<String>,
    /// The file.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u64>,
}

impl Service {
    /// A service of `catalog` as it stands at `now`, with its open incidents.
    pub fn standing(service: &core::Service, catalog: &Catalog, now: Timestamp, open: Vec<OpenCaseView>) -> Self {
        let first = paged_for(catalog, service, now).into_iter().next();
        let on_call = first.map(|(_, step)| names(&step)).unwrap_or_default();
        Self { on_call, open, ..Self::from(service) }
    }
}

impl ServiceDetail {
    /// All of a service of `catalog` as it stands at `now`, with its open incidents.
    pub fn standing(service: &core::Service, catalog: &Catalog, now: Timestamp, open: Vec<OpenCaseView>) -> Self {
        let step = |(after, ahead): (wheelhouse_core::time::Duration, Ahead)| StepView {
            after_seconds: seconds(after),
            targets: ahead.targets.iter().map(Party::from).collect(),
            people: names(&ahead),
        };
        Self {
            service: Service::standing(service, catalog, now, open),
            steps: paged_for(catalog, service, now).into_iter().map(step).collect(),
            runbooks: runbooks(catalog, Some(service), []).iter().map(RunbookView::from).collect(),
            at: Some(Time(now)),
            ..Self::new(service, catalog)
        }
    }
}

fn names(ahead: &Ahead) -> Vec<String> {
    ahead.people.iter().map(ToString::to_string).collect()
}

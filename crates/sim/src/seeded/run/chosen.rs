//! What the numbers of a story's steps mean at that time: which case, which signal, which action.

use std::sync::Arc;

use wheelhouse_core::case::{CaseId, CaseKind, Link, Relation, Role, Urgency};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Missed, What};
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::route;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Duration;

use super::super::catalogs;
use super::super::script::{Act, Op, Told};
use super::Shell;

impl Shell {
    /// A case by a number; one in ten of those numbers names a case that is not there.
    pub(super) fn choose(&self, number: u64) -> Option<CaseId> {
        let ids = self.model.case_ids();
        if number.is_multiple_of(10) {
            return Some(CaseId { kind: CaseKind::Incident, number: 1_000 + number % 7 });
        }
        // A few of them are actions, if there are any.
        let actions = number % 10 == 1 && ids.iter().any(|id| id.kind == CaseKind::Action);
        let ids: Vec<CaseId> = ids.into_iter().filter(|id| (id.kind == CaseKind::Action) == actions).collect();
        let recent = usize::try_from(number / 10 % 4).ok()?;
        ids.iter().rev().nth(recent).or(ids.last()).copied()
    }

    pub(super) fn signal(&self, op: &Op) -> Option<What> {
        let Op::Signal { source, service, alert, urgency, drill, text, told } = op else { return None };
        let status = match told {
            Told::Firing(ahead) => {
                Status::Firing { until: ahead.map(|ahead| self.now + Duration::from_seconds(ahead)) }
            }
            Told::Resolved(ahead) => Status::Resolved { at: self.now + Duration::from_seconds(*ahead) },
        };
        let urgencies = [Urgency::Critical, Urgency::Error, Urgency::Warning, Urgency::Info];
        let urgency = urgencies.get(usize::try_from(*urgency).ok()?).copied()?;
        let label = if service % 2 == 0 { "job" } else { "service" };
        let labels =
            [("alertname", alert.to_string()), (label, format!("v{service}")), ("severity", urgency.as_str().into())];
        let signal = Signal {
            source: catalogs::source(*source),
            adapter: Adapter::Alertmanager,
            drill: *drill,
            labels: labels.into_iter().collect(),
            annotations: [("summary", format!("text {text}"))].into_iter().collect(),
            url: "".into(),
            urgency,
            started_at: self.now - Duration::from_seconds(i64::try_from(*text).ok()? * 1_000_000_000 - 5),
            status,
        };
        let routing = route(self.hub.world.catalog()?, &signal);
        Some(What::Signal { routing, signal: Arc::new(signal) })
    }

    pub(super) fn action(&self, act: &Act, case: CaseId) -> CaseAction {
        let ago = |ago: &Option<i64>| ago.map(|ago| self.now - Duration::from_seconds(ago));
        match act {
            Act::Acknowledge => CaseAction::Acknowledge,
            Act::Note => CaseAction::Note("looked".into()),
            Act::Severity(severity) => CaseAction::SetSeverity(*severity),
            Act::Assign(person) => CaseAction::Assign(person.map(catalogs::person)),
            Act::Team { team, service } => {
                CaseAction::AssignTeam(catalogs::team(*team), service.map(catalogs::service))
            }
            Act::Role(person) => CaseAction::SetRole(Role::Commander, person.map(catalogs::person)),
            Act::Page { team: true, number } => CaseAction::Page(Target::Team(catalogs::team(*number))),
            Act::Page { team: false, number } => CaseAction::Page(Target::Person(catalogs::person(*number))),
            Act::Update => CaseAction::Update("still on it".into()),
            Act::Mitigate { ago: at } => CaseAction::Mitigate(ago(at)),
            Act::Resolve { ago: at } => CaseAction::Resolve { at: ago(at), text: Some("done".into()) },
            Act::Reopen => CaseAction::Reopen(None),
            Act::Missed { audience, number, service } => {
                let team = || Recipient::Team(catalogs::team(*number));
                let recipient = if *audience { Recipient::Audience(catalogs::audience(*number)) } else { team() };
                let (service, text) = (service.map(catalogs::service), Some("nobody told us".into()));
                CaseAction::Missed(Box::new(Missed { recipient, service, text }))
            }
            Act::Link => {
                let other = CaseId { number: case.number + 1, ..case };
                CaseAction::Link(Link { relation: Relation::Related, case: Some(other), url: None })
            }
        }
    }
}

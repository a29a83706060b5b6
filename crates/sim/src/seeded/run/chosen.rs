//! What the numbers of a story's steps mean at that time: which case, which signal, which action.

use std::sync::Arc;

use wheelhouse_core::case::{CaseId, CaseKind, Link, Relation, Role, Urgency};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::change::{ChangeKind, ChangeReport};
use wheelhouse_core::kernel::{CaseAction, Command, HeldDrill, Missed, Report, SilenceRequest, What};
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::record::{Actor, Hash};
use wheelhouse_core::route;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::silence::{Matcher, SilenceId};
use wheelhouse_core::time::Duration;

use super::super::catalogs;
use super::super::script::{Act, Op, Told};
use super::Shell;

impl Shell {
    /// What a step asks the kernel for, if it does.
    pub(super) fn command_of(&self, op: &Op) -> Option<Command> {
        let (actor, what) = match op {
            Op::Signal { source, .. } => (Actor::Source(catalogs::source(*source)), self.signal(op)?),
            Op::Report { who, service, severity, drill } => {
                let service = Some(catalogs::service(*service)).filter(|_| *service < catalogs::SERVICES - 2);
                let (title, text) = ("it is broken".into(), Some("and has been for a while".into()));
                let report = Report { title, text, service, severity: *severity, drill: *drill };
                (Actor::Person(catalogs::person(*who)), What::Report(Box::new(report)))
            }
            Op::Act { who, case, act } => {
                let case = self.choose(*case)?;
                let action = self.action(act, case);
                (Actor::Person(catalogs::person(*who)), What::Case { case, revision: None, action })
            }
            Op::Silence { who, .. } | Op::Unsilence { who, .. } | Op::Hold { who, .. } => {
                (Actor::Person(catalogs::person(*who)), self.around(op)?)
            }
            Op::Start { .. } | Op::Work { .. } => self.about_runs(op)?,
            Op::Machines(deed) => self.about_machines(*deed)?,
            Op::Change { .. } => (Actor::Source(catalogs::source(1)), self.around(op)?),
            Op::Quarantine { parked } => {
                let parked = parked.and_then(|number| self.choose(number));
                let parked = parked.filter(|id| self.hub.world.case(*id).is_some_and(|case| case.escalation.is_some()));
                let description = "it made the hub stumble".into();
                (Actor::Hub, What::Quarantine { digest: Hash([9; 32]), description, parked })
            }
            Op::Token { revoke: true } => {
                let token = self.hub.world.tokens().keys().next().copied()?;
                (Actor::Bootstrap, What::RevokeToken { token })
            }
            Op::Token { revoke: false } => {
                let owner = wheelhouse_core::access::Owner::Person(catalogs::person(0));
                let (description, expires_at) = ("seeded".into(), None);
                (Actor::Bootstrap, What::CreateToken { hash: Hash([1; 32]), owner, description, expires_at })
            }
            Op::Adopt(_) | Op::Mend(_) | Op::Jump(_) | Op::Crash(_) | Op::Evict => return None,
        };
        Some(Command { actor, policies: Vec::new(), judged_under: None, what })
    }

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

    /// What a step asks for around cases.
    pub(super) fn around(&self, op: &Op) -> Option<What> {
        let minutes = |minutes: i64| Duration::from_minutes(minutes);
        match op {
            Op::Silence { id, what, service, ahead, lasts, drill, .. } => {
                let id = id.and_then(|number| self.silence(number));
                let known = id.and_then(|id| self.hub.world.silences().get(id));
                let from = self.now + minutes(*ahead);
                // Half of the changes keep what there was, so that the silence stays the same.
                let kept = known.filter(|_| what % 2 == 0);
                let request = SilenceRequest {
                    id,
                    matchers: kept.map_or_else(|| matchers(*what, *service), |known| known.matchers.clone()),
                    starts_at: kept.map_or(from, |known| known.starts_at),
                    ends_at: from + minutes(*lasts),
                    comment: "known".into(),
                    created_by: String::new(),
                    drill: kept.map_or(*drill, |known| known.drill),
                    seen: None,
                };
                Some(What::SetSilence(Box::new(request)))
            }
            Op::Unsilence { id, .. } => Some(What::EndSilence { silence: self.silence(*id)?, seen: None }),
            Op::Change { service, ago, key, drill } => {
                let report = ChangeReport {
                    kind: ChangeKind::Deployment,
                    key: key.map(|key| format!("run {key}")),
                    services: vec!["nowhere".into(), catalogs::service(*service).to_string()],
                    must_be_known: false,
                    title: String::new(),
                    text: String::new(),
                    version: "2".into(),
                    by: String::new(),
                    url: String::new(),
                    at: self.now - minutes(*ago),
                    drill: *drill,
                };
                Some(What::Change(Arc::new(report)))
            }
            Op::Hold { cases, .. } => {
                let cases = cases.iter().filter_map(|number| self.choose(*number));
                // Mostly those that it may close; a real one among them is refused.
                let is_drill = |id: &CaseId| self.hub.world.case(*id).is_some_and(|case| case.drill);
                let strict = !cases.clone().any(|id| id.number % 5 == 0);
                let drill = catalogs::drill_name();
                let (started_at, account) = (self.now - minutes(5), "as expected".to_string());
                let cases = cases.filter(|id| !strict || is_drill(id)).collect();
                Some(What::HoldDrill(Box::new(HeldDrill {
                    drill,
                    started_at,
                    met: 1,
                    missed: 0,
                    cases,
                    account,
                    run: None,
                })))
            }
            _ => None,
        }
    }

    /// One of the silences told last; sometimes one that is not there.
    fn silence(&self, number: u64) -> Option<SilenceId> {
        if number == 7 {
            return Some(SilenceId(1_000));
        }
        let back = usize::try_from(number / 2).ok()?;
        let ids = self.model.silence_ids();
        ids.iter().rev().nth(back).or(ids.last()).copied()
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

/// What a silence covers: a service, an alert of it, several alerts, or something that is refused.
fn matchers(what: u64, service: u64) -> Vec<Matcher> {
    let label = if service.is_multiple_of(2) { "job" } else { "service" };
    let of_service = (label, format!("v{service}"), false, false);
    let alert = |regex: bool, value: &str| ("alertname", value.to_string(), regex, false);
    let all = match what {
        0 | 2 => vec![of_service],
        1 => vec![of_service, alert(true, "Errors|Latency")],
        3 => vec![alert(false, "Errors")],
        4 => vec![alert(true, "Errors|Latency|Doom")],
        5 => vec![of_service, ("alertname", "Doom".to_string(), false, true)],
        6 => vec![alert(true, ".+")],
        _ => vec![of_service, alert(true, ".*")],
    };
    let made = all.into_iter().map(|(name, value, regex, negated)| Matcher::new(name, &value, regex, negated));
    made.filter_map(Result::ok).collect()
}

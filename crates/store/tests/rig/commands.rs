//! Random commands of every kind.

use std::sync::Arc;

use wheelhouse_core::access::{Owner, TokenId};
use wheelhouse_core::case::{CaseId, CaseKind, Link, MessageId, Relation, Role, Severity, Urgency};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Outcome, Report, What};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{Actor, leaf_hash};
use wheelhouse_core::route;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Duration;
use wheelhouse_store::{Frame, Store};

use super::Rig;
use super::catalog::{PEOPLE, SERVICES, SOURCES, TEAMS, person, service, team};

impl<S: Store> Rig<S> {
    /// One random command, carried out or refused.
    pub fn random_command(&mut self) {
        if self.world.catalog().is_none() {
            self.adopt(0);
        }
        match self.random.below(20) {
            0..=7 => self.random_signal(),
            8 => self.random_report(),
            9..=13 => self.random_action(),
            14..=16 => (0..self.random.below(20)).for_each(|_| self.random_attempt()),
            17 => self.random_token(),
            _ if self.random.one_in(4) => self.random_reply(),
            _ if self.random.one_in(4) => self.random_silence(),
            _ if self.random.one_in(4) => self.random_change(),
            _ if self.random.one_in(3) => (0..4).for_each(|_| self.random_run()),
            _ if self.random.one_in(4) => (0..2).for_each(|_| self.random_word()),
            _ if self.random.one_in(12) => self.random_hold(),
            18 if self.random.one_in(2) => drop(self.carry_out(Actor::Hub, What::DoorsReady)),
            18 if self.staged.catalog.is_none() => {
                self.adopt(self.edition + 1);
                (0..2).for_each(|_| self.random_approval());
            }
            _ if self.random.one_in(3) => self.random_quarantine(),
            _ => {}
        }
    }

    /// Takes in a signal, after a catalog where there is none yet.
    pub fn random_signal_or_adoption(&mut self) {
        if self.world.catalog().is_none() {
            self.adopt(0);
        }
        self.random_signal();
    }

    /// Takes in a signal of a small set, so that many repeat, end and join.
    pub fn random_signal(&mut self) {
        let source = SourceName::new(self.random.pick(&SOURCES)).unwrap();
        let name = format!("alert-{}", self.random.below(6));
        let mut labels = vec![("alertname".to_owned(), name)];
        if !self.random.one_in(6) {
            labels.push(("job".into(), self.random.pick(&SERVICES).into()));
        }
        for label in ["noise", "worst", "stays"] {
            if self.random.one_in(8) {
                labels.push((label.into(), "yes".into()));
            }
        }
        let until = (!self.random.one_in(3)).then(|| self.now + Duration::from_minutes(4));
        let status = if self.random.one_in(3) { Status::Resolved { at: self.now } } else { Status::Firing { until } };
        let urgency = [Urgency::Critical, Urgency::Error, Urgency::Warning, Urgency::Info];
        let signal = Arc::new(Signal {
            source: source.clone(),
            adapter: Adapter::Alertmanager,
            drill: self.random.one_in(8),
            labels: labels.into_iter().collect(),
            annotations: [("summary", format!("told {} times — “so”", self.random.below(3)))].into_iter().collect(),
            url: "http://prometheus.example.org/graph".into(),
            urgency: urgency[self.random.below(4) as usize],
            started_at: self.now - Duration::from_seconds(self.random.below(300) as i64),
            status,
        });
        let raw = format!("{:?}", signal.labels).into_bytes();
        self.frame(Frame { source: source.clone(), adapter: Adapter::Alertmanager, received_at: self.now, raw });
        let routing = route(self.world.catalog().unwrap(), &signal);
        self.carry_out(Actor::Source(source), What::Signal { routing, signal }).unwrap();
    }

    fn random_report(&mut self) {
        let severity = self.random_severity();
        let report = Report {
            title: "the form does not open".into(),
            text: self.random.one_in(2).then(|| "since this morning\n".into()),
            service: self.random.one_in(2).then(|| service(self.random.pick(&SERVICES))),
            severity: self.random.one_in(2).then_some(severity),
            drill: self.random.one_in(6),
        };
        let actor = self.random_person();
        self.carry_out(actor, What::Report(Box::new(report))).unwrap();
    }

    /// Does something to one of the cases that ever were; refusals are part of the game.
    fn random_action(&mut self) {
        let last = self.world.counters().last_case.get(&CaseKind::Incident).copied().unwrap_or(0);
        let case = CaseId { kind: CaseKind::Incident, number: 1 + self.random.below(last + 1) };
        let who = person(self.random.pick(&PEOPLE));
        let role = Role::ALL[self.random.below(3) as usize];
        let other = CaseId { kind: CaseKind::Incident, number: 1 + self.random.below(9) };
        let action = match self.random.below(15) {
            0..=2 => CaseAction::Acknowledge,
            3 => CaseAction::Note("looked at the \"graphs\" 📈".into()),
            4 => CaseAction::SetSeverity(self.random_severity()),
            5 => CaseAction::Assign(self.random.one_in(2).then_some(who)),
            6 => {
                let known = self.random.one_in(2).then(|| service(self.random.pick(&SERVICES)));
                CaseAction::AssignTeam(team(self.random.pick(&TEAMS)), known)
            }
            7 => CaseAction::SetRole(role, self.random.one_in(3).then_some(who)),
            8 => CaseAction::Page(Target::Person(who)),
            9 => CaseAction::Update("half of the forms work again".into()),
            10 => CaseAction::Mitigate(self.random.one_in(2).then(|| self.now - Duration::from_seconds(20))),
            11 => CaseAction::Resolve { at: None, text: self.random.one_in(2).then(|| "restarted".into()) },
            12 => CaseAction::Reopen(self.random.one_in(2).then(|| "it came back".into())),
            13 => CaseAction::Attach(Arc::new(self.random_attachment())),
            _ => CaseAction::Link(Link { relation: Relation::CausedBy, case: Some(other), url: None }),
        };
        let actor = if self.random.one_in(9) { Actor::Bootstrap } else { self.random_person() };
        let _refused = self.carry_out(actor, What::Case { case, revision: None, action });
    }

    /// Answers for a message that was handed out: delivered, or not.
    fn random_attempt(&mut self) {
        let all: Vec<MessageId> = self.claimed.iter().copied().collect();
        if all.is_empty() {
            return;
        }
        let message = all[self.random.below(all.len() as u64) as usize];
        self.claimed.remove(&message);
        let answer = "250 2.0.0 Ok".to_owned();
        let outcome = if self.random.one_in(2) {
            Outcome::Accepted { answer }
        } else {
            Outcome::Failed { answer, permanent: self.random.one_in(3) }
        };
        let tried = matches!(outcome, Outcome::Accepted { .. }) || !self.random.one_in(8);
        let contact = tried.then_some(ContactKind::Email);
        let repeated = self.random.one_in(5);
        self.carry_out(Actor::Hub, What::Attempted { message, contact, repeated, outcome }).unwrap();
    }

    fn random_token(&mut self) {
        let hash = leaf_hash(&self.random.next().to_be_bytes());
        let token = TokenId(1 + self.random.below(6));
        let owners = [Owner::Bootstrap, Owner::Person(person("dana")), Owner::Source(SourceName::new("lab").unwrap())];
        let owner = owners[self.random.below(3) as usize].clone();
        let expires_at = self.random.one_in(2).then(|| self.now + Duration::from_hours(9));
        let what = if self.random.one_in(3) {
            What::RevokeToken { token }
        } else {
            What::CreateToken { hash, owner, description: "for the rig".into(), expires_at }
        };
        let actor = self.random_person();
        let _refused = self.carry_out(actor, what);
    }

    fn random_quarantine(&mut self) {
        let parked = self.world.cases().map(|case| case.id).next().filter(|_| self.random.one_in(2));
        let digest = leaf_hash(b"poison");
        let what = What::Quarantine { digest, description: "it stumbled".into(), parked };
        self.carry_out(Actor::Hub, what).unwrap();
    }

    fn random_severity(&mut self) -> Severity {
        Severity::ALL[self.random.below(4) as usize]
    }

    pub fn random_person(&mut self) -> Actor {
        Actor::Person(person(self.random.pick(&PEOPLE)))
    }
}

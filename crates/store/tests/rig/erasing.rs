//! Silences, changes, answers kept, holds and erasures.

use std::sync::Arc;

use wheelhouse_core::attachment::{Attachment, Blob, FileName, MediaType};
use wheelhouse_core::case::{Case, CaseId, CaseKind};
use wheelhouse_core::change::{ChangeKind, ChangeReport};
use wheelhouse_core::kernel::{Plan, Refusal, SilenceRequest, What};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::record::{Actor, HoldScope, leaf_hash};
use wheelhouse_core::run::RunId;
use wheelhouse_core::silence::Matcher;
use wheelhouse_core::time::Duration;
use wheelhouse_store::{KeptReply, Readers, Sqlite, Store, StoreError};

use super::Rig;
use super::catalog::{SERVICES, SOURCES, person, service};

impl<S: Store> Rig<S> {
    /// Keeps an answer about some case, or about none.
    pub fn random_reply(&mut self) {
        let last = self.world.counters().last_case.get(&CaseKind::Incident).copied().unwrap_or(0);
        let number = self.random.below(last + 1);
        let case = (number > 0).then_some(CaseId { kind: CaseKind::Incident, number });
        let body = format!("{{\"case\":{case:?},\"title\":\"canary\"}}").into_bytes();
        let key = format!("key-{}", self.random.next());
        let salt = std::array::from_fn(|_| self.random.next() as u8);
        let (principal, request) = ("person:dana".to_owned(), leaf_hash(key.as_bytes()));
        let reply = KeptReply { principal, key, request, status: 201, body, at: self.now, case, salt };
        self.staged.replies.push(reply);
    }

    /// Makes a silence for some of the alerts, or ends one.
    pub fn random_silence(&mut self) {
        let ending = self.random.one_in(3);
        let known = self.world.silences().iter().map(|silence| silence.id).next();
        let what = match known.filter(|_| ending) {
            Some(silence) => What::EndSilence { silence, seen: None },
            None => {
                let name = format!("alert-{}", self.random.below(6));
                let minutes = 1 + self.random.below(90);
                What::SetSilence(Box::new(SilenceRequest {
                    id: None,
                    matchers: vec![Matcher::new("alertname", &name, false, false).unwrap()],
                    starts_at: self.now,
                    ends_at: self.now + Duration::from_seconds(60 * minutes as i64),
                    comment: "being worked on".into(),
                    created_by: "dana".into(),
                    drill: self.random.one_in(4),
                    seen: None,
                }))
            }
        };
        let _refused = self.carry_out(Actor::Person(person("dana")), what);
    }

    /// Tells a change to some service, or to none.
    pub fn random_change(&mut self) {
        let report = ChangeReport {
            kind: ChangeKind::Deployment,
            key: Some(format!("deploy-{}", self.random.below(40))),
            services: self.random.one_in(2).then(|| self.random.pick(&SERVICES).to_owned()).into_iter().collect(),
            must_be_known: false,
            title: "a new version".into(),
            text: "with a canary".into(),
            version: "1.2".into(),
            by: "ci".into(),
            url: String::new(),
            at: self.now,
            drill: self.random.one_in(6),
        };
        let source = SourceName::new(self.random.pick(&SOURCES)).unwrap();
        let _refused = self.carry_out(Actor::Source(source), What::Change(Arc::new(report)));
    }

    /// A file of a small set, so that cases share some.
    pub fn random_attachment(&mut self) -> Attachment {
        let content = format!("a canary's log, {}\n", self.random.below(5)).repeat(300).into_bytes();
        Attachment {
            name: FileName::clean("canary.log"),
            media_type: MediaType::of(Some("text/plain"), &content).unwrap(),
            description: self.random.one_in(2).then(|| "what the canary said".into()),
            text: self.random.one_in(2).then(|| "see below".into()),
            blob: Arc::new(Blob::new(content)),
        }
    }

    /// Sets or lifts a hold.
    pub fn random_hold(&mut self) {
        let hold = HoldScope::Service(service(self.random.pick(&SERVICES)));
        let reason = "a claim is pending".to_owned();
        let what = if self.random.one_in(2) { What::SetHold { hold, reason } } else { What::LiftHold { hold, reason } };
        let _refused = self.carry_out(Actor::Person(person("dana")), what);
    }
}

/// A store whose commits can be read beside it.
pub trait Committed: Store {
    /// Connections that read.
    fn readers(&self, connections: usize) -> Result<Readers, StoreError>;
}

impl Committed for Sqlite {
    fn readers(&self, connections: usize) -> Result<Readers, StoreError> {
        Self::readers(self, connections)
    }
}

impl<S: Committed> Rig<S> {
    /// Erases a case, as the hub does: what there is to erase is read from committed state.
    pub fn erase(&mut self, case: CaseId) -> Result<Plan, Refusal> {
        let found = self.store.readers(1).unwrap().erasable(case).unwrap().unwrap_or_default();
        let what = What::Erase { case, reason: "asked for by the person".into(), found: Arc::new(found) };
        self.carry_out(Actor::Person(person("dana")), what)
    }

    /// Commits, and then erases the first run that may be erased; says which.
    pub fn erase_a_run(&mut self) -> Option<RunId> {
        self.commit().unwrap();
        for number in 1..=self.world.last_run().0 {
            let found = self.store.readers(1).unwrap().erasable_run(RunId(number)).unwrap();
            let Some(found) = found.filter(|found| found.case.is_none()) else { continue };
            let what = What::EraseRun { found: Arc::new(found), reason: "asked for by the person".into() };
            if self.carry_out(Actor::Person(person("dana")), what).is_ok() {
                self.commit().unwrap();
                return Some(RunId(number));
            }
        }
        None
    }

    /// Commits, and then erases the first case that may be erased; says which.
    pub fn erase_something(&mut self) -> Option<CaseId> {
        self.commit().unwrap();
        let last = self.world.counters().last_case.get(&CaseKind::Incident).copied().unwrap_or(0);
        for number in 1..=last {
            let case = CaseId { kind: CaseKind::Incident, number };
            let known: Option<(Case, _)> = self.store.load_case(case).unwrap();
            if known.is_some_and(|(case, _)| case.erased.is_none() && case.members > 0) && self.erase(case).is_ok() {
                self.commit().unwrap();
                return Some(case);
            }
        }
        None
    }
}

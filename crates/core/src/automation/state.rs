//! What the hub remembers of an automation. Folded from entries; no rule is evaluated here.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{COOLDOWN, KEPT, MOST_AWAITING, MOST_STARTS, MOST_TARGETS};
use crate::automation::Blast;
use crate::case::CaseId;
use crate::name::{AutomationName, PersonName};
use crate::record::{About, Actor, AutomationFact, AutomationHappening, AutomationOutcome, Entry, Fact, Held};
use crate::run::RunId;
use crate::runbook::{RunbookHash, RunbookName};
use crate::time::{Duration, Timestamp};

/// How many runs and cases are remembered from which something may follow.
const MOST_CAUSES: usize = 500;

/// What the hub remembers of an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationState {
    /// Its name.
    pub name: AutomationName,
    /// That a person halted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
    /// What it began, or would have begun, lately; oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub starts: VecDeque<Start>,
    /// What it remembers of each target; that of a drill has `drill:` in front.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, TargetState>,
    /// How many of its runs in a row went wrong.
    #[serde(default)]
    pub failures: u32,
    /// Since when it rests because of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<Timestamp>,
    /// Its runs that something may follow from, with what they follow from themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<u64, Caused>,
    /// Cases that its runs brought about, with what these follow from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<(CaseId, Vec<Link>)>,
    /// What waits for people, by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub awaiting: BTreeMap<u64, Awaiting>,
    /// The number of the last question.
    #[serde(default)]
    pub asked: u64,
    /// How often each thing came of it.
    #[serde(default)]
    pub totals: Totals,
    /// What came of it lately; oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub recent: VecDeque<Recent>,
}

/// That a person halted an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Something that an automation began, or would have begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// When.
    pub at: Timestamp,
    /// About what.
    pub target: String,
    /// Whether it was in earnest: nothing that only would have begun counts for others.
    pub live: bool,
}

/// What is remembered of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetState {
    /// When something about it was last begun, or would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// What held the automation back since, as last written down, and when that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<(String, Timestamp)>,
}

/// A run of an automation, and what it follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caused {
    /// The automations and targets from which it follows, its own last.
    pub chain: Vec<Link>,
    /// Whether it is over.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub over: bool,
}

/// An automation that acted about a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The automation.
    pub automation: AutomationName,
    /// The target.
    pub target: String,
}

/// Something that waits for people to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// What it is about.
    pub about: About,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The case, if it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The runbook.
    pub runbook: RunbookName,
    /// The version.
    pub version: RunbookHash,
    /// The values that it is to be given; absent where they were erased. Erasable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Value>>,
    /// The event that it is to be started by, as it is kept; absent where it was erased. Erasable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// What may be touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast: Option<Blast>,
    /// Whose action was the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<PersonName>,
    /// Who has agreed so far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub approved: BTreeSet<PersonName>,
    /// The automations and targets from which it follows, itself last.
    pub chain: Vec<Link>,
}

/// How often each thing came of an automation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Runs begun.
    pub started: u64,
    /// Runs that would have begun.
    pub would_have: u64,
    /// Held back, as far as that was written down.
    pub held: u64,
    /// Questions to people.
    pub asked: u64,
    /// Runs that went wrong.
    pub failed: u64,
}

/// What came of an automation once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// When.
    pub at: Timestamp,
    /// The case, if it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Whether it belonged to an exercise.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub drill: bool,
    /// Who did it: the hub, or a person who agreed, halted, let go on.
    pub by: Actor,
    /// What.
    pub what: AutomationHappening,
}

impl AutomationState {
    /// What is remembered of an automation of which nothing is.
    pub fn new(name: AutomationName) -> Self {
        Self {
            name,
            paused: None,
            starts: VecDeque::new(),
            targets: BTreeMap::new(),
            failures: 0,
            open_since: None,
            runs: BTreeMap::new(),
            cases: Vec::new(),
            awaiting: BTreeMap::new(),
            asked: 0,
            totals: Totals::default(),
            recent: VecDeque::new(),
        }
    }

    /// When the time of each of its questions is over.
    pub(crate) fn questions_due(&self) -> impl Iterator<Item = (Timestamp, AutomationName, u64)> {
        self.awaiting.iter().map(|(number, awaiting)| (awaiting.until, self.name.clone(), *number))
    }

    /// What a target is called here, kept apart for drill and real.
    pub fn key(drill: bool, target: &str) -> String {
        if drill { alloc::format!("drill:{target}") } else { target.into() }
    }

    /// Follows an entry about it.
    pub fn apply(&mut self, entry: &Entry) {
        let Fact::Automation(AutomationFact { what, .. }) = &entry.fact else { return };
        self.forget(entry.at);
        let recent = Recent {
            at: entry.at,
            case: entry.subject,
            drill: entry.drill,
            by: entry.actor.clone(),
            what: what.clone(),
        };
        match what {
            AutomationHappening::Considered { about, outcome } => self.considered(entry, about, outcome),
            AutomationHappening::Approved { number } => {
                if let (Some(awaiting), Actor::Person(person)) = (self.awaiting.get_mut(number), &entry.actor) {
                    awaiting.approved.insert(person.clone());
                }
            }
            AutomationHappening::Began { number, run } => {
                if let Some(awaiting) = self.awaiting.remove(number) {
                    self.began(entry, &awaiting.about.target, *run, awaiting.chain);
                }
            }
            AutomationHappening::Declined { number } | AutomationHappening::Expired { number } => {
                drop(self.awaiting.remove(number));
            }
            AutomationHappening::Caused { run, case } => {
                let chain = self.runs.get(&run.0).map(|run| run.chain.clone()).unwrap_or_default();
                self.cases.push((*case, chain));
                let excess = self.cases.len().saturating_sub(MOST_CAUSES);
                self.cases.drain(..excess);
            }
            AutomationHappening::RunOver { run, failed, opens } => {
                if let Some(run) = self.runs.get_mut(&run.0) {
                    run.over = true;
                }
                self.totals.failed += u64::from(*failed);
                self.failures = if *failed { self.failures.saturating_add(1) } else { 0 };
                self.open_since = if *opens { Some(entry.at) } else { self.open_since.filter(|_| *failed) };
            }
            AutomationHappening::Paused => self.paused = Some(Paused { by: entry.actor.clone(), at: entry.at }),
            AutomationHappening::Resumed => {
                (self.paused, self.open_since, self.failures) = (None, None, 0);
            }
        }
        self.recent.push_back(recent);
        if self.recent.len() > KEPT {
            self.recent.pop_front();
        }
    }

    /// Forgets what was written into a case; says whether there was anything.
    pub fn erase(&mut self, case: CaseId) -> bool {
        let of_case = self.awaiting.values_mut().filter(|awaiting| awaiting.case == Some(case));
        of_case.filter_map(|awaiting| awaiting.forget().then_some(())).count() > 0
    }

    fn considered(&mut self, entry: &Entry, about: &About, outcome: &AutomationOutcome) {
        match outcome {
            AutomationOutcome::Started { run, chain } => self.began(entry, &about.target, *run, chain.clone()),
            AutomationOutcome::WouldHave { .. } => {
                self.totals.would_have += 1;
                self.note_start(entry, &about.target, false);
            }
            AutomationOutcome::Held { why } => {
                self.totals.held += 1;
                let target = self.targets.entry(Self::key(entry.drill, &about.target)).or_default();
                target.held = Some((why.word().into(), entry.at));
            }
            AutomationOutcome::AwaitsApproval { number, until, blast, runbook, version, requester, chain } => {
                self.totals.asked += 1;
                self.asked = self.asked.max(*number);
                let said = |field: &str| entry.body.as_ref().and_then(|body| body.get(field));
                let parameters = said("parameters");
                let awaiting = Awaiting {
                    about: about.clone(),
                    at: entry.at,
                    until: *until,
                    case: entry.subject,
                    runbook: runbook.clone(),
                    version: version.clone(),
                    parameters: parameters
                        .map_or_else(|| Some(BTreeMap::new()), |json| serde_json::from_str(json).ok()),
                    event: said("event").and_then(|json| serde_json::from_str(json).ok()),
                    blast: *blast,
                    requester: requester.clone(),
                    approved: BTreeSet::new(),
                    chain: chain.clone(),
                };
                self.awaiting.insert(*number, awaiting);
                while self.awaiting.len() > MOST_AWAITING {
                    self.awaiting.pop_first();
                }
            }
        }
    }

    fn began(&mut self, entry: &Entry, target: &str, run: RunId, chain: Vec<Link>) {
        self.totals.started += 1;
        self.note_start(entry, target, true);
        self.runs.insert(run.0, Caused { chain, over: false });
        while self.runs.len() > MOST_CAUSES {
            let over = self.runs.iter().find(|(_, run)| run.over).map(|(run, _)| *run);
            let Some(oldest) = over.or_else(|| self.runs.keys().next().copied()) else { return };
            self.runs.remove(&oldest);
        }
    }

    fn note_start(&mut self, entry: &Entry, target: &str, live: bool) {
        let key = Self::key(entry.drill, target);
        self.starts.push_back(Start { at: entry.at, target: key.clone(), live });
        if self.starts.len() > 2 * MOST_STARTS as usize {
            self.starts.pop_front();
        }
        self.targets.insert(key, TargetState { started_at: Some(entry.at), held: None });
    }

    /// Lets go of what no gate can ask for any more.
    fn forget(&mut self, now: Timestamp) {
        let day = Duration::from_hours(24);
        while self.starts.front().is_some_and(|start| start.at + day < now) {
            self.starts.pop_front();
        }
        if self.targets.len() < MOST_TARGETS / 2 {
            return;
        }
        let started = |target: &TargetState| target.started_at.is_some_and(|at| at + COOLDOWN.1 > now);
        let held = |target: &TargetState| target.held.as_ref().is_some_and(|(_, at)| *at + day > now);
        self.targets.retain(|_, target| started(target) || held(target));
    }
}

impl Awaiting {
    /// Forgets what was written into its case; says whether there was anything.
    fn forget(&mut self) -> bool {
        let (parameters, event) = (self.parameters.take(), self.event.take());
        parameters.is_some() || event.is_some()
    }
}

impl Held {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Paused => "paused",
            Self::Window { .. } => "window",
            Self::Loop { .. } => "loop",
            Self::Breaker { .. } => "breaker",
            Self::Cooldown { .. } => "cooldown",
            Self::TargetLimit { .. } => "target_limit",
            Self::Limit { .. } => "limit",
            Self::OrganizationLimit { .. } => "organization_limit",
            Self::AwaitsAlready { .. } => "awaits_already",
            Self::TooMuchUnderWay => "too_much_under_way",
            Self::Refused => "refused",
        }
    }
}

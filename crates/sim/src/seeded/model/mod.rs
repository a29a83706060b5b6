//! The reference model: what must be true of every plan, written apart from the kernel.
//!
//! It sees each command and the entries that the kernel answered with, keeps a small state of its
//! own, and says which promise an entry breaks. Numbers in messages are those of the design's
//! section "What must always hold".

mod agree;
mod cases;
mod changes;
mod escalation;
mod explained;
mod machines;
mod missed;
mod oncall;
mod plan;
mod runs;
mod signals;
mod silence;
mod storm;
mod symptoms;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::case::{CaseId, EscalationProgress, MessageId, Severity};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, Command, Refusal, What};
use wheelhouse_core::name::{PersonName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::{Recipient, Stage, Wanted};
use wheelhouse_core::record::Entry;
use wheelhouse_core::run::RunId;
use wheelhouse_core::signal::{Group, Signal, SignalNumber};
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;

/// What the kernel was asked.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// A command.
    Command(&'a Command),
    /// What was due.
    Due,
}

impl Cause<'_> {
    /// Whether somebody gives a case to nobody, or to a team, which ends its acknowledgement.
    fn lays_the_case_down(self) -> bool {
        let Self::Command(command) = self else { return false };
        matches!(&command.what, What::Case { action: CaseAction::Assign(None) | CaseAction::AssignTeam(..), .. })
    }
}

/// What the model knows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    catalog: Option<Arc<Catalog>>,
    /// The catalogs before it: a notice that waits is told as it was decided.
    earlier: Vec<Arc<Catalog>>,
    /// Since when the doors have been ready in this life of the hub.
    doors: Option<Timestamp>,
    signals: BTreeMap<Key, MSignal>,
    cases: BTreeMap<CaseId, MCase>,
    messages: BTreeMap<MessageId, MMessage>,
    misses: missed::Misses,
    silences: BTreeMap<SilenceId, silence::MSilence>,
    /// In the order told.
    changes: Vec<changes::MChange>,
    /// Runs of runbooks, over or not.
    runs: BTreeMap<RunId, runs::MRun>,
    /// What machines and automations are at, in stories that have them.
    machines: Option<Box<machines::Machines>>,
    /// The actions that say that a silence ends soon.
    reminders: BTreeMap<CaseId, SilenceId>,
    last_signal: u64,
}

/// What identifies a signal.
type Key = (SourceName, bool, String);

#[derive(Clone, Debug)]
struct MSignal {
    number: SignalNumber,
    /// Its case; none while it is held back.
    case: Option<CaseId>,
    /// What holds it back.
    silence: Option<SilenceId>,
    signal: Arc<Signal>,
    until: Option<Timestamp>,
    /// The end as the table has it, which is what a start finds.
    written_until: Option<Timestamp>,
    reported: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Acknowledged,
    Mitigated,
    Resolved,
}

#[derive(Clone, Debug)]
struct MCase {
    drill: bool,
    group: Group,
    service: Option<ServiceName>,
    team: TeamName,
    owner: Option<PersonName>,
    severity: Severity,
    set_by_person: bool,
    auto: bool,
    phase: Phase,
    firing: u64,
    members: u64,
    pending: Option<EscalationProgress>,
    parked: bool,
    /// Who got a page for it since nobody has it.
    paged: BTreeSet<PersonName>,
    /// Who has had to do with it.
    involved: BTreeSet<PersonName>,
    /// Somebody was informed or paged since nobody has the case.
    said: bool,
    lapses_at: Option<Timestamp>,
    recheck_at: Option<Timestamp>,
    over_since: Option<Timestamp>,
    messages: u32,
    told: BTreeSet<Recipient>,
    /// Whom a channel has told of it.
    reached: BTreeSet<Recipient>,
    /// What it is held to follow from, and when that ends.
    root: Option<(CaseId, Option<Timestamp>)>,
    /// It comes and goes, and when that is over.
    flaps: Option<Option<Timestamp>>,
    /// The silences that cover all of it.
    silenced: Option<BTreeSet<SilenceId>>,
    /// It belongs to a drill that is over.
    retired: bool,
    /// When it fired again after its end.
    fired_again: Vec<Timestamp>,
    opened_at: Timestamp,
    /// Since when nobody has it.
    open_since: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct MMessage {
    is_page: bool,
    /// Somebody waits for what it asks: it takes another way where its channel is left alone.
    urgent: bool,
    /// A person asked for it, so an acknowledgement does not call it off.
    asked: bool,
    under_way: bool,
    /// It was withdrawn and a channel may have it still.
    withdrawn: bool,
    recipient: Recipient,
    /// What it tells, if it tells.
    notice: Option<Notice>,
    /// It says that something joined.
    joined: bool,
    /// What it asks for on behalf of a run or an automation.
    wanted: Option<Wanted>,
    /// No channel has had it before then.
    held_until: Timestamp,
    attempted: bool,
    /// Which of the recipient's contacts comes next.
    contact: usize,
    /// Nobody knows what became of an attempt.
    doubtful: bool,
}

/// What a notice tells: its stages, and to whom, with whether the reason is that a caller is down.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Notice {
    stages: Vec<Stage>,
    whom: Vec<(Recipient, bool)>,
    /// The service that is broken.
    about: Option<ServiceName>,
}

impl Model {
    /// A model that knows nothing yet, of a story in which machines work or not.
    pub fn new(machines: bool) -> Self {
        Self { machines: machines.then(Box::default), ..Self::default() }
    }

    /// Compares what the kernel answered with what it should have, and follows it.
    pub fn observe(&mut self, cause: Cause<'_>, entries: &[Entry], now: Timestamp) -> Result<(), String> {
        let before = self.clone();
        let mut stages = BTreeMap::new();
        for entry in entries {
            self.general(entry, now)?;
            self.follow_people(entry);
            self.follow_misses(entry, now).map_err(|problem| format!("{problem}\nin {:?}", entry.fact))?;
            self.follow(&before, cause, entry, now, &mut stages)
                .map_err(|problem| format!("{problem}\nin {:?} of {:?}", entry.fact, entry.subject))?;
        }
        let touched: BTreeSet<CaseId> = entries.iter().filter_map(plan::touches).collect();
        self.signals_as_expected(&before, cause, entries, now)?;
        for case in touched {
            self.case_as_expected(&before, cause, case, entries, now, &stages)?;
        }
        self.symptoms_as_expected(&before, cause, entries, now)?;
        self.silences_as_expected(&before, cause, entries)?;
        self.changes_as_expected(cause, entries, now)?;
        self.doubts_as_expected(&before, cause, entries)?;
        self.newcomers_as_expected(&before, entries)?;
        self.handed_over_as_expected(&before, entries)?;
        self.explained_as_expected(&before, cause, entries)?;
        self.one_notice_each(now)?;
        self.misses_as_expected(&before, cause, entries, now)?;
        self.machines_as_expected(&before, cause, entries, now)?;
        self.runs_as_expected(&before, cause, entries, now)?;
        self.answers_as_expected(&before, cause, entries)
    }

    /// Compares a refusal with what the model would refuse.
    pub fn refused(&self, command: &Command, refusal: &Refusal, now: Timestamp) -> Result<(), String> {
        match self.must_accept(command, now) {
            Some(true) => Err(format!("10: refused without need: {refusal}")),
            _ => self.run_refused(command, refusal),
        }
    }

    /// A hub that died and started again: repetitions are forgotten, and so are the doors.
    pub fn restart(&mut self) {
        self.doors = None;
        for signal in self.signals.values_mut() {
            signal.until = signal.written_until;
        }
        self.messages.retain(|_, message| message.under_way);
    }

    /// Whether a message may be handed to a channel now.
    pub fn claim(&self, id: MessageId) -> Result<(), String> {
        let message = self.messages.get(&id).ok_or_else(|| format!("3: {id} is unknown and is sent"))?;
        let case = self.cases.get(&id.case).ok_or_else(|| format!("{id} has no case"))?;
        if !message.under_way {
            return Err(format!("4: {id} is sent though it is done with"));
        }
        if message.is_page && !message.asked && case.phase != Phase::Open {
            return Err(format!("3: {id} pages {} for a case that is {:?}", message.recipient, case.phase));
        }
        Ok(())
    }

    /// The silences there are.
    pub fn silence_ids(&self) -> Vec<SilenceId> {
        self.silences.keys().copied().collect()
    }

    /// The cases there are.
    pub fn case_ids(&self) -> Vec<CaseId> {
        self.cases.keys().copied().collect()
    }
}

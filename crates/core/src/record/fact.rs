//! Facts: the closed set of what can happen. State is folded from them and from nothing else.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::fact_parts::{ContactTest, DrillRunFact, FileAttached, KeyEventSet, is_false, is_true, is_zero, tried};
use super::{
    DrillHeld, Erased, FoundChange, Hash, HoldScope, KeptAnswer, Placement, Retry, RunErased, SignalChange,
    SignalDigests, Tally,
};
use crate::access::{Owner, TokenId};
use crate::case::{CaseId, EscalationProgress, Link, MessageId, MissReason, Proposal, Role, Severity};
use crate::name::{PersonName, RepositoryName, RuleName, ServiceName, TeamName};
use crate::notify::{ContactKind, NotTold, Purpose, Recipient, Stage};
use crate::silence::{Matcher, SilenceId};
use crate::{catalog::Revision, repository::ShiftChange, runbook::RunbookName, signal::Group, time::Timestamp};

/// Something that happened. Facts carry ids, transitions and resolved people, never free text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fact {
    /// The doors are open: silence counts from here on.
    DoorsReady,
    /// A catalog was adopted.
    CatalogAdopted {
        /// Its version.
        version: String,
        /// The version of the time-zone rules in use.
        time_zones: String,
        /// The revisions that are new in it; its body has their `author NAME` and `subject NAME`.
        #[serde(default, skip_serializing_if = "alloc::vec::Vec::is_empty")]
        repositories: Vec<Revision>,
        /// The repositories that are no longer part of it.
        #[serde(default, skip_serializing_if = "alloc::vec::Vec::is_empty")]
        dropped: Vec<RepositoryName>,
        /// What it means for shifts in progress.
        #[serde(default, skip_serializing_if = "alloc::vec::Vec::is_empty")]
        shifts: Vec<ShiftChange>,
        /// The runbooks that are run by themselves at other times than before: their times count from here on.
        #[serde(default, skip_serializing_if = "alloc::vec::Vec::is_empty")]
        schedules: Vec<RunbookName>,
    },
    /// A new version of a repository was refused; the body has `text`, and `author` and `subject` if known.
    RepositoryRefused {
        /// Which.
        revision: Revision,
        /// How many errors it has.
        errors: u64,
        /// The teams that were told.
        teams: Vec<TeamName>,
    },
    /// A repository whose new version was refused is again as it is in force.
    RepositoryRestored {
        /// Which.
        repository: RepositoryName,
    },
    /// One signal was taken in; a commit's are merged into one `signals` fact.
    #[serde(skip)]
    Signal(SignalChange),
    /// All signals of a commit.
    Signals {
        /// How many.
        count: u64,
        /// The digests of their bytes and rows.
        digests: SignalDigests,
        /// How many were dropped by a rule.
        dropped: u64,
        /// How many told the end of something that was not firing.
        ignored: u64,
        /// How many were first seen under a silence and belong to no case yet.
        #[serde(default, skip_serializing_if = "is_zero")]
        silenced: u64,
        /// Per case touched; a commit that touches very many has several such entries.
        cases: BTreeMap<CaseId, Tally>,
    },
    /// A case was opened; its body has the `title`.
    CaseOpened {
        /// How bad it is.
        severity: Severity,
        /// The service, if known.
        service: Option<ServiceName>,
        /// Who handles it.
        team: TeamName,
        /// Which signals belong to it.
        group: Group,
        /// The rule that said so.
        rule: Option<RuleName>,
        /// When the trouble began.
        detected_at: Timestamp,
        /// Whether it resolves by itself.
        auto_resolve: bool,
        /// Whether a person opened it.
        reported: bool,
    },
    /// A resolved case was opened again.
    CaseReopened,
    /// The severity changed.
    SeverityChanged {
        /// What it was.
        from: Severity,
        /// What it is.
        to: Severity,
    },
    /// A person took the case.
    Acknowledged {
        /// When this lapses unless there is a sign of work.
        lapses_at: Timestamp,
    },
    /// The acknowledgement lapsed.
    AcknowledgementLapsed,
    /// There was a sign of work: the acknowledgement holds until then.
    AcknowledgementExtended {
        /// When it lapses now.
        lapses_at: Timestamp,
    },
    /// The escalation's next step was set, or there is none any more.
    EscalationSet {
        /// The next step.
        next: Option<EscalationProgress>,
    },
    /// A step came due and was carried out; its pages follow as `message_queued`.
    EscalationStepped {
        /// The step that was carried out.
        step: EscalationProgress,
        /// The people it reached.
        people: Vec<PersonName>,
    },
    /// A timer of the case could not be handled: its timers are parked until a person acts.
    EscalationParked,
    /// A message was decided.
    MessageQueued {
        /// Its name.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// What it is for.
        #[serde(flatten)]
        purpose: Purpose,
        /// Until when it is held back, so that what follows fast goes out with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
    /// A channel accepted a message; the body may have its `answer`.
    MessageAccepted {
        /// Which.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// The kind of contact.
        contact: ContactKind,
        /// Whether an acknowledgement arrived while it was under way.
        crossed_acknowledgement: bool,
        /// Whether it may have been sent before a crash.
        repeated: bool,
    },
    /// An attempt failed; the body has the `answer`.
    MessageFailed {
        /// Which.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// The kind of contact.
        contact: Option<ContactKind>,
        /// The next attempt: when, and with which contact; none where it is given up.
        retry: Option<Retry>,
        /// Whether it was tried at all; a channel that fails is left alone for a while.
        #[serde(default = "tried", skip_serializing_if = "is_true")]
        tried: bool,
        /// Whether the channel took it and did not say what became of it, so that it may arrive all the same.
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
    },
    /// A message was no longer wanted.
    MessageWithdrawn {
        /// Which.
        message: MessageId,
        /// Who it was for.
        recipient: Recipient,
    },
    /// Somebody affected was not told.
    NotTold {
        /// Who.
        recipient: Recipient,
        /// At which stage.
        stage: Stage,
        /// Why.
        reason: NotTold,
        /// What it would mean to them.
        impact: crate::affected::Impact,
        /// The services from the broken one on.
        path: Vec<ServiceName>,
    },
    /// A person said that somebody affected was not told; the body may have a `text`.
    Missed {
        /// Who: a team or an audience.
        recipient: Recipient,
        /// Why the hub did not tell them.
        reason: MissReason,
        /// The services from the broken one on, where the catalog has such a path.
        path: Vec<ServiceName>,
        /// The service of theirs that suffered, if the person said.
        service: Option<ServiceName>,
        /// The action that has the catalog mended, if it must be.
        action: Option<CaseId>,
    },
    /// An action asks the catalog to say something.
    Proposed {
        /// What.
        proposal: Proposal,
    },
    /// The case got an owner, or none.
    OwnerSet {
        /// Who.
        owner: Option<PersonName>,
    },
    /// Another team handles the case.
    TeamSet {
        /// Which.
        team: TeamName,
        /// The service, where it became known.
        service: Option<ServiceName>,
    },
    /// Somebody took a role, or it was laid down.
    RoleSet {
        /// Which.
        role: Role,
        /// Who.
        person: Option<PersonName>,
    },
    /// Somebody wrote a note; the body has its `text`.
    Noted,
    /// Somebody attached a file; the body has what is said of it, by which it could be recognised.
    FileAttached(FileAttached),
    /// Somebody wrote an update for those affected; the body has its `text`.
    Updated,
    /// The harm stopped.
    Mitigated {
        /// When, by their word.
        at: Timestamp,
    },
    /// The case is over; the body may have a `text`.
    Resolved {
        /// When.
        at: Timestamp,
        /// When it is looked at again, because signals still fire.
        recheck_at: Option<Timestamp>,
    },
    /// It was looked at again, and nothing fired any more.
    Rechecked,
    /// A case of a drill that is over: nothing joins or reopens it any more.
    CaseRetired,
    /// A drill was played and judged; the body has its account as `text`.
    DrillHeld(DrillHeld),
    /// A drill that the hub plays began, or ended.
    DrillRun(DrillRunFact),
    /// The time of a runbook came that is run by itself. The body has a `text` where it could not be.
    RunScheduled(super::ScheduleFact),
    /// Something about an automation.
    Automation(super::AutomationFact),
    /// A run of a runbook was started, worked on, or ended.
    Run(super::RunFact),
    /// A version of a runbook was judged by the hub, or approved by a person.
    RunbookVersion(super::VersionFact),
    /// Something was linked.
    Linked {
        /// What.
        link: Link,
    },
    /// A contact was tried out with a message marked as a test; the body has the `answer`.
    ContactTested(ContactTest),
    /// An entry of the case's timeline became a key event, or is none any more.
    KeyEventSet(KeyEventSet),
    /// A link was taken away again.
    Unlinked {
        /// What.
        link: Link,
    },
    /// The case became a symptom of another one, or stands for itself again. The link goes with it.
    SymptomSet {
        /// The case that brought it about; none where it stands for itself.
        root: Option<CaseId>,
        /// When it stands for itself again, because that case is over; not yet known where absent.
        release_at: Option<Timestamp>,
    },
    /// The case comes and goes: from now on it stays open until it has been quiet for a while.
    FlappingBegun,
    /// A case that comes and goes fell quiet, or fires again.
    QuietSet {
        /// When it is over unless it fires again; none where it does fire.
        over_at: Option<Timestamp>,
    },
    /// All firing signals of the case are silenced: nobody is paged for it until one is not.
    CaseSilenced {
        /// The silences that cover them.
        silences: Vec<SilenceId>,
        /// When the first of these ends.
        until: Timestamp,
    },
    /// Not all firing signals of the case are silenced any more.
    CaseUnsilenced,
    /// A silence was made, or changed in place; the body has its `comment` and `created_by`.
    SilenceSet {
        /// Which.
        silence: SilenceId,
        /// What it covers.
        matchers: Vec<Matcher>,
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// The one that it replaces.
        replaces: Option<SilenceId>,
    },
    /// A silence started.
    SilenceStarted {
        /// Which.
        silence: SilenceId,
    },
    /// A silence that holds something back ends soon.
    SilenceEndsSoon {
        /// Which.
        silence: SilenceId,
        /// How many firing signals it covers.
        signals: u64,
    },
    /// A silence is over, by the clock or before its time.
    SilenceEnded {
        /// Which.
        silence: SilenceId,
    },
    /// A change was told; the body has its texts.
    ChangeTold {
        /// Its number.
        change: u64,
        /// What kind of change it is.
        of: crate::change::ChangeKind,
        /// The service it was made to, where the catalog knows it.
        service: Option<ServiceName>,
        /// When it was done.
        at: Timestamp,
        /// The digest of its sender and key.
        key: Option<Hash>,
    },
    /// A change came shortly before the case, on or beneath its service; the body has it as `text`.
    ChangeFound(FoundChange),
    /// A token was made; the body has its `description`.
    TokenCreated {
        /// Its name.
        token: TokenId,
        /// The SHA-256 of its secret.
        hash: Hash,
        /// Whose it is.
        owner: Owner,
        /// When it ends.
        expires_at: Option<Timestamp>,
    },
    /// A token was revoked.
    TokenRevoked {
        /// Which.
        token: TokenId,
    },
    /// An input made the hub stumble and was set aside; the body says what.
    Quarantined {
        /// The digest of the input.
        digest: Hash,
    },
    /// Messages were handed to delivery workers.
    HandedOver {
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Signals were silenced when first seen, or changed their place since: where each belongs.
    SignalsPlaced {
        /// Runs of signals with the same place, in the order in which it came about.
        runs: Vec<Placement>,
    },
    /// Answers were kept, to be given again when their requests come again.
    AnswersKept {
        /// Which.
        answers: Vec<KeptAnswer>,
    },
    /// What people wrote in the case was erased, of all earlier entries; the body has the `reason`.
    Erased(Erased),
    /// What was written in a run for no case was erased, of all earlier entries about it; the body has the `reason`.
    RunErased(RunErased),
    /// The record was restored from a backup, and is signed as another log from here on.
    RecordRestored(super::RecordRestored),
    /// A legal hold was set; the body has the `reason`.
    HoldSet {
        /// What it covers.
        hold: HoldScope,
    },
    /// A legal hold was lifted; the body has the `reason`.
    HoldLifted {
        /// What it covered.
        hold: HoldScope,
    },
}

//! Cases.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{self, Case, CaseId, CaseKind, Instant, Relation, Role, Severity, State};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::notify::{Message, MessageState, Purpose};
use wheelhouse_core::world::NotToldRow;

use super::room::clocks;
use super::schema::{CaseIdText, CaseKindWord, RelationWord, RoleWord, SeverityWord};
use super::{
    CaseSilenceView, ChangeView, ClockView, ErasureView, MissView, NearChange, NextStep, PagedView, Party,
    ProposalView, RunbookView, Time,
};

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseSummary {
    /// Its name.
    #[schema(value_type = CaseIdText)]
    pub id: CaseId,
    /// What kind of work it is.
    #[schema(value_type = CaseKindWord)]
    pub kind: CaseKind,
    /// What it is about, in one line.
    pub title: String,
    /// `open`, `acknowledged`, `mitigated` or `resolved`.
    pub state: String,
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    pub severity: Severity,
    /// The service it is about, if known.
    pub service: Option<String>,
    /// The team that handles it.
    pub team: String,
    /// Its one owner.
    pub owner: Option<String>,
    /// Whether it was made for exercise.
    pub drill: bool,
    /// When it was opened.
    pub opened_at: Option<Time>,
    /// When it was over.
    pub resolved_at: Option<Time>,
    /// How many of its signals fire now.
    pub firing: u64,
    /// How many signals ever joined it.
    pub members: u64,
    /// The case that brought it about, as long as nobody is paged for this one because of that.
    #[schema(value_type = Option<CaseIdText>)]
    #[serde(default)]
    pub symptom_of: Option<CaseId>,
    /// Since when it comes and goes; null where it does not.
    #[serde(default)]
    pub flapping_since: Option<Time>,
    /// Until when silences hold it back, so that nobody is paged for it; null where somebody is.
    #[serde(default)]
    pub silenced_until: Option<Time>,
    /// What happens next unless somebody does something; null where nothing is due.
    pub next_step: Option<NextStep>,
    /// Who was paged last; null where nobody was.
    #[serde(default)]
    pub paged: Option<PagedView>,
    /// When those affected should hear the next update; null where nobody waits for one.
    #[serde(default)]
    pub update_due_at: Option<Time>,
    /// The version that `If-Match` compares.
    pub revision: u64,
}

/// All of a case but its timeline, members and messages, which are lists of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseDetail {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Who brought it into its state; null while it is open.
    pub state_by: Option<Party>,
    /// Since when it is in its state; null while it is open.
    pub state_since: Option<Time>,
    /// Whether a person set the severity, which no signal then changes.
    pub severity_set_by_person: bool,
    /// Which signals belong to it, in words.
    pub group: String,
    /// The rule that opened it; null where the defaults did.
    pub rule: Option<String>,
    /// Whether it resolves by itself when its last firing signal ends.
    pub auto_resolve: bool,
    /// Who does what.
    pub roles: Vec<RoleHolder>,
    /// The instants it is measured by.
    pub instants: Instants,
    /// How often it was reopened.
    pub reopened: u32,
    /// Where its escalation stands; null where no step is due any more.
    pub escalation: Option<EscalationView>,
    /// When the acknowledgement lapses unless there is a sign of work.
    pub acknowledgement_lapses_at: Option<Time>,
    /// When a case that a person resolved is looked at again, because signals still fired.
    pub recheck_at: Option<Time>,
    /// People who reported it, were paged for it, have a role in it, or handled it.
    pub involved: Vec<String>,
    /// Who was told so far.
    pub told: Vec<Party>,
    /// How the messages stand.
    pub told_counts: ToldCounts,
    /// Who else was affected and not told, by a person's word.
    pub missed: Vec<MissView>,
    /// What the catalog should say: what an action asks for, or, for an incident of no known service,
    /// what would have its signals find one.
    pub proposal: Option<ProposalView>,
    /// Other cases and addresses that belong to it.
    pub links: Vec<LinkView>,
    /// The last update for those affected.
    pub last_update: Option<String>,
    /// When that was written.
    #[serde(default)]
    pub updated_at: Option<Time>,
    /// How long things took or take: what runs says since when.
    #[serde(default)]
    pub clocks: Vec<ClockView>,
    /// The entries that somebody called key events, by their index in the record.
    #[serde(default)]
    pub key_events: Vec<u64>,
    /// The runbooks that fit: those that its signals name, most often named first, then its service's.
    #[serde(default)]
    pub runbooks: Vec<RunbookView>,
    /// What whoever asks may do to it, as words of the policies; whether its state lets one is another matter.
    #[serde(default)]
    pub may: Vec<String>,
    /// That what was written was erased; null where it was not.
    #[serde(default)]
    pub erased: Option<ErasureView>,
    /// Why nobody is paged though nobody has taken it; null where somebody is.
    #[serde(default)]
    pub silenced: Option<CaseSilenceView>,
    /// The change that came last before it, as its messages name it.
    #[serde(default)]
    pub changed: Option<NearChange>,
    /// What changed in the six hours before it began, on its service and on what that depends on;
    /// the nearest in time first.
    #[serde(default)]
    pub changes: Vec<ChangeView>,
}

/// Who has a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleHolder {
    /// Which.
    #[schema(value_type = RoleWord)]
    pub role: Role,
    /// Who.
    pub person: String,
}

/// The instants that a case is measured by; null means: not yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Instants {
    /// The trouble began, by the sender's word.
    pub detected: Option<InstantView>,
    /// The case was opened.
    pub opened: Option<InstantView>,
    /// Somebody first took it.
    pub acknowledged: Option<InstantView>,
    /// The first person affected was told.
    pub first_told: Option<InstantView>,
    /// The harm stopped.
    pub mitigated: Option<InstantView>,
    /// It was over.
    pub resolved: Option<InstantView>,
}

/// An instant, who said so, and what it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstantView {
    /// When.
    pub at: Time,
    /// Who said so last.
    pub source: Party,
    /// Earlier values, oldest first.
    pub edits: Vec<InstantEdit>,
}

/// An earlier value of an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstantEdit {
    /// The value before.
    pub was: Time,
    /// Who had said so.
    pub source: Party,
    /// When it was replaced.
    pub replaced_at: Time,
}

/// Where an escalation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EscalationView {
    /// Its name; null once only the organisation's fallback is left.
    pub name: Option<String>,
    /// The next step, from 1.
    pub step: u32,
    /// The round it belongs to, from 1.
    pub round: u32,
    /// When it is due.
    pub due_at: Time,
    /// Whether the step could not be carried out and waits for a person.
    pub parked: bool,
}

/// How the messages of a case stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToldCounts {
    /// Pages that a channel accepted.
    pub pages_accepted: u64,
    /// Notices that a channel accepted.
    pub notices_accepted: u64,
    /// Messages that wait for their (next) attempt.
    pub queued: u64,
    /// Messages whose every contact failed.
    pub given_up: u64,
    /// Messages that were no longer wanted before they were sent.
    pub withdrawn: u64,
    /// How often somebody affected was not told, for a reason.
    pub not_told: u64,
}

/// Something that belongs to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    /// How it belongs.
    #[schema(value_type = RelationWord)]
    pub relation: Relation,
    /// The other case.
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// An address outside the hub.
    pub url: Option<String>,
}

impl CaseSummary {
    /// What a list shows of a case; `catalog` says what its next step would do.
    pub fn new(case: &Case, catalog: Option<&Catalog>) -> Self {
        let at = |instant: &Option<Instant>| instant.as_ref().map(|instant| Time(instant.at));
        Self {
            id: case.id,
            kind: case.id.kind,
            title: case.title.clone(),
            state: case.state.as_str().to_owned(),
            severity: case.severity,
            service: case.service.as_ref().map(ToString::to_string),
            team: case.team.to_string(),
            owner: case.owner.as_ref().map(ToString::to_string),
            drill: case.drill,
            opened_at: at(&case.instants.opened),
            resolved_at: if case.state.is_resolved() { at(&case.instants.resolved) } else { None },
            firing: case.firing,
            members: case.members,
            symptom_of: case.symptom.map(|symptom| symptom.root),
            flapping_since: case.flapping.map(|flapping| Time(flapping.since)),
            silenced_until: case.silenced.as_ref().map(|silenced| Time(silenced.until)),
            next_step: NextStep::of(case, catalog),
            paged: case.paged.as_ref().map(PagedView::from),
            update_due_at: case.update_due_at().map(Time),
            revision: case.revision,
        }
    }
}

impl CaseDetail {
    /// All of a case; `messages` and `not_told` are counted.
    pub fn new(case: &Case, catalog: Option<&Catalog>, messages: &[Message], not_told: &[NotToldRow]) -> Self {
        let (state_by, state_since) = match &case.state {
            State::Open => (None, None),
            State::Acknowledged { by, at } | State::Mitigated { by, at } | State::Resolved { by, at } => {
                (Some(Party::from(by)), Some(Time(*at)))
            }
        };
        Self {
            summary: CaseSummary::new(case, catalog),
            state_by,
            state_since,
            severity_set_by_person: case.severity_set_by == case::SeveritySetBy::Person,
            group: case.group.to_string(),
            rule: case.rule.as_ref().map(ToString::to_string),
            auto_resolve: case.auto_resolve,
            roles: case
                .roles
                .iter()
                .map(|(role, person)| RoleHolder { role: *role, person: person.to_string() })
                .collect(),
            instants: Instants::from(&case.instants),
            reopened: case.reopened,
            escalation: case.escalation.as_ref().map(EscalationView::from),
            acknowledgement_lapses_at: case.acknowledgement_lapses_at.map(Time),
            recheck_at: case.recheck_at.map(Time),
            involved: case.involved.iter().map(ToString::to_string).collect(),
            told: case.told.iter().map(Party::from).collect(),
            told_counts: ToldCounts::of(messages, not_told),
            missed: case.missed.iter().map(MissView::from).collect(),
            proposal: case.proposal.as_ref().map(ProposalView::from),
            links: case.links.iter().map(LinkView::from).collect(),
            last_update: case.last_update.clone(),
            updated_at: case.updated_at.map(Time),
            clocks: clocks(case, messages),
            key_events: case.key_events.iter().copied().collect(),
            runbooks: Vec::new(),
            may: Vec::new(),
            erased: case.erased.as_ref().map(ErasureView::from),
            silenced: case.silenced.as_ref().map(CaseSilenceView::from),
            changed: case.changed.as_ref().map(NearChange::from),
            changes: Vec::new(),
        }
    }
}

impl ToldCounts {
    /// Counts messages by where they stand.
    pub fn of(messages: &[Message], not_told: &[NotToldRow]) -> Self {
        let mut counts = Self { not_told: not_told.len() as u64, ..Self::default() };
        for message in messages {
            let count = match (message.state, &message.purpose) {
                (MessageState::Accepted, Purpose::Page) => &mut counts.pages_accepted,
                (MessageState::Accepted, _) => &mut counts.notices_accepted,
                (MessageState::Queued, _) => &mut counts.queued,
                (MessageState::GivenUp, _) => &mut counts.given_up,
                (MessageState::Withdrawn, _) => &mut counts.withdrawn,
            };
            *count += 1;
        }
        counts
    }
}

impl From<&case::Instants> for Instants {
    fn from(instants: &case::Instants) -> Self {
        let view = |instant: &Option<Instant>| instant.as_ref().map(InstantView::from);
        Self {
            detected: view(&instants.detected),
            opened: view(&instants.opened),
            acknowledged: view(&instants.acknowledged),
            first_told: view(&instants.first_told),
            mitigated: view(&instants.mitigated),
            resolved: view(&instants.resolved),
        }
    }
}

impl From<&Instant> for InstantView {
    fn from(instant: &Instant) -> Self {
        let edit = |edit: &case::Edit| InstantEdit {
            was: edit.was.into(),
            source: Party::from(&edit.source),
            replaced_at: edit.replaced_at.into(),
        };
        Self {
            at: instant.at.into(),
            source: Party::from(&instant.source),
            edits: instant.edits.iter().map(edit).collect(),
        }
    }
}

impl From<&case::EscalationProgress> for EscalationView {
    fn from(progress: &case::EscalationProgress) -> Self {
        Self {
            name: progress.escalation.as_ref().map(ToString::to_string),
            step: progress.step.saturating_add(1),
            round: progress.round.saturating_add(1),
            due_at: progress.due_at.into(),
            parked: progress.parked,
        }
    }
}

impl From<&case::Link> for LinkView {
    fn from(link: &case::Link) -> Self {
        Self { relation: link.relation, case: link.case, url: link.url.clone() }
    }
}

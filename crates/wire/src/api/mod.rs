//! The JSON of the hub's own HTTP API, `/api/v1`.
//!
//! Field names are snake_case, instants RFC 3339 in UTC, lengths of time seconds (their names end
//! in `_seconds`), and words are those of the core. Whatever the hub sends is made from core values
//! here; whatever it receives is turned into core values here, or into a [`Problem`].

mod affected;
mod attachment;
mod automation;
mod case;
mod case_counts;
mod catalog;
mod catalog_diff;
mod change;
mod channels;
mod control;
mod decode;
mod describe;
mod describe_others;
mod describe_run;
mod doctor;
mod drill;
mod drill_run;
mod issued;
mod keeping;
mod member;
mod missed;
mod next_step;
mod party;
mod problem;
mod record;
mod repository;
mod requests;
mod room;
mod run;
mod run_input;
mod run_requests;
mod run_work;
mod runbook;
mod runbook_versions;
mod runner;
mod schema;
mod service;
mod session;
mod shifts;
mod silence;
mod standing;
mod stats;
mod status;
mod stream;
mod time;
mod timeline;
mod told;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use affected::{
    AffectedView, EdgeView, HeardView, NodeView, NoticeView, OpenCaseView, PreviewNotTold, PreviewRecipient,
    UpdatePreview,
};
pub use attachment::AttachmentView;
pub use automation::{
    AutomationDetail, AutomationEvent, AutomationLimits, AutomationQuestion, AutomationSummary, AutomationTest,
    AutomationTotals, AutomationWord, GateAnswer, automations,
};
pub use case::{
    CaseDetail, CaseSummary, EscalationView, InstantEdit, InstantView, Instants, LinkView, RoleHolder, ToldCounts,
};
pub use case_counts::{CASE_COLUMNS, CaseCount, CaseCounts, case_line};
pub use catalog::{DependencyView, OnCall, Person, Service, ServiceDetail, StakeholderView, Team};
pub use catalog_diff::{CandidateCatalog, CandidateFile, CatalogDiff, Difference};
pub use change::{CaseSilenceView, ChangeView, NearChange, ReportChange};
pub use channels::{ChannelState, ChannelView, TestContact, TestReport, Tested, TestedContact, Waits};
pub use control::{Control, ControlClaim, ControlExecution, ControlOrigin, ControlReport, ControlScript};
pub use decode::{LARGEST_REQUEST, decode, decode_at_most, decode_or_default};
pub use describe::describe;
pub use describe_others::ahead;
pub(crate) use describe_others::way;
pub use doctor::{Doctor, Finding, Health};
pub use drill::{Cue, Drill, DrillReport, Expectation, HeldDrill, JudgeDrill, PlayCue, Played};
pub use drill_run::{DrillRun, DrillRunSummary, RunSignal};
pub use issued::{CreateToken, IssuedToken, Token, TokenState};
pub use keeping::{EraseCase, Erased, ErasureView, HoldRequest, HoldView};
pub use member::{Member, MemberStatus};
pub use missed::{MissView, ProposalView, RecordMiss};
pub use next_step::NextStep;
pub use party::{Party, PartyKind};
pub use problem::{FieldError, MEDIA_TYPE, Problem};
pub use record::{Checkpoint, InclusionProof, RecordEntry, RecordKey, SignatureView};
pub use repository::{CatalogChange, RefusedView, Repository, RepositoryRevision, RepositoryState, RevisionView};
pub use requests::{
    Acknowledge, Assign, KeyEvent, LinkRequest, Mitigate, Note, OpenCase, PageRequest, Reopen, Resolve, SetRole,
    SetSeverity, Update,
};
pub use room::{ClockView, PagedView, RunbookView};
pub use run::{RunDetail, RunProgress, RunStepView, RunSummary, RunTexts, RunView, StepSettled};
pub use run_input::{OutputGap, OutputPiece, StepInputView, StepOutput};
pub use run_requests::{SettleStep, StartRun, TurnRun};
pub use run_work::{StepAttempt, StepHow, StepWork};
pub use runbook::{
    RunbookAttributes, RunbookDetail, RunbookFront, RunbookParameter, RunbookPhase, RunbookRemark, RunbookStep,
    RunbookSummary,
};
pub use runbook_versions::{RunbookAt, RunbookDiff, RunbookLine, RunbookVersion};
pub use runner::{RunnerDoing, RunnerEnded, RunnerView};
pub use schema::{
    AdapterWord, CaseIdText, CaseKindWord, ContactKindWord, ImpactWord, MessageIdText, RelationWord, RoleWord,
    SeverityWord, UrgencyWord,
};
pub use service::{FindingView, StepView};
pub use session::{ContactWay, Session, SignIn};
pub use shifts::{GapView, ScheduleShifts, ShiftCalendar, ShiftView};
pub use silence::{MatcherView, SetSilence, SilencePreview, SilenceView, SilencedSignal};
pub use standing::{ApproveVersion, RunbookStanding};
pub use stats::{Stats, StatsGroup, StatsLeftOut, StatsMeasure, StatsMissed, StatsTold};
pub use status::Status;
pub use stream::StreamEvent;
pub use time::Time;
pub use timeline::TimelineEntry;
pub use told::{Told, ToldState, WayView};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each item turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next_cursor: self.next_cursor }
    }
}

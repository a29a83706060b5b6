//! The catalog: operations as code, merged and validated.
//!
//! Foreign text becomes [`Drafts`] at the edge; [`compile`] checks them against each other and makes
//! the [`Catalog`], or says everything that is wrong with them at once.

mod channel;
mod compile;
mod dependents;
pub mod diff;
mod documents;
mod draft;
mod draft_names;
mod finding;
mod history;
mod kind;
mod known;
pub mod limits;
mod model;
mod place;
mod repository;
mod rules;
mod runner;
mod version;

pub use channel::{
    Address, BadTemplate, BodyKind, Channel, DEFAULT_PER_MINUTE, Escape, HttpCall, LONGEST_TEMPLATE, Method, Part,
    Success, Template, TooLong, Variable, Way,
};
pub(crate) use compile::listed;
pub use compile::{Compiled, Input, Mode, compile, missing_secrets};
pub use dependents::Dependents;
pub use documents::{Documents, documents_of};
pub use draft::{
    ActionDraft, AddressDraft, AudienceDraft, ChannelDraft, ChannelKind, CharterDraft, CueDraft, Document, Drafts,
    DrillDraft, EscalationDraft, ExpectationDraft, LayerDraft, OrganizationDraft, OverrideDraft, PersonDraft,
    RuleDraft, ScheduleDraft, ServiceDraft, SourceDraft, StepDraft, SuccessDraft, TeamDraft,
};
pub use finding::{Code, Finding, Level};
pub use history::{History, Signature, SignatureStatus, Touch};
pub use kind::Kind;
pub use known::{KnownNames, nearest};
pub use model::*;
pub use place::{At, Place};
pub use repository::{Authored, Charter, FOLDERS, Revision, owners_of, path_in, repository_of, short_revision};
pub use rules::Rules;
pub use runner::{Runner, RunnerDraft, is_label};
pub use version::{Summary, summary, version};

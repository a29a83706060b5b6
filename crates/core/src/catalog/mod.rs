//! The catalog: operations as code, merged and validated.
//!
//! Foreign text becomes [`Drafts`] at the edge; [`compile`] checks them against each other and makes
//! the [`Catalog`], or says everything that is wrong with them at once.

mod compile;
mod draft;
mod finding;
mod kind;
mod known;
pub mod limits;
mod model;
mod place;
mod rules;
mod version;

pub use compile::{Compiled, Input, Mode, compile};
pub use draft::{
    ActionDraft, AudienceDraft, Document, Drafts, EscalationDraft, LayerDraft, OrganizationDraft, OverrideDraft,
    PersonDraft, RuleDraft, ScheduleDraft, ServiceDraft, SourceDraft, StepDraft, TeamDraft,
};
pub use finding::{Code, Finding, Level};
pub use kind::Kind;
pub use known::{KnownNames, nearest};
pub use model::*;
pub use place::{At, Place};
pub use rules::Rules;
pub use version::{Summary, summary, version};

//! Runbooks: Markdown files that say how something is handled, as phases and steps.
//!
//! Reading Markdown and YAML is the edge's work; here is what a runbook means. Nothing executes unless it opts
//! in: a step is [`StepKind::Automated`] only where the file names it as one and nothing in it has to be filled
//! in by hand. Whatever else a file holds is for people.

mod attributes;
mod changes;
mod draft;
mod front;
mod holders;
mod id;
mod model;
mod name;
mod schedule;
mod trust;

pub use attributes::{Approval, Attributes, Does, Each, Retry};
pub use changes::{Difference, differences};
pub use draft::RunbookDraft;
pub use front::{Allowed, FrontMatter, Parameter, ParameterKind, Roles, Trigger, WrongValue, check_pattern};
pub use holders::{holders, keepers, may, owners};
pub use id::{BadStepId, RunbookHash, StepId};
pub use model::{Block, Phase, Remark, Runbook, Step, StepKind, Stretch};
pub use name::{BadRunbookName, RunbookName};
pub use schedule::Schedule;
pub use trust::{Doubt, Doubted, HeldBack, Judgement, Mandate, Standing, Trust, had_part, merged, person_of_mail};

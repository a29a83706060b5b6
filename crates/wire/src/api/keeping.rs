//! Erasing what was written, and legal holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{self, HoldScope};

use super::{FieldError, Party, Problem, Time};

/// Erases what was written in a case, or in a run that was for no case: one of the two.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseCase {
    /// The case, such as INC-17; the runs for it are erased with it.
    #[serde(default)]
    pub case: Option<String>,
    /// The run, such as RUN-7.
    #[serde(default)]
    pub run: Option<String>,
    /// Why, in one line; it stays in the record.
    pub reason: String,
}

/// That the texts of a case were erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureView {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Party,
    /// Why.
    pub reason: String,
}

/// What was erased.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// The case, or the run.
    pub of: String,
    /// When, by whom and why.
    #[serde(flatten)]
    pub erasure: ErasureView,
    /// How many texts of entries.
    pub bodies: u64,
    /// How many signals lost their labels, annotations and addresses.
    pub signals: u64,
    /// How many commits' journals of raw requests are gone.
    pub journals: u64,
    /// How many answers kept for repeated requests are gone.
    pub answers: u64,
    /// How many attached files are gone; bytes that another case has too stay there.
    #[serde(default)]
    pub files: u32,
    /// Whether the bytes are out of the database file; if not, the next start removes them.
    pub file_rewritten: bool,
}

/// Sets or lifts a legal hold on one case, on all cases of a service, or on everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoldRequest {
    /// A case, such as INC-17.
    pub case: Option<String>,
    /// A service.
    pub service: Option<String>,
    /// Everything.
    pub all: bool,
    /// Why, in one line; it stays in the record.
    pub reason: String,
}

/// A legal hold that stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// The case, where it covers one.
    pub case: Option<String>,
    /// The service, where it covers one.
    pub service: Option<String>,
    /// Whether it covers everything.
    pub all: bool,
    /// Why it was set.
    pub reason: String,
    /// By whom.
    pub by: Party,
    /// When.
    pub at: Time,
}

impl HoldRequest {
    /// What it is about.
    ///
    /// # Errors
    /// Says so unless it names exactly one thing.
    pub fn scope(&self) -> Result<HoldScope, Problem> {
        let invalid =
            |field: &str, expected: &str| Problem::fields(vec![FieldError::new(field, format!("expected {expected}"))]);
        match (&self.case, &self.service, self.all) {
            (Some(case), None, false) => {
                CaseId::parse(case).map(HoldScope::Case).ok_or_else(|| invalid("case", "a case such as INC-17"))
            }
            (None, Some(service), false) => ServiceName::new(service)
                .map(HoldScope::Service)
                .map_err(|_| invalid("service", "the name of a service")),
            (None, None, true) => Ok(HoldScope::Everything),
            _ => Err(invalid("case", "one of `case`, `service` and `all`")),
        }
    }
}

impl From<&record::Hold> for HoldView {
    fn from(hold: &record::Hold) -> Self {
        let (mut case, mut service) = (None, None);
        match &hold.scope {
            HoldScope::Case(id) => case = Some(id.to_string()),
            HoldScope::Service(name) => service = Some(name.to_string()),
            HoldScope::Everything => {}
        }
        let all = matches!(hold.scope, HoldScope::Everything);
        Self { case, service, all, reason: hold.reason.clone(), by: (&hold.by).into(), at: hold.at.into() }
    }
}

impl From<&record::Erasure> for ErasureView {
    fn from(erasure: &record::Erasure) -> Self {
        Self { at: erasure.at.into(), by: (&erasure.by).into(), reason: erasure.reason.clone() }
    }
}

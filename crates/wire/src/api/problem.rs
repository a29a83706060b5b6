//! Problems: what went wrong with a request, as RFC 9457 has it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::kernel::Refusal;

/// The media type of a problem (RFC 9457 §3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong with a request, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The kind of problem as a URI: `urn:wheelhouse:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The HTTP status in words.
    pub title: Box<str>,
    /// The HTTP status.
    pub status: u16,
    /// What was expected, what was found, and what to do.
    pub detail: String,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong with single fields of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With 412: what was to be changed, as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Box<serde_json::Value>>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// What was found or expected.
    pub detail: String,
}

impl FieldError {
    /// Says what is wrong with `field`.
    pub fn new(field: &str, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), detail: detail.into() }
    }
}

impl Problem {
    /// Makes a problem; `code` is a stable word in snake_case.
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:wheelhouse:problem:{code}").into(),
            title: title(status).into(),
            status,
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            current: None,
        }
    }

    /// The same with what was to be changed, as it is now.
    #[must_use]
    pub fn with_current(self, current: &impl Serialize) -> Self {
        Self { current: serde_json::to_value(current).ok().map(Box::new), ..self }
    }

    /// A request whose fields are wrong: 422.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail: Vec<String> = errors.iter().map(|error| format!("`{}`: {}", error.field, error.detail)).collect();
        Self { errors, ..Self::new(422, "invalid", detail.join("; ")) }
    }

    /// Nobody is known to ask: 401.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(401, "unauthenticated", detail)
    }

    /// No policy allows it: 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", detail)
    }

    /// There is nothing there: 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not_found", detail)
    }

    /// What is asked for does not go with how things stand: 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(409, code, detail)
    }

    /// The hub cannot take it now: 503; to be sent with `Retry-After`.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", detail)
    }

    /// The hub failed: 500. `detail` must hold nothing that only an operator may see.
    pub fn fault(detail: impl Into<String>) -> Self {
        Self::new(500, "fault", detail)
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let problem = Self::new(status(refusal), refusal.code(), refusal.to_string());
        match refusal {
            Refusal::Invalid { field, expected } => {
                Self { errors: vec![FieldError::new(field, format!("expected {expected}"))], ..problem }
            }
            Refusal::BadSilence(bad) => {
                Self { errors: vec![FieldError::new(bad.field(), format!("expected {}", bad.expected()))], ..problem }
            }
            _ => problem,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::fields(vec![error])
    }
}

/// The status of a refusal. What a second try may mend is 503, what a second look may mend is 409
/// or 412, and what needs another request is 404 or 422.
const fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::NoSuchCase(_)
        | Refusal::NoSuchToken(_)
        | Refusal::NoSuchHold(_)
        | Refusal::NoSuchSilence(_)
        | Refusal::NoSuchRun(_)
        | Refusal::NoSuchDrillRun(_) => 404,
        Refusal::LacksRole { .. } | Refusal::MayNotAgree { .. } | Refusal::OwnChange { .. } => 403,
        Refusal::AlreadyResolved { .. }
        | Refusal::NotResolved(_)
        | Refusal::AnotherIsOpen { .. }
        | Refusal::WasTold { .. }
        | Refusal::NotForActions { .. }
        | Refusal::NotOver { .. }
        | Refusal::RunNotOver(_)
        | Refusal::SilenceOver(_)
        | Refusal::DrillRuns { .. }
        | Refusal::DrillRunOver(_)
        | Refusal::RunOver(_)
        | Refusal::StepSettled { .. }
        | Refusal::StepAtWork { .. }
        | Refusal::StaleLease { .. }
        | Refusal::Quarantined(_)
        | Refusal::NotQuarantined { .. }
        | Refusal::LastMaker(_)
        | Refusal::Held { .. }
        | Refusal::RunHeld { .. }
        | Refusal::Full { .. }
        | Refusal::RunFull { .. } => 409,
        Refusal::Changed { .. }
        | Refusal::SilenceChanged(_)
        | Refusal::RunbookChanged { .. }
        | Refusal::OtherInput { .. } => 412,
        Refusal::NotInCatalog { .. } | Refusal::Invalid { .. } | Refusal::BadSilence(_) => 422,
        Refusal::NoCatalog | Refusal::Stale => 503,
    }
}

/// The reason phrase (RFC 9110 §15, RFC 6585).
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Problem",
    }
}

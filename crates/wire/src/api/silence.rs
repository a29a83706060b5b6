//! Silences.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::SilenceRequest;
use wheelhouse_core::signal::Active;
use wheelhouse_core::silence::{Matcher, Silence, SilenceId};
use wheelhouse_core::time::{Duration, Timestamp};

use super::problem::FieldError;
use super::schema::CaseIdText;
use super::{Party, Problem, Time};

/// Says of a label how it must be; an absent label counts as empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatcherView {
    /// The label.
    pub name: String,
    /// The value, or a regular expression for the whole of it.
    pub value: String,
    /// Whether the value is a regular expression.
    #[serde(default)]
    pub regex: bool,
    /// Whether the label must be otherwise.
    #[serde(default)]
    pub negated: bool,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilenceView {
    /// Its name.
    #[schema(value_type = String, example = "SIL-3")]
    pub id: SilenceId,
    /// `pending`, `active` or `expired`.
    pub state: String,
    /// What it covers: signals that all of these fit.
    pub matchers: Vec<MatcherView>,
    /// When it starts or started.
    pub starts_at: Time,
    /// When it ends or ended.
    pub ends_at: Time,
    /// Who made it, by their token.
    pub author: Party,
    /// What was said of who made it; words only.
    pub created_by: Option<String>,
    /// What it is for.
    pub comment: String,
    /// When it was made.
    pub made_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// How many firing signals it holds back from any case now.
    pub holds_back: u64,
    /// How many open cases page nobody because of it.
    pub cases: u64,
    /// Whether it is for exercise.
    pub drill: bool,
    /// The version that `If-Match` compares.
    #[serde(default)]
    pub revision: u64,
}

/// Makes a silence, or changes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSilence {
    /// The silence to change; a new one where absent. One that is to cover something else is ended and replaced.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Option<SilenceId>,
    /// What it covers: signals that all of these fit; at least one must say what the signals have.
    pub matchers: Vec<MatcherView>,
    /// When it starts; now where absent.
    #[serde(default)]
    pub starts_at: Option<Time>,
    /// When it ends, at most 30 days after its start; this or `duration_seconds`.
    #[serde(default)]
    pub ends_at: Option<Time>,
    /// For how long.
    #[serde(default)]
    pub duration_seconds: Option<u32>,
    /// What it is for.
    #[serde(default)]
    pub comment: String,
    /// Whether it is for exercise.
    #[serde(default)]
    pub drill: bool,
}

/// What a silence would cover now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilencePreview {
    /// Whether the caller may make it.
    pub allowed: bool,
    /// How many firing signals it would cover.
    pub signals: u64,
    /// Their cases; such a case stops paging once all of its firing signals are covered.
    #[schema(value_type = Vec<CaseIdText>)]
    pub cases: Vec<CaseId>,
    /// The first of these signals.
    pub shown: Vec<SilencedSignal>,
}

/// A signal that a silence would cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilencedSignal {
    /// What a person reads first.
    pub summary: String,
    /// What identifies it, as Prometheus writes label sets.
    pub labels: String,
    /// Its case; null while a silence holds it back.
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// When it started, by its sender's word.
    pub started_at: Time,
}

impl SilenceView {
    /// A silence, and how many firing signals and open cases it holds back.
    pub fn new(silence: &Silence, (holds_back, cases): (u64, u64)) -> Self {
        Self {
            id: silence.id,
            state: silence.state.as_str().to_owned(),
            matchers: silence.matchers.iter().map(MatcherView::from).collect(),
            starts_at: silence.starts_at.into(),
            ends_at: silence.ends_at.into(),
            author: Party::from(&silence.author),
            created_by: Some(silence.created_by.clone()).filter(|words| !words.is_empty()),
            comment: silence.comment.clone(),
            made_at: silence.made_at.into(),
            updated_at: silence.updated_at.into(),
            holds_back,
            cases,
            drill: silence.drill,
            revision: u64::try_from(silence.updated_at.as_micros()).unwrap_or(0),
        }
    }
}

impl SilencedSignal {
    /// A firing signal.
    pub fn new(active: &Active) -> Self {
        Self {
            summary: active.signal.summary().to_owned(),
            labels: active.signal.labels.to_string(),
            case: active.case,
            started_at: active.signal.started_at.into(),
        }
    }
}

impl SetSilence {
    /// The request that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_request(self, now: Timestamp) -> Result<SilenceRequest, Problem> {
        let starts_at = self.starts_at.map_or(now, |at| at.0);
        let ends_at = match (self.ends_at, self.duration_seconds) {
            (Some(at), None) => at.0,
            (None, Some(seconds)) => starts_at + Duration::from_seconds(i64::from(seconds)),
            _ => {
                return Err(
                    FieldError::new("ends_at", "expected exactly one of `ends_at` and `duration_seconds`").into()
                );
            }
        };
        let matchers = self.matchers.iter().enumerate().map(|(index, view)| {
            let made = Matcher::new(&view.name, &view.value, view.regex, view.negated);
            made.map_err(|bad| FieldError::new(&format!("matchers[{index}]"), bad.to_string()))
        });
        Ok(SilenceRequest {
            id: self.id,
            matchers: matchers.collect::<Result<_, _>>()?,
            starts_at,
            ends_at,
            comment: self.comment,
            created_by: String::new(),
            drill: self.drill,
            seen: None,
        })
    }
}

impl From<&Matcher> for MatcherView {
    fn from(matcher: &Matcher) -> Self {
        Self {
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
            regex: matcher.is_regex(),
            negated: matcher.is_negated(),
        }
    }
}

/// `service="ledger"`, as Prometheus writes matchers.
impl std::fmt::Display for MatcherView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let operator = match (self.negated, self.regex) {
            (false, false) => "=",
            (true, false) => "!=",
            (false, true) => "=~",
            (true, true) => "!~",
        };
        write!(f, "{}{operator}{:?}", self.name, self.value)
    }
}

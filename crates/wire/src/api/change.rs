//! Changes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case;
use wheelhouse_core::change::{Change, ChangeKind, ChangeReport, Upstream};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::time::Timestamp;

use super::problem::FieldError;
use super::{Party, Problem, Time, describe_others};

/// A change that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    /// Its number in the order told.
    pub number: u64,
    /// `deployment`, `rollback`, `removal`, `configuration`, `maintenance` or `other`.
    pub kind: String,
    /// The service it was made to, where the catalog knows it.
    pub service: Option<String>,
    /// The service as it was named.
    pub named: String,
    /// All of it in one line.
    pub words: String,
    /// What was done, in one line.
    pub title: String,
    /// More about it.
    pub text: Option<String>,
    /// Which version came into service.
    pub version: Option<String>,
    /// Who or what did it, by the sender's word.
    pub by: Option<String>,
    /// Where it is explained.
    pub url: Option<String>,
    /// When it was done.
    pub at: Time,
    /// When the hub was told.
    pub told_at: Time,
    /// Who told it.
    pub told_by: Party,
    /// Whether it is for exercise.
    pub drill: bool,
    /// With a case: how long before the trouble began, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_seconds: Option<i64>,
    /// With a case: the services from the case's to the changed one, each depending on the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// With a case: whether only hard dependencies lie in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard: Option<bool>,
    /// With a case: how the case's service depends on the changed one; null where it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<String>,
}

/// The change that came last before a case, as its messages name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NearChange {
    /// Its number.
    pub number: u64,
    /// What was done, in one line.
    pub words: String,
    /// When it was done.
    pub at: Time,
    /// How long before the trouble began, in seconds.
    pub before_seconds: i64,
}

/// Tells of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportChange {
    /// The service it was made to.
    pub service: String,
    /// What was done, in one line.
    pub title: String,
    /// `deployment`, `rollback`, `removal`, `configuration`, `maintenance` or `other`; `other` where absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// More about it.
    #[serde(default)]
    pub text: Option<String>,
    /// Which version came into service.
    #[serde(default)]
    pub version: Option<String>,
    /// Who or what did it; whoever tells it where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// Where it is explained.
    #[serde(default)]
    pub url: Option<String>,
    /// When it was done; now where absent.
    #[serde(default)]
    pub at: Option<Time>,
    /// What tells it apart from others: told again under the same key it is the same change.
    #[serde(default)]
    pub key: Option<String>,
    /// Whether it is for exercise.
    #[serde(default)]
    pub drill: bool,
}

impl ChangeView {
    /// A change.
    pub fn new(change: &Change) -> Self {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            number: change.number,
            kind: change.kind.as_str().to_owned(),
            service: change.service.as_ref().map(ServiceName::to_string),
            named: change.named.clone(),
            words: change.words(),
            title: change.title.clone(),
            text: given(&change.text),
            version: given(&change.version),
            by: given(&change.by),
            url: given(&change.url),
            at: change.at.into(),
            told_at: change.told_at.into(),
            told_by: Party::from(&change.told_by),
            drill: change.drill,
            before_seconds: None,
            path: Vec::new(),
            hard: None,
            way: None,
        }
    }

    /// The same as a case sees it that began at an instant, by the way to the changed service.
    #[must_use]
    pub fn on_the_way(self, way: &Upstream, began: Timestamp) -> Self {
        Self {
            before_seconds: Some(began.since(self.at.0).as_seconds()),
            path: way.path.iter().map(ServiceName::to_string).collect(),
            hard: Some(way.hard),
            way: describe_others::way(&way.path, way.hard),
            ..self
        }
    }
}

impl From<&wheelhouse_core::change::NearChange> for NearChange {
    fn from(change: &wheelhouse_core::change::NearChange) -> Self {
        Self {
            number: change.number,
            words: change.words.clone(),
            at: change.at.into(),
            before_seconds: change.before.as_seconds(),
        }
    }
}

impl ReportChange {
    /// The report that is meant, told by `teller`.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_report(self, teller: String, now: Timestamp) -> Result<ChangeReport, Problem> {
        let kind = match self.kind.as_deref() {
            None => ChangeKind::Other,
            Some(word) => ChangeKind::parse(word).ok_or_else(|| {
                let known = ChangeKind::ALL.map(ChangeKind::as_str).join(", ");
                FieldError::new("kind", format!("expected one of {known}"))
            })?,
        };
        Ok(ChangeReport {
            kind,
            key: self.key.filter(|key| !key.is_empty()),
            services: Some(self.service).filter(|name| !name.is_empty()).into_iter().collect(),
            must_be_known: true,
            title: self.title,
            text: self.text.unwrap_or_default(),
            version: self.version.unwrap_or_default(),
            by: self.by.unwrap_or(teller),
            url: self.url.unwrap_or_default(),
            at: self.at.map_or(now, |at| at.0),
            drill: self.drill,
        })
    }
}

/// Why nobody is paged for a case that nobody has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseSilenceView {
    /// The silences that cover all of its firing signals.
    #[schema(value_type = Vec<String>)]
    pub silences: Vec<wheelhouse_core::silence::SilenceId>,
    /// When the first of these ends.
    pub until: Time,
}

impl From<&case::CaseSilence> for CaseSilenceView {
    fn from(silence: &case::CaseSilence) -> Self {
        Self { silences: silence.silences.clone(), until: silence.until.into() }
    }
}

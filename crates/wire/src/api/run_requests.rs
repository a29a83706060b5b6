//! What people ask of runs of runbooks.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::RunAction;
use wheelhouse_core::run::{Pace, Settling};
use wheelhouse_core::runbook::{RunbookHash, StepId};

use super::FieldError;
use super::schema::CaseIdText;

/// What starts a run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRun {
    /// The runbook: `payments/drain`, or `drain` where no other has that name.
    pub runbook: String,
    /// The version that was looked at; where another one is in force by now, nothing is started.
    #[serde(default)]
    pub version: Option<String>,
    /// The case that it is for.
    #[serde(default)]
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// Whether it is for exercise; a run for a case is what the case is.
    #[serde(default)]
    pub drill: bool,
    /// Values of the runbook's parameters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub parameters: Map<String, Value>,
    /// Who moves it on: `by_hand` (a machine carries out a step when somebody asks for it) or `by_itself` (as soon as
    /// all steps before it are settled); `by_hand` where absent.
    #[serde(default)]
    pub pace: Option<String>,
    /// Whether what was done is taken back when a step fails; only where it moves on by itself.
    #[serde(default)]
    pub undo_on_failure: bool,
    /// Whether it is only tried out: every step is prepared, and nothing is carried out but what knows that it is. Such
    /// a run moves on by itself where `pace` is absent.
    #[serde(default)]
    pub dry_run: bool,
}

/// What is done to a step of a run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleStep {
    /// `done`, `skipped` or `failed` say what became of it; `open` opens a settled step again; `execute` has a machine
    /// carry it out, and `cancel` ends that; `approve` and `decline` answer where people must agree.
    pub how: String,
    /// What there is to say about it; needed for `skipped` and `decline`.
    #[serde(default)]
    pub text: Option<String>,
    /// The digest of what the step is carried out with, as it was looked at; needed for `approve`.
    #[serde(default)]
    pub input: Option<String>,
}

/// What turns a run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnRun {
    /// `pause`, `resume`, `undo` (what was done is taken back) or `stop`.
    pub to: String,
    /// Why.
    #[serde(default)]
    pub text: Option<String>,
}

impl StartRun {
    /// The version that was looked at, if one was named.
    ///
    /// # Errors
    /// When it is no hash.
    pub fn version(&self) -> Result<Option<RunbookHash>, FieldError> {
        self.version.as_deref().map(|text| hash("version", text)).transpose()
    }

    /// Who moves it on.
    ///
    /// # Errors
    /// When the word is none, or nobody would move back what is to be taken back.
    pub fn pace(&self) -> Result<Pace, FieldError> {
        let pace = match self.pace.as_deref() {
            None if self.dry_run => Pace::ByItself,
            None | Some("by_hand") => Pace::ByHand,
            Some("by_itself") => Pace::ByItself,
            Some(_) => return Err(FieldError::new("pace", "expected by_hand or by_itself")),
        };
        if self.undo_on_failure && pace == Pace::ByHand {
            return Err(FieldError::new("undo_on_failure", "expected only with the pace by_itself"));
        }
        Ok(pace)
    }
}

impl SettleStep {
    /// What is done to a step.
    ///
    /// # Errors
    /// When the word is none, or what it needs is missing.
    pub fn into_action(self, step: StepId) -> Result<RunAction, FieldError> {
        let text = self.text;
        match self.how.as_str() {
            "open" => Ok(RunAction::Reopen { step, text }),
            "execute" => Ok(RunAction::Execute { step }),
            "cancel" => Ok(RunAction::Cancel { step, text }),
            "approve" => {
                let missing = || FieldError::new("input", "expected the digest of what you looked at");
                let input = hash("input", self.input.as_deref().ok_or_else(missing)?)?;
                Ok(RunAction::Approve { step, input })
            }
            "decline" => {
                let text = text.ok_or_else(|| FieldError::new("text", "expected why not"))?;
                Ok(RunAction::Decline { step, text })
            }
            word => {
                const EXPECTED: &str = "expected done, skipped, failed, open, execute, cancel, approve or decline";
                let how = Settling::parse(word).ok_or_else(|| FieldError::new("how", EXPECTED))?;
                Ok(RunAction::Settle { step, how, text })
            }
        }
    }
}

impl TurnRun {
    /// What is done to a run.
    ///
    /// # Errors
    /// When the word is none.
    pub fn into_action(self) -> Result<RunAction, FieldError> {
        let text = self.text;
        match self.to.as_str() {
            "pause" => Ok(RunAction::Pause { text }),
            "resume" => Ok(RunAction::Resume { text }),
            "undo" => Ok(RunAction::Undo { text }),
            "stop" => Ok(RunAction::Stop { text }),
            _ => Err(FieldError::new("to", "expected pause, resume, undo or stop")),
        }
    }
}

fn hash(field: &'static str, text: &str) -> Result<RunbookHash, FieldError> {
    RunbookHash::parse(text).ok_or_else(|| FieldError::new(field, "expected 64 hexadecimal digits"))
}

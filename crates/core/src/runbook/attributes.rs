//! How a step is done.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::id::StepId;
use crate::name::RoleName;
use crate::time::Duration;

/// What a fence's info string says about its step beside the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// `timeout`: how long one attempt may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// `role`: who may do it, or have it done; whoever may run the runbook where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// `approve`: who must agree before it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<Approval>,
    /// `undo`: the step that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<StepId>,
    /// `idempotent`: whether doing it twice does no more than doing it once.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub idempotent: bool,
    /// `dry_run`: whether its script knows runs that are only tried out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub dry_run: bool,
    /// `retry`: what happens when an attempt fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// `output`: the names of what it hands to later steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// `lock`: the name of what only one run may hold at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// `expect`: what the outcome must be, in CEL over the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// `if`: whether it is done at all, in CEL.
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `each`: what it is done for, one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Each>,
    /// `parallel`: the group of neighbouring steps that are done at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<String>,
    /// `runner`: the labels that the runner must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runner: Vec<String>,
    /// `secrets`: the names of the secrets that it is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// `cwd`: the folder in which it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

impl Attributes {
    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Who must agree before a step is done. Whoever asked for it never counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// How many people; at least one.
    pub count: u32,
    /// Which role they hold; that of the front matter's `roles.approve` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

/// What happens when an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How many attempts follow the first; at least one.
    pub times: u32,
    /// How long it waits before each.
    pub pause: Duration,
}

/// A step that is done once for each item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Each {
    /// The name of the parameter or output that holds the list.
    pub of: String,
    /// The most items for which it is done; a longer list is refused, not cut.
    pub limit: u32,
}

/// What kind of thing an automated step does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// Runs a process: the script, by its interpreter.
    #[default]
    Process,
    /// Runs a process that is given JSON and answers with outputs and events.
    Function,
    /// Makes an HTTP request.
    Http,
    /// Asks a database.
    Sql,
    /// Waits for a time, or for an event within it.
    Wait,
    /// Opens or updates a case.
    Case,
    /// Tells somebody.
    Notify,
    /// Runs another runbook.
    Runbook,
}

impl Does {
    /// Every kind, the usual one first.
    pub const ALL: [Self; 8] =
        [Self::Process, Self::Function, Self::Http, Self::Sql, Self::Wait, Self::Case, Self::Notify, Self::Runbook];

    /// As info strings write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Function => "function",
            Self::Http => "http",
            Self::Sql => "sql",
            Self::Wait => "wait",
            Self::Case => "case",
            Self::Notify => "notify",
            Self::Runbook => "runbook",
        }
    }

    /// Whether it is a script that an interpreter reads.
    pub const fn is_script(self) -> bool {
        matches!(self, Self::Process | Self::Function)
    }

    /// Reads a kind as info strings write it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

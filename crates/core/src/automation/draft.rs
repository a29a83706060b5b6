//! An automation before validation: what the document says, each word with its place.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::Time;
use serde_json::Value;
use wheelhouse_patterns::Pattern;

use super::model::{Day, Mode};
use crate::catalog::At;
use crate::name::{RoleName, TeamName};
use crate::time::Duration;

/// What an `Automation` says.
#[derive(Clone, Debug)]
pub struct AutomationDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `mode`
    pub mode: Mode,
    /// `when`
    pub when: At<Pattern>,
    /// `if`; read and held to limits
    pub condition: Option<At<String>>,
    /// `then.runbook`: `REPOSITORY/STEM`, or the stem alone
    pub runbook: At<String>,
    /// `then.with`
    pub with: BTreeMap<String, At<Value>>,
    /// `then.from`
    pub from: BTreeMap<String, At<String>>,
    /// `cooldown`
    pub cooldown: Option<At<Duration>>,
    /// `limits`
    pub limits: LimitsDraft,
    /// `breaker.failures`
    pub failures: Option<At<u32>>,
    /// `breaker.rest`
    pub rest: Option<At<Duration>>,
    /// `chain`
    pub chain: Option<At<u32>>,
    /// `windows`
    pub windows: Vec<At<WindowDraft>>,
    /// `time_zone`
    pub time_zone: Option<At<String>>,
    /// `approval`
    pub approval: Option<At<ApprovalDraft>>,
    /// `controls`
    pub controls: Vec<At<String>>,
}

/// What `limits` says.
#[derive(Clone, Debug, Default)]
pub struct LimitsDraft {
    /// `target`
    pub target: Option<At<u32>>,
    /// `all`
    pub all: Option<At<u32>>,
    /// `within`
    pub within: Option<At<Duration>>,
}

/// What an entry of `windows` says.
#[derive(Clone, Debug)]
pub struct WindowDraft {
    /// `days`
    pub days: Vec<Day>,
    /// `from`
    pub from: Time,
    /// `until`
    pub until: Time,
}

/// What `approval` says.
#[derive(Clone, Debug)]
pub struct ApprovalDraft {
    /// Whether there is an `above`
    pub above: bool,
    /// `above.services`
    pub services: Option<At<u32>>,
    /// `above.tier`
    pub tier: Option<At<u32>>,
    /// `role`
    pub role: At<RoleName>,
    /// `count`
    pub count: Option<At<u32>>,
    /// `within`
    pub within: Option<At<Duration>>,
}

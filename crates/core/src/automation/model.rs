//! An automation as the catalog says it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wheelhouse_patterns::Pattern;

use crate::name::{AutomationName, RoleName, TeamName};
use crate::runbook::RunbookName;
use crate::time::Duration;

/// A runbook that begins by itself when something happens.
#[derive(Clone, Debug)]
pub struct Automation {
    /// Its name.
    pub name: AutomationName,
    /// The team that answers for it, and on whose authority it acts.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// Whether it acts.
    pub mode: Mode,
    /// Which events it is about.
    pub when: Pattern,
    /// What must hold beside that, as an expression.
    pub condition: Option<String>,
    /// What it runs.
    pub runbook: RunbookName,
    /// Parameters with their values.
    pub with: BTreeMap<String, Value>,
    /// Parameters with the expressions that give their values.
    pub from: BTreeMap<String, String>,
    /// How long it leaves a target alone after it began something about it.
    pub cooldown: Duration,
    /// How often it may begin something.
    pub limits: Limits,
    /// When it stops by itself.
    pub breaker: Breaker,
    /// How deep it may follow from other automations, 1 to 3; one that follows from none is at 1.
    pub chain: u32,
    /// When it may begin something; always where empty.
    pub windows: Vec<Window>,
    /// The zone of the windows.
    pub time_zone: TimeZone,
    /// Who must agree, and from when on; nobody where absent.
    pub approval: Option<Approval>,
    /// What its executions help to prove.
    pub controls: Vec<String>,
}

/// Whether an automation acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It notes what it would have done.
    #[default]
    Shadow,
    /// It acts.
    Live,
}

impl Mode {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Live => "live",
        }
    }
}

/// How often an automation may begin something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// About one target.
    pub target: u32,
    /// In all.
    pub all: u32,
    /// Within how long.
    pub within: Duration,
}

/// When an automation stops by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// After how many runs in a row that went wrong.
    pub failures: u32,
    /// How long it then rests.
    pub rest: Duration,
}

/// A time of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins; every day where empty.
    pub days: BTreeSet<Day>,
    /// When it begins.
    pub from: Time,
    /// When it ends: on the next day where it is not after the beginning.
    pub until: Time,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "days of the week")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Who must agree before an automation acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// From when on; always where absent.
    pub above: Option<Above>,
    /// Who may agree.
    pub role: RoleName,
    /// How many must.
    pub count: u32,
    /// How long they are waited for.
    pub within: Duration,
}

/// Beyond what people must agree. What cannot be told counts as beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Above {
    /// More services than this may be touched.
    pub services: Option<u32>,
    /// A service of a more critical tier than this may be touched.
    pub tier: Option<u8>,
}

//! Facts about automations.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::automation::{Blast, EventKind, Link};
use crate::case::CaseId;
use crate::name::{AutomationName, PersonName};
use crate::run::RunId;
use crate::runbook::{RunbookHash, RunbookName};
use crate::signal::SignalNumber;
use crate::time::Timestamp;

/// Something that happened about an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationFact {
    /// Which automation.
    pub automation: AutomationName,
    /// What happened.
    #[serde(flatten)]
    pub what: AutomationHappening,
}

/// What happens about an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum AutomationHappening {
    /// It was asked about an event that it is about, and whose condition holds or cannot be told. The body has the
    /// `parameters` as JSON where there are some, the `event` where people are asked, and a `text` where there is more
    /// to say.
    Considered {
        /// About what.
        about: About,
        /// What came of it.
        outcome: AutomationOutcome,
    },
    /// A person agreed to what it asked for.
    Approved {
        /// Which question.
        number: u64,
    },
    /// What it had asked for was begun, because enough people agreed.
    Began {
        /// Which question.
        number: u64,
        /// The run.
        run: RunId,
    },
    /// A person refused what it asked for. The body may have a `text`.
    Declined {
        /// Which question.
        number: u64,
    },
    /// Too few people agreed to what it asked for as long as it waited.
    Expired {
        /// Which question.
        number: u64,
    },
    /// A run that it had started brought a case about.
    Caused {
        /// The run.
        run: RunId,
        /// The case.
        case: CaseId,
    },
    /// A run that it had started is over.
    RunOver {
        /// The run.
        run: RunId,
        /// Whether it went wrong.
        failed: bool,
        /// Whether the automation rests from here on, because so many in a row went wrong.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        opens: bool,
    },
    /// A person halted it. The body has the `text`.
    Paused,
    /// A person let it go on; its breaker is closed.
    Resumed,
}

/// What an automation was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What had happened.
    pub event: EventKind,
    /// What it was about, by which automations keep apart what they do.
    pub target: String,
    /// The signal, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalNumber>,
    /// The run that ended, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// What came of asking an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum AutomationOutcome {
    /// A run began.
    Started {
        /// The run.
        run: RunId,
        /// The automations and targets from which it follows, itself last.
        chain: alloc::vec::Vec<Link>,
    },
    /// A run would have begun, if the automation were live.
    WouldHave {
        /// Whether people would have been asked before.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        asked: bool,
    },
    /// Something held it back.
    Held {
        /// What.
        why: Held,
    },
    /// People are asked.
    AwaitsApproval {
        /// The number of the question.
        number: u64,
        /// Until when they can agree.
        until: Timestamp,
        /// What may be touched; absent where that cannot be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blast: Option<Blast>,
        /// The runbook.
        runbook: RunbookName,
        /// The version of it that they agree to.
        version: RunbookHash,
        /// Whose action was the event, if it was a person's: they do not count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requester: Option<PersonName>,
        /// The automations and targets from which it follows, itself last.
        chain: alloc::vec::Vec<Link>,
    },
}

/// What held an automation back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum Held {
    /// Its condition, or a value, cannot be told; the body says why.
    Condition,
    /// A person halted it.
    Paused,
    /// None of its windows is open.
    Window {
        /// When the next one opens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It follows from itself about the same target, or from too many others.
    Loop {
        /// How deep it would have been.
        depth: u32,
    },
    /// Too many of its runs in a row went wrong.
    Breaker {
        /// Until when it rests.
        until: Timestamp,
    },
    /// It leaves the target alone for a while.
    Cooldown {
        /// Until when.
        until: Timestamp,
    },
    /// It began enough about the target.
    TargetLimit {
        /// Until when.
        until: Timestamp,
    },
    /// It began enough.
    Limit {
        /// Until when.
        until: Timestamp,
    },
    /// All automations together began enough.
    OrganizationLimit {
        /// Until when.
        until: Timestamp,
    },
    /// It waits for people about the same target.
    AwaitsAlready {
        /// The number of the question.
        number: u64,
    },
    /// It remembers, or waits for, as much as it can.
    TooMuchUnderWay,
    /// The rules of runs refuse it; the body says why.
    Refused,
}

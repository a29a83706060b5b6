//! What came of an automation, in words.

use core::fmt;

use super::Blast;
use crate::record::{AutomationHappening, AutomationOutcome, Held};
use crate::time::Timestamp;

/// An instant without what is finer than a second, as people read it.
const fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.as_micros().div_euclid(1_000_000))
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition => f.write_str("its condition or a value cannot be told"),
            Self::Paused => f.write_str("a person halted it"),
            Self::Window { until: Some(until) } => write!(f, "none of its windows is open until {}", second(*until)),
            Self::Window { until: None } => f.write_str("none of its windows is open"),
            Self::Loop { depth } => write!(f, "it would follow from itself or from too many others ({depth} deep)"),
            Self::Breaker { until } => write!(f, "its last runs went wrong, and it rests until {}", second(*until)),
            Self::Cooldown { until } => write!(f, "it leaves this target alone until {}", second(*until)),
            Self::TargetLimit { until } => {
                write!(f, "it acted often enough about this target until {}", second(*until))
            }
            Self::Limit { until } => write!(f, "it acted often enough until {}", second(*until)),
            Self::OrganizationLimit { until } => {
                write!(f, "all automations together acted often enough until {}", second(*until))
            }
            Self::AwaitsAlready { number } => {
                write!(f, "it waits for people about this target already (question {number})")
            }
            Self::TooMuchUnderWay => f.write_str("it waits for, or remembers, as much as it can"),
            Self::Refused => f.write_str("the rules of runs refuse it"),
        }
    }
}

impl fmt::Display for Blast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = if self.services == 1 { "service" } else { "services" };
        write!(f, "{} {services}, up to tier {}", self.services, self.tier)
    }
}

impl fmt::Display for AutomationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { run, .. } => write!(f, "started {run}"),
            Self::WouldHave { asked: false } => f.write_str("would have run"),
            Self::WouldHave { asked: true } => f.write_str("would have asked people, and then run"),
            Self::Held { why } => write!(f, "held back: {why}"),
            Self::AwaitsApproval { number, until, blast, .. } => {
                write!(f, "asks people to agree until {} (question {number}; touches ", second(*until))?;
                match blast {
                    Some(blast) => write!(f, "{blast}")?,
                    None => f.write_str("nobody knows what")?,
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for AutomationHappening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Considered { outcome, .. } => write!(f, "{outcome}"),
            Self::Approved { number } => write!(f, "agreed to question {number}"),
            Self::Began { number, run } => write!(f, "started {run}, as enough people agreed to question {number}"),
            Self::Declined { number } => write!(f, "declined question {number}"),
            Self::Expired { number } => write!(f, "question {number} is over: too few people agreed in time"),
            Self::Caused { run, case } => write!(f, "{run} brought {case} about"),
            Self::RunOver { run, failed: false, .. } => write!(f, "{run} is over and went well"),
            Self::RunOver { run, failed: true, opens: false } => write!(f, "{run} went wrong"),
            Self::RunOver { run, failed: true, opens: true } => write!(f, "{run} went wrong, one too many: it rests"),
            Self::Paused => f.write_str("halted"),
            Self::Resumed => f.write_str("goes on"),
        }
    }
}

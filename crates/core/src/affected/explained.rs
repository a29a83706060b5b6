//! Why somebody is reached, in words.

use core::fmt;

use super::model::Impact;
use crate::name::ServiceName;

/// Says in one clause what an incident means to the last service of a path, and why:
/// `checkout is down: it depends on payments-api, which depends on ledger`.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'p> {
    /// What it means.
    pub impact: Impact,
    /// The services from the incident's (first) to the one it is explained for (last).
    pub path: &'p [ServiceName],
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (self.path.first(), self.path.last()) else {
            return f.write_str("no service lies in between");
        };
        match self.impact {
            Impact::Down => write!(f, "{last} is down")?,
            Impact::Degraded => write!(f, "{last} is degraded")?,
            Impact::CallerDown => return write!(f, "{first}, which calls {last}, is down"),
        }
        for (hop, service) in self.path.iter().rev().skip(1).enumerate() {
            let link = if hop == 0 { ": it depends on" } else { ", which depends on" };
            write!(f, "{link} {service}")?;
        }
        Ok(())
    }
}

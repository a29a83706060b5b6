//! When those affected should hear the next word.

use super::{Case, CaseKind, Moment, Severity};
use crate::time::{Duration, Timestamp};

/// How long those affected by an incident of a severity wait for the next word at most; no limit for the least.
pub const fn update_every(severity: Severity) -> Option<Duration> {
    match severity {
        Severity::Sev1 => Some(Duration::from_minutes(30)),
        Severity::Sev2 => Some(Duration::from_minutes(60)),
        Severity::Sev3 => Some(Duration::from_minutes(240)),
        Severity::Sev4 => None,
    }
}

impl Case {
    /// When the next update is due: so long after the last one, or after the case was opened, or was over for a while.
    ///
    /// Absent where nobody was told of it, where it is over, and where it is no incident.
    pub fn update_due_at(&self) -> Option<Timestamp> {
        if self.id.kind != CaseKind::Incident || self.state.is_resolved() || self.told.is_empty() {
            return None;
        }
        let opened = self.instants.get(Moment::Opened).map(|instant| instant.at);
        let last = [self.updated_at, self.resolved_entry_at, opened].into_iter().flatten().max()?;
        Some(last + update_every(self.severity)?)
    }
}

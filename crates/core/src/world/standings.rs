//! Where versions of runbooks stand.

use alloc::collections::BTreeMap;

use super::{Changes, World};
use crate::record::Entry;
use crate::runbook::{RunbookName, Standing};

impl World {
    /// Where the newest version of a runbook stands; nothing where it never changed.
    pub fn standing(&self, runbook: &RunbookName) -> Option<&Standing> {
        self.standings.get(runbook)
    }

    /// Where the versions of all runbooks stand that ever changed, by name.
    pub fn standings(&self) -> &BTreeMap<RunbookName, Standing> {
        &self.standings
    }

    /// Takes standings in again after a start.
    pub fn take_in_standings(&mut self, standings: impl IntoIterator<Item = Standing>) {
        self.standings.extend(standings.into_iter().map(|one| (one.runbook.clone(), one)));
    }

    /// Follows an entry about a version of a runbook.
    pub(super) fn apply_version(&mut self, entry: &Entry, changes: &mut Changes) {
        let Some(standing) = Standing::of(entry) else { return };
        changes.standing = Some(standing.runbook.clone());
        self.standings.insert(standing.runbook.clone(), standing);
    }
}

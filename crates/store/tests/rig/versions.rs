//! A runbook that only few may change, and random approvals of its versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::kernel::{Approval, What};
use wheelhouse_core::name::RoleName;
use wheelhouse_core::runbook::{FrontMatter, Roles, Runbook, RunbookHash, RunbookName};
use wheelhouse_store::Store;

use super::Rig;

fn name() -> RunbookName {
    RunbookName::parse("payments/restore").unwrap()
}

/// Runbooks with one more, which is not there in every fourth edition. It says who may change it, so that a change
/// of which nobody knows the author is quarantined.
pub fn with_guarded(
    mut runbooks: BTreeMap<RunbookName, Arc<Runbook>>,
    edition: u64,
) -> BTreeMap<RunbookName, Arc<Runbook>> {
    if edition % 4 == 3 {
        return runbooks;
    }
    let text = format!("# Restore, edition {edition}\n\n1. restore\n");
    let roles = Roles { edit: vec![RoleName::new("payments").unwrap()], ..Roles::default() };
    let like = runbooks.values().next().unwrap();
    let runbook = Runbook {
        name: name(),
        path: "payments:runbooks/restore.md".into(),
        hash: RunbookHash::of(&text),
        text: text.into(),
        front: FrontMatter { roles, ..FrontMatter::default() },
        ..(**like).clone()
    };
    runbooks.insert(name(), Arc::new(runbook));
    runbooks
}

impl<S: Store> Rig<S> {
    /// Somebody approves the version in force; refusals are part of the game.
    pub fn random_approval(&mut self) {
        let Some(runbook) = self.world.catalog().and_then(|catalog| catalog.runbooks.get(&name())) else { return };
        let version = runbook.hash.clone();
        let text = self.random.one_in(2).then(|| "looked at it".to_owned());
        let actor = self.random_person();
        let _refused =
            self.carry_out(actor, What::ApproveVersion(Box::new(Approval { runbook: name(), version, text })));
    }
}

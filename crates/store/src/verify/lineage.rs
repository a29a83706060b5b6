//! The logs that the record was signed as: each restore cites the head of the log before it.

use crate::sql::Connection;
use wheelhouse_core::record::{Canonical, Checkpoint, Fact, Frontier, Lineage, Reach, RecordRestored};

use super::report::Findings;
use crate::StoreError;

/// Reads ahead which restores the entries tell of.
pub(super) fn read(connection: &Connection) -> Result<Lineage, StoreError> {
    let mut select = connection.prepare("SELECT canonical FROM entries WHERE kind = 'record_restored' ORDER BY seq")?;
    let mut rows = select.query(())?;
    let mut restores = Vec::new();
    while let Some(row) = rows.next()? {
        // An entry that cannot be read is found where all of them are looked at.
        let fact = row.get::<Vec<u8>>(0).ok().and_then(|bytes| Canonical::parse(&bytes).ok()).map(|read| read.fact);
        if let Some(Fact::RecordRestored(restored)) = fact {
            restores.push(restored);
        }
    }
    Ok(Lineage::new(restores))
}

/// The restores of a record, as its entries are walked.
#[derive(Default)]
pub(super) struct Restores {
    last: Option<String>,
}

impl Restores {
    /// Checks that an entry cites the log that ends before it; `tree` is over all entries before.
    pub(super) fn entry(&mut self, canonical: &Canonical, tree: &Frontier, place: &str, findings: &mut Findings) {
        let Fact::RecordRestored(RecordRestored { from, origin, .. }) = &canonical.fact else { return };
        findings.same("the size that is cited", place, tree.size(), from.size);
        findings.same("the root that is cited", place, tree.root(), from.root);
        if let Some(last) = &self.last {
            findings.same("the origin that is cited", place, last, &from.origin);
        }
        self.last = Some(origin.clone());
    }

    /// After all entries: the last checkpoint is of the log that the last restore began.
    pub(super) fn finish(&self, own: Option<&Checkpoint>, findings: &mut Findings) {
        if let (Some(last), Some(own)) = (&self.last, own) {
            findings.same("the origin", "the last checkpoint", last.as_str(), own.origin());
        }
    }
}

/// Checks that a checkpoint kept elsewhere is of a log that the record was signed as, and not of a part of one
/// that a restore left behind.
pub(super) fn check_outside(lineage: &Lineage, own: &Checkpoint, outside: &Checkpoint, findings: &mut Findings) {
    match lineage.reach(own.origin(), outside.origin()) {
        Reach::Whole => {}
        Reach::Until(end) if outside.size() <= end => {}
        Reach::Until(end) => findings.problem(
            "the size",
            format!("the log {} before the restore", outside.origin()),
            format!("at least {} entries, those of the outside checkpoint", outside.size()),
            format!("{end}; what came after is lost"),
        ),
        Reach::Foreign => findings.same("the origin", "the outside checkpoint", own.origin(), outside.origin()),
    }
}

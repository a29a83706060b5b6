//! The signed heads that the record must agree with.

use crate::sql::Connection;
use wheelhouse_core::record::{Checkpoint, Frontier, Lineage, SignatureLine, VerifierKey, checkpoint};

use super::lineage::check_outside;
use super::report::Findings;
use crate::StoreError;
use crate::readers::read_single;

/// The heads that the record must agree with.
pub(super) struct Heads {
    /// The last checkpoint of the hub's own.
    own: Option<Checkpoint>,
    /// A checkpoint kept elsewhere.
    outside: Option<Checkpoint>,
}

impl Heads {
    /// Reads the heads and checks their signatures.
    pub(super) fn read(
        connection: &Connection,
        (key, lineage): (&VerifierKey, &Lineage),
        signature_holds: &dyn Fn(&[u8], &[u8]) -> bool,
        against: Option<&str>,
        findings: &mut Findings,
    ) -> Result<Self, StoreError> {
        let own = read_single(connection, "checkpoint")?;
        let mut head = |note: &str, place| {
            let (head, signatures) = findings.readable("the form", place, checkpoint::parse(note.as_bytes()))?;
            let key = lineage.key(key, head.origin());
            let ours = |line: &&SignatureLine| line.name() == key.name() && line.key_hash() == key.key_hash();
            let body = head.body();
            let mut signed = signatures.iter().filter(ours);
            if !signed.any(|line| signature_holds(body.as_bytes(), line.signature())) {
                findings.problem("the signature", place, format!("a valid one by {key}"), "none");
            }
            Some((head, signatures))
        };
        let parsed = own.as_deref().and_then(|note| head(note, "the last checkpoint"));
        let outside = against.and_then(|note| head(note, "the outside checkpoint")).map(|(head, _)| head);
        if let (Some(note), Some((head, signatures))) = (&own, &parsed) {
            let lines: String = signatures.iter().take(1).map(ToString::to_string).collect();
            findings.same("the text", "the last checkpoint", &format!("{}\n{lines}", head.body()), note);
        }
        let own = parsed.map(|(head, _)| head);
        if let (Some(own), Some(outside)) = (&own, &outside) {
            check_outside(lineage, own, outside, findings);
        }
        Ok(Self { own, outside })
    }

    /// The last checkpoint of the hub's own.
    pub(super) fn own(&self) -> Option<&Checkpoint> {
        self.own.as_ref()
    }

    /// Checks the heads that stand at the tree's present size.
    pub(super) fn check_at(&self, tree: &Frontier, findings: &mut Findings) {
        let heads = [(&self.own, "the last checkpoint"), (&self.outside, "the outside checkpoint")];
        for (head, place) in heads {
            if let Some(head) = head.as_ref().filter(|head| head.size() == tree.size()) {
                findings.same("the root", place, head.root(), tree.root());
            }
        }
    }

    /// Checks the heads' sizes against that of the whole tree.
    pub(super) fn check_sizes(&self, size: u64, findings: &mut Findings) {
        match &self.own {
            Some(own) => findings.same("the size", "the last checkpoint", size, own.size()),
            None if size > 0 => {
                findings.problem("the checkpoint", "the record", format!("one of {size} entries"), "none");
            }
            None => {}
        }
        if let Some(outside) = self.outside.as_ref().filter(|outside| outside.size() > size) {
            findings.problem("the size", "the record", format!("at least {} entries", outside.size()), size);
        }
    }
}

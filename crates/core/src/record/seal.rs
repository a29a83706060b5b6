//! The one entry that a commit has for all of its signals.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Actor, Entry, Fact, Hash, SignalChange, Tally};
use crate::case::CaseId;
use crate::time::Timestamp;

/// Splits the entries of a commit into those that stand by themselves and one for all signals,
/// which comes last. `root` is the digest of the raw bytes that came from outside, if any did.
///
/// A world that has applied the single changes must not apply the merged entry as well.
pub fn merge_signals(entries: Vec<Entry>, root: Option<Hash>, now: Timestamp) -> Vec<Entry> {
    let mut cases: BTreeMap<CaseId, Tally> = BTreeMap::new();
    let (mut count, mut dropped, mut ignored) = (0, 0, 0);
    let mut kept = Vec::with_capacity(entries.len().min(64));
    for entry in entries {
        let Fact::Signal(change) = &entry.fact else {
            kept.push(entry);
            continue;
        };
        count += 1;
        match change {
            SignalChange::Dropped => dropped += 1,
            SignalChange::Ignored => ignored += 1,
            _ => {}
        }
        if let Some(case) = change.case() {
            let (tally, one) = (cases.entry(case).or_default(), change.tally());
            tally.joined += one.joined;
            tally.repeated += one.repeated;
            tally.resolved += one.resolved;
            tally.expired += one.expired;
        }
    }
    if count > 0 || root.is_some() {
        kept.push(Entry::new(now, Actor::Hub, Fact::Signals { count, root, dropped, ignored, cases }));
    }
    kept
}

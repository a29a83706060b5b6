//! The entries that a commit makes of what its commands brought about: one for all of its signals,
//! and its own bookkeeping.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Actor, Entry, Fact, KeptAnswer, Placement, SignalChange, SignalDigests, Tally};
use crate::case::{CaseId, MessageId};
use crate::time::Timestamp;

/// The most cases, messages or answers that one entry names, so that every entry fits into 65,535
/// bytes (C2SP tlog-tiles bundles entries behind sixteen-bit lengths).
const MOST_NAMED: usize = 400;

/// Splits the entries of a commit into those that stand by themselves and one for all signals,
/// which comes after them; more than one only where very many cases were touched, and then the first
/// has the digests. Where silences hold signals back or let them go, another says so.
///
/// A world that has applied the single changes must not apply the merged entry as well.
pub fn merge_signals(entries: Vec<Entry>, digests: SignalDigests, now: Timestamp) -> Vec<Entry> {
    let mut cases: BTreeMap<CaseId, Tally> = BTreeMap::new();
    let (mut count, mut dropped, mut ignored, mut silenced) = (0, 0, 0, 0);
    let mut kept = Vec::with_capacity(entries.len().min(64));
    let mut places: Vec<Placement> = Vec::new();
    for entry in entries {
        let Fact::Signal(change) = &entry.fact else {
            kept.push(entry);
            continue;
        };
        count += 1;
        match change {
            SignalChange::Dropped => dropped += 1,
            SignalChange::Ignored => ignored += 1,
            SignalChange::Silenced { .. } => silenced += 1,
            _ => {}
        }
        place(change, &mut places);
        if let Some(case) = change.case() {
            let (tally, one) = (cases.entry(case).or_default(), change.tally());
            tally.joined += one.joined;
            tally.released += one.released;
            tally.repeated += one.repeated;
            tally.resolved += one.resolved;
            tally.expired += one.expired;
        }
    }
    if count > 0 || digests.root.is_some() {
        let mut rest = split(&mut cases);
        kept.push(Entry::new(now, Actor::Hub, Fact::Signals { count, digests, dropped, ignored, silenced, cases }));
        while !rest.is_empty() {
            let after = split(&mut rest);
            let cases = core::mem::replace(&mut rest, after);
            let fact = Fact::Signals {
                count: 0,
                digests: SignalDigests::default(),
                dropped: 0,
                ignored: 0,
                silenced: 0,
                cases,
            };
            kept.push(Entry::new(now, Actor::Hub, fact));
        }
    }
    let placed = places.chunks(MOST_NAMED).map(|runs| Fact::SignalsPlaced { runs: runs.to_vec() });
    kept.extend(placed.map(|fact| Entry::new(now, Actor::Hub, fact)));
    kept
}

/// Notes the place of a signal that did not join a case when first seen, in one run with the one before
/// it where that has the same.
fn place(change: &SignalChange, places: &mut Vec<Placement>) {
    let (number, case, silence) = match change {
        SignalChange::Silenced { number, silence, .. } | SignalChange::SilencedAgain { number, silence } => {
            (*number, None, Some(*silence))
        }
        SignalChange::Released { number, case } => (*number, Some(*case), None),
        _ => return,
    };
    match places.last_mut() {
        Some(run) if (run.last.0 + 1, run.case, run.silence) == (number.0, case, silence) => run.last = number,
        _ => places.push(Placement { first: number, last: number, case, silence }),
    }
}

/// Leaves as many cases as one entry names, and hands over the others.
fn split(cases: &mut BTreeMap<CaseId, Tally>) -> BTreeMap<CaseId, Tally> {
    let first = cases.keys().nth(MOST_NAMED).copied();
    first.map(|first| cases.split_off(&first)).unwrap_or_default()
}

/// The entries about what a commit does beside its commands: messages it hands to delivery, and
/// answers it keeps for repeated requests.
pub fn bookkeeping(messages: &[MessageId], answers: &[KeptAnswer], now: Timestamp) -> Vec<Entry> {
    let handed = messages.chunks(MOST_NAMED).map(|some| Fact::HandedOver { messages: some.to_vec() });
    let kept = answers.chunks(MOST_NAMED).map(|some| Fact::AnswersKept { answers: some.to_vec() });
    handed.chain(kept).map(|fact| Entry::new(now, Actor::Hub, fact)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use crate::case::CaseKind;
    use crate::record::Hash;
    use crate::signal::SignalNumber;

    #[test]
    fn an_entry_stays_small_however_many_cases_a_commit_touches() {
        let change = |number| SignalChange::Repeated {
            number: SignalNumber(number),
            case: Some(CaseId { kind: CaseKind::Incident, number: u64::MAX - number }),
            until: None,
        };
        let single = (0..1_000).map(|n| Entry::new(Timestamp::EPOCH, Actor::Hub, Fact::Signal(change(n)))).collect();
        let digests = SignalDigests { root: Some(Hash([1; 32])), ..SignalDigests::default() };
        let merged = merge_signals(single, digests, Timestamp::EPOCH);
        assert_eq!(merged.len(), 3);
        let mut repeated = 0;
        for (index, entry) in merged.iter().enumerate() {
            let Fact::Signals { digests, cases, count, .. } = &entry.fact else { panic!() };
            assert_eq!((digests.root.is_some(), *count), if index == 0 { (true, 1_000) } else { (false, 0) });
            repeated += cases.values().map(|tally| tally.repeated).sum::<u64>();
            assert!(entry.seal(u64::MAX, [0; 32]).canonical.len() < usize::from(u16::MAX));
        }
        assert_eq!(repeated, 1_000);
    }
}

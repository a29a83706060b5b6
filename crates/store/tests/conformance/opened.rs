//! Cases by when they were opened: every period, in pages of any length, is the plain filter over all.

use wheelhouse_core::case::{Case, CaseId, CaseKind};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{OpenedCursor, Readers};

use super::Tested;
use crate::engine::Engine as _;
use crate::rig::Rig;
#[allow(unused_imports, reason = "SQLite's store has the method by itself")]
use crate::rig::erasing::Committed as _;

fn opened_at(case: &Case) -> Timestamp {
    case.instants.opened.as_ref().unwrap().at
}

fn all(readers: &Readers) -> Vec<Case> {
    let of_kind = |kind| (1..).map_while(move |number| readers.case(CaseId { kind, number }).unwrap());
    let mut cases: Vec<Case> = CaseKind::ALL.into_iter().flat_map(of_kind).collect();
    cases.sort_by_key(|case| (opened_at(case), case.id));
    cases
}

fn period(readers: &Readers, since: Timestamp, until: Timestamp, limit: usize) -> Vec<CaseId> {
    let (mut found, mut cursor) = (Vec::new(), Some(OpenedCursor::before(since)));
    while let Some(from) = cursor {
        let (cases, next) = readers.opened(from, until, limit).unwrap();
        assert!(cases.len() <= limit);
        found.extend(cases.iter().map(|case| case.id));
        cursor = next;
    }
    found.sort();
    found
}

#[test]
fn a_period_is_read_from_its_first_case_to_before_its_end() {
    let mut rig = Rig::start(Tested::fresh(), 11);
    for _ in 0..150 {
        rig.step().unwrap();
    }
    let readers = rig.store.readers(2).unwrap();
    let cases = all(&readers);
    assert!(cases.len() > 20, "only {} cases", cases.len());
    let (first, last) = (opened_at(&cases[0]), opened_at(&cases[cases.len() - 1]));
    let middle = opened_at(&cases[cases.len() / 2]);
    let tick = Duration::from_micros(1);
    let periods = [
        (first, last + tick),
        (first, last),
        (first + tick, last + tick),
        (middle, last + tick),
        (first, middle),
        (last + tick, last + Duration::from_hours(1)),
        (middle, middle),
        (Timestamp::MIN, Timestamp::MAX),
    ];
    for (since, until) in periods {
        let within = |case: &&Case| opened_at(case) >= since && opened_at(case) < until;
        let mut expected: Vec<CaseId> = cases.iter().filter(within).map(|case| case.id).collect();
        expected.sort();
        for limit in [1, 7, 1_000] {
            assert_eq!(period(&readers, since, until, limit), expected, "{since} to {until}, {limit} a page");
        }
        let count = expected.len() as u64;
        assert_eq!(readers.count_opened(since, until, 10_000).unwrap(), count);
        assert_eq!(readers.count_opened(since, until, 5).unwrap(), count.min(5));
    }
}

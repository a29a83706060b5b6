//! Escalation times: every step at its instant while nobody acknowledges, none after.
#![allow(clippy::unwrap_used, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, START, at, signal};
use proptest::prelude::*;
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::notify::{Purpose, Recipient};
use wheelhouse_core::record::Fact;
use wheelhouse_core::time::Timestamp;

/// Who was paged when.
fn pages(kernel: &Kernel) -> Vec<(Timestamp, String)> {
    let page = kernel.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::MessageQueued { recipient: Recipient::Person(person), purpose: Purpose::Page, .. } => {
            Some((entry.at, person.to_string()))
        }
        _ => None,
    });
    page.collect()
}

/// When which step is due, by addition alone: rounds of steps, then the fallback every 15 minutes.
fn planned(steps: &[i64], repeat: u32, end: i64) -> Vec<(Timestamp, String)> {
    let (mut now, mut all) = (0, Vec::new());
    let pause = steps.last().copied().unwrap_or(0).max(300);
    for round in 0..=repeat {
        for (index, after) in steps.iter().enumerate() {
            now += match (round, index) {
                (0, _) => *after,
                (_, 0) => pause,
                _ => *after,
            };
            all.push((at(now), if index % 2 == 0 { "dana" } else { "nadia" }.to_string()));
        }
    }
    now += pause;
    while now <= end {
        all.push((at(now), "ines".to_string()));
        now += 900;
    }
    all.retain(|(when, _)| *when <= at(end));
    all
}

fn steps() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(0i64..1_800, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Every step of every round fires exactly at its instant while nobody acknowledges.
    #[test]
    fn steps_fire_at_their_instants(steps in steps(), repeat in 0u32..3, end in 0i64..20_000) {
        let mut kernel = Kernel::with(&steps, repeat);
        kernel.tell(START, signal(0, 0, false, true, START));
        kernel.until(at(end));
        prop_assert_eq!(pages(&kernel), planned(&steps, repeat, end));
    }

    /// After an acknowledgement nobody is paged, whenever it comes, until it lapses; then from the first step.
    #[test]
    fn an_acknowledgement_stops_every_step_until_it_lapses(
        steps in steps(), repeat in 0u32..3, acknowledged in 0i64..6_000, later in 0i64..7_199,
    ) {
        let mut kernel = Kernel::with(&steps, repeat);
        let case = kernel.tell(START, signal(0, 0, false, true, START)).unwrap();
        kernel.act(at(acknowledged), "nadia", case, CaseAction::Acknowledge);
        let before = pages(&kernel);
        prop_assert_eq!(&before, &planned(&steps, repeat, acknowledged));
        kernel.until(at(acknowledged + later));
        prop_assert_eq!(&pages(&kernel), &before);
        prop_assert!(kernel.world.messages_of(case).all(|message| !matches!(message.purpose, Purpose::Page)));
        let first = steps.first().copied().unwrap_or(0);
        kernel.until(at(acknowledged + 7_200 + first));
        let after: Vec<_> = pages(&kernel).into_iter().skip(before.len()).collect();
        prop_assert_eq!(after.first(), Some(&(at(acknowledged + 7_200 + first), "dana".to_string())));
    }

    /// Resolving stops every step for good, even where the case is looked at again and is over.
    #[test]
    fn a_case_that_is_over_pages_nobody(steps in steps(), resolved in 0i64..6_000) {
        let mut kernel = Kernel::with(&steps, 1);
        kernel.tell(START, signal(0, 0, false, true, START));
        kernel.until(at(resolved));
        kernel.tell(at(resolved), signal(0, 0, false, false, at(resolved)));
        let before = pages(&kernel).len();
        kernel.until(at(resolved + 1_000_000));
        prop_assert_eq!(pages(&kernel).len(), before);
    }
}

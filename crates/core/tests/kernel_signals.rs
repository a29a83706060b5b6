//! Deduplication and grouping hold for every sequence of signals.
#![allow(clippy::unwrap_used, reason = "tests")]

mod kernel_support;

use std::collections::{BTreeMap, BTreeSet};

use kernel_support::{Kernel, at, signal};
use proptest::prelude::*;
use wheelhouse_core::case::CaseId;

/// A signal told: which of a few alerts, of which of three services, drill or not, firing or over.
type Told = (u8, u8, bool, bool, i64);

fn told() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec((0u8..4, 0u8..3, any::<bool>(), prop::bool::weighted(0.7), 1i64..900), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However often an alert is told, it is one member of one case, as long as it fires.
    #[test]
    fn an_alert_that_fires_is_one_signal_of_one_case(told in told()) {
        let mut kernel = Kernel::new();
        let mut firing: BTreeMap<(u8, u8, bool), CaseId> = BTreeMap::new();
        let mut now = 0;
        for (alert, service, drill, fires, wait) in told {
            now += wait;
            let case = kernel.tell(at(now), signal(alert, service, drill, fires, at(now)));
            let key = (alert, service, drill);
            match (fires, firing.get(&key).copied()) {
                (true, Some(known)) => prop_assert_eq!(case, Some(known)),
                (true, None) => { firing.insert(key, case.unwrap()); }
                (false, Some(known)) => { prop_assert_eq!(case, Some(known)); firing.remove(&key); }
                (false, None) => prop_assert_eq!(case, None),
            }
            prop_assert_eq!(kernel.world.signals().len(), firing.len());
            for one in kernel.world.cases() {
                let members = firing.values().filter(|id| **id == one.id).count();
                prop_assert_eq!(one.firing, members as u64, "{}", one.id);
            }
        }
    }

    /// At any time there is at most one case that is not over for a service, and drills have their own.
    #[test]
    fn a_service_has_one_open_case_and_one_for_drills(told in told()) {
        let mut kernel = Kernel::new();
        let mut now = 0;
        for (alert, service, drill, fires, wait) in told {
            now += wait;
            let case = kernel.tell(at(now), signal(alert, service, drill, fires, at(now)));
            if let Some(case) = case.and_then(|id| kernel.world.case(id)) {
                prop_assert_eq!(case.drill, drill);
            }
            let open = kernel.world.cases().filter(|case| !case.state.is_resolved());
            let groups: Vec<_> = open.map(|case| (case.drill, case.group.clone())).collect();
            let distinct: BTreeSet<_> = groups.iter().cloned().collect();
            prop_assert_eq!(groups.len(), distinct.len(), "{:?}", groups);
        }
    }

    /// Firing again reopens the case within ten minutes of its end, to the microsecond, and not after.
    #[test]
    fn firing_again_reopens_within_ten_minutes(after in 0i64..1_300_000_000) {
        let mut kernel = Kernel::new();
        let first = kernel.tell(at(0), signal(0, 0, false, true, at(0))).unwrap();
        kernel.tell(at(60), signal(0, 0, false, false, at(60)));
        let again = at(60) + wheelhouse_core::time::Duration::from_micros(after);
        let second = kernel.tell(again, signal(0, 0, false, true, again)).unwrap();
        prop_assert_eq!(first == second, after <= 600_000_000);
        prop_assert_eq!(kernel.world.case(first).unwrap().reopened, u32::from(first == second));
    }
}

//! A storm of alerts through the writer and its store.

use std::collections::BTreeSet;

use super::case;
use super::rig::{Rig, alert};

#[tokio::test]
async fn ten_thousand_alerts_of_one_service_are_one_case_whose_members_are_read_in_pages() {
    let rig = Rig::start().await;
    for request in 0..20 {
        let signals = (0..500).map(|number| alert("ledger", &format!("node-{}", request * 500 + number))).collect();
        assert_eq!(rig.signals(signals).await.unwrap().accepted, 500);
    }
    let (cases, members, firing) = rig
        .writer
        .read(|world| {
            (world.cases().count(), world.case(case(1)).unwrap().members, world.case(case(1)).unwrap().firing)
        })
        .await
        .unwrap();
    assert_eq!((cases, members, firing), (1, 10_000, 10_000));
    assert!(rig.dispatched().len() <= 3, "one page a step, however many alerts");

    let readers = rig.readers();
    let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let page = readers.members(case(1), cursor, 1_000).unwrap();
        seen.extend(page.items.iter().map(|signal| signal.number));
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (10_000, 10));
    let lines = readers.timeline(case(1), None, 1_000).unwrap().items.len();
    assert!(lines < 30, "no line of the story for each alert: {lines}");
}

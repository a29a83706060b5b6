//! A case names what changed shortly before it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use std::sync::Arc;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::catalog::{Catalog, Dependency, Strength};
use wheelhouse_core::change::{ChangeKind, ChangeReport, MOST_KEPT, upstream};
use wheelhouse_core::kernel::{Command, Refusal, What};
use wheelhouse_core::name::{ServiceName, SourceName};
use wheelhouse_core::record::{Actor, Fact, FoundChange};
use wheelhouse_core::{Context, decide};

fn name(service: &str) -> ServiceName {
    ServiceName::new(service).unwrap()
}

fn ci() -> Actor {
    Actor::Source(SourceName::new("ci").unwrap())
}

fn report(service: &str, version: &str, seconds: i64) -> ChangeReport {
    ChangeReport {
        kind: ChangeKind::Deployment,
        key: Some(format!("{service} {version}")),
        services: vec![service.to_owned()],
        must_be_known: false,
        title: String::new(),
        text: String::new(),
        version: version.to_owned(),
        by: "ci".to_owned(),
        url: String::new(),
        at: at(seconds),
        drill: false,
    }
}

fn tell(kernel: &mut Kernel, now: i64, report: ChangeReport) {
    kernel.command(at(now), ci(), What::Change(Arc::new(report)));
}

/// service-0 depends hard on service-1, which depends softly on service-2.
fn chain() -> Catalog {
    let mut catalog = catalog(&[0], 0);
    for (from, to, strength) in [(0, 1, Strength::Hard), (1, 2, Strength::Soft)] {
        let service = catalog.services.get_mut(&name(&format!("service-{from}"))).unwrap();
        service.depends_on.push(Dependency { service: name(&format!("service-{to}")), strength });
    }
    catalog
}

#[test]
fn the_nearest_change_of_what_a_service_depends_on_is_named_with_its_path() {
    let mut kernel = Kernel::of(chain());
    tell(&mut kernel, 100, report("service-0", "1.0", 100));
    tell(&mut kernel, 200, report("service-2", "2.0", 200));
    tell(&mut kernel, 900, report("service-1", "9.9", 900));
    let case = kernel.tell(at(920), signal(1, 0, false, true, at(800))).unwrap();
    let changed = kernel.world.case(case).unwrap().changed.clone().unwrap();
    // The one of 900 came after the trouble had begun.
    assert_eq!(changed.words, "service-2 2.0 deployed by ci");
    assert_eq!((changed.before.as_seconds(), changed.hard), (600, false));
    assert_eq!(changed.path, [name("service-0"), name("service-1"), name("service-2")]);
    assert!(kernel.entries.iter().any(|entry| matches!(entry.fact, Fact::ChangeFound(FoundChange { change: 2, .. }))));
    // Nothing that it depends on: a caller's change does not matter.
    let other = kernel.tell(at(930), signal(1, 2, false, true, at(930))).unwrap();
    assert_eq!(kernel.world.case(other).unwrap().changed.as_ref().unwrap().path, [name("service-2")]);
}

#[test]
fn changes_long_ago_of_drills_and_of_unknown_services_are_not_named() {
    let mut kernel = Kernel::of(chain());
    tell(&mut kernel, 10, report("service-0", "1.0", 10));
    tell(&mut kernel, 20, report("nobody-knows", "1.0", 20));
    let later = 10 + 6 * 3_600 + 1;
    tell(&mut kernel, later, ChangeReport { drill: true, ..report("service-0", "2.0", later) });
    let case = kernel.tell(at(later), signal(1, 0, false, true, at(later))).unwrap();
    assert_eq!(kernel.world.case(case).unwrap().changed, None);
    let drill = kernel.tell(at(later), signal(1, 0, true, true, at(later))).unwrap();
    assert!(kernel.world.case(drill).unwrap().changed.is_some());
}

#[test]
fn a_change_told_twice_is_one_and_the_latest_are_kept() {
    let mut kernel = Kernel::new();
    tell(&mut kernel, 10, report("service-0", "1.0", 10));
    tell(&mut kernel, 20, report("service-0", "1.0", 20));
    assert_eq!((kernel.world.changes().len(), kernel.world.counters().last_change), (1, 1));
    for number in 0..MOST_KEPT {
        tell(&mut kernel, 30, report("service-0", &number.to_string(), 30));
    }
    assert_eq!(kernel.world.changes().len(), MOST_KEPT);
    assert!(kernel.world.changes().get(1).is_none(), "the one told longest ago is let go");
}

#[test]
fn what_is_too_long_or_says_nothing_is_refused() {
    let kernel = Kernel::new();
    let good = report("service-0", "1.0", 10);
    let long = "x".repeat(5_000);
    for bad in [
        ChangeReport { title: long.clone(), ..good.clone() },
        ChangeReport { title: "two\nlines".to_owned(), ..good.clone() },
        ChangeReport { version: long.clone(), ..good.clone() },
        ChangeReport { text: long, ..good.clone() },
        ChangeReport { services: Vec::new(), ..good.clone() },
        ChangeReport { at: at(10_000), ..good },
    ] {
        let what = What::Change(Arc::new(bad));
        let command = Command { actor: ci(), policies: Vec::new(), judged_under: None, what };
        assert!(decide(&kernel.world, &command, &Context::at(at(20))).is_err());
    }
}

#[test]
fn who_must_know_the_catalog_is_told_the_nearest_name() {
    let kernel = Kernel::new();
    let told = |services: &[&str], must_be_known| {
        let services = services.iter().map(ToString::to_string).collect();
        let report = ChangeReport { services, must_be_known, ..report("", "1.0", 10) };
        let what = What::Change(Arc::new(report));
        let command = Command { actor: ci(), policies: Vec::new(), judged_under: None, what };
        decide(&kernel.world, &command, &Context::at(at(20))).map(|plan| plan.change)
    };
    let unknown = |name: &str, nearest: &str| {
        Err(Refusal::NotInCatalog { kind: "service", name: name.to_owned(), nearest: Some(nearest.to_owned()) })
    };
    assert_eq!(told(&["service-0", "service-1"], true), Ok(Some(1)));
    assert_eq!(told(&["service-1", "servce-0"], true), unknown("servce-0", "service-0"), "each of them is looked up");
    assert_eq!(told(&["servce-0", "service-1"], false), Ok(Some(1)), "a pipeline guesses");
}

#[test]
fn dependencies_are_found_by_the_shortest_hard_way_and_cycles_end() {
    let mut catalog = chain();
    let back = Dependency { service: name("service-0"), strength: Strength::Hard };
    catalog.services.get_mut(&name("service-2")).unwrap().depends_on.push(back);
    let direct = Dependency { service: name("service-2"), strength: Strength::Soft };
    catalog.services.get_mut(&name("service-0")).unwrap().depends_on.push(direct);
    let found = upstream(&catalog, &name("service-0"));
    assert_eq!(found.len(), 3);
    assert!(found[&name("service-1")].hard && !found[&name("service-2")].hard);
    assert_eq!(found[&name("service-2")].path, [name("service-0"), name("service-2")]);
}

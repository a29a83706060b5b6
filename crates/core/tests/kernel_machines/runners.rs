//! Steps at their time, and in the hands of runners of the catalog.

use wheelhouse_core::World;
use wheelhouse_core::kernel::CatalogChange;

use super::*;

#[test]
fn what_has_a_time_begins_by_itself_once_and_says_where_it_cannot() {
    let mut daily = book("daily", vec![machine("one", plain())]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    let mut hands = Hands::with(vec![daily]);
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    let day = 86_400;
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    assert_eq!(hands.run(1).unwrap().by, Actor::Hub);
    hands.now += day;
    hands.kernel.until(hands.now());
    assert_eq!(hands.kernel.world.last_run(), RunId(1), "the one before is still under way");
    let said = hands.kernel.entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::RunScheduled(part) => Some((part.run, entry.body.clone().unwrap())),
        _ => None,
    });
    let (run, body) = said.unwrap();
    assert!(run.is_none() && body["text"].contains("RUN-1"), "{body:?}");
    hands.carry_out(AttemptEnd::Succeeded);
    // Several days without power: it is made up for once.
    hands.now += 5 * day + 60;
    hands.kernel.until(hands.now());
    hands.carry_out(AttemptEnd::Succeeded);
    hands.now += 60;
    hands.kernel.until(hands.now());
    assert_eq!(hands.kernel.world.runs().len(), 0);
}

#[test]
fn what_ends_at_the_time_of_the_next_does_not_keep_it() {
    let mut daily = book("daily", vec![does("rest", Does::Wait, plain())]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    let mut hands = Hands::with(vec![daily]);
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    hands.prepare();
    let work = HubWork::Wait(Duration::from_hours(24));
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    hands.now += 86_400;
    hands.kernel.until(hands.now());
    assert_eq!((hands.ending(1), hands.kernel.world.last_run()), (Some(Ending::Completed), RunId(2)));
}

#[test]
fn a_time_counts_from_when_it_came_into_force_however_often_the_hub_starts() {
    let timed = |text: &str| {
        let mut daily = book("daily", vec![manual("look")]);
        daily.front.schedule = Some(Schedule::parse(text).unwrap());
        daily
    };
    let mut hands = Hands::with(vec![timed("03:00")]);
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    // The hub is away at its first time: that is made up for.
    let (counters, catalog) = (hands.kernel.world.counters(), hands.kernel.world.catalog().cloned());
    hands.kernel.world = World::restore(counters, catalog.clone(), []);
    hands.now = first.since(at(0)).as_seconds() + 3_600;
    hands.kernel.command(hands.now(), Actor::Hub, What::DoorsReady);
    hands.kernel.until(hands.now());
    assert_eq!(hands.kernel.world.last_run(), RunId(1));
    // At 04:00 it is to be at 03:30 from now on, and at 03:00 again later: neither of today was ever missed.
    for text in ["03:30", "03:00"] {
        let mut other = (**catalog.as_ref().unwrap()).clone();
        let daily = timed(text);
        other.runbooks = BTreeMap::from([(daily.name.clone(), Arc::new(daily))]);
        let what =
            What::Adopt { catalog: Arc::new(other), time_zones: "bundled".into(), change: CatalogChange::default() };
        hands.kernel.command(hands.now(), Actor::Hub, what);
        hands.now += 60;
        hands.kernel.until(hands.now());
        assert_eq!(hands.kernel.world.last_run(), RunId(1), "{text}");
    }
    hands.now += 86_400;
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    let said = hands.kernel.entries.iter().filter(|entry| matches!(entry.fact, Fact::RunScheduled(_)));
    assert_eq!(said.count(), 2, "once a day");
}

#[test]
fn a_runner_of_the_catalog_gets_what_it_reaches_and_only_its_own_word_counts() {
    let far = || Attributes { runner: vec!["zone=dmz".into()], ..plain() };
    let mut hands = Hands::of(vec![machine("near", plain()), machine("far", far()), machine("last", far())]);
    let mut catalog = (**hands.kernel.world.catalog().unwrap()).clone();
    let runner = |name: &str, labels: &[&str]| {
        let (name, team) = (RunnerName::new(name).unwrap(), catalog.organization.default_team.clone());
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        (name.clone(), Runner { name, team, summary: None, labels })
    };
    catalog.runners =
        BTreeMap::from([runner("any", &[]), runner("dmz", &["zone=dmz", "db=orders"]), runner("lan", &["zone=lan"])]);
    hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let lease = |hands: &mut Hands, name: &str| {
        let name = RunnerName::new(name).unwrap();
        let what = What::Lease(Offer { runner: name.clone(), own_labels: None, room: 4 });
        let policies = vec!["runners-take-steps".to_owned()];
        let command = Command { actor: Actor::Runner(name), policies, judged_under: None, what };
        let plan = decide(&hands.kernel.world, &command, &context(hands.now())).unwrap();
        hands.kernel.command(hands.now(), command.actor, command.what);
        plan.leases
    };
    let tell = |hands: &mut Hands, name: &str, lease: &wheelhouse_core::kernel::Lease| {
        let report = AttemptReport::of(AttemptEnd::Succeeded, "");
        let work = RunWork::Ended { run: lease.run, step: lease.step.clone(), epoch: lease.epoch, report };
        hands.try_it(Actor::Runner(RunnerName::new(name).unwrap()), What::RunWork(Box::new(work)))
    };
    // What asks for nothing is not meant for a zone; what asks for one goes nowhere else; who is unknown gets nothing.
    for name in ["dmz", "lan", "gone"] {
        assert!(lease(&mut hands, name).is_empty(), "{name}");
    }
    let near = lease(&mut hands, "any");
    assert_eq!(near.len(), 1);
    tell(&mut hands, "any", &near[0]).unwrap();
    hands.prepare();
    for name in ["any", "lan", "gone"] {
        assert!(lease(&mut hands, name).is_empty(), "{name}");
    }
    let far = lease(&mut hands, "dmz");
    assert_eq!((far.len(), far[0].step.clone()), (1, id("far")));
    assert_eq!(hands.kernel.world.lease(far[0].epoch).unwrap().1.planned.id, id("far"));
    for name in ["lan", "gone"] {
        assert!(matches!(tell(&mut hands, name, &far[0]), Err(Refusal::StaleLease { .. })), "{name}");
    }
    tell(&mut hands, "dmz", &far[0]).unwrap();
    assert!(matches!(tell(&mut hands, "dmz", &far[0]), Err(Refusal::StaleLease { .. })));
    assert!(hands.kernel.world.leased().next().is_none());
    let by_runner = hands.kernel.entries.iter().filter(|entry| matches!(entry.actor, Actor::Runner(_)));
    assert_eq!(by_runner.count(), 4, "two leases and two ends");
}

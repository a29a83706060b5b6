//! Lists of cases: every filter and every cut into pages gives what a plain filter over all gives.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use wheelhouse_core::case::{Case, CaseId, CaseKind, Severity};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{CaseOrder, CaseQuery, CaseState, Readers};

use super::Tested;
use crate::engine::Engine as _;
use crate::rig::Rig;
use crate::rig::catalog::{SERVICES, TEAMS, service, team};
#[allow(unused_imports, reason = "SQLite's store has the method by itself")]
use crate::rig::erasing::Committed as _;

/// A database with a few hundred cases in every state.
fn readers() -> Readers {
    static READERS: std::sync::OnceLock<Readers> = std::sync::OnceLock::new();
    let make = || {
        let mut rig = Rig::start(Tested::fresh(), 5);
        for _ in 0..400 {
            rig.step().unwrap();
        }
        // Chance ends on a case of every shape, sooner or later.
        let is_taken = |rig: &Rig<Tested>| rig.world.cases().any(|case| case.state.as_str() == "acknowledged");
        for _ in 0..1_000 {
            if is_taken(&rig) {
                break;
            }
            rig.step().unwrap();
        }
        let readers = rig.store.readers(2).unwrap();
        // The database in memory lives as long as a connection does.
        std::mem::forget(rig);
        readers
    };
    READERS.get_or_init(make).clone()
}

/// All cases in the order of opening.
fn all(readers: &Readers) -> Vec<Case> {
    let of = |kind| (1..).map_while(move |number| readers.case(CaseId { kind, number }).unwrap());
    let mut all: Vec<Case> = CaseKind::ALL.into_iter().flat_map(of).collect();
    all.sort_by_key(|case| (case.instants.opened.as_ref().map(|opened| opened.at), case.id));
    all
}

fn opened(case: &Case) -> Timestamp {
    case.instants.opened.as_ref().unwrap().at
}

fn matches(query: &CaseQuery, case: &Case) -> bool {
    let is_theirs = |person: &PersonName| case.owner.as_ref() == Some(person) || case.involved.contains(person);
    let state = CaseState::parse(case.state.as_str()).unwrap();
    (query.states.is_empty() || query.states.contains(&state))
        && (query.severities.is_empty() || query.severities.contains(&case.severity))
        && query.service.as_ref().is_none_or(|name| case.service.as_ref() == Some(name))
        && query.team.as_ref().is_none_or(|name| case.team == *name)
        && (query.kinds.is_empty() || query.kinds.contains(&case.id.kind))
        && query.drill.is_none_or(|drill| case.drill == drill)
        && query.person.as_ref().is_none_or(is_theirs)
        && query.opened_from.is_none_or(|from| opened(case) >= from)
        && query.opened_until.is_none_or(|until| opened(case) < until)
        && query.text.as_ref().is_none_or(|text| case.title.to_ascii_lowercase().contains(&text.to_ascii_lowercase()))
}

/// When the case of that number in the order of opening was opened, if there is one.
fn nth_opened(number: usize) -> Option<Timestamp> {
    all(&readers()).get(number).map(opened)
}

/// One of those who had a part in some case.
fn somebody(index: &proptest::sample::Index) -> Option<PersonName> {
    let people: std::collections::BTreeSet<PersonName> =
        all(&readers()).into_iter().flat_map(|case| case.involved).collect();
    let people: Vec<PersonName> = people.into_iter().collect();
    (!people.is_empty()).then(|| people[index.index(people.len())].clone())
}

fn query() -> impl Strategy<Value = CaseQuery> {
    let kinds = [CaseKind::Incident, CaseKind::Action, CaseKind::Finding, CaseKind::Ticket];
    (
        prop_oneof![Just(Vec::new()), subsequence(CaseState::ALL.to_vec(), 1..=4)],
        prop_oneof![Just(Vec::new()), subsequence(Severity::ALL.to_vec(), 1..=4)],
        proptest::option::of(select(SERVICES.to_vec())),
        proptest::option::of(select(TEAMS.to_vec())),
        prop_oneof![4 => Just(Vec::new()), 1 => subsequence(kinds.to_vec(), 1..=3)],
        proptest::option::weighted(0.3, any::<bool>()),
        proptest::option::weighted(0.3, select(vec!["1 TIMES", "Form", "100%", "_", "\\", "portal: told 2"])),
        1usize..30,
        (
            proptest::option::weighted(0.3, 0usize..60),
            proptest::option::weighted(0.3, 0usize..60),
            proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
            select(vec![CaseOrder::Newest, CaseOrder::Oldest, CaseOrder::Severity]),
        ),
    )
        .prop_map(|(states, severities, service_name, team_name, kinds, drill, text, limit, more)| CaseQuery {
            states,
            severities,
            service: service_name.map(service),
            team: team_name.map(team),
            kinds,
            drill,
            text: text.map(String::from),
            opened_from: more.0.and_then(nth_opened),
            opened_until: more.1.and_then(nth_opened),
            person: more.2.and_then(|index| somebody(&index)),
            order: more.3,
            cursor: None,
            limit,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: Tested::LISTS, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_together_are_the_plain_filter(query in query()) {
        let readers = readers();
        let mut expected: Vec<Case> = all(&readers).into_iter().filter(|case| matches(&query, case)).collect();
        match query.order {
            CaseOrder::Newest => expected.reverse(),
            CaseOrder::Oldest => {}
            CaseOrder::Severity => {
                expected.reverse();
                expected.sort_by_key(|case| case.severity);
            }
        }
        let (mut found, mut next) = (Vec::new(), query.clone());
        loop {
            let page = readers.cases(&next).unwrap();
            prop_assert!(page.items.len() <= query.limit);
            found.extend(page.items);
            next.cursor = page.next;
            if next.cursor.is_none() {
                break;
            }
            prop_assert!(found.len() <= expected.len(), "pages go on for ever");
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_cases_are_of_every_shape() {
    let all = all(&readers());
    assert!(all.len() > 40, "{}", all.len());
    for state in CaseState::ALL {
        assert!(all.iter().any(|case| case.state.as_str() == state.as_str()), "{state:?}");
    }
    for severity in Severity::ALL {
        assert!(all.iter().any(|case| case.severity == severity), "{severity}");
    }
    assert!(all.iter().any(|case| case.drill) && all.iter().any(|case| case.service.is_none()));
}

#[test]
fn a_limit_of_nothing_gives_one_and_a_huge_one_is_held_down() {
    let readers = readers();
    let page = |limit| readers.cases(&CaseQuery { limit, ..CaseQuery::default() }).unwrap();
    assert_eq!(page(0).items.len(), 1);
    assert_eq!(page(usize::MAX).items.len(), all(&readers).len().min(wheelhouse_store::LARGEST_PAGE));
}

//! Times what lists and statistics ask of a long history: closed cases in a database on disk, in the
//! folder that is named: `cargo bench -p wheelhouse-store --bench history -- DIR CASES`. Prints one JSON object.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the steady clock, and says what it read"
)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration as StdDuration, Instant};
use std::{env, fs};

use wheelhouse_core::case::{Case, CaseId, CaseKind, Reached, Severity, Telling};
use wheelhouse_core::insight::{By, Statistics};
use wheelhouse_core::name::{PersonName, ServiceName, TeamName};
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::record::{Actor, Entry, Fact};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{Batch, CaseOrder, CaseQuery, CaseState, OpenedCursor, Readers, Sqlite, Store};

/// How many services and teams there are, and people who take cases.
const SERVICES: u64 = 2_000;
const TEAMS: u64 = 500;
const PEOPLE: u64 = 5_000;
/// How many cases one commit closes.
const A_COMMIT: u64 = 5_000;
/// How many cases statistics are made of.
const MEASURED: u64 = 27_395;
/// How many cases statistics read at a time, as the hub does.
const A_LOOK: usize = 500;
/// How often each kind of list is asked for, each time from another place.
const ROUNDS: u64 = 150;
/// The length of a list: what the API gives unless asked for more.
const A_PAGE: usize = 100;
/// The first case was opened then; one follows a minute after the other.
const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [folder, count] = arguments.as_slice() else { return Err("name a folder and a number of cases".into()) };
    let count: u64 = count.parse()?;
    fs::create_dir_all(folder)?;
    let path = Path::new(folder).join("history.db");
    let mut store = Sqlite::open(&path)?;
    let filling = Instant::now();
    fill(&mut store, count)?;
    let filled_ms = milliseconds(filling.elapsed());
    let readers = store.readers(1)?;
    let (mut all, mut slowest) = (Vec::new(), (0.0, ""));
    for (name, make) in lists() {
        let mut took = Vec::new();
        for round in 0..ROUNDS {
            took.push(ask(&readers, &make(round, count))?);
        }
        took.sort_by(f64::total_cmp);
        let p99 = at(&took, 99);
        slowest = if p99 > slowest.0 { (p99, name) } else { slowest };
        all.extend(took);
    }
    all.sort_by(f64::total_cmp);
    let measured = MEASURED.min(count);
    let started = Instant::now();
    let groups = statistics(&readers, count - measured, count)?;
    println!(
        "{{\"cases\": {count}, \"filled_ms\": {filled_ms:.0}, \"megabytes\": {}, \"lists\": {}, \"p50_ms\": {:.2}, \
         \"p99_ms\": {:.2}, \"slowest\": \"{}\", \"slowest_p99_ms\": {:.2}, \"measured\": {measured}, \
         \"groups\": {groups}, \"statistics_ms\": {:.0}}}",
        fs::metadata(&path)?.len() >> 20,
        all.len(),
        at(&all, 50),
        at(&all, 99),
        slowest.1,
        slowest.0,
        milliseconds(started.elapsed()),
    );
    Ok(())
}

/// Writes closed cases, each as large as one that was paged, acknowledged and told to four.
fn fill(store: &mut Sqlite, count: u64) -> Outcome<()> {
    store.load(Duration::from_hours(1))?;
    for (commit, first) in (0..count).step_by(usize::try_from(A_COMMIT)?).enumerate() {
        let cases = (first..count.min(first + A_COMMIT)).map(closed).collect::<Outcome<Vec<Case>>>()?;
        let batch = Batch { commit: u64::try_from(commit)? + 1, at: START, cases, ..Batch::default() };
        store.commit(&batch)?;
    }
    Ok(())
}

fn closed(number: u64) -> Outcome<Case> {
    // Neighbours in time have little to do with each other.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let (service, team) = (service(mixed % SERVICES)?, team(mixed % SERVICES % TEAMS)?);
    let person = Actor::Person(PersonName::new(&format!("person-{:04}", mixed % PEOPLE))?);
    let opened_at = opened_at(number);
    let severity = Severity::ALL.into_iter().cycle().nth(usize::try_from(mixed % 7)?).unwrap_or(Severity::Sev3);
    let fact = Fact::CaseOpened {
        severity,
        service: Some(service.clone()),
        team: team.clone(),
        group: Group::Service(service.clone()),
        rule: None,
        detected_at: opened_at - Duration::from_seconds(20),
        auto_resolve: true,
        reported: false,
    };
    let words = ["answers slowly", "refuses logins", "runs out of disk", "loses messages", "has an old certificate"];
    let word = words.into_iter().cycle().nth(usize::try_from(mixed % 5)?).unwrap_or_default();
    let mut opening = Entry::new(opened_at, Actor::Hub, fact);
    opening.body = Some([("title".to_owned(), format!("{service}: {word} in zone {}", mixed % 97))].into());
    let id = CaseId { kind: CaseKind::Incident, number: number + 1 };
    let mut case = Case::opened(id, &opening).ok_or("an opening entry opens a case")?;
    let taken_at = opened_at + Duration::from_seconds(60 + i64::try_from(mixed % 600)?);
    let over_at = taken_at + Duration::from_seconds(300 + i64::try_from(mixed % 7_200)?);
    case.apply(&Entry::new(taken_at, person.clone(), Fact::Acknowledged { lapses_at: over_at }));
    case.apply(&Entry::new(over_at, person, Fact::Resolved { at: over_at, recheck_at: None }));
    for step in 1..=4 {
        let recipient = Recipient::Team(self::team((mixed + step) % TEAMS)?);
        case.told.insert(recipient.clone());
        let reached = Some(Reached { message: u32::try_from(step)?, at: opened_at + Duration::from_seconds(2) });
        case.tellings.push(Telling { recipient, reached, not_told: None });
    }
    (case.members, case.messages) = (1 + mixed % 30, 9);
    Ok(case)
}

type Make = fn(u64, u64) -> CaseQuery;

/// The lists that people look at, each from places that move with the round.
fn lists() -> [(&'static str, Make); 12] {
    [
        ("newest", |_, _| page()),
        ("from any place", |round, count| CaseQuery { cursor: place(round, count), ..page() }),
        ("open", |_, _| CaseQuery { states: vec![CaseState::Open, CaseState::Acknowledged], ..page() }),
        ("one service", |round, _| CaseQuery { service: service(round * 13 % SERVICES).ok(), ..page() }),
        ("one team", |round, _| CaseQuery { team: team(round * 3 % TEAMS).ok(), ..page() }),
        ("one severity", |round, count| CaseQuery {
            severities: vec![Severity::Sev1],
            cursor: place(round, count),
            ..page()
        }),
        ("the worst first", |_, _| CaseQuery { order: CaseOrder::Severity, ..page() }),
        ("one team, the oldest first", |round, _| CaseQuery {
            team: team(round * 3 % TEAMS).ok(),
            order: CaseOrder::Oldest,
            ..page()
        }),
        ("one person's", |_, _| CaseQuery { person: PersonName::new("dana").ok(), ..page() }),
        ("nobody's", |_, _| CaseQuery { person: PersonName::new("nobody-at-all").ok(), ..page() }),
        ("words in the title", |round, count| CaseQuery {
            text: Some(format!("logins in zone {}", round % 97)),
            cursor: place(round, count),
            ..page()
        }),
        ("words of no title", |round, count| CaseQuery {
            text: Some("nobody wrote this".into()),
            cursor: place(round, count),
            ..page()
        }),
    ]
}

/// Where a list goes on: evenly spread over the whole history.
fn place(round: u64, count: u64) -> Option<u64> {
    Some(1 + count * (round + 1) / ROUNDS)
}

fn page() -> CaseQuery {
    CaseQuery { limit: A_PAGE, ..CaseQuery::default() }
}

fn ask(readers: &Readers, query: &CaseQuery) -> Outcome<f64> {
    let started = Instant::now();
    let page = readers.cases(query)?;
    let took = milliseconds(started.elapsed());
    let is_of = |case: &Case| query.service.as_ref().is_none_or(|name| case.service.as_ref() == Some(name));
    if page.items.len() > A_PAGE || !page.items.iter().all(is_of) {
        return Err(format!("a list is wrong: {query:?}").into());
    }
    Ok(took)
}

/// Makes statistics of the cases of these numbers, as the hub does; returns how many groups there were.
fn statistics(readers: &Readers, first: u64, end: u64) -> Outcome<usize> {
    let mut statistics = Statistics::new(By { team: true, severity: true, ..By::default() });
    let (mut cursor, mut read) = (Some(OpenedCursor::before(opened_at(first))), 0);
    while let Some(from) = cursor {
        let (cases, next) = readers.opened(from, opened_at(end), A_LOOK)?;
        for case in &cases {
            statistics.take_in(case)?;
        }
        read += cases.len() as u64;
        cursor = next;
    }
    if read != end - first {
        return Err(format!("{read} cases were measured of {}", end - first).into());
    }
    Ok(statistics.groups().count())
}

fn opened_at(number: u64) -> Timestamp {
    START + Duration::from_seconds(60 * i64::try_from(number).unwrap_or(i64::MAX / 60))
}

fn service(number: u64) -> Outcome<ServiceName> {
    Ok(ServiceName::new(&format!("service-{number:04}"))?)
}

fn team(number: u64) -> Outcome<TeamName> {
    Ok(TeamName::new(&format!("team-{number:03}"))?)
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn milliseconds(duration: StdDuration) -> f64 {
    duration.as_secs_f64() * 1e3
}

//! No page query looks at more rows than it must: SQLite's own plan says which index it walks.

use rusqlite::types::Null;
use wheelhouse_core::case::{CaseKind, Severity};
use wheelhouse_core::name::{PersonName, ServiceName, TeamName};
use wheelhouse_core::time::Timestamp;

use super::cases::{Filter, Walks, page};
use super::{attachments, cases, changes, details, entries, evidence, opened, record, runbooks, runs, tiles};
use crate::sql::{Connection, params};
use crate::sqlite::Location;
use crate::{CaseOrder, CaseQuery, CaseState};

/// An empty database.
fn empty() -> Connection {
    Connection::Sqlite(Location::memory().writer().unwrap())
}

#[path = "../../tests/conformance/server.rs"]
#[allow(dead_code, reason = "it has more than is used here")]
mod server;

/// The steps of a statement's plan.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let Connection::Sqlite(connection) = connection else { return Vec::new() };
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for place in 1..=explain.parameter_count() {
        explain.raw_bind_parameter(place, Null).unwrap();
    }
    let mut rows = explain.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

/// One step, a search by an index or the primary key: no scan, no sorting on the side.
fn assert_one_search(connection: &Connection, sql: &str, by: &str) {
    let steps = plan(connection, sql);
    assert!(steps.len() == 1 && steps[0].starts_with("SEARCH ") && steps[0].contains(by), "{sql}\n{steps:?}");
}

/// Every combination of filters.
fn queries() -> Vec<CaseQuery> {
    let states = [vec![], vec![CaseState::Open, CaseState::Mitigated], vec![CaseState::Resolved]];
    let severities = [vec![], vec![Severity::Sev1, Severity::Sev3]];
    let mut queries = Vec::new();
    for bits in 0..64 {
        let bit = |bit: i32| bits & (1 << bit) != 0;
        for (states, severities) in states.iter().flat_map(|s| severities.iter().map(move |v| (s.clone(), v.clone()))) {
            queries.push(CaseQuery {
                states,
                severities,
                service: bit(0).then(|| ServiceName::new("ledger").unwrap()),
                team: bit(1).then(|| TeamName::new("noc").unwrap()),
                kinds: if bit(2) {
                    vec![CaseKind::Action, CaseKind::Finding][..1 + usize::from(bit(5))].to_vec()
                } else {
                    vec![]
                },
                drill: bit(3).then_some(true),
                text: bit(4).then(|| "down".into()),
                person: bit(3).then(|| PersonName::new("dana").unwrap()),
                order: if bit(5) { CaseOrder::Oldest } else { CaseOrder::Newest },
                limit: 50,
                ..CaseQuery::default()
            });
        }
    }
    queries
}

#[test]
fn lists_of_cases_walk_along_one_index_whatever_the_filter() {
    let connection = empty();
    for query in queries() {
        let walks = Walks::of(&query);
        let by = match walks.column {
            Some(column) => {
                format!("USING INDEX cases_by_{column} ({column}=? AND opened_order>? AND opened_order<?)")
            }
            None => "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)".into(),
        };
        let sql = walks.sql(&Filter::of(&query), query.order);
        if walks.titles {
            let steps = plan(&connection, &sql);
            let titles = "SEARCH cases USING COVERING INDEX cases_titles (opened_order>? AND opened_order<?)";
            assert!(steps.iter().any(|step| step == titles), "{sql}\n{steps:?}");
            let one_row = |step: &&String| step.ends_with("USING INTEGER PRIMARY KEY (rowid=?)");
            assert_eq!(steps.iter().filter(|step| step.starts_with("SEARCH")).filter(one_row).count(), 1, "{steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}\n{steps:?}");
        } else {
            assert_one_search(&connection, &sql, &by);
        }
        assert_eq!(page(&connection, &query, 100).unwrap().next, None);
    }
}

#[test]
fn all_other_pages_walk_along_one_index() {
    let connection = empty();
    let statements = [
        (details::MESSAGES, "(case_id=?)"),
        (details::NOT_TOLD, "(case_id=?)"),
        (details::MEMBERS, "(case_id=? AND number>?)"),
        (details::REPLY, "(principal=? AND request_key=?)"),
        (details::JOURNAL, "INTEGER PRIMARY KEY (rowid=?)"),
        (details::COMMITS, "INTEGER PRIMARY KEY (rowid>?)"),
        (attachments::OF_CASE.all, "(case_id=?)"),
        (attachments::OF_CASE.by_number, "(case_id=? AND number=?)"),
        (attachments::OF_CASE.by_hash, "(sha256=?)"),
        (attachments::OF_RUN.all, "(run=?)"),
        (attachments::OF_RUN.by_number, "(run=? AND number=?)"),
        (attachments::OF_RUN.by_hash, "(sha256=?)"),
        (attachments::BYTES, "(sha256=?)"),
        (cases::FIRST_FROM, "USING COVERING INDEX cases_by_opening (opened_at>?)"),
        (cases::LAST_BEFORE, "USING COVERING INDEX cases_by_opening (opened_at<?)"),
        (opened::OPENED, "USING INDEX cases_by_opening (opened_at>? AND opened_at<?)"),
        (record::TIMELINE, "(subject=? AND seq>?)"),
        (record::ENTRIES, "INTEGER PRIMARY KEY (rowid>?)"),
        (entries::NEWEST, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (entries::OLDEST, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (entries::NEWEST_OF_CASE, "(subject=? AND seq>? AND seq<?)"),
        (entries::OLDEST_OF_CASE, "(subject=? AND seq>? AND seq<?)"),
        (entries::AT, "INTEGER PRIMARY KEY (rowid=?)"),
        (record::CATALOG_HISTORY, "USING INDEX entries_of_catalog (seq<?)"),
        (evidence::EVIDENCE, "USING INDEX entries_of_evidence (seq>?)"),
        (record::LEAF, "INTEGER PRIMARY KEY (rowid=?)"),
        (record::NODE, "(level=? AND place=?)"),
        (crate::tables::load::CASE, "(id=?)"),
        (crate::tables::load::MESSAGES_OF_CASE, "(case_id=?)"),
    ];
    for (sql, by) in statements {
        assert_one_search(&connection, sql, by);
    }
}

/// What PostgreSQL does not understand, it refuses to prepare.
#[test]
fn postgresql_understands_every_text() {
    let server = server::shared();
    let address = crate::Address::parse(&server.url(), "texts").unwrap();
    let candidate = crate::Candidate {
        holder: "test".into(),
        address: "http://127.0.0.1:1".into(),
        lease: std::time::Duration::from_secs(60),
    };
    crate::Lease::new(address.clone(), candidate).prepare().unwrap();
    let connection = crate::postgres::reader(&address).unwrap();
    let Connection::Postgres(session) = &connection else { panic!("not PostgreSQL") };
    let lists = queries().into_iter().map(|query| Walks::of(&query).sql(&Filter::of(&query), query.order));
    let others = [
        details::MESSAGES,
        details::NOT_TOLD,
        details::MEMBERS,
        details::REPLY,
        details::JOURNAL,
        details::COMMITS,
        attachments::OF_CASE.all,
        attachments::OF_CASE.by_number,
        attachments::OF_CASE.by_hash,
        attachments::OF_RUN.all,
        attachments::OF_RUN.by_number,
        attachments::OF_RUN.by_hash,
        attachments::BYTES,
        cases::FIRST_FROM,
        cases::LAST_BEFORE,
        changes::CHANGES,
        changes::CHANGES_OF_SERVICE,
        changes::SILENCES,
        opened::OPENED,
        record::TIMELINE,
        record::ENTRIES,
        record::CATALOG_HISTORY,
        record::DRILLS_HELD,
        record::LEAF,
        record::NODE,
        entries::NEWEST,
        entries::OLDEST,
        entries::NEWEST_OF_CASE,
        entries::OLDEST_OF_CASE,
        entries::AT,
        evidence::EVIDENCE,
        runbooks::CONTENTS,
        runbooks::ADOPTION,
        runs::RUN,
        runs::ENTRIES_OF_RUN,
        tiles::LEAVES,
        tiles::NODES,
        tiles::CANONICAL,
        crate::tables::load::CASE,
        crate::tables::load::LIVE_CASES,
        crate::tables::load::MESSAGES_OF_CASE,
        crate::tables::load::MESSAGES_UNDER_WAY,
        crate::tables::load::LIVE_SILENCES,
        crate::tables::load::RUNS_UNDER_WAY,
        crate::tables::load::FIRING,
    ];
    for sql in others.into_iter().map(str::to_owned).chain(lists).chain(run_lists()) {
        session.understands(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Every list of runs.
fn run_lists() -> Vec<String> {
    let query = |bits: u32| runs::RunQuery {
        case: (bits & 1 != 0).then(|| wheelhouse_core::case::CaseId::parse("INC-1").unwrap()),
        runbook: (bits & 2 != 0).then(|| wheelhouse_core::runbook::RunbookName::parse("payments/drain").unwrap()),
        under_way: bits & 4 != 0,
        ..runs::RunQuery::default()
    };
    (0..8).map(|bits| query(bits).sql().0).collect()
}

#[test]
fn versions_of_a_file_are_found_by_its_path() {
    let connection = empty();
    let steps = plan(&connection, runbooks::CONTENTS);
    let searches = ["catalog_files_by_path (path=?)", "catalogs"];
    for by in searches {
        assert!(steps.iter().any(|step| step.starts_with("SEARCH") && step.contains(by)), "{by}: {steps:?}");
    }
    let steps = plan(&connection, runbooks::ADOPTION);
    assert!(
        steps.iter().any(|step| step.contains("entries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)")),
        "{steps:?}"
    );
    assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
}

#[test]
fn lists_of_runs_walk_along_one_index_whatever_the_filter() {
    let connection = empty();
    for sql in run_lists() {
        assert_one_search(&connection, &sql, "<?)");
    }
    assert_one_search(&connection, runs::RUN, "INTEGER PRIMARY KEY (rowid=?)");
    assert_one_search(&connection, runs::ENTRIES_OF_RUN, "entries_of_runs (run=? AND seq>?)");
}

#[test]
fn what_is_live_is_found_without_a_look_at_what_is_over() {
    let connection = empty();
    let statements = [
        (crate::tables::load::LIVE_CASES, "cases_by_end"),
        (crate::tables::load::MESSAGES_UNDER_WAY, "messages_under_way"),
        (crate::tables::load::FIRING, "signals_firing"),
    ];
    for (sql, index) in statements {
        let steps = plan(&connection, sql);
        let fine = |step: &String| {
            step.contains(index) || step.contains("COMPOUND") || step.contains("LEFT-MOST") || step.contains("UNION")
        };
        assert!(steps.iter().all(fine), "{sql}\n{steps:?}");
    }
}

#[test]
fn a_page_that_looks_at_enough_stops_and_says_where_to_go_on() {
    let connection = empty();
    let insert = "INSERT INTO cases (opened_order, id, commit_seq, kind, state, severity, team, drill, title, opened_at, data) \
                  VALUES (?1, ?2, 1, 'incident', 'resolved', ?3, 'noc', 0, 'down', ?1, 'not a case')";
    for order in 1..=100 {
        let severity = if order % 2 == 0 { "sev1" } else { "sev3" };
        connection.execute(insert, params![i64::from(order), format!("INC-{order}"), severity]).unwrap();
    }
    let query = CaseQuery { text: Some("up".into()), limit: 5, ..CaseQuery::default() };
    let first = page(&connection, &query, 40).unwrap();
    assert_eq!((first.items.len(), first.next), (0, Some(61)));
    let query = CaseQuery { cursor: first.next, ..query };
    assert_eq!(page(&connection, &query, 40).unwrap().next, Some(21));
    let query = CaseQuery { severities: vec![Severity::Sev1, Severity::Sev3], cursor: None, ..query };
    // Each of two walks looks at twenty rows: down to 62 and to 61; below 62 one knows nothing.
    assert_eq!(page(&connection, &query, 40).unwrap().next, Some(62));
}

#[test]
fn a_page_in_either_order_stays_within_the_time_asked_for() {
    let connection = empty();
    let insert = "INSERT INTO cases (opened_order, id, commit_seq, kind, state, severity, team, drill, title, opened_at, data) \
                  VALUES (?1, ?2, 1, 'incident', 'resolved', ?3, 'noc', 0, 'down', ?1, 'not a case')";
    for order in 1..=60_i64 {
        let severity = if order % 3 == 0 { "sev1" } else { "sev4" };
        connection.execute(insert, params![order, format!("INC-{order}"), severity]).unwrap();
    }
    let opened = |order: CaseOrder, from: i64, until: i64| CaseQuery {
        opened_from: Some(Timestamp::from_micros(from)),
        opened_until: Some(Timestamp::from_micros(until)),
        text: Some("up".into()),
        order,
        limit: 7,
        ..CaseQuery::default()
    };
    // What is looked at is seen by where the page says that it stopped: rows of a window, in their order.
    assert_eq!(page(&connection, &opened(CaseOrder::Newest, 20, 40), 5).unwrap().next, Some(35));
    assert_eq!(page(&connection, &opened(CaseOrder::Oldest, 20, 40), 5).unwrap().next, Some(24));
    let on = CaseQuery { cursor: Some(36), ..opened(CaseOrder::Oldest, 20, 40) };
    assert_eq!(page(&connection, &on, 5).unwrap().next, None, "37 to 39 are left");
    assert_eq!(page(&connection, &opened(CaseOrder::Newest, 61, 70), 5).unwrap().next, None);
    assert_eq!(page(&connection, &opened(CaseOrder::Newest, 0, 1), 5).unwrap().next, None);
}

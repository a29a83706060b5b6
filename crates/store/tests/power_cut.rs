//! What SQLite keeps when the power fails, setting by setting, on a disk that forgets unsynced writes.
//!
//! The settings that the store uses must lose nothing whose commit returned; the weaker ones are the
//! control: they must be seen losing it, or the disk proves nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod vfs;

use rusqlite::{Connection, ErrorCode, Result};
use vfs::{FaultVfs, Random};

const PATH: &str = "/data/record.db";
const CUTS_A_ROUND: usize = 3;

/// How a database is kept.
#[derive(Clone, Copy)]
struct Setting {
    journal: &'static str,
    synchronous: &'static str,
}

/// What a power cut did to what was committed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// All that was committed was there, perhaps with the transaction in flight.
    kept: u32,
    /// Commits that had returned were gone.
    lost: u32,
    /// The database could not be read, or held something that never was.
    damaged: u32,
}

/// One numbered row's content: of any length up to two pages and more.
fn payload(number: u32) -> Vec<u8> {
    let mut random = Random::new(number.into());
    (0..random.below(9_000)).map(|_| random.next() as u8).collect()
}

fn open(fault: &FaultVfs, setting: Setting) -> Result<Connection> {
    let connection = fault.open(PATH)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode={}; PRAGMA synchronous={}; PRAGMA wal_autocheckpoint=16;
         PRAGMA cache_size=8; CREATE TABLE IF NOT EXISTS entry(number INTEGER PRIMARY KEY, payload BLOB)",
        setting.journal, setting.synchronous
    ))?;
    Ok(connection)
}

fn count(connection: &Connection) -> Result<u32> {
    connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
}

fn append(connection: &mut Connection, numbers: std::ops::Range<u32>) -> Result<()> {
    let transaction = connection.transaction()?;
    for number in numbers {
        transaction.execute("INSERT INTO entry(number, payload) VALUES (?1, ?2)", (number, payload(number)))?;
    }
    transaction.commit()
}

/// Commits rows until the power fails; keeps in `committed` how many rows' commits returned and in
/// `in_flight` how many rows there would be with the last one tried.
fn work(
    fault: &FaultVfs,
    setting: Setting,
    random: &mut Random,
    committed: &mut u32,
    in_flight: &mut u32,
) -> Result<()> {
    let mut writer = open(fault, setting)?;
    let reader = open(fault, setting)?;
    for _ in 0..2_000 {
        *in_flight = *committed + 1 + random.below(4) as u32;
        append(&mut writer, *committed..*in_flight)?;
        *committed = *in_flight;
        if random.below(4) == 0 {
            assert_eq!(count(&reader)?, *committed, "a reader sees what was committed");
        }
        if random.below(16) == 0 {
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
    }
    panic!("the power did not fail");
}

/// Reads everything after a power cut: how many rows there are, or what is wrong with them.
fn inspect(fault: &FaultVfs, setting: Setting) -> Result<u32, String> {
    let connection = open(fault, setting).map_err(|error| error.to_string())?;
    let verdict: Result<String> = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => {}
        other => return Err(format!("{other:?}")),
    }
    let mut read = connection.prepare("SELECT number, payload FROM entry ORDER BY number").unwrap();
    let rows = read.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let mut expected = 0;
    for row in rows.unwrap() {
        let (number, found) = row.map_err(|error| error.to_string())?;
        if number != expected || found != payload(number) {
            return Err(format!("row {number} where row {expected} should be, or changed"));
        }
        expected += 1;
    }
    Ok(expected)
}

/// Works through a few power cuts on one disk and tells what each did.
fn round(setting: Setting, seed: u64, tally: &mut Tally) -> u64 {
    let name = format!("power-cut-{}-{}-{seed}", setting.journal, setting.synchronous);
    let fault = FaultVfs::register(&name, seed);
    let mut random = Random::new(seed ^ 0x5eed);
    let mut committed = 0;
    for _ in 0..CUTS_A_ROUND {
        let mut in_flight = committed;
        fault.cut_after(1 + random.below(150));
        let error = work(&fault, setting, &mut random, &mut committed, &mut in_flight).unwrap_err();
        assert!(fault.is_off(), "only the power cut makes an error: {error} (seed {seed})");
        fault.power_cut();
        match inspect(&fault, setting) {
            Ok(found) if found == committed || found == in_flight => tally.kept += 1,
            Ok(found) if found < committed => tally.lost += 1,
            _ => {
                tally.damaged += 1;
                break;
            }
        }
        committed = inspect(&fault, setting).unwrap();
    }
    fault.sectors_lost()
}

fn rounds(journal: &'static str, synchronous: &'static str, seeds: u64) -> Tally {
    let setting = Setting { journal, synchronous };
    let mut tally = Tally::default();
    let sectors_lost: u64 = (0..seeds).map(|seed| round(setting, seed, &mut tally)).sum();
    println!("{journal} {synchronous}: {tally:?}, {sectors_lost} sectors lost");
    assert!(sectors_lost > seeds, "power cuts must take something");
    tally
}

#[test]
fn wal_with_full_sync_keeps_every_commit_that_returned() {
    let seeds = 200;
    let kept = seeds as u32 * CUTS_A_ROUND as u32;
    assert_eq!(rounds("WAL", "FULL", seeds), Tally { kept, ..Tally::default() });
}

#[test]
fn a_rollback_journal_with_extra_sync_keeps_every_commit_that_returned() {
    let seeds = 100;
    let kept = seeds as u32 * CUTS_A_ROUND as u32;
    assert_eq!(rounds("DELETE", "EXTRA", seeds), Tally { kept, ..Tally::default() });
}

#[test]
fn control_wal_with_normal_sync_loses_commits_but_damages_nothing() {
    let tally = rounds("WAL", "NORMAL", 50);
    assert!(tally.lost > 25 && tally.damaged == 0, "{tally:?}");
}

#[test]
fn control_without_sync_commits_are_lost_and_databases_damaged() {
    let tally = rounds("WAL", "OFF", 50);
    assert!(tally.lost + tally.damaged > 25 && tally.damaged > 0, "{tally:?}");
}

#[test]
fn control_a_deleted_journal_whose_directory_is_not_synced_comes_back() {
    let tally = rounds("DELETE", "FULL", 50);
    assert!(tally.lost > 5 && tally.damaged == 0, "{tally:?}");
}

#[test]
fn the_same_seed_leaves_the_same_disk() {
    let outcome = |seed| {
        let mut tally = Tally::default();
        let lost = round(Setting { journal: "WAL", synchronous: "OFF" }, seed, &mut tally);
        (tally, lost)
    };
    for seed in 1_000..1_010 {
        assert_eq!(outcome(seed), outcome(seed));
    }
}

#[test]
fn a_power_cut_kills_open_connections_and_spares_what_was_synced() {
    let setting = Setting { journal: "WAL", synchronous: "FULL" };
    let fault = FaultVfs::register("power-cut-connections", 7);
    let mut writer = open(&fault, setting).unwrap();
    let reader = open(&fault, setting).unwrap();
    append(&mut writer, 0..5).unwrap();
    assert_eq!(count(&reader).unwrap(), 5);

    let unfinished = writer.transaction().unwrap();
    unfinished.execute("DELETE FROM entry", []).unwrap();
    fault.power_cut();

    for error in [unfinished.commit().unwrap_err(), count(&reader).unwrap_err()] {
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure), "{error}");
    }
    assert_eq!(inspect(&fault, setting), Ok(5), "while the dead connections are still there");
    drop((writer, reader));
    assert_eq!(inspect(&fault, setting), Ok(5), "after they have gone");
}

#[test]
fn syncs_are_counted_one_a_commit_in_wal() {
    let setting = Setting { journal: "WAL", synchronous: "FULL" };
    let fault = FaultVfs::register("power-cut-syncs", 7);
    let mut writer = open(&fault, setting).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint=0").unwrap();
    append(&mut writer, 0..1).unwrap();
    let before = fault.syncs();
    for number in 1..11 {
        append(&mut writer, number..number + 1).unwrap();
    }
    assert_eq!(fault.syncs() - before, 10);
    writer.execute_batch("PRAGMA synchronous=NORMAL").unwrap();
    append(&mut writer, 11..12).unwrap();
    assert_eq!(fault.syncs() - before, 10);
}

#[test]
fn connections_on_several_threads_share_the_wal() {
    let setting = Setting { journal: "WAL", synchronous: "FULL" };
    let fault = FaultVfs::register("power-cut-threads", 7);
    open(&fault, setting).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let fault = &fault;
            scope.spawn(move || {
                let mut connection = open(fault, setting).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
                for number in 0..40 {
                    let number = number * 3 + thread;
                    append(&mut connection, number..number + 1).unwrap();
                    assert!(count(&connection).unwrap() > number / 3);
                }
            });
        }
    });
    fault.power_cut();
    assert_eq!(inspect(&fault, setting), Ok(120));
}

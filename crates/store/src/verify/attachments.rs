//! Attached files: a row for each that an entry names and nothing erased, and bytes with the SHA-256 that the
//! entry's body says.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Connection, Row};
use wheelhouse_core::attachment::{Blob, Described, Home, room};
use wheelhouse_core::record::{Body, Canonical, Fact, Hash, RunHappening};

use super::book::count;
use super::report::Findings;
use crate::StoreError;
use crate::tables::rows::bytes_32;

/// What the entries say of files, by the place of the entry.
#[derive(Default)]
pub(super) struct Attachments {
    expected: BTreeMap<i64, Expected>,
}

/// What one entry says of a file.
struct Expected {
    commit: i64,
    home: String,
    number: i64,
    kib: u64,
    described: Described,
}

impl Attachments {
    /// Notes an entry; `body` is there where it is kept and right.
    pub(super) fn entry(
        &mut self,
        commit: i64,
        canonical: &Canonical,
        body: Option<&Body>,
        place: &str,
        findings: &mut Findings,
    ) {
        let (home, number, kib) = match &canonical.fact {
            Fact::FileAttached(file) => (canonical.subject.map(Home::Case), file.number, file.kib),
            Fact::Run(part) => match part.what {
                RunHappening::FileAttached { number, kib, .. } => (Some(Home::Run(part.run)), number, kib),
                _ => return,
            },
            _ => return,
        };
        let Some(body) = body else {
            findings.so_far.erased_files += 1;
            return;
        };
        let (Some(described), Some(home)) = (Described::of(body), home) else {
            findings.problem("the body", place, "what is said of a file", "something else");
            return;
        };
        let (home, number) = (home.to_string(), i64::from(number));
        self.expected.insert(count(canonical.seq), Expected { commit, home, number, kib, described });
    }

    /// After all entries: the rows are theirs, and so are the bytes.
    pub(super) fn finish(mut self, connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
        let mut named: BTreeMap<Hash, (u64, u64)> = BTreeMap::new();
        let mut select = connection
            .prepare("SELECT entry, commit_seq, case_id, run, number, sha256 FROM attachments ORDER BY entry")?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let Some(row) = findings.readable("the row", "an attached file", Found::read(&row)) else { continue };
            let place = format!("the file that entry {} attached", row.entry);
            let Some(expected) = self.expected.remove(&row.entry) else {
                findings.problem("the row", place, "none, because no entry says so or it was erased", "one");
                continue;
            };
            findings.same("the commit that wrote the row", &place, expected.commit, row.commit);
            findings.same("the case or run in the row", &place, &expected.home, &row.home);
            findings.same("the number in the row", &place, expected.number, row.number);
            findings.same("the SHA-256 in the row", &place, expected.described.sha256, row.sha256);
            named.insert(expected.described.sha256, (expected.described.size, expected.kib));
        }
        for entry in self.expected.keys() {
            findings.problem("the row", format!("the file that entry {entry} attached"), "one", "none");
        }
        check_blobs(connection, &named, findings)
    }
}

/// What a row of a file has.
struct Found {
    entry: i64,
    commit: i64,
    home: String,
    number: i64,
    sha256: Hash,
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let (entry, sha256): (i64, Vec<u8>) = (row.get(0)?, row.get(5)?);
        let sha256 = Hash(bytes_32("attachments", entry, &sha256)?);
        let (case, run): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
        let home = match (case, run) {
            (Some(case), None) => case,
            (None, Some(run)) => format!("RUN-{run}"),
            (case, run) => format!("{case:?} and {run:?}"),
        };
        Ok(Self { entry, commit: row.get(1)?, home, number: row.get(4)?, sha256 })
    }
}

/// Digests all bytes again, one file at a time; there are none that no entry names.
fn check_blobs(
    connection: &Connection,
    named: &BTreeMap<Hash, (u64, u64)>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    let mut select = connection.prepare("SELECT sha256 FROM blobs ORDER BY sha256")?;
    let mut digests: Vec<Vec<u8>> = Vec::new();
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        digests.extend(findings.readable("the digest", "the bytes of a file", row.get::<Vec<u8>>(0)));
    }
    drop(rows);
    let mut select = connection.prepare_cached("SELECT sha256, bytes FROM blobs WHERE sha256 = ?1")?;
    for digest in digests {
        let mut rows = select.query([digest])?;
        let Some(row) = rows.next()? else { continue };
        let read = || -> Result<_, StoreError> {
            let sha256: Vec<u8> = row.get(0)?;
            Ok((Hash(bytes_32("blobs", "of a file", &sha256)?), Blob::new(row.get(1)?)))
        };
        let Some((sha256, blob)) = findings.readable("the row", "the bytes of a file", read()) else { continue };
        let place = format!("the bytes of the file {sha256}");
        findings.so_far.files += 1;
        findings.same("the SHA-256", &place, sha256, blob.sha256());
        let (size, kib) = (blob.bytes().len() as u64, room(blob.bytes().len()));
        match named.get(&sha256) {
            Some((said, counted)) => {
                findings.same("the size", &place, *said, size);
                findings.same("the room that it takes, in KiB,", &place, *counted, kib);
            }
            None => findings.problem("the row", &place, "none, because no entry names them", "one"),
        }
        seen.insert(sha256);
    }
    for sha256 in named.keys().filter(|sha256| !seen.contains(sha256)) {
        findings.problem("the row", format!("the bytes of the file {sha256}"), "one", "none");
    }
    Ok(())
}

//! What the entries say about the rows beside them: which commit wrote what, and what was erased.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Connection, Optional};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::{Canonical, Fact, Hash, SignalDigests, journal_digest, signals_root};
use wheelhouse_core::run::RunId;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;

use super::report::Findings;
use crate::tables::erase::KEPT_BODIES;
use crate::tables::rows::case_id;
use crate::{StoreError, journal};

/// The longest run of signals that is believed; a guard against a hostile file.
const LONGEST_RUN: u64 = 10_000_000;

/// What one commit says of its signals.
pub(super) struct CommitSignals {
    /// The commit.
    pub(super) commit: i64,
    /// How many signals it appended.
    pub(super) joined: u64,
    /// The digests of their rows.
    pub(super) digests: SignalDigests,
}

/// Where a signal belongs that a silence held back when it was first seen.
pub(super) struct Place {
    /// The commit in which it was first seen.
    first: i64,
    /// Its case by now.
    pub(super) case: Option<CaseId>,
    /// The last silence that held it back.
    pub(super) silence: Option<SilenceId>,
}

/// An answer that an entry says was kept.
pub(super) struct Kept {
    /// The commit.
    pub(super) commit: i64,
    /// When.
    pub(super) at: Timestamp,
    /// The case it is about.
    pub(super) case: Option<CaseId>,
}

/// What the entries say about the rows beside them.
pub(super) struct Book {
    /// Per case, the entries that erased it, with their commits, in order.
    erasures: BTreeMap<CaseId, Vec<(u64, i64)>>,
    /// The same of runs.
    run_erasures: BTreeMap<RunId, (u64, i64)>,
    /// Per case erased, the last signal of which the texts went.
    erased_signals: BTreeMap<CaseId, u64>,
    /// Commits with signals.
    pub(super) signals: Vec<CommitSignals>,
    /// Case and silence of each signal that did not join a case when first seen.
    pub(super) places: BTreeMap<u64, Place>,
    /// Journals that are gone and were not erased for a case that the commit names.
    missing: BTreeMap<i64, Hash>,
    /// Answers kept, by digest.
    pub(super) answers: BTreeMap<Hash, Kept>,
    /// When the last entry was made.
    pub(super) last_at: Timestamp,
    /// How many signals earlier commits appended.
    appended: u64,
    open: Option<Open>,
}

/// The commit that is being read.
struct Open {
    commit: i64,
    first: u64,
    at: Timestamp,
    joined: u64,
    digests: Option<SignalDigests>,
    cases: BTreeSet<CaseId>,
}

impl Book {
    /// Reads ahead what was ever erased: rows written before it are judged by it.
    pub(super) fn read(connection: &Connection, findings: &mut Findings) -> Result<Self, StoreError> {
        let mut erasures: BTreeMap<CaseId, Vec<(u64, i64)>> = BTreeMap::new();
        let mut select =
            connection.prepare("SELECT seq, commit_seq, subject FROM entries WHERE kind = 'erased' ORDER BY seq")?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let (seq, commit, subject): (i64, i64, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let place = format!("entry {seq}");
            let case = findings.readable("the case", place, case_id("entries", &subject.unwrap_or_default()));
            if let (Some(case), Ok(seq)) = (case, u64::try_from(seq)) {
                erasures.entry(case).or_default().push((seq, commit));
            }
        }
        let mut run_erasures = BTreeMap::new();
        let mut select =
            connection.prepare("SELECT seq, commit_seq, run FROM entries WHERE kind = 'run_erased' ORDER BY seq")?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let (seq, commit, run): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // Another run than the entry's own is found where rows are held against entries.
            if let (Ok(seq), Some(Ok(run))) = (u64::try_from(seq), run.map(u64::try_from)) {
                run_erasures.insert(RunId(run), (seq, commit));
            }
        }
        Ok(Self {
            erasures,
            run_erasures,
            erased_signals: BTreeMap::new(),
            signals: Vec::new(),
            places: BTreeMap::new(),
            missing: BTreeMap::new(),
            answers: BTreeMap::new(),
            last_at: Timestamp::EPOCH,
            appended: 0,
            open: None,
        })
    }

    /// Notes an entry.
    pub(super) fn entry(&mut self, commit: i64, seq: u64, canonical: &Canonical) {
        let open = self.open.get_or_insert_with(|| Open {
            commit,
            first: seq,
            at: canonical.at,
            joined: 0,
            digests: None,
            cases: BTreeSet::new(),
        });
        self.last_at = canonical.at;
        match &canonical.fact {
            Fact::Signals { digests, cases, silenced, .. } => {
                open.joined += silenced;
                open.digests.get_or_insert(*digests);
                open.cases.extend(cases.keys());
                open.joined += cases.values().map(|tally| tally.joined).sum::<u64>();
            }
            Fact::SignalsPlaced { runs } => {
                for run in runs {
                    for number in run.first.0..=run.last.0.min(run.first.0.saturating_add(LONGEST_RUN)) {
                        let place =
                            self.places.entry(number).or_insert(Place { first: commit, case: None, silence: None });
                        (place.case, place.silence) = (run.case, run.silence.or(place.silence));
                    }
                }
            }
            Fact::AnswersKept { answers } => {
                let kept = |case| Kept { commit, at: canonical.at, case };
                self.answers.extend(answers.iter().map(|answer| (answer.digest, kept(answer.case))));
            }
            Fact::Erased(_) => self.erased_signals.extend(canonical.subject.map(|case| (case, self.appended))),
            _ => {}
        }
    }

    /// Whether a commit is being read that is another one than `next`.
    pub(super) fn ends_before(&self, next: i64) -> bool {
        self.open.as_ref().is_some_and(|open| open.commit != next)
    }

    /// Ends the commit being read before the entry `end`: checks its row and its journal.
    pub(super) fn end_commit(
        &mut self,
        connection: &Connection,
        end: u64,
        changed: &BTreeSet<CaseId>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let expected = findings.so_far.commits + 1;
        findings.same("the sequence", format!("the commit of entry {}", open.first), count(expected), open.commit);
        findings.so_far.commits = expected;
        check_row(connection, &open, end, changed, findings)?;
        let digests = open.digests.unwrap_or_default();
        let erased = open.cases.iter().any(|case| self.journal_is_erased(*case, open.commit));
        if let Some(gone) = check_journal(connection, open.commit, &digests, erased, findings)? {
            self.missing.insert(open.commit, gone);
        }
        self.appended += open.joined;
        if open.digests.is_some() {
            self.signals.push(CommitSignals { commit: open.commit, joined: open.joined, digests });
        }
        Ok(())
    }

    /// After all entries: journals went and stayed as the erasing of signals says that silences had held
    /// back.
    pub(super) fn finish(&mut self, connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
        let erased = self
            .places
            .values()
            .filter(|place| place.case.is_some_and(|case| self.journal_is_erased(case, place.first)));
        let erased: BTreeSet<i64> = erased.map(|place| place.first).collect();
        let mut select = connection.prepare_cached("SELECT 1 FROM journal WHERE commit_seq = ?1")?;
        for commit in &erased {
            if select.exists([commit])? {
                findings.problem(
                    "the row",
                    format!("the journal of commit {commit}"),
                    "none, because it was erased",
                    "one",
                );
            } else if self.missing.remove(commit).is_some() {
                findings.so_far.erased_journals += 1;
            }
        }
        for (commit, digest) in std::mem::take(&mut self.missing) {
            findings.problem(
                "the row",
                format!("the journal of commit {commit}"),
                format!("one with the digest {digest}"),
                "none",
            );
        }
        Ok(())
    }

    /// Whether the body of an entry was erased.
    pub(super) fn body_is_erased(&self, seq: u64, canonical: &Canonical) -> bool {
        let of_case = canonical.subject.and_then(|case| self.erasures.get(&case)).and_then(|all| all.last());
        let of_run = canonical.fact.run().and_then(|run| self.run_erasures.get(&run));
        !KEPT_BODIES.contains(&canonical.fact.kind()) && of_case.into_iter().chain(of_run).any(|(last, _)| seq < *last)
    }

    /// Whether the texts of a signal were erased.
    pub(super) fn texts_are_erased(&self, case: CaseId, number: u64) -> bool {
        self.erased_signals.get(&case).is_some_and(|last| number <= *last)
    }

    /// Whether answers about a case that `commit` kept were erased.
    pub(super) fn answers_are_erased(&self, case: CaseId, commit: i64) -> bool {
        self.journal_is_erased(case, commit)
    }

    /// The commit of the last erasure.
    pub(super) fn last_erasure(&self) -> Option<i64> {
        self.erasures.values().flatten().chain(self.run_erasures.values()).map(|(_, commit)| *commit).max()
    }

    fn journal_is_erased(&self, case: CaseId, commit: i64) -> bool {
        self.erasures.get(&case).and_then(|all| all.last()).is_some_and(|(_, erasing)| commit < *erasing)
    }
}

/// A commit's row says when it was, which entries it has and which cases it changed.
fn check_row(
    connection: &Connection,
    open: &Open,
    end: u64,
    changed: &BTreeSet<CaseId>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let place = format!("commit {}", open.commit);
    let mut select =
        connection.prepare_cached("SELECT at, first_entry, entries, cases FROM commits WHERE commit_seq = ?1")?;
    let row = select
        .query_row([open.commit], |row| {
            Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<String>(3)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", &place, row) else { return Ok(()) };
    let Some((at, first, entries, cases)) = row else {
        findings.problem("the row", place, "one", "none");
        return Ok(());
    };
    let names: Vec<String> = changed.iter().map(CaseId::to_string).collect();
    findings.same("the instant", &place, open.at.as_micros(), at);
    findings.same("the first entry", &place, count(open.first), first);
    findings.same("the number of entries", &place, count(end - open.first), entries);
    findings.same("the changed cases", &place, names.join(" "), cases);
    Ok(())
}

/// Digests a commit's journal again, or sees to it that it is gone; hands over the digest of one that is
/// gone though no case of the commit was erased.
fn check_journal(
    connection: &Connection,
    commit: i64,
    digests: &SignalDigests,
    erased: bool,
    findings: &mut Findings,
) -> Result<Option<Hash>, StoreError> {
    let place = format!("the journal of commit {commit}");
    let mut select = connection.prepare_cached("SELECT salt, frames FROM journal WHERE commit_seq = ?1")?;
    let row = select.query_row([commit], |row| Ok((row.get::<Vec<u8>>(0)?, row.get::<Vec<u8>>(1)?))).optional();
    let Some(row) = findings.readable("the row", &place, row) else { return Ok(None) };
    let Some((salt, packed)) = row else {
        if digests.journal.is_some() && erased {
            findings.so_far.erased_journals += 1;
            return Ok(None);
        }
        return Ok(digests.journal);
    };
    findings.so_far.journals += 1;
    if erased {
        findings.problem("the row", &place, "none, because it was erased", "one");
    }
    let Some(salt) = findings.readable("the salt", &place, <[u8; 32]>::try_from(salt.as_slice())) else {
        return Ok(None);
    };
    findings.same("the digest", &place, digests.journal, Some(journal_digest(&salt, &packed)));
    let Some(frames) = findings.readable("the frames", &place, journal::unpack(&packed)) else { return Ok(None) };
    findings.so_far.frames += frames.len() as u64;
    let root = signals_root(&salt, frames.iter().map(|frame| frame.raw.as_slice()));
    findings.same("the digest of the signals", place, digests.root, Some(root));
    Ok(None)
}

/// A number as the database would hold it.
pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

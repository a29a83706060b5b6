//! A hub without a machine: one world, its tables and its record, committed in batches.

use wheelhouse_core::World;
use wheelhouse_core::record::{Attached, Body, Canonical, Entry, Fact, Hash, SignalDigests, merge_signals};
use wheelhouse_core::time::Timestamp;

use crate::tables::{Pending, Tables};

/// One world with everything that a store would keep of it.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    /// What is live, with what the batch in the making has changed.
    pub world: World,
    /// The rows as committed.
    pub tables: Tables,
    /// The record as committed: canonical bytes and bodies.
    pub record: Vec<(Vec<u8>, Option<Body>)>,
    staged: Vec<Entry>,
    pending: Pending,
}

impl Hub {
    /// Applies the entries of a plan and stages them.
    pub fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let changes = self.world.apply(&entry);
            self.pending.note(changes);
            self.staged.push(entry);
        }
    }

    /// Whether anything waits to be committed.
    pub fn is_clean(&self) -> bool {
        self.staged.is_empty()
    }

    /// Commits what is staged; gives the entries as the record has them.
    pub fn commit(&mut self, now: Timestamp) -> Vec<Entry> {
        let staged = std::mem::take(&mut self.staged);
        let outside = staged.iter().any(|entry| matches!(entry.fact, Fact::Signal(_)));
        let digests = SignalDigests { root: outside.then_some(Hash([7; 32])), ..SignalDigests::default() };
        let entries = merge_signals(staged, digests, now);
        for entry in &entries {
            let sealed = entry.seal(self.record.len() as u64, [3; 32]);
            self.record.push((sealed.canonical, entry.body.clone()));
        }
        self.tables.write(std::mem::take(&mut self.pending), &self.world);
        entries
    }

    /// Forgets everything but the tables and the record, and starts again from them.
    pub fn restart(&mut self, now: Timestamp) -> Result<(), String> {
        self.staged.clear();
        self.pending = Pending::default();
        self.world = self.tables.world(now)?;
        Ok(())
    }
}

/// What folding a record gives: rows and counters, from nothing but its bytes.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    world: World,
    /// The rows that the record gives. Signals are not in the record, and so not here.
    pub tables: Tables,
    read: usize,
    follows: u32,
}

impl Fold {
    /// Folds the entries that were added since the last time.
    ///
    /// Says which entry cannot be read back, or is not what was written.
    pub fn follow(&mut self, hub: &Hub) -> Result<(), String> {
        let mut pending = Pending::default();
        self.follows += 1;
        for (canonical, body) in hub.record.iter().skip(self.read) {
            let text = String::from_utf8_lossy(canonical);
            let parsed = Canonical::parse(canonical)
                .map_err(|error| format!("entry {} cannot be read back: {error}\n{text}", self.read))?;
            let again = serde_json::to_vec(&parsed).map_err(|error| error.to_string())?;
            if again != *canonical {
                let again = String::from_utf8_lossy(&again);
                return Err(format!("entry {} reads back as another one:\n{text}\n{again}", self.read));
            }
            let mut entry = parsed.into_entry(body.clone());
            if let (Fact::CatalogAdopted { version, .. }, Some(catalog)) = (&entry.fact, &hub.tables.catalog)
                && *version == catalog.version
            {
                entry.attached = Attached::Catalog(catalog.clone());
            }
            pending.note(self.world.apply(&entry));
            self.read += 1;
        }
        self.tables.write(pending, &self.world);
        Ok(())
    }

    /// Whether the whole comparison is worth its cost now: every eighth commit is.
    pub fn is_time(&self) -> bool {
        self.follows.is_multiple_of(8)
    }

    /// What the fold and the tables disagree on, if anything.
    pub fn difference(&self, tables: &Tables) -> Option<String> {
        let (fold, counters) = (&self.tables, &tables.counters);
        let differs = |what: &str, ours: String, theirs: String| {
            (ours != theirs).then(|| format!("{what}: the record gives\n{ours}\nthe tables have\n{theirs}"))
        };
        let row = |what: &str, same: bool, ours: String, theirs: String| {
            if same { None } else { differs(what, ours, theirs) }
        };
        first_difference("case", &fold.cases, &tables.cases)
            .or_else(|| first_difference("message", &fold.messages, &tables.messages))
            .or_else(|| first_difference("token", &fold.tokens, &tables.tokens))
            .or_else(|| first_difference("silence", &fold.silences, &tables.silences))
            .or_else(|| first_difference("run", &fold.runs, &tables.runs))
            .or_else(|| first_difference("automation", &fold.automations, &tables.automations))
            .or_else(|| first_difference("standing", &fold.standings, &tables.standings))
            .or_else(|| first_difference("repository", &fold.repositories, &tables.repositories))
            .or_else(|| {
                let same = fold.changes == tables.changes;
                row("changes", same, format!("{:?}", fold.changes), format!("{:?}", tables.changes))
            })
            .or_else(|| {
                let same = fold.not_told == tables.not_told;
                row("not told", same, format!("{:?}", fold.not_told), format!("{:?}", tables.not_told))
            })
            .or_else(|| {
                let same = fold.counters == *counters;
                row("counters", same, format!("{:?}", fold.counters), format!("{counters:?}"))
            })
    }
}

/// The first row in which two tables differ.
pub fn first_difference<K, V>(
    what: &str,
    ours: &std::collections::BTreeMap<K, V>,
    theirs: &std::collections::BTreeMap<K, V>,
) -> Option<String>
where
    K: Ord + std::fmt::Debug,
    V: PartialEq + std::fmt::Debug,
{
    let keys = ours.keys().chain(theirs.keys());
    keys.filter(|key| ours.get(*key) != theirs.get(*key))
        .min()
        .map(|key| format!("{what} {key:?}:\n{:?}\nis not\n{:?}", ours.get(key), theirs.get(key)))
}

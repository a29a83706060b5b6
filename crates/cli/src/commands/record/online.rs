//! Verifying the record of a running hub through its API.

use serde::Deserialize;
use wheelhouse_core::record::{
    Canonical, Checkpoint, Fact, Frontier, Hash, Lineage, Reach, VerifierKey, checkpoint, leaf_hash,
};
use wheelhouse_wire::api::RecordEntry;

use super::{Erased, Verdict};
use crate::client::{Client, read};
use crate::commands::{Answer, Context};
use crate::failure::{Exit, Failure};

/// How many entries are fetched at a time.
const BATCH: u64 = 1_000;
/// The most problems that are listed.
const MOST_PROBLEMS: usize = 20;

/// What the hub says of its own record.
#[derive(Deserialize)]
struct Verified {
    entries: u64,
    problems: Vec<String>,
    #[serde(default)]
    erased: Erased,
}

/// Lets the hub verify itself; with a checkpoint, also computes the tree here from every entry.
pub(super) fn verify(
    key: Option<&VerifierKey>,
    against: Option<&str>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let client = context.client()?;
    let verified: Verified = read(client.post_long(&["record", "verify"])?)?;
    let mut verdict =
        Verdict { notes: Vec::new(), entries: verified.entries, problems: verified.problems, erased: verified.erased };
    let Some(against) = against else {
        verdict.notes.push(
            "the hub's own word: for a check that does not trust it, use --against with a checkpoint kept elsewhere, or --data DIR".to_owned(),
        );
        return Ok(verdict.answer(&context.look));
    };
    if key.is_some() {
        return Err(Failure::cannot_run("--key needs --data: signatures are checked offline")
            .help("run it where the data is: `wheelhouse record verify --data DIR --against FILE --key VKEY`"));
    }
    let bad = |error: wheelhouse_core::record::BadCheckpoint| Failure::cannot_run(error.to_string());
    let (kept, _) = checkpoint::parse(against.as_bytes()).map_err(bad)?;
    let note = client.text(&["record", "checkpoint"])?;
    let (now, _) = checkpoint::parse(note.as_bytes())
        .map_err(|error| Failure::new(Exit::Refused, format!("the hub's checkpoint is none: {error}")))?;
    verdict.problems.extend(compare(&client, &kept, &now)?);
    verdict.notes.push(format!(
        "compared here with the checkpoint of {} entries that you kept; signatures are checked with --data DIR",
        kept.size()
    ));
    Ok(verdict.answer(&context.look))
}

/// Computes the tree from the hub's entries, and compares its roots with those of both checkpoints.
fn compare(client: &Client, kept: &Checkpoint, now: &Checkpoint) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    match lineage(client)?.reach(now.origin(), kept.origin()) {
        Reach::Whole => {}
        Reach::Until(end) if kept.size() <= end => {}
        Reach::Until(end) => found.push(format!(
            "the record was restored where `{}` had {end} entries; the kept checkpoint has {}: what came after is lost",
            kept.origin(),
            kept.size()
        )),
        Reach::Foreign => {
            found.push(format!("the kept checkpoint is of `{}`, the hub's of `{}`", kept.origin(), now.origin()));
        }
    }
    if kept.size() > now.size() {
        found.push(format!("the record has shrunk: {} entries were kept, the hub has {}", kept.size(), now.size()));
    }
    let mut tree = Tree::default();
    tree.look(kept, "the checkpoint that was kept", &mut found);
    while tree.frontier.size() < now.size() && found.len() < MOST_PROBLEMS {
        let from = tree.frontier.size();
        let query = [("from", from.to_string()), ("limit", BATCH.min(now.size() - from).to_string())];
        let page = client.get(&["record", "entries"], &query)?;
        let entries: Vec<RecordEntry> = read(page.get("items").cloned().unwrap_or_default())?;
        if entries.is_empty() {
            found.push(format!("entry {from} is missing, though the checkpoint counts {}", now.size()));
            break;
        }
        for entry in &entries {
            if found.len() >= MOST_PROBLEMS {
                break;
            }
            tree.push(entry, &mut found);
            tree.look(kept, "the checkpoint that was kept", &mut found);
        }
    }
    if tree.frontier.size() == now.size() && tree.frontier.root() != now.root() {
        found.push(differs(&tree.frontier, now.root(), "the hub's own checkpoint"));
    }
    Ok(found)
}

/// The logs that the record was signed as, by its entries about restores. Whether these are in the tree shows when
/// all entries are looked at.
fn lineage(client: &Client) -> Result<Lineage, Failure> {
    let query = [("kind", "record_restored".to_owned()), ("limit", BATCH.to_string())];
    let page = client.get(&["record", "entries"], &query)?;
    let entries: Vec<RecordEntry> = read(page.get("items").cloned().unwrap_or_default())?;
    let restored = |entry: &RecordEntry| match Canonical::parse(entry.canonical.as_bytes()).ok()?.fact {
        Fact::RecordRestored(restored) => Some(restored),
        _ => None,
    };
    Ok(Lineage::new(entries.iter().filter_map(restored).collect()))
}

#[derive(Default)]
struct Tree {
    frontier: Frontier,
}

impl Tree {
    fn push(&mut self, entry: &RecordEntry, found: &mut Vec<String>) {
        let expected = self.frontier.size();
        if entry.seq != expected {
            found.push(format!("entry {expected} is missing: entry {} came in its place", entry.seq));
        }
        let leaf = leaf_hash(entry.canonical.as_bytes());
        if leaf.to_string() != entry.leaf {
            found.push(format!("entry {}: its bytes do not give the hash that the hub names", entry.seq));
        }
        self.frontier.push(leaf);
    }

    /// Compares the root when the tree is as large as a checkpoint's.
    fn look(&self, signed: &Checkpoint, whose: &str, found: &mut Vec<String>) {
        if self.frontier.size() == signed.size() && self.frontier.root() != signed.root() {
            found.push(differs(&self.frontier, signed.root(), whose));
        }
    }
}

fn differs(tree: &Frontier, root: Hash, whose: &str) -> String {
    format!(
        "the first {} entries give the root {}, {whose} says {root}: the history was rewritten",
        tree.size(),
        tree.root()
    )
}

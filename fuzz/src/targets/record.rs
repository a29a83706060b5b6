//! The record: entries, and what outsiders check it with.

use wheelhouse_core::record::checkpoint::{self, Checkpoint};
use wheelhouse_core::record::{Canonical, Hash, ProofFile, TilePath, VerifierKey};
use wheelhouse_wire::api::TimelineEntry;

use crate::stage::Stage;

/// An entry's canonical bytes: read, written, shown, and folded into a world in which a case is open.
pub fn entries(input: &[u8]) {
    let Ok(read) = Canonical::parse(input) else { return };
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    let again = Canonical::parse(&written).expect("what was written can be read");
    assert_eq!(again, read, "an entry reads back as another one");
    let shown = TimelineEntry::new(again, None);
    assert!(shown.words.len() < 4 * input.len() + 4_096, "{} bytes of words", shown.words.len());
    let mut stage = Stage::with_a_case("x");
    stage.world.apply(&read.into_entry(None));
}

/// Checkpoints, keys, hashes, proofs and paths of tiles.
pub fn proofs(input: &[u8]) {
    if let Ok((head, signatures)) = checkpoint::parse(input) {
        assert_eq!(Checkpoint::parse_body(&head.body()).as_ref(), Ok(&head));
        assert!(!signatures.is_empty(), "a checkpoint that nobody signed");
    }
    if let Ok(proof) = ProofFile::parse(input) {
        let _ = proof.check(None);
        let again = ProofFile::parse(proof.to_string().as_bytes());
        assert_eq!(again.as_ref(), Ok(&proof), "a proof reads back as another one");
    }
    let text = String::from_utf8_lossy(input);
    for line in text.lines().take(50) {
        if let Some(path) = TilePath::parse(line) {
            assert_eq!(path.to_string(), line, "two paths lead to one tile");
        }
        if let Ok(key) = line.parse::<VerifierKey>() {
            assert_eq!(key.to_string().parse().as_ref(), Ok(&key));
        }
        if let Ok(hash) = line.parse::<Hash>() {
            assert_eq!(hash.to_string().parse(), Ok(hash));
        }
    }
}

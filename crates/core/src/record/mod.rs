//! The record: the append-only, hash-linked log of entries.

pub mod actor;
mod automation_fact;
pub mod checkpoint;
mod checkpoint_error;
mod checkpoint_key;
#[cfg(test)]
mod checkpoint_tests;
mod digest;
mod entry;
mod fact;
mod fact_kind;
mod fact_parts;
mod hold;
mod lineage;
mod merkle;
mod merkle_hash;
mod merkle_proof;
mod proof_file;
mod rows;
mod run_fact;
mod run_why;
mod seal;
mod signal_change;
mod tile;
mod version_fact;
mod why;
mod why_words;

pub use actor::Actor;
pub use automation_fact::{About, AutomationFact, AutomationHappening, AutomationOutcome, Held};
pub use checkpoint::{Checkpoint, SignatureLine};
pub use checkpoint_error::BadCheckpoint;
pub use checkpoint_key::{KeyHash, VerifierKey, is_key_name, key_hash};
pub use digest::{SALT_BYTES, body_digest, signal_leaf, signals_root};
pub use entry::{Attached, Body, Canonical, ENTRY_VERSION, Entry, Sealed};
pub use fact::Fact;
pub use fact_parts::{
    ContactTest, DrillHeld, DrillRunFact, DrillStep, Erased, FileAttached, FoundChange, KeptAnswer, KeyEventSet,
    Placement, Retry,
};
pub use hold::{Erasable, ErasableRun, Erasure, Hold, HoldScope};
pub use lineage::{Contradiction, Head, Lineage, Reach, RecordRestored, first_origin, may_sign, origin_after};
pub use merkle::{BadFrontier, Frontier, MAX_LEAVES, Node};
pub use merkle_hash::{BadHash, Hash, empty_root, leaf_hash, node_hash};
pub use merkle_proof::{Nodes, ProofError, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use proof_file::{BadProof, Claim, LONGEST_PROOF, ProofFile};
pub use rows::{
    AnswerColumns, ROW_SALT_BYTES, RowSalt, SignalColumns, SignalDigests, end_leaf, journal_digest, texts_digest,
};
pub use run_fact::{RunErased, RunFact, RunHappening, ScheduleFact};
pub use run_why::RunCause;
pub use seal::{bookkeeping, merge_signals};
pub use signal_change::{SignalChange, Tally};
pub use tile::{Span, TILE_WIDTH, TilePath};
pub use version_fact::VersionFact;
pub use why::{AskedAs, FallbackCause, Why};
pub use why_words::Named;

//! The Merkle tree against two other implementations: every size below 300, and larger ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::cell::Cell;
use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2_for_ct_merkle::Sha256;
use tlog_tiles::HashReader;
use wheelhouse_core::record::{
    Frontier, Hash, MAX_LEAVES, Nodes, ProofError, consistency_proof, empty_root, inclusion_proof, leaf_hash,
    node_hash, verify_consistency, verify_inclusion,
};

const EVERY_SIZE_BELOW: u64 = 300;

fn bytes(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaf(index: u64) -> Hash {
    leaf_hash(&bytes(index))
}

/// What a store keeps: every node that a push completed.
#[derive(Default)]
struct Log {
    frontier: Frontier,
    nodes: BTreeMap<(u32, u64), Hash>,
    roots: Vec<Hash>,
    asked: Cell<usize>,
}

impl Log {
    fn of(size: u64) -> Self {
        let mut log = Self { roots: vec![empty_root()], ..Self::default() };
        for index in 0..size {
            log.push(leaf(index));
            log.roots.push(log.frontier.root());
        }
        log
    }

    fn push(&mut self, leaf: Hash) {
        let nodes = &mut self.nodes;
        self.frontier.push_noting(leaf, |node| {
            let before = nodes.insert((node.level, node.index), node.hash);
            assert_eq!(before, None, "{node:?} was completed twice");
        });
    }

    fn root(&self, size: u64) -> Hash {
        self.roots[usize::try_from(size).unwrap()]
    }
}

impl Nodes for Log {
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        self.asked.set(self.asked.get() + 1);
        self.nodes.get(&(level, index)).copied()
    }
}

/// `tlog_tiles` reads the same nodes under its own numbering.
impl HashReader for Log {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |&index| {
            let (level, n) = tlog_tiles::split_stored_hash_index(index);
            tlog_tiles::Hash(self.node(level.into(), n).unwrap().0)
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn ct_tree(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(bytes(index)));
    tree
}

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn theirs(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect()
}

fn small(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

#[test]
fn roots_are_those_of_both_other_implementations() {
    let log = Log::of(EVERY_SIZE_BELOW);
    let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 0..=EVERY_SIZE_BELOW {
        assert_eq!(log.root(size).0, tlog_tiles::tree_hash(size, &log).unwrap().0, "{size}");
        if size > 0 {
            other.push(bytes(size - 1));
            assert_eq!(log.root(size).0.as_slice(), other.root().as_bytes().as_slice(), "{size}");
        }
        let frontier = Frontier::from_nodes(size, &log).unwrap();
        assert_eq!((frontier.size(), frontier.root()), (size, log.root(size)));
    }
}

#[test]
fn the_nodes_kept_are_all_complete_ones_and_no_other() {
    let log = Log::of(EVERY_SIZE_BELOW);
    let expected: usize = (0..64).map(|level| small(EVERY_SIZE_BELOW >> level)).sum();
    assert_eq!(log.nodes.len(), expected);
    for (&(level, index), &hash) in &log.nodes {
        match level {
            0 => assert_eq!(hash, leaf(index)),
            _ => {
                assert_eq!(hash, node_hash(log.nodes[&(level - 1, 2 * index)], log.nodes[&(level - 1, 2 * index + 1)]))
            }
        }
    }
}

#[test]
fn inclusion_proofs_of_every_leaf_of_every_small_tree_agree() {
    let log = Log::of(EVERY_SIZE_BELOW);
    for size in 1..EVERY_SIZE_BELOW {
        let other = ct_tree(size);
        for index in 0..size {
            let proof = inclusion_proof(index, size, &log).unwrap();
            assert_eq!(joined(&proof), other.prove_inclusion(small(index)).as_bytes());
            assert_eq!(theirs(&proof), tlog_tiles::prove_record(size, index, &log).unwrap());
            verify_inclusion(index, size, leaf(index), &proof, log.root(size)).unwrap();
        }
    }
}

#[test]
fn consistency_proofs_between_all_small_trees_agree() {
    let log = Log::of(EVERY_SIZE_BELOW);
    for new in 1..EVERY_SIZE_BELOW {
        let other = ct_tree(new);
        for old in 1..=new {
            let proof = consistency_proof(old, new, &log).unwrap();
            assert_eq!(joined(&proof), other.prove_consistency(small(new - old)).as_bytes());
            assert_eq!(theirs(&proof), tlog_tiles::prove_tree(new, old, &log).unwrap());
            verify_consistency(old, new, &proof, log.root(old), log.root(new)).unwrap();
        }
        assert_eq!(consistency_proof(0, new, &log).unwrap(), []);
        verify_consistency(0, new, &[], empty_root(), log.root(new)).unwrap();
    }
}

#[test]
fn a_proof_in_a_million_leaves_reads_few_nodes() {
    let size = 1_000_003;
    let mut log = Log::default();
    (0..size).for_each(|index| log.push(Hash([(index % 251) as u8; 32])));
    let root = log.frontier.root();
    for index in [0, 1, 524_287, 524_288, 777_777, 1_000_002] {
        log.asked.set(0);
        let proof = inclusion_proof(index, size, &log).unwrap();
        assert!(log.asked.get() <= 40, "{} nodes read", log.asked.get());
        verify_inclusion(index, size, Hash([(index % 251) as u8; 32]), &proof, root).unwrap();
    }
    log.asked.set(0);
    let proof = consistency_proof(777_777, size, &log).unwrap();
    assert!(log.asked.get() <= 60, "{} nodes read", log.asked.get());
    let old_root = Frontier::from_nodes(777_777, &log).unwrap().root();
    verify_consistency(777_777, size, &proof, old_root, root).unwrap();
}

#[test]
fn impossible_questions_are_refused() {
    let log = Log::of(10);
    let outside = |index, size| ProofError::OutsideTree { index, size };
    assert_eq!(inclusion_proof(10, 10, &log), Err(outside(10, 10)));
    assert_eq!(inclusion_proof(0, 0, &log), Err(outside(0, 0)));
    assert_eq!(inclusion_proof(3, 12, &log), Err(ProofError::NodeMissing { level: 2, index: 2 }));
    assert_eq!(consistency_proof(5, 4, &log), Err(ProofError::Shrunk { old: 5, new: 4 }));
    assert_eq!(inclusion_proof(0, u64::MAX, &log), Err(ProofError::TooLarge(u64::MAX)));
    assert_eq!(consistency_proof(1, u64::MAX, &log), Err(ProofError::TooLarge(u64::MAX)));
    let root = log.root(10);
    assert_eq!(verify_inclusion(10, 10, leaf(9), &[], root), Err(outside(10, 10)));
    assert_eq!(verify_consistency(5, 4, &[], root, root), Err(ProofError::Shrunk { old: 5, new: 4 }));
    assert_eq!(
        verify_consistency(0, 10, &[], root, root),
        Err(ProofError::RootDiffers { given: root, computed: empty_root() })
    );
    assert!(verify_inclusion(0, MAX_LEAVES, leaf(0), &[root; 61], root).is_err());
    assert!(verify_inclusion(0, MAX_LEAVES, leaf(0), &[root; 63], root).is_err());
    assert!(Frontier::from_nodes(12, &log).is_none());
}

#[test]
fn a_frontier_is_written_and_read_back_and_a_false_one_refused() {
    for size in 0..70 {
        let frontier = Log::of(size).frontier;
        let json = serde_json::to_string(&frontier).unwrap();
        let mut read: Frontier = serde_json::from_str(&json).unwrap();
        assert_eq!(read, frontier);
        read.push(leaf(size));
        assert_eq!(read.root(), Log::of(size + 1).frontier.root());
    }
    let root = empty_root();
    for bad in [
        r#"{"size":1,"roots":[]}"#.to_owned(),
        format!(r#"{{"size":2,"roots":["{root}","{root}"]}}"#),
        format!(r#"{{"size":9223372036854775808,"roots":["{root}"]}}"#),
    ] {
        assert!(serde_json::from_str::<Frontier>(&bad).is_err(), "{bad}");
    }
}

/// One way to damage a proof.
#[derive(Clone, Debug)]
enum Damage {
    Flip { at: prop::sample::Index, bit: prop::sample::Index },
    Drop(prop::sample::Index),
    Repeat(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Append,
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), index()).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        index().prop_map(Damage::Drop),
        index().prop_map(Damage::Repeat),
        (index(), index()).prop_map(|(a, b)| Damage::Swap(a, b)),
        Just(Damage::Append),
    ]
}

fn damaged(proof: &[Hash], damage: &Damage) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let length = proof.len();
    match damage {
        Damage::Append => proof.push(Hash([0; 32])),
        _ if length == 0 => proof.push(Hash([1; 32])),
        Damage::Flip { at, bit } => {
            let bit = bit.index(256);
            proof[at.index(length)].0[bit / 8] ^= 1 << (bit % 8);
        }
        Damage::Drop(at) => drop(proof.remove(at.index(length))),
        Damage::Repeat(at) => proof.insert(at.index(length), proof[at.index(length)]),
        Damage::Swap(a, b) => proof.swap(a.index(length), b.index(length)),
    }
    proof
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn larger_trees_agree(size in EVERY_SIZE_BELOW..6_000, at in any::<prop::sample::Index>()) {
        let (log, other) = (Log::of(size), ct_tree(size));
        let index = at.index(small(size)) as u64;
        assert_eq!(log.root(size).0.as_slice(), other.root().as_bytes().as_slice());
        let inclusion = inclusion_proof(index, size, &log).unwrap();
        assert_eq!(joined(&inclusion), other.prove_inclusion(small(index)).as_bytes());
        verify_inclusion(index, size, leaf(index), &inclusion, log.root(size)).unwrap();
        let old = index + 1;
        let consistency = consistency_proof(old, size, &log).unwrap();
        assert_eq!(joined(&consistency), other.prove_consistency(small(size - old)).as_bytes());
        verify_consistency(old, size, &consistency, log.root(old), log.root(size)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_proofs_are_rejected(
        size in 2u64..200,
        at in any::<prop::sample::Index>(),
        damage in damage(),
        other in any::<prop::sample::Index>(),
    ) {
        let log = Log::of(size);
        let index = at.index(small(size)) as u64;
        let root = log.root(size);
        let good = inclusion_proof(index, size, &log).unwrap();
        let bad = damaged(&good, &damage);
        if bad != good {
            prop_assert!(verify_inclusion(index, size, leaf(index), &bad, root).is_err());
        }
        let wrong = other.index(small(size)) as u64;
        if wrong != index {
            prop_assert!(verify_inclusion(wrong, size, leaf(index), &good, root).is_err());
            prop_assert!(verify_inclusion(index, size, leaf(wrong), &good, root).is_err());
            prop_assert!(verify_inclusion(index, size, leaf(index), &good, log.root(wrong)).is_err());
        }

        let old = index + 1;
        let old_root = log.root(old);
        let good = consistency_proof(old, size, &log).unwrap();
        let bad = damaged(&good, &damage);
        if bad != good {
            prop_assert!(verify_consistency(old, size, &bad, old_root, root).is_err());
        }
        if wrong != index {
            let wrong_root = log.root(wrong + 1);
            prop_assert!(verify_consistency(old, size, &good, wrong_root, root).is_err());
            if old < size {
                prop_assert!(verify_consistency(old, size, &good, old_root, wrong_root).is_err() || wrong + 1 == size);
            }
        }
    }
}

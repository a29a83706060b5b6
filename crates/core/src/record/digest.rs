//! Salted digests: what the permanent part of the record keeps of bytes that may be erased.
//!
//! An entry's body and a commit's signals can be removed later, while the tree over them stays. The
//! salt, secret, random and erased together with the bytes, keeps anybody from confirming a guess
//! about what was erased (short texts and names are easily guessed). Each kind of hash starts with
//! its own byte, so that one can never be passed off as another: `0x00` a leaf and `0x01` an
//! interior node (RFC 6962 §2.1), `0x02` a body.

use super::merkle_hash::sha256;
use super::{Frontier, Hash};

/// The length of a salt in bytes.
pub const SALT_BYTES: usize = 32;

/// Digests an entry's body: SHA-256 of `0x02`, the entry's own salt, and the canonical bytes.
///
/// The salt must be fresh for every body; with a salt used twice, equal bodies would show.
pub fn body_digest(salt: &[u8; SALT_BYTES], canonical_bytes: &[u8]) -> Hash {
    sha256(&[&[0x02], salt, canonical_bytes])
}

/// Digests the signals of one commit into one hash: the Merkle root of their [`signal_leaf`]s.
///
/// The order counts; without signals it is the root of the empty tree. This costs one SHA-256 for
/// each signal's bytes and one more of 65 bytes for each interior node, of which there are fewer
/// than signals, and keeps only the right edge of the tree in memory.
pub fn signals_root<'a>(commit_salt: &[u8; SALT_BYTES], raw_signals: impl IntoIterator<Item = &'a [u8]>) -> Hash {
    let mut tree = Frontier::new();
    for raw in raw_signals {
        tree.push(signal_leaf(commit_salt, tree.size(), raw));
    }
    tree.root()
}

/// Hashes the signal at `index` (from 0) of a commit: SHA-256 of `0x00`, the commit's salt, the
/// index as eight big-endian bytes, and the raw bytes.
///
/// The index makes equal signals of one commit differ. The leaf and an inclusion proof show that a
/// signal was accepted in that commit without showing the others.
pub fn signal_leaf(commit_salt: &[u8; SALT_BYTES], index: u64, raw: &[u8]) -> Hash {
    sha256(&[&[0x00], commit_salt, &index.to_be_bytes(), raw])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::record::{empty_root, leaf_hash, node_hash};
    use std::vec::Vec;

    const SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

    #[test]
    fn a_body_digest_depends_on_salt_and_bytes_and_is_no_leaf() {
        let digest = body_digest(&SALT, b"called the vendor");
        assert_eq!(digest, body_digest(&SALT, b"called the vendor"));
        assert_ne!(digest, body_digest(&[8; SALT_BYTES], b"called the vendor"));
        assert_ne!(digest, body_digest(&SALT, b"called the vendor "));
        let same_bytes: Vec<u8> = SALT.iter().chain(b"called the vendor").copied().collect();
        assert_ne!(digest, leaf_hash(&same_bytes));
    }

    #[test]
    fn published_values_stay() {
        assert_eq!(
            std::format!("{}", body_digest(&SALT, b"called the vendor")),
            "424a6c47c33d257ae4e391037da90cbb59e58dd6778e9d771eaa4b08fa5b5872"
        );
        assert_eq!(
            std::format!("{}", signals_root(&SALT, [b"up".as_slice(), b"down", b"up"])),
            "b42180510528896f87c2d3e164b60750b15e58a38ec72eac7c543ff2f164369c"
        );
    }

    #[test]
    fn the_root_of_signals_is_the_tree_over_their_salted_leaves() {
        let leaf = |index: u8, raw: &[u8]| {
            let prefix = [0, 0, 0, 0, 0, 0, 0, index];
            leaf_hash(&[SALT.as_slice(), &prefix, raw].concat())
        };
        assert_eq!(signals_root(&SALT, []), empty_root());
        assert_eq!(signals_root(&SALT, [b"up".as_slice()]), leaf(0, b"up"));
        assert_eq!(
            signals_root(&SALT, [b"up".as_slice(), b"up", b"down"]),
            node_hash(node_hash(leaf(0, b"up"), leaf(1, b"up")), leaf(2, b"down"))
        );
        assert_ne!(leaf(0, b"up"), leaf(1, b"up"));
    }
}

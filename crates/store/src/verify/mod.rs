//! Verification: the record holds together, and the tables are what follows from it.

mod chain;
mod fold;
mod report;
mod signals;
mod tables;

use wheelhouse_core::record::VerifierKey;

pub use report::{Problem, Verification};

use crate::{Readers, StoreError};
use report::Findings;

/// Checks the whole record, as one reader sees it at one instant:
///
/// 1. Every entry is in canonical form and in sequence, its leaf and its body's digest are right,
///    and its row says what it says.
/// 2. The tree over all leaves has the nodes that are stored and the root of the last checkpoint,
///    which `key` signed; so has the tree at the size of `against`, a checkpoint kept elsewhere.
/// 3. Folding every entry from nothing gives the cases, messages, tokens and counters of the tables,
///    except for texts that were erased.
/// 4. The journal of every commit has the digest that its entry names, and the signals' table counts
///    what the cases count.
///
/// `signature_holds` is asked with a signed text and an Ed25519 signature over it. What the labels of
/// a signal's row say is not covered: the record holds their digest only as part of the raw bytes.
///
/// # Errors
/// Only when the database cannot be read at all; whatever is wrong with its content is a problem of
/// the [`Verification`].
pub fn verify(
    readers: &Readers,
    key: &VerifierKey,
    signature_holds: &dyn Fn(&[u8], &[u8]) -> bool,
    against: Option<&str>,
) -> Result<Verification, StoreError> {
    let connection = readers.connection();
    // One transaction, so that commits that come in meanwhile are not half seen.
    let transaction = connection.unchecked_transaction()?;
    let mut findings = Findings::default();
    tables::check_file(&transaction, &mut findings)?;
    let heads = chain::Heads::read(&transaction, key, signature_holds, against, &mut findings)?;
    let mut fold = fold::Fold::new(&transaction);
    chain::check(&transaction, &heads, &mut fold, &mut findings)?;
    signals::check(&transaction, &mut fold, &mut findings)?;
    fold.finish(&mut findings)?;
    transaction.finish()?;
    Ok(findings.done())
}

//! Verification: the record holds together, and every table is what follows from it.
//!
//! | rows | how they are known |
//! |---|---|
//! | `entries`, `nodes` | the tree under the signed checkpoint |
//! | `commits`, `cases`, `messages`, `not_told`, `tokens`, `singles` | folding the entries |
//! | `catalogs`, `catalog_files` | the version, a digest that the record has |
//! | `attachments`, `blobs` | the bodies of the entries that attached them |
//! | `journal`, `signals`, `replies` | salted digests in the entries of their commit |
//! | `migrations`, and the schema itself | this release |
//!
//! A test changes every column of every table that there is, so a table that is added must be added
//! here.

mod attachments;
mod book;
mod chain;
mod fold;
mod heads;
mod lineage;
mod others;
mod replies;
mod report;
mod schema;
mod shown;
mod signals;
mod tables;

use wheelhouse_core::record::VerifierKey;

pub use report::{Problem, Verification};

use crate::{Readers, StoreError};
use report::Findings;

/// Checks the whole record, as one reader sees it at one instant:
///
/// 1. The file has the schema of this release, and SQLite finds no fault in it.
/// 2. Every entry is in canonical form and in sequence, its leaf and its body's digest are right,
///    and its row says what it says.
/// 3. The tree over all leaves has the nodes that are stored and the root of the last checkpoint,
///    which `key` signed; so has the tree at the size of `against`, a checkpoint kept elsewhere. Where the record
///    was restored, each restore cites the head of the log before it, and `key` may be named after any of them.
/// 4. Folding every entry from nothing gives the tables, to the byte; journals, signals and kept
///    answers have the digests that their commit's entries name.
/// 5. What is missing was erased by an entry that says so, and what such an entry erased is gone.
///
/// `signature_holds` is asked with a signed text and an Ed25519 signature over it.
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
    let connection = readers.connection()?;
    // One transaction, so that commits that come in meanwhile are not half seen.
    let transaction = connection.snapshot()?;
    let mut findings = Findings::default();
    schema::check(&transaction, &mut findings)?;
    let lineage = lineage::read(&transaction)?;
    let heads = heads::Heads::read(&transaction, (key, &lineage), signature_holds, against, &mut findings)?;
    let mut book = book::Book::read(&transaction, &mut findings)?;
    let mut fold = fold::Fold::new(&transaction);
    let mut attachments = attachments::Attachments::default();
    chain::check(&transaction, &heads, (&mut book, &mut attachments), &mut fold, &mut findings)?;
    book.finish(&transaction, &mut findings)?;
    signals::check(&transaction, &book, &mut fold, &mut findings)?;
    attachments.finish(&transaction, &mut findings)?;
    replies::check(&transaction, &book, &mut findings)?;
    fold.finish(&mut findings)?;
    schema::check_singles(&transaction, &book, &mut findings)?;
    transaction.finish()?;
    Ok(findings.done())
}

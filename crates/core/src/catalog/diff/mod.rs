//! What a change of the catalog means, in words: who is on call when, who is paged and who is told of
//! what, where signals go, who can be reached.
//!
//! It compares what two catalogs *do*, not what their files say: a document that was only moved or
//! written otherwise changes nothing.

mod defined;
mod model;
mod on_call;
mod paged;
mod reached;
mod routed;
mod runbooks;
mod told;
mod words;

use alloc::vec::Vec;

pub use model::{Change, Diff, Paging, Section, What};
pub use runbooks::{RunbookChange, RunbookFate};

use super::Catalog;
use crate::time::{Duration, Timestamp};

/// How far ahead shifts are compared.
pub const AHEAD: Duration = Duration::from_hours(30 * 24);
/// The most changes of one comparison.
pub const MOST_CHANGES: usize = 5_000;

/// What would be different from `now` on if `new` came into force instead of `old`.
///
/// Deterministic. Changes come in the order in which people should read them: by section, then by name.
pub fn diff(old: &Catalog, new: &Catalog, now: Timestamp) -> Diff {
    let mut changes: Vec<Change> = Vec::new();
    on_call::compare(old, new, now, &mut changes);
    paged::compare(old, new, &mut changes);
    told::compare(old, new, &mut changes);
    routed::compare(old, new, &mut changes);
    reached::compare(old, new, &mut changes);
    defined::compare(old, new, &mut changes);
    // Stable: within one section, kind and name the order in which they were found stays.
    changes.sort_by(|a, b| (a.section(), a.kind, &a.name).cmp(&(b.section(), b.kind, &b.name)));
    let omitted = changes.len().saturating_sub(MOST_CHANGES);
    changes.truncate(MOST_CHANGES);
    Diff {
        from: old.version.clone(),
        to: new.version.clone(),
        now,
        until: now + AHEAD,
        changes,
        runbooks: runbooks::compare(old, new),
        omitted,
    }
}

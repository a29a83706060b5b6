//! Tiles of the record's tree (C2SP tlog-tiles), out of stored hashes.

use crate::sql::params;
use wheelhouse_core::record::Span;

use super::record::tree_size;
use super::{Readers, bound};
use crate::StoreError;
use crate::tables::rows::{damaged, hash};

pub(super) const LEAVES: &str = "SELECT leaf FROM entries WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
pub(super) const NODES: &str = "SELECT hash FROM nodes WHERE level = ?3 AND place >= ?1 AND place < ?2 ORDER BY place";
pub(super) const CANONICAL: &str = "SELECT canonical FROM entries WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";

impl Readers {
    /// The hashes of a tile at a tile level, one after another; nothing where the tree does not have all
    /// of them.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn hash_tile(&self, level: u32, span: Span) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection()?;
        let height = level.saturating_mul(8);
        let there = tree_size(&connection)?.checked_shr(height).unwrap_or(0);
        if span.end() > there {
            return Ok(None);
        }
        let mut select = connection.prepare_cached(if height == 0 { LEAVES } else { NODES })?;
        let mut rows = match height {
            0 => select.query([bound(span.first()), bound(span.end())])?,
            _ => select.query(params![bound(span.first()), bound(span.end()), height])?,
        };
        let mut bytes = Vec::with_capacity(32 * 256);
        while let Some(row) = rows.next()? {
            let stored = row.blob(0)?;
            bytes.extend_from_slice(&hash("nodes", format!("of tile {level}/{}", span.tile), stored)?.0);
        }
        whole(bytes.len() as u64 / 32, span, "nodes")?;
        Ok(Some(bytes))
    }

    /// The canonical bytes of a bundle's entries, each behind its length in two bytes; nothing where the
    /// record does not have all of them.
    ///
    /// # Errors
    /// See [`hash_tile`](Self::hash_tile).
    pub fn entry_bundle(&self, span: Span) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection()?;
        if span.end() > tree_size(&connection)? {
            return Ok(None);
        }
        let mut select = connection.prepare_cached(CANONICAL)?;
        let mut rows = select.query([bound(span.first()), bound(span.end())])?;
        let (mut bytes, mut count) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let canonical = row.blob(0)?;
            let length = u16::try_from(canonical.len())
                .map_err(|_| damaged("entries", span.first() + count, "longer than a bundle can say"))?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(canonical);
            count += 1;
        }
        whole(count, span, "entries")?;
        Ok(Some(bytes))
    }
}

/// All rows of a span must be there.
fn whole(found: u64, span: Span, table: &'static str) -> Result<(), StoreError> {
    if found == span.width {
        return Ok(());
    }
    Err(damaged(table, format!("{} to {}", span.first(), span.end()), format!("{found} rows are there")))
}

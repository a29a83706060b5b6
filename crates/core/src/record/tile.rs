//! Addresses of C2SP tlog-tiles: which hashes or entries a path asks for.
//!
//! ```text
//! tile/0/x001/x234/067          leaf hashes 1234067 * 256 and the 255 after it
//! tile/1/000.p/7                the first seven hashes of level 8
//! tile/entries/003              entries 768 to 1023
//! ```

use core::fmt;

/// How many hashes or entries a full tile has.
pub const TILE_WIDTH: u64 = 256;
/// The highest level of a tile.
const TOP_LEVEL: u32 = 63;
/// The longest path that is read, in bytes.
const LONGEST_PATH: usize = 64;

/// What a path below the log's prefix asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TilePath {
    /// The signed checkpoint.
    Checkpoint,
    /// Hashes of one level.
    Hashes {
        /// The tile's level: its hashes are nodes of level `8 * level`.
        level: u32,
        /// Which ones.
        span: Span,
    },
    /// Entries.
    Entries(Span),
}

/// A run of hashes or entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The index of the tile in its level.
    pub tile: u64,
    /// How many, 1 to 256.
    pub width: u64,
}

impl Span {
    /// The index of the first one in its level.
    pub fn first(&self) -> u64 {
        self.tile * TILE_WIDTH
    }

    /// The index after the last one in its level.
    pub fn end(&self) -> u64 {
        self.first() + self.width
    }
}

impl TilePath {
    /// Reads a path below the log's prefix, without the slash in front; nothing if it is none.
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > LONGEST_PATH {
            return None;
        }
        if path == "checkpoint" {
            return Some(Self::Checkpoint);
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let span = span(rest)?;
        if level == "entries" {
            return Some(Self::Entries(span));
        }
        let level = u32::try_from(decimal(level)?).ok().filter(|level| *level <= TOP_LEVEL)?;
        Some(Self::Hashes { level, span })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = match self {
            Self::Checkpoint => return f.write_str("checkpoint"),
            Self::Hashes { level, span } => {
                write!(f, "tile/{level}/")?;
                span
            }
            Self::Entries(span) => {
                f.write_str("tile/entries/")?;
                span
            }
        };
        write_index(f, span.tile / 1_000)?;
        write!(f, "{:03}", span.tile % 1_000)?;
        if span.width < TILE_WIDTH { write!(f, ".p/{}", span.width) } else { Ok(()) }
    }
}

/// Writes all but the last three digits of a tile's index: `x001/x234/`.
fn write_index(f: &mut fmt::Formatter<'_>, thousands: u64) -> fmt::Result {
    if thousands == 0 {
        return Ok(());
    }
    write_index(f, thousands / 1_000)?;
    write!(f, "x{:03}/", thousands % 1_000)
}

/// Reads `x001/x234/067` with or without `.p/W`.
fn span(text: &str) -> Option<Span> {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => (index, decimal(width).filter(|width| (1..TILE_WIDTH).contains(width))?),
        None => (text, TILE_WIDTH),
    };
    let (mut tile, mut parts) = (0_u64, index.split('/').peekable());
    let mut first = true;
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: u64 = digits.parse().ok()?;
        // `x000/001` would be another name of `001`.
        if first && parts.peek().is_some() && number == 0 {
            return None;
        }
        first = false;
        tile = tile.checked_mul(1_000)?.checked_add(number)?;
    }
    tile.checked_add(1)?.checked_mul(TILE_WIDTH)?;
    Some(Span { tile, width })
}

/// A decimal number without leading zeroes.
fn decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || (!text.starts_with('0') && !text.is_empty());
    (plain && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::string::ToString;

    #[test]
    fn paths_are_read_and_written_as_the_specification_has_them() {
        let hashes = |level, tile, width| TilePath::Hashes { level, span: Span { tile, width } };
        for (text, path) in [
            ("checkpoint", TilePath::Checkpoint),
            ("tile/0/000", hashes(0, 0, 256)),
            ("tile/0/x001/x234/067", hashes(0, 1_234_067, 256)),
            ("tile/63/999.p/255", hashes(63, 999, 255)),
            ("tile/1/x001/000.p/1", hashes(1, 1_000, 1)),
            ("tile/entries/003", TilePath::Entries(Span { tile: 3, width: 256 })),
            ("tile/entries/003.p/9", TilePath::Entries(Span { tile: 3, width: 9 })),
        ] {
            assert_eq!(TilePath::parse(text), Some(path), "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn another_way_of_writing_it_is_no_path() {
        for text in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/1234",
            "tile/0/x000/001",
            "tile/0/x01/001",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000/",
            "tile/0/x001",
            "tile/data/000",
            "tile/0/000.p/",
            "tile/entries/x1/001",
            "checkpoint/",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/00a",
            "tile/0/+01",
        ] {
            assert_eq!(TilePath::parse(text), None, "{text}");
        }
    }
}

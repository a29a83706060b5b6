//! How much text the loader takes. What the catalog itself may hold is `wheelhouse_core::catalog::limits`.

/// The most files of one load.
pub const MOST_FILES: usize = 20_000;
/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 512 * 1024;
/// The most text of one load, in bytes.
pub const MOST_TEXT: usize = 64 * 1024 * 1024;
/// The longest single text, in bytes.
pub const LONGEST_SCALAR: usize = 16 * 1024;
/// The deepest nesting.
pub const DEEPEST: usize = 24;
/// The most values in one document.
pub const MOST_NODES: usize = 50_000;
/// The most values of one document that may be copies made by anchors.
pub const MOST_REPLAYED: usize = 1_000;
/// The most findings in the reading of one document.
pub const MOST_FINDINGS_IN_DOCUMENT: usize = 50;
/// The most findings of one report.
pub const MOST_FINDINGS: usize = 1_000;

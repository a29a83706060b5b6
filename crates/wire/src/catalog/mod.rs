//! The catalog's YAML: files in, validated catalog or findings out.
//!
//! Reading folders is the caller's: it hands over the files for which [`is_catalog_file`] holds.
//!
//! ```
//! use wheelhouse_wire::catalog::{Mode, compile_files};
//!
//! let file = ("ops/service.yaml".to_string(), "kind: Service\nname: api\nteam: payments\nteir: 1\n".to_string());
//! let (catalog, report) = compile_files(vec![file], Mode::Alone { known: None }, None);
//! assert!(catalog.is_none());
//! assert!(report.render_text(false).contains("did you mean `tier`?"));
//! ```

mod decode;
mod expressions;
mod files;
mod find;
mod format;
mod front;
mod init;
pub mod limits;
mod load;
mod render;
mod report;
mod schema;
mod tree;

pub use files::{Files, Position};
pub use find::find_document;
pub(crate) use format::length;
pub(crate) use front::{Front, front_matter, is_taken};
pub use init::init_files;
pub use load::{Loaded, is_catalog_file, is_runbook_file, load};
pub use report::{BadKnownNames, Report, compile_files, compile_loaded, known_names};
pub use schema::{front_matter_schema, schema, schemas};
pub(crate) use tree::shown;
pub use wheelhouse_core::catalog::{KnownNames, Mode, version};

//! What can be asked of the repositories of the catalog.

use clap::Subcommand;

/// See where the catalog comes from.
#[derive(Debug, Subcommand)]
pub enum RepositoryCommand {
    /// List the repositories, and how each stands.
    List,
    /// Show one repository: its version in force, and in full what keeps a newer one from being used.
    Show {
        /// The repository's name.
        name: String,
    },
}

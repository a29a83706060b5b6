//! What can be asked of a catalog as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// See what a change of the catalog means, and how it changed.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Say in words what a change means: who is on call, who is paged, who is told, where signals go.
    Diff(CatalogDiff),
    /// Show how the catalog changed, who brought it about, and what was refused; newest first.
    History {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

/// Say in words what a change means.
#[derive(Debug, Args)]
pub struct CatalogDiff {
    /// Two folders, the present one first; with `--hub` or `--repository` the folders that would come into
    /// force.
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Compare with the catalog that the hub has in force.
    #[arg(long)]
    pub hub: bool,
    /// The folders are this repository alone: it is compared with its version in force, among all others. Implies
    /// `--hub`.
    #[arg(long, value_name = "NAME")]
    pub repository: Option<String>,
    /// As `--output json`.
    #[arg(long)]
    pub json: bool,
}

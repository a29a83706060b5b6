//! Which files are attached, and which are fetched.

use std::path::PathBuf;

use clap::Args;

/// Files to be attached.
#[derive(Debug, Args)]
pub struct Given {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A note that comes with the first of them, or `-`.
    #[arg(long)]
    pub text: Option<String>,
    /// What there is to see in the file, in one line, for whoever cannot see it.
    #[arg(long)]
    pub description: Option<String>,
}

/// Attached files to be fetched.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Their numbers, as `attachments` lists them; all where absent.
    #[arg(value_name = "NUMBER")]
    pub numbers: Vec<u32>,
    /// The folder to put them into.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub into: PathBuf,
}

//! What can be asked of runbooks.

use std::path::PathBuf;

use clap::Subcommand;

/// Read, find and compare runbooks.
#[derive(Debug, Subcommand)]
pub enum RunbookCommand {
    /// Read a Markdown file as the hub would: its phases, its steps, who does each, and what is wrong.
    Parse {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Print the JSON Schema of a runbook's front matter, for editors.
    Schema,
    /// List the runbooks of the catalog.
    List {
        /// Words that must all be found in name, title, summary, headings or owners.
        words: Vec<String>,
        /// Only those that this team keeps.
        #[arg(long)]
        team: Option<String>,
        /// Only those that say they are about this service.
        #[arg(long)]
        service: Option<String>,
        /// Only those with findings.
        #[arg(long)]
        findings: bool,
    },
    /// Show a runbook: its steps, its versions, and what is wrong with it.
    Show {
        /// Its name, REPOSITORY/STEM; the stem alone where no other runbook has it.
        name: String,
        /// Its text instead, as the file is.
        #[arg(long)]
        text: bool,
        /// Another version than the one in force: its hash, or the first 8 digits or more.
        #[arg(long, value_name = "HASH", requires = "text")]
        version: Option<String>,
    },
    /// Let a quarantined version run: one that was changed by somebody who may not change it, or is not signed.
    Approve {
        /// Its name, REPOSITORY/STEM; the stem alone where no other runbook has it.
        name: String,
        /// The version that you looked at: its hash, or the first 8 digits or more; the one in force where absent.
        #[arg(long, value_name = "HASH")]
        version: Option<String>,
        /// What there is to say about it.
        #[arg(long, short = 'm')]
        text: Option<String>,
    },
    /// Say what is different between two versions, in words and line by line.
    Diff {
        /// Its name, REPOSITORY/STEM; the stem alone where no other runbook has it.
        name: String,
        /// The older version: its hash, or the first 8 digits or more; the one before the newer where absent.
        from: Option<String>,
        /// The newer version; the one in force where absent.
        to: Option<String>,
    },
}

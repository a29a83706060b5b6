//! What can be asked of automations.

use std::path::PathBuf;

use clap::Subcommand;

/// See runbooks that begin by themselves, what came of them and why not; agree, halt, try out.
#[derive(Debug, Subcommand)]
pub enum AutomationCommand {
    /// List automations: whether each acts, where it stands, what came of it last.
    List,
    /// Show an automation: what holds it, what it asks people, what came of it lately.
    Show {
        /// Its name.
        name: String,
    },
    /// Show what came of an automation lately, and why not.
    History {
        /// Its name.
        name: String,
    },
    /// Halt an automation: it does nothing until it is let go on.
    Pause {
        /// Its name.
        name: String,
        /// Why.
        #[arg(short, long)]
        message: String,
    },
    /// Let an automation go on that was halted, or rests because its runs went wrong.
    Resume {
        /// Its name.
        name: String,
    },
    /// Agree to what an automation asks.
    Approve {
        /// Its name.
        name: String,
        /// The number of the question; the only one that waits where absent.
        number: Option<u64>,
    },
    /// Do not agree to what an automation asks.
    Decline {
        /// Its name.
        name: String,
        /// The number of the question; the only one that waits where absent.
        number: Option<u64>,
        /// Why.
        #[arg(short, long)]
        message: Option<String>,
    },
    /// Ask every gate of an automation about an event in a file, without effect.
    Test {
        /// Its name.
        name: String,
        /// The event as JSON; `-` for standard input.
        #[arg(long, value_name = "FILE")]
        event: PathBuf,
    },
}

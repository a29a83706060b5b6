//! What can be asked of controls.

use clap::Subcommand;

use crate::moment::Moment;

/// Show what helps to prove which control, and what the record shows of it.
#[derive(Debug, Subcommand)]
pub enum ControlCommand {
    /// List controls with what claims them: what exists, what ran, and what ran recently.
    List {
        /// Only this control, with every script and the last executions.
        control: Option<String>,
        /// As it was then: `2026-03-14`, `10m ago`, RFC 3339. What came later is not in it.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Moment>,
    },
    /// Print everything as JSON for whoever audits: hashes, authors, approvers, executions, and the entries of the
    /// record that each of them rests on.
    Export {
        /// Only this control.
        control: Option<String>,
        /// As it was then.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Moment>,
    },
}

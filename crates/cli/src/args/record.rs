//! What can be done with the record.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Verify the record, fetch what others need to verify it, and decide what may go from it.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Verify the whole record: with `--data` offline in a data folder, otherwise by the hub.
    Verify {
        /// A hub's data folder; the hub may run.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A checkpoint that was kept elsewhere: the record must have grown from it.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
        /// The key that must have signed the checkpoint: NAME+HASH+KEY, or a file that holds it.
        #[arg(long, value_name = "VKEY|FILE", requires = "against")]
        key: Option<String>,
    },
    /// Print the signed checkpoint of the record, to be kept elsewhere.
    Checkpoint,
    /// Fetch the proof that an entry is in the record, and check it.
    Proof {
        /// The entry's index, from 0.
        seq: u64,
    },
    /// Write a proof to a file, for somebody who has no access: that an entry is in the record, or that
    /// the record grew from a checkpoint that they kept.
    Prove {
        /// The entry's index, from 0.
        #[arg(required_unless_present = "since", conflicts_with = "since")]
        seq: Option<u64>,
        /// An older checkpoint: prove that the record grew from it.
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
        /// Where to; standard output where absent.
        #[arg(short = 'o', long = "to", value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Check a proof file offline, with nothing but a key and, for growth, the older checkpoint.
    CheckProof {
        /// The file.
        file: PathBuf,
        /// The key that must have signed: NAME+HASH+KEY, or a file that holds it.
        #[arg(long, value_name = "VKEY|FILE")]
        key: String,
        /// The older checkpoint that a proof of growth starts from.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Erase what was written in a case that is over, or in a run that was for no case, by the authority of data
    /// protection.
    Erase {
        /// The case.
        #[arg(long, value_name = "CASE", required_unless_present = "run", conflicts_with = "run")]
        case: Option<String>,
        /// The run.
        #[arg(long, value_name = "RUN")]
        run: Option<String>,
        /// Why, in one line; it stays in the record.
        #[arg(long)]
        reason: String,
    },
    /// Set, lift and list legal holds, which forbid erasing.
    #[command(subcommand)]
    Hold(HoldCommand),
}

/// Set, lift and list legal holds.
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Set a hold: nothing that it covers is erased for as long as it stands.
    Set(HoldOn),
    /// Lift a hold.
    Lift(HoldOn),
    /// List the holds that stand.
    List,
}

/// What a hold covers, and why.
#[derive(Debug, Args)]
pub struct HoldOn {
    /// One case.
    #[arg(long, value_name = "CASE", required_unless_present_any = ["service", "all"], conflicts_with_all = ["service", "all"])]
    pub case: Option<String>,
    /// All cases of a service.
    #[arg(long, conflicts_with = "all")]
    pub service: Option<String>,
    /// Everything.
    #[arg(long)]
    pub all: bool,
    /// Why, in one line; it stays in the record.
    #[arg(long)]
    pub reason: String,
}

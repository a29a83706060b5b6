//! What can be asked of runs.

use clap::{Args, Subcommand};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::run::RunId;

use super::files::{Given, Wanted};
use super::values;

/// Carry out runbooks, step by step, and see how far others are.
#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// Start a run of the version of a runbook that is in force.
    Start(RunStart),
    /// List runs that are under way, the last started first.
    List {
        /// Only those for this case.
        #[arg(long, value_parser = values::case_id)]
        case: Option<CaseId>,
        /// Only those of this runbook.
        #[arg(long)]
        runbook: Option<String>,
        /// Those that are over as well.
        #[arg(long)]
        all: bool,
    },
    /// Show a run: its steps, and what became of each.
    Show {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
    },
    /// Say that a step was done.
    Done(RunStep),
    /// Say that a step is left out, and why.
    Skip(RunStep),
    /// Say that a step was tried, and did not do what it should.
    Fail(RunStep),
    /// Open a step again that was settled.
    Open(RunStep),
    /// Have a machine carry out a step, again if it was tried before.
    Exec(RunStep),
    /// End what a machine is at with a step.
    Cancel(RunStep),
    /// Agree to a step that wants people to, after a look at what it would do (`run input`).
    Approve {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
        /// The step: its number in `run show`, or its id.
        step: String,
        /// The digest of what you looked at, or its first digits; asked for again where absent.
        #[arg(long, value_name = "DIGEST")]
        input: Option<String>,
    },
    /// Do not agree to a step, and say why.
    Decline(RunStep),
    /// Show what a step is carried out with: its script, its values, whom it asks.
    Input {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
        /// The step: its number in `run show`, or its id.
        step: String,
    },
    /// Show what a step says, or said.
    Output {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
        /// The step: its number in `run show`, or its id.
        step: String,
        /// Which attempt: the number of its lease; the last one where absent.
        #[arg(long)]
        attempt: Option<u64>,
        /// Go on until it ends.
        #[arg(long, short)]
        follow: bool,
    },
    /// Attach files to a step of a run for no case: at most 5 MiB each, 50 files and 100 MiB a run. Those of a run for a
    /// case belong to the case (`case attach`).
    Attach {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
        /// The step: its number in `run show`, or its id.
        step: String,
        /// The files.
        #[command(flatten)]
        given: Given,
    },
    /// List the files attached to steps of a run.
    Attachments {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
    },
    /// Fetch files attached to steps of a run; never over a file that is there.
    Download {
        /// The run, such as RUN-12.
        #[arg(value_parser = run_id)]
        run: RunId,
        /// Which, and where they are to lie.
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Halt a run: nothing more begins.
    Pause(RunTurn),
    /// Let a run go on.
    Resume(RunTurn),
    /// Take back what was done, the last step first.
    Undo(RunTurn),
    /// End a run before its steps are settled.
    Stop(RunTurn),
}

/// Turn a run.
#[derive(Debug, Args)]
pub struct RunTurn {
    /// The run, such as RUN-12.
    #[arg(value_parser = run_id)]
    pub run: RunId,
    /// Why.
    #[arg(long, short = 'm')]
    pub text: Option<String>,
}

/// Start a run.
#[derive(Debug, Args)]
pub struct RunStart {
    /// The runbook, REPOSITORY/STEM; the stem alone where no other runbook has it.
    pub runbook: String,
    /// The case that it is for.
    #[arg(long, value_parser = values::case_id)]
    pub case: Option<CaseId>,
    /// A value of one of its parameters; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,
    /// For exercise; a run for a case is what the case is.
    #[arg(long)]
    pub drill: bool,
    /// Only try it out: every step is prepared, and nothing is carried out but what knows that it is tried out. It moves on by
    /// itself.
    #[arg(long, conflicts_with = "undo_on_failure")]
    pub dry_run: bool,
    /// Let machines carry out their steps as soon as it is their turn; without it, each waits for `run exec`.
    #[arg(long)]
    pub auto: bool,
    /// Take back what was done when a step fails.
    #[arg(long, requires = "auto")]
    pub undo_on_failure: bool,
}

/// Say something about a step.
#[derive(Debug, Args)]
pub struct RunStep {
    /// The run, such as RUN-12.
    #[arg(value_parser = run_id)]
    pub run: RunId,
    /// The step: its number in `run show`, or its id.
    pub step: String,
    /// What there is to say about it.
    #[arg(long, short = 'm')]
    pub text: Option<String>,
}

fn run_id(text: &str) -> Result<RunId, String> {
    RunId::parse(text).ok_or_else(|| "expected the name of a run, such as RUN-12".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

//! What can be written on the command line.

mod automation;
mod case;
mod catalog;
mod channel;
mod control;
mod files;
mod keep;
mod pattern;
mod record;
mod repository;
mod run;
mod runbook;
mod runner;
mod serve;
mod silence;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::failure::EXIT_CODES;
use crate::moment::{Length, Moment};
use crate::output::Format;

pub use automation::AutomationCommand;
pub use case::{Actions, Assign, CaseCommand, Link, List, Missed, Open};
pub use catalog::{CatalogCommand, CatalogDiff};
pub use channel::{ChannelCommand, ChannelTest};
pub use control::ControlCommand;
pub use files::{Given, Wanted};
pub use keep::{Backup, Migrate, Restore};
pub use pattern::{PatternBench, PatternCommand, PatternMatch};
pub use record::{HoldCommand, HoldOn, RecordCommand};
pub use repository::RepositoryCommand;
pub use run::{RunCommand, RunStart, RunStep, RunTurn};
pub use runbook::RunbookCommand;
pub use runner::{RunnerCommand, RunnerOptions};
pub use serve::{LogFormat, Serve, SmtpTls};
pub use silence::{ChangeCommand, ChangeReport, SilenceAdd, SilenceCommand, Written};
pub use values::Who;

/// Where a hub listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8480";
const DEFAULT_URL: &str = "http://127.0.0.1:8480";

/// Operations for a whole organisation: one hub, `ops/` folders beside the code, one record.
#[derive(Debug, Parser)]
#[command(name = "wheelhouse", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The hub.
    #[arg(long, global = true, env = "WHEELHOUSE_URL", default_value = DEFAULT_URL)]
    pub url: String,
    /// The token that says who you are (wh_…); better given as environment variable or file.
    #[arg(long, global = true, env = "WHEELHOUSE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file that holds the token; goes before `--token`.
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A PEM file with the certificate authorities to trust beside the public ones.
    #[arg(long, global = true, env = "WHEELHOUSE_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Format,
    /// No colours, even on a terminal (as `NO_COLOR=1`).
    #[arg(long, global = true, visible_alias = "no-color")]
    pub no_colour: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the hub.
    Serve(Box<Serve>),
    /// Check `ops/` folders, as in a service's own CI.
    Check(Check),
    /// Write a first `ops/` folder for a service.
    Init(Init),
    /// Print the JSON Schema of catalog documents, for editors.
    Schema {
        /// One kind, such as Service; all of them where absent.
        #[arg(value_parser = values::kind())]
        kind: Option<wheelhouse_core::catalog::Kind>,
    },
    /// Open, find, read and work on cases.
    #[command(subcommand)]
    Case(CaseCommand),
    /// See where the catalog comes from, and how each part of it stands.
    #[command(subcommand)]
    Repository(RepositoryCommand),
    /// See what a change of the catalog means, and how it changed.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Read, find and compare runbooks.
    #[command(subcommand)]
    Runbook(RunbookCommand),
    /// Carry out runbooks, step by step, and see how far others are.
    #[command(subcommand)]
    Run(RunCommand),
    /// Carry out automated steps on this machine, near what they touch; `runner list` shows who does.
    Runner(Box<RunnerOptions>),
    /// See runbooks that begin by themselves, what came of them and why not; agree, halt, try out.
    #[command(subcommand)]
    Automation(AutomationCommand),
    /// Show what helps to prove which control, and what the record shows of it.
    #[command(subcommand)]
    Control(ControlCommand),
    /// Show who is on call.
    Oncall {
        /// When: now where absent; `in 2h`, `14:05` or RFC 3339.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Moment>,
        /// One schedule only.
        #[arg(long)]
        schedule: Option<String>,
    },
    /// Hold back what is known and shall page nobody for a while.
    #[command(subcommand)]
    Silence(SilenceCommand),
    /// Tell of changes, and see them.
    #[command(subcommand)]
    Change(ChangeCommand),
    /// Play outages on purpose, and see how they went.
    #[command(subcommand)]
    Drill(DrillCommand),
    /// See how messages leave, and try it.
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Try event patterns, and measure many of them.
    #[command(subcommand)]
    Pattern(PatternCommand),
    /// Make, list and revoke tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show how long things took, who was told and who was missed: distributions, never a mean.
    Stats(Stats),
    /// Show how the hub is.
    Status,
    /// Verify the record, or fetch what others need to verify it.
    #[command(subcommand)]
    Record(RecordCommand),
    /// Say what is wrong with a hub, why, and what to do. Ends with 0 where all is well, with 1 where something is to be
    /// mended, with 2 where something is broken.
    Doctor {
        /// A hub's data folder, whether a hub runs on it or not. Where one does, and there is a token, it is asked as well.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Back up a hub's data folder, while the hub runs or not.
    Backup(Backup),
    /// Get a hub back from a backup, or try whether one could.
    Restore(Restore),
    /// Move the data of a hub that does not run from its file to PostgreSQL, with its record intact.
    Migrate(Migrate),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    Version,
}

/// Check `ops/` folders.
#[derive(Debug, Args)]
pub struct Check {
    /// The folders (or single files).
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Where other teams' names are known: a hub's address or a saved `catalog.json`. Without it
    /// they are warnings.
    #[arg(long, value_name = "URL|FILE")]
    pub with: Option<String>,
    /// Take the folders as one repository of several, also where the organization is defined in them:
    /// names that other repositories define are warnings.
    #[arg(long)]
    pub part: bool,
    /// The folder with kept secrets, as the hub is given it: finds those that channels need and it lacks.
    #[arg(long, value_name = "DIR")]
    pub secrets: Option<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
    /// Let warnings fail the check.
    #[arg(long)]
    pub strict: bool,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// Write a first `ops/` folder.
#[derive(Debug, Args)]
pub struct Init {
    /// The repository.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The service's name: lower-case letters, digits, `-`, `_`, `.`.
    #[arg(long)]
    pub service: String,
    /// The team that owns it.
    #[arg(long)]
    pub team: String,
}

/// Play outages on purpose, and see how they went.
#[derive(Debug, Subcommand)]
pub enum DrillCommand {
    /// List the drills, and how each went when it was last held.
    List,
    /// Show what a drill plays and expects.
    Show {
        /// The drill's name.
        name: String,
    },
    /// Play a drill against the hub: real people are paged and told, each message marked as drill.
    Run {
        /// The drill's name.
        name: String,
    },
}

/// Show statistics.
#[derive(Debug, Args)]
pub struct Stats {
    /// Incidents opened from then on: `90d ago`, `2026-11-01 00:00` or RFC 3339; the last 30 days where absent.
    #[arg(long, value_name = "INSTANT")]
    pub since: Option<Moment>,
    /// Incidents opened before then; now where absent.
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<Moment>,
    /// What they are told apart by; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = ["service", "team", "severity", "month"])]
    pub by: Vec<String>,
    /// As `--output json`.
    #[arg(long)]
    pub json: bool,
}

/// Make, list and revoke tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; its secret alone goes to standard output, this once.
    Create(TokenCreate),
    /// List tokens, without their secrets, which nobody keeps.
    List,
    /// Revoke a token: it opens nothing from then on.
    Revoke {
        /// The token's name, such as tok-7.
        id: String,
    },
}

/// Make a token.
#[derive(Debug, Args)]
pub struct TokenCreate {
    /// The person whose token it is.
    #[arg(long, required_unless_present_any = ["source", "runner"], conflicts_with_all = ["source", "runner"])]
    pub person: Option<String>,
    /// The source of signals whose token it is.
    #[arg(long, conflicts_with = "runner")]
    pub source: Option<String>,
    /// The runner whose token it is.
    #[arg(long)]
    pub runner: Option<String>,
    /// What it is for.
    #[arg(long, default_value = "")]
    pub description: String,
    /// How long it is good for, such as 90d; without end where absent.
    #[arg(long, value_name = "LENGTH")]
    pub expires: Option<Length>,
}

#[cfg(test)]
mod tests;

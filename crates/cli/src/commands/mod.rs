//! What each command does.

mod automation;
mod case;
mod catalog;
mod change;
mod channel;
mod check;
mod control;
mod doctor;
mod drill;
mod files;
mod init;
mod keep;
mod migrate;
mod oncall;
mod pattern;
mod record;
mod repository;
mod run;
mod runbook;
mod runner;
mod serve;
mod silence;
mod stats;
mod status;
mod token;
mod who;

use clap::CommandFactory;
use serde_json::Value;
use wheelhouse_core::catalog::Kind;
use wheelhouse_wire::catalog::{schema, schemas};

pub use serve::RepositoryOption;

use crate::args::{Cli, Command, Global};
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::output::{Look, json_text};

/// What a command has to say, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for: standard output.
    pub text: String,
    /// Remarks about it, a line each: standard error.
    pub notes: Vec<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl Answer {
    /// An answer that ends well.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), notes: Vec::new(), exit: Exit::Ok }
    }

    /// A JSON answer that ends well.
    pub fn json(value: &Value) -> Self {
        Self::text(json_text(value))
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Ends otherwise.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// What commands about a running hub share.
pub struct Context<'a> {
    /// The global options.
    pub global: &'a Global,
    /// How the answer looks.
    pub look: Look,
}

impl Context<'_> {
    /// The hub.
    ///
    /// # Errors
    /// When its address or the token cannot be used.
    pub fn client(&self) -> Result<Client, Failure> {
        Client::new(self.global)
    }
}

/// Runs a command.
///
/// # Errors
/// Says what happened, where, and what to do.
pub fn run(cli: &Cli) -> Result<Answer, Failure> {
    let context = Context { global: &cli.global, look: Look::of_stdout(&cli.global) };
    match &cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(options, &context),
        Command::Init(options) => init::run(options),
        Command::Schema { kind } => Ok(Answer::json(&schema_of(*kind))),
        Command::Case(command) => case::run(command, &context),
        Command::Repository(command) => repository::run(command, &context),
        Command::Catalog(command) => catalog::run(command, &context),
        Command::Runbook(command) => runbook::run(command, &context),
        Command::Run(command) => run::run(command, &context),
        Command::Runner(options) => runner::run(options, &context),
        Command::Automation(command) => automation::run(command, &context),
        Command::Control(command) => control::run(command, &context),
        Command::Oncall { at, schedule } => oncall::run(at.as_ref(), schedule.as_deref(), &context),
        Command::Silence(command) => silence::run(command, &context),
        Command::Change(command) => change::run(command, &context),
        Command::Drill(command) => drill::run(command, &context),
        Command::Channel(command) => channel::run(command, &context),
        Command::Pattern(command) => pattern::run(command, &context),
        Command::Token(command) => token::run(command, &context),
        Command::Stats(options) => stats::run(options, &context),
        Command::Status => status::run(&context),
        Command::Record(command) => record::run(command, &context),
        Command::Doctor { data } => doctor::run(data.as_deref(), &context),
        Command::Backup(options) => keep::run_backup(options, &context),
        Command::Restore(options) => keep::run_restore(options, &context),
        Command::Migrate(options) => migrate::run(options, &context),
        Command::Completions { shell } => Ok(completions(*shell)),
        Command::Version => Ok(Answer::text(format!("wheelhouse {}\n", env!("CARGO_PKG_VERSION")))),
    }
}

fn schema_of(kind: Option<Kind>) -> Value {
    match kind {
        Some(kind) => schemas().remove(&kind).unwrap_or_default(),
        None => schema(),
    }
}

fn completions(shell: clap_complete::Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wheelhouse", &mut script);
    Answer::text(String::from_utf8_lossy(&script))
}

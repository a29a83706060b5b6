//! What a runner is started with.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::LogFormat;

/// Carry out automated steps on this machine, or list those who do.
#[derive(Clone, Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunnerOptions {
    /// Something about runners instead.
    #[command(subcommand)]
    pub command: Option<RunnerCommand>,
    /// How many steps are carried out at a time.
    #[arg(long, env = "WHEELHOUSE_RUNNER_AT_ONCE", value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=400))]
    pub at_once: u32,
    /// Where it keeps what it is at; nobody else may use the folder.
    #[arg(long, env = "WHEELHOUSE_RUNNER_FOLDER", value_name = "DIR", default_value = "./runner")]
    pub folder: PathBuf,
    /// The folder with secrets of steps, each in a file of its name; `WH_SECRET_NAME` of the environment beside it.
    #[arg(long, env = "WHEELHOUSE_RUNNER_SECRETS", value_name = "DIR")]
    pub secrets: Option<PathBuf>,
    /// The age identity that reads files `NAME.age` in the folder of `--secrets`.
    #[arg(long, env = "WHEELHOUSE_RUNNER_AGE_IDENTITY", value_name = "FILE", requires = "secrets")]
    pub age_identity: Option<PathBuf>,
    /// Whom the processes of steps run as; the runner's own user where absent. Only root can name another.
    #[arg(long, env = "WHEELHOUSE_RUNNER_USER", value_name = "NAME")]
    pub user: Option<String>,
    /// A folder that steps may write in, beside their own; may be given several times.
    #[arg(long, env = "WHEELHOUSE_RUNNER_WRITE", value_name = "DIR", value_delimiter = ',')]
    pub write: Vec<PathBuf>,
    /// A folder that steps may read, beside what programs need; may be given several times.
    #[arg(long, env = "WHEELHOUSE_RUNNER_READ", value_name = "DIR", value_delimiter = ',')]
    pub read: Vec<PathBuf>,
    /// A variable of the runner's environment that steps find in theirs; may be given several times.
    #[arg(long, env = "WHEELHOUSE_RUNNER_ALLOW_ENV", value_name = "NAME", value_delimiter = ',')]
    pub allow_env: Vec<String>,
    /// How the log is written [default: text].
    #[arg(long, env = "WHEELHOUSE_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// Something about runners.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum RunnerCommand {
    /// List runners: what each reaches, when it last called, what it is at.
    List,
}

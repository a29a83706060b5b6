//! The options of `serve`. Each may also stand in the environment or in a file; which one counts is
//! decided in `commands::serve`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::DEFAULT_LISTEN;
use crate::commands::RepositoryOption;

/// Run the hub. Every option may also be given as the environment variable shown, or under its name
/// in the YAML file of `--config` (`ops: [a, b]`); the command line goes before the environment, the
/// environment before the file.
#[derive(Clone, Debug, Default, Args)]
pub struct Serve {
    /// The repositories of the organisation's catalog, several with commas: folders, or git addresses with
    /// branch and folder, https://git.example.org/payments.git#main:ops; NAME= before it names one.
    #[arg(long, env = "WHEELHOUSE_OPS", value_name = "DIR|URL", value_delimiter = ',', num_args = 1..)]
    pub ops: Vec<String>,
    /// Repositories that the file of `--config` gives with settings of their own.
    #[arg(skip)]
    pub repositories: Vec<RepositoryOption>,
    /// A file that holds the secret by which forges announce pushes at /in/git/NAME.
    #[arg(long, env = "WHEELHOUSE_GIT_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub git_webhook_secret_file: Option<PathBuf>,
    /// Where the hub keeps its data [default: ./data].
    #[arg(long, env = "WHEELHOUSE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The PostgreSQL (15 or newer) that holds the data instead of a file in the data folder, as
    /// postgres://USER@HOST:PORT/DATABASE?sslmode=require&sslrootcert=FILE. Several hubs may share it: one leads.
    #[arg(long, env = "WHEELHOUSE_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// A file that holds the password of the database's user.
    #[arg(long, env = "WHEELHOUSE_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
    /// The organisation in the database whose data is meant [default: main].
    #[arg(long, env = "WHEELHOUSE_ORG", value_name = "NAME")]
    pub org: Option<String>,
    /// Where other hubs on the same database reach this one [default: from --listen].
    #[arg(long, env = "WHEELHOUSE_ADVERTISE", value_name = "URL")]
    pub advertise: Option<String>,
    /// After how many seconds without a word of the hub that leads another one takes over [default: 6].
    #[arg(long, env = "WHEELHOUSE_LEASE_SECONDS", value_name = "SECONDS")]
    pub lease_seconds: Option<u64>,
    /// Where the hub listens.
    #[arg(long, env = "WHEELHOUSE_LISTEN", value_name = "ADDRESS:PORT", help = listen_help())]
    pub listen: Option<String>,
    /// The address by which people reach the hub, for links in mails [default: from --listen].
    #[arg(long, env = "WHEELHOUSE_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// The mail server. Without it no mail is sent.
    #[arg(long, env = "WHEELHOUSE_SMTP", value_name = "HOST:PORT")]
    pub smtp: Option<String>,
    /// The sender of mails [default: wheelhouse@ and the host of --base-url].
    #[arg(long, env = "WHEELHOUSE_SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// How mail is protected on its way [default: starttls].
    #[arg(long, env = "WHEELHOUSE_SMTP_TLS", value_enum, value_name = "HOW")]
    pub smtp_tls: Option<SmtpTls>,
    /// The user name at the mail server.
    #[arg(long, env = "WHEELHOUSE_SMTP_USER", value_name = "NAME")]
    pub smtp_user: Option<String>,
    /// A file that holds the password at the mail server.
    #[arg(long, env = "WHEELHOUSE_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// A folder with the secrets that channels of the catalog name: one file a secret, readable by the
    /// hub alone.
    #[arg(long, env = "WHEELHOUSE_SECRETS", value_name = "DIR")]
    pub secrets: Option<PathBuf>,
    /// What may be called beside the public internet: addresses, networks, hosts; several with commas.
    /// The mail server needs no allowance.
    #[arg(long, env = "WHEELHOUSE_ALLOW_OUTGOING", value_name = "CIDR|HOST", value_delimiter = ',', num_args = 1..)]
    pub allow_outgoing: Vec<String>,
    /// A file that holds the secret with which webhooks are signed.
    #[arg(long, env = "WHEELHOUSE_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub webhook_secret_file: Option<PathBuf>,
    /// A file outside the data folder to which checkpoints of the record are written.
    #[arg(long, env = "WHEELHOUSE_CHECKPOINT_FILE", value_name = "FILE")]
    pub checkpoint_file: Option<PathBuf>,
    /// Files with checkpoints of the record that were kept elsewhere, several with commas: the hub signs nothing below
    /// them. The file of `--checkpoint-file` counts without being named.
    #[arg(long, env = "WHEELHOUSE_AGAINST", value_name = "FILE", value_delimiter = ',', num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// Let anybody read the record's checkpoint and hash tiles without a token; entries never.
    #[arg(long, env = "WHEELHOUSE_PUBLIC_TILES")]
    pub public_tiles: bool,
    /// A folder with the web app, as `npm run build` makes it, instead of the one built in; for working on it.
    #[arg(long, env = "WHEELHOUSE_WEB", value_name = "DIR")]
    pub web: Option<PathBuf>,
    /// The name under which the record is signed [default: from the organisation's name].
    #[arg(long, env = "WHEELHOUSE_ORIGIN", value_name = "NAME")]
    pub origin: Option<String>,
    /// How many automated steps of runbooks the hub carries out at a time on its own machine; 0 for none [default: 16].
    #[arg(long, env = "WHEELHOUSE_STEPS", value_name = "N")]
    pub steps: Option<usize>,
    /// A folder with the secrets of automated steps, each in a file of its name.
    #[arg(long, env = "WHEELHOUSE_STEP_SECRETS", value_name = "DIR")]
    pub step_secrets: Option<PathBuf>,
    /// Whom the processes of automated steps run as; only root may name somebody else.
    #[arg(long, env = "WHEELHOUSE_STEP_USER", value_name = "USER")]
    pub step_user: Option<String>,
    /// A folder in which automated steps may write beside their own; may be given several times.
    #[arg(long, env = "WHEELHOUSE_STEP_FOLDERS", value_name = "DIR", value_delimiter = ',')]
    pub step_folder: Vec<PathBuf>,
    /// What the processes of automated steps find in their environment; may be given several times.
    #[arg(long, env = "WHEELHOUSE_STEP_ENV", value_name = "NAME=VALUE", value_delimiter = ',')]
    pub step_env: Vec<String>,
    /// What automated steps reach from here, as their `runner=` names it, `zone=dmz`; may be given several times.
    #[arg(long, env = "WHEELHOUSE_STEP_LABELS", value_name = "LABEL", value_delimiter = ',')]
    pub step_label: Vec<String>,
    /// How long runners may be silent before their steps are given up, in milliseconds [default: 30000].
    #[arg(long, env = "WHEELHOUSE_RUNNER_SILENCE_MS", value_name = "MILLISECONDS", hide = true)]
    pub runner_silence_ms: Option<u64>,
    /// How the log is written [default: text].
    #[arg(long, env = "WHEELHOUSE_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// A YAML file with options.
    #[arg(long, env = "WHEELHOUSE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

fn listen_help() -> String {
    format!("Where the hub listens [default: {DEFAULT_LISTEN}]")
}

/// How mail is protected on its way to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// By STARTTLS where the server offers it.
    Starttls,
    /// By STARTTLS, or not sent.
    #[value(alias = "starttls-required")]
    Required,
    /// By TLS from the first byte.
    Tls,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

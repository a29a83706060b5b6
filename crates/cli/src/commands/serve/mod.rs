//! `serve`: running the hub.

mod file;
mod repositories;
mod settings;

use std::error::Error;
use std::io::{self, Write};

pub use repositories::RepositoryOption;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use wheelhouse_hub::{ServeError, Started, serve};

use super::Answer;
use crate::args::{LogFormat, Serve};
use crate::failure::{Exit, Failure};

/// The environment variable that says what is logged: `debug`, `info,wheelhouse_hub=debug`.
const LOG_FILTER: &str = "WHEELHOUSE_LOG";

/// Runs the hub until it is told to stop by SIGINT or SIGTERM.
pub fn run(options: &Serve) -> Result<Answer, Failure> {
    let options = file::complete(options.clone())?;
    log(options.log_format.unwrap_or(LogFormat::Text))?;
    let config = settings::config(&options)?;
    let failed = |error: io::Error| Failure::cannot_run(format!("the hub cannot run here: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let served = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let stop = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        serve(config, announce, stop).await.map_err(|error| explain(&error))
    });
    // What still waits for a database that does not answer is left behind.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    served?;
    Ok(Answer::text(""))
}

/// Says where the hub is, and at the first start how to get in. This is the only time that the
/// token is shown.
fn announce(started: &Started) {
    tracing::info!(address = %started.address, "the hub listens on http://{}", started.address);
    let mut out = io::stdout().lock();
    let text = match &started.admin_token {
        Some(token) => format!(
            "the hub listens on http://{}\nadmin token: {token}\n(shown this once; make one for each person: `wheelhouse token create --person NAME`)\n",
            started.address
        ),
        None => format!("the hub listens on http://{}\n", started.address),
    };
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::error!(%error, "the start could not be announced on standard output");
    }
}

/// Logs to standard error; standard output holds only what the start has to say.
pub(super) fn log(format: LogFormat) -> Result<(), Failure> {
    let filter = match std::env::var(LOG_FILTER) {
        Err(_) => EnvFilter::new("info"),
        Ok(filter) => EnvFilter::try_new(&filter).map_err(|error| {
            Failure::cannot_run(format!("{LOG_FILTER}: `{filter}` is no log filter: {error}"))
                .help("expected `debug` or `info,wheelhouse_hub=debug`")
        })?,
    };
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => logger.with_ansi(false).try_init(),
        LogFormat::Json => logger.json().flatten_event(true).try_init(),
    }
    .map_err(|error| Failure::cannot_run(format!("cannot set up the log: {error}")))
}

/// Why the hub does not run, with the causes beneath.
fn explain(error: &ServeError) -> Failure {
    let exit = match error {
        ServeError::Catalog(_) => Exit::Refused,
        _ => Exit::CannotRun,
    };
    let message = error.to_string();
    let mut failure = Failure::new(exit, message.clone());
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_message = inner.to_string();
        if !message.contains(&inner_message) {
            failure = failure.detail(inner_message);
        }
        cause = inner.source();
    }
    failure
}

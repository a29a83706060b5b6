//! The example organisation, alive on this machine: real processes, a real Prometheus, real mail.
//!
//! A small supervisor. It starts every part in order, waits until each is ready, says what to look
//! at and how to break it, and ends what it started, by process id. Everything it writes lies under
//! `.run/`.
#![expect(
    clippy::disallowed_methods,
    reason = "the outermost wiring: it starts real processes and waits for them on the real clock"
)]

mod announce;
pub mod binary;
mod fix;
mod http;
mod hub;
mod layout;
mod mail;
mod once;
mod part;
mod ports;
mod prometheus;
mod script;
pub mod signals;
mod stage;
pub mod trouble;
mod wait;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use layout::Layout;
use ports::Ports;
use signals::Interrupt;
use stage::Stage;
use trouble::Result;

/// What the demo is asked to do.
#[derive(clap::Args)]
pub struct Options {
    /// Starts everything, breaks the ledger, follows the incident to its end, and exits 0 or 1.
    #[arg(long)]
    once: bool,
    /// Uses this `wheelhouse` instead of building one.
    #[arg(long, value_name = "FILE", env = "WHEELHOUSE_DEMO_BINARY")]
    binary: Option<PathBuf>,
    /// Takes seven ports from this one on, instead of the usual ones.
    #[arg(long, value_name = "PORT", env = "WHEELHOUSE_DEMO_PORT_BASE",
          value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    port_base: Option<u16>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Brings a part of the running demo back: ledger, payments-api, portal, hub, prometheus, mail-catcher.
    Fix {
        /// Which part.
        name: String,
    },
}

/// Runs the demo until it is interrupted, or once; trouble is printed and becomes exit code 1.
pub fn run(options: &Options) -> ExitCode {
    let outcome = match &options.action {
        Some(Action::Fix { name }) => fix::request(&Layout::interactive(), name),
        None if options.once => once(options),
        None => interactive(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn interactive(options: &Options) -> Result<()> {
    let stage = open(options, Layout::interactive())?;
    announce::started(&stage);
    watch::until_interrupted(stage)
}

fn once(options: &Options) -> Result<()> {
    let layout = Layout::once();
    layout.clear()?;
    once::walk(open(options, layout)?)
}

fn open(options: &Options, layout: Layout) -> Result<Stage> {
    let interrupt = Interrupt::listen()?;
    let ports = Ports::choose(options.port_base);
    let binary = binary::wheelhouse(&layout, options.binary.as_deref())?;
    Stage::open(layout, ports, binary, interrupt)
}

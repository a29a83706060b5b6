//! The one binary of Wheelhouse: the hub (`serve`), the checker of `ops/` folders (`check`, `init`,
//! `schema`) and the client of a running hub (everything else).
//!
//! The client uses only the hub's public HTTP API. Commands compute an [`Answer`]; what writes to
//! the terminal is here.
#![forbid(unsafe_code)]

mod args;
mod client;
mod commands;
mod failure;
mod moment;
mod output;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use commands::Answer;
use failure::{Exit, Failure};

/// Gives memory back after a storm, and is quicker at many small pieces than the system's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The guard of an automated step is this very program, called for that.
    if let Some(code) = wheelhouse_runner::serve_if_asked(std::env::args_os().skip(1)) {
        return code;
    }
    let cli = Cli::parse();
    let colour = output::wants_colour(&cli.global, io::stderr().is_terminal());
    let exit = commands::run(&cli).and_then(|answer| show(&answer));
    match exit {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Where standard error is closed there is nobody left to tell.
            let _closed = write!(io::stderr(), "{}", failure.render(colour));
            failure.exit.into()
        }
    }
}

/// Writes what is to be read to standard output, and notes about it to standard error.
fn show(answer: &Answer) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(answer.text.as_bytes()).and_then(|()| out.flush());
    match written {
        // The reader has seen enough, as in `wheelhouse case list | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(answer.exit),
        Err(error) => return Err(Failure::cannot_run(format!("cannot write: {error}"))),
        Ok(()) => {}
    }
    for note in &answer.notes {
        let _closed = writeln!(io::stderr(), "{note}");
    }
    Ok(answer.exit)
}

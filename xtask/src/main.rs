//! Tasks of the repository itself: `cargo run -p xtask -- <task>`.

mod bench;
mod demo;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Wheelhouse repository.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo run -p xtask --")]
struct Tasks {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures the hub, and Alertmanager beside it, on this machine.
    Bench(bench::Options),
    /// Starts the example organisation on this machine: hub, mail catcher, Prometheus, three services.
    Demo(demo::Options),
    /// Checks what compilers do not: crate graph, banned calls, dead and long files, links, licences.
    Tidy,
}

fn main() -> ExitCode {
    match Tasks::parse().task {
        Task::Bench(options) => bench::run(&options),
        Task::Demo(options) => demo::run(&options),
        Task::Tidy => tidy::run(),
    }
}

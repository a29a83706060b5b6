//! Executes one step that is described in a JSON file, and says what happens as lines of JSON: for trying a step
//! out on a machine, and for tests that kill a whole runner.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use wheelhouse_runner::secret::{EnvironmentSecrets, FileSecrets, SecretSource};
use wheelhouse_runner::{Cancel, Chunk, End, Gap, Runner, Sink, Started, Step, serve_if_asked};

const USAGE: &str = "usage: wheelhouse-step FILE|- [--jobs FOLDER] [--secrets FOLDER]\n\
    Executes the step in FILE (JSON), and writes what happens as lines of JSON. Secrets come from WH_SECRET_NAME\n\
    and from files in the folder. Ends with 0 if the step succeeded, 1 if not, 2 if there is no step.";

fn main() -> ExitCode {
    if let Some(code) = serve_if_asked(std::env::args_os().skip(1)) {
        return code;
    }
    match run() {
        Ok(code) => code,
        Err(why) => {
            // Where standard error is closed there is nobody to tell.
            let _closed = writeln!(io::stderr(), "error: {why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let mut args = std::env::args().skip(1);
    let (mut file, mut jobs) = (None, std::env::temp_dir().join("wheelhouse-jobs"));
    let mut sources: Vec<Box<dyn SecretSource>> = vec![Box::new(EnvironmentSecrets::from(std::env::vars()))];
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--jobs" => jobs = args.next().map(PathBuf::from).ok_or(USAGE)?,
            "--secrets" => sources.push(Box::new(FileSecrets::in_folder(args.next().ok_or(USAGE)?))),
            _ if file.is_none() => file = Some(arg),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let file = file.ok_or(USAGE)?;
    let mut text = String::new();
    let read = if file == "-" {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(&file).map(|read| text = read)
    };
    read.map_err(|error| format!("{file}: {error}"))?;
    let step: Step = serde_json::from_str(&text).map_err(|error| format!("{file} is no step: {error}"))?;
    let mut runner = Runner::new(jobs);
    runner.sources = sources;
    let cancel = Cancel::new().map_err(|error| error.to_string())?;
    let outcome = runner.execute(&step, &mut Lines, &cancel);
    say(&json!({ "outcome": outcome }));
    Ok(if outcome.end == End::Succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Lines;

impl Sink for Lines {
    fn started(&mut self, started: &Started) {
        let Started { at_us, step, guard, keeper } = started;
        say(&json!({ "started": { "at_us": at_us, "step": step, "guard": guard, "keeper": keeper } }));
    }

    fn kept(&mut self, chunk: &Chunk) {
        say(&json!({ "chunk": chunk }));
    }

    fn gap(&mut self, gap: Gap) {
        say(&json!({ "gap": gap }));
    }
}

fn say(line: &Value) {
    // A reader that has gone does not keep the step from being executed to its end.
    let mut out = io::stdout().lock();
    let _closed = writeln!(out, "{line}").and_then(|()| out.flush());
}

//! A hub with runners in its catalog, and a runner as a process.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::process::Process;
use crate::support::program::wheelhouse;
use crate::support::runs::{lay, run, step};
use crate::support::wait::SOON;

const RUNNERS: &str = "---\nkind: Runner\nname: dmz-1\nteam: noc\nlabels: [zone=dmz]\n\
                       ---\nkind: Runner\nname: lan-1\nteam: noc\nlabels: [zone=lan]\n";

/// A hub whose catalog has these runbooks, by stem, and the runners `dmz-1` and `lan-1`; runners may be silent for so
/// many milliseconds.
pub fn hub(runbooks: &[(&str, &str)], silence_ms: u64) -> (Hub, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = lay(folder.path(), &(usual(&["ledger"]) + RUNNERS), runbooks);
    let mut options: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    options.extend(["--step-folder".into(), place.clone().into()]);
    options.extend(["--runner-silence-ms".into(), silence_ms.to_string().into()]);
    (Hub::with_options(options, folder, None), place)
}

/// A runner as a process, with a folder of its own.
pub struct Station {
    process: Process,
    folder: TempDir,
    hub: String,
    place: PathBuf,
    more: More,
}

/// Further options of a runner, and its environment.
#[derive(Clone, Default)]
pub struct More {
    pub options: Vec<OsString>,
    pub environment: Vec<(String, String)>,
}

impl Station {
    /// Starts a runner of the catalog; its steps may write into `place`.
    pub fn start(hub: &Hub, name: &str, place: &Path) -> Self {
        Self::with_token(hub, &hub.client("runner", name).token, place)
    }

    /// Starts a runner with some token.
    pub fn with_token(hub: &Hub, token: &str, place: &Path) -> Self {
        Self::prepared(hub, token, place, |_| More::default())
    }

    /// Starts a runner of the catalog whose folder is prepared first.
    pub fn with(hub: &Hub, name: &str, place: &Path, prepare: impl FnOnce(&Path) -> More) -> Self {
        Self::prepared(hub, &hub.client("runner", name).token, place, prepare)
    }

    fn prepared(hub: &Hub, token: &str, place: &Path, prepare: impl FnOnce(&Path) -> More) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), token).unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        let hub = format!("http://127.0.0.1:{}", hub.port());
        let more = prepare(folder.path());
        let process = spawn(&folder, &hub, place, &more);
        Self { process, folder, hub, place: place.to_owned(), more }
    }

    /// Where its secrets lie.
    pub fn secrets(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    /// Kills it, as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again in its folder.
    pub fn restart(&mut self) {
        self.process = spawn(&self.folder, &self.hub, &self.place, &self.more);
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Stops it in the middle of whatever it does, or lets it go on: `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait(SOON)
    }

    /// What it said.
    pub fn said(&self) -> String {
        self.process.said()
    }
}

fn spawn(folder: &TempDir, hub: &str, place: &Path, more: &More) -> Process {
    let path = |name: &str| folder.path().join(name);
    let mut command = Command::new(wheelhouse());
    command.args(["runner", "--url", hub, "--token-file"]).arg(path("token")).arg("--folder").arg(path("runner"));
    command.arg("--secrets").arg(path("secrets")).arg("--write").arg(place);
    command.args(&more.options).envs(more.environment.iter().map(|(name, value)| (name, value)));
    command.env("WHEELHOUSE_LOG", "info,wheelhouse=debug");
    Process::start("the runner", &mut command, &path("runner.log"))
}

/// What a step said in its last attempt, or says.
pub fn output(who: &Client, id: &str, of: &str) -> (String, Value) {
    let known = step(&run(who, id), of);
    let last = known["attempts"].as_array().unwrap().last().map(|attempt| attempt["epoch"].clone());
    let Some(epoch) = last.or_else(|| known["work"]["epoch"].as_u64().map(Value::from)) else {
        return (String::new(), Value::Null);
    };
    let mut all = String::new();
    let (mut from, mut gaps) = (0, Vec::new());
    loop {
        let mut said = who.get(&format!("/api/v1/runs/{id}/steps/{of}/output?attempt={epoch}&from={from}"));
        let pieces = said["pieces"].as_array().unwrap().clone();
        all.extend(pieces.iter().map(|piece| piece["text"].as_str().unwrap()));
        gaps.extend(said["gaps"].as_array().unwrap().clone());
        from = said["next"].as_u64().unwrap();
        if pieces.is_empty() {
            said["gaps"] = Value::Array(gaps);
            return (all, said);
        }
    }
}

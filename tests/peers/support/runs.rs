//! Runs of runbooks: the files that they come from, how they begin, and what became of their steps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::client::Client;
use super::wait::{SOON, until_true};

/// Lays a catalog and these runbooks, by stem, below `folder`, as the repository `payments`. Their steps may write into
/// the folder that is returned, which they call `PLACE`.
pub fn lay(folder: &Path, catalog: &str, runbooks: &[(&str, &str)]) -> PathBuf {
    let (ops, place) = (folder.join("payments/ops"), folder.join("place"));
    fs::create_dir_all(ops.join("runbooks")).unwrap();
    fs::create_dir_all(&place).unwrap();
    for (stem, text) in runbooks {
        let text = text.replace("PLACE", place.to_str().unwrap());
        let front = if text.starts_with("---\n") { "" } else { "---\nowners: [payments]\n---\n" };
        let title = if text.contains("\n# ") { String::new() } else { format!("# {stem}\n\n") };
        fs::write(ops.join(format!("runbooks/{stem}.md")), format!("{front}{title}{text}")).unwrap();
    }
    fs::write(ops.join("catalog.yaml"), catalog.replace("PLACE", place.to_str().unwrap())).unwrap();
    place
}

/// Starts a run that goes by itself, with whatever else the request says.
pub fn start(who: &Client, runbook: &str, more: &Value) -> String {
    let mut request = json!({ "runbook": runbook, "pace": "by_itself" });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    who.post("/api/v1/runs", &request).success()["id"].as_str().unwrap().to_owned()
}

/// A run.
pub fn run(who: &Client, id: &str) -> Value {
    who.get(&format!("/api/v1/runs/{id}"))
}

/// A step of a run that was read.
pub fn step(run: &Value, id: &str) -> Value {
    run["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap().clone()
}

/// Where the work on a step stands; empty where there is none.
pub fn state(who: &Client, id: &str, of: &str) -> String {
    step(&run(who, id), of)["work"]["state"].as_str().unwrap_or_default().to_owned()
}

/// The attempts of a step that have ended.
pub fn attempts(who: &Client, id: &str, of: &str) -> Vec<Value> {
    let all = step(&run(who, id), of)["attempts"].as_array().unwrap().clone();
    all.into_iter().filter(|attempt| !attempt["end"].is_null()).collect()
}

/// Waits until a run is over, and gives it.
pub fn until_over(who: &Client, id: &str) -> Value {
    until_true(&format!("{id} is over"), SOON * 2, || run(who, id)["state"] != "under_way");
    run(who, id)
}

/// Whether a process runs that has these words on its command line.
pub fn is_running(mark: &str) -> bool {
    Command::new("pgrep").args(["-f", mark]).output().unwrap().status.success()
}

//! Everything that the demo knows about the hub's and the command line's interface.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::layout::Layout;
use super::ports::Ports;
use super::trouble::{Result, Trouble};

/// What stands before the token that the first start prints.
pub const ADMIN_TOKEN_LINE: &str = "admin token: ";
/// Answers 200 once the hub takes signals.
pub const READY_PATH: &str = "/readyz";
/// Where Prometheus finds an Alertmanager.
pub const ALERTMANAGER_PREFIX: &str = "/in/alertmanager";
/// The source that the catalog names for Prometheus.
pub const SOURCE: &str = "prometheus";
/// The person of the NOC as whom the newcomer acts.
pub const OPERATOR: &str = "emil";
/// A person of the team that runs the ledger, who agrees to what others begin.
pub const OWNER: &str = "dana";
/// The state of a case that waits for somebody.
pub const OPEN: &str = "open";
/// The state of a case whose signals have ended, or that a person resolved.
pub const RESOLVED: &str = "resolved";

/// The arguments of `wheelhouse serve`.
pub fn serve_arguments(layout: &Layout, ports: &Ports) -> Vec<String> {
    let path = |path: PathBuf| path.display().to_string();
    let local = |port: u16| format!("127.0.0.1:{port}");
    [
        "serve".into(),
        "--ops".into(),
        path(layout.harbor()),
        "--data".into(),
        path(layout.data()),
        "--listen".into(),
        local(ports.hub),
        "--smtp".into(),
        local(ports.smtp),
        "--allow-outgoing".into(),
        "127.0.0.0/8".into(),
        // What runbooks of the example do, they do to the processes of this demo, by its supervisor.
        "--step-folder".into(),
        path(layout.requests()),
        "--step-env".into(),
        format!("HARBOR_CONTROL={}", layout.requests().display()),
        "--step-env".into(),
        format!("HARBOR_LEDGER=http://127.0.0.1:{}/healthz", ports.ledger),
    ]
    .into()
}

/// The token in a line of the hub's output, if it is that line.
pub fn admin_token(line: &str) -> Option<String> {
    let token = line.trim().strip_prefix(ADMIN_TOKEN_LINE)?.trim();
    token.starts_with("wh_").then(|| token.to_owned())
}

/// A case as `case list` tells it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Case {
    /// `INC-17`.
    pub id: String,
    /// What happened.
    pub title: String,
    /// [`OPEN`], `acknowledged`, …, [`RESOLVED`].
    pub state: String,
    /// `sev1` … `sev4`.
    pub severity: Option<String>,
    /// The service it is about, if it is about one.
    pub service: Option<String>,
}

/// A run of a runbook as `run list` tells it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Run {
    /// `RUN-3`.
    pub id: String,
    /// The runbook.
    pub runbook: String,
    /// What a person is wanted for.
    pub wants: Vec<String>,
}

/// What a step is carried out with, as `run input` tells it.
#[derive(Deserialize)]
struct Input {
    digest: String,
}

/// The command line, with the address and the token that it needs.
pub struct Cli {
    binary: PathBuf,
    url: String,
    token: String,
}

impl Cli {
    /// The command line as the holder of `token`.
    pub fn new(binary: PathBuf, ports: &Ports, token: String) -> Self {
        Self { binary, url: url(ports), token }
    }

    /// Makes a token for the source [`SOURCE`].
    pub fn create_source_token(&self) -> Result<String> {
        self.create_token("--source", SOURCE)
    }

    /// Makes a token for a person of the catalog.
    pub fn create_person_token(&self, person: &str) -> Result<String> {
        self.create_token("--person", person)
    }

    /// The same command line, in the hands of whoever holds `token`.
    pub fn with_token(&self, token: String) -> Self {
        Self { binary: self.binary.clone(), url: self.url.clone(), token }
    }

    fn create_token(&self, whose: &str, name: &str) -> Result<String> {
        let output = self.run(&["token", "create", whose, name])?;
        output
            .split_whitespace()
            .find(|word| word.starts_with("wh_"))
            .map(str::to_owned)
            .ok_or_else(|| Trouble::new("`wheelhouse token create` printed no token", "run it by hand and see"))
    }

    /// All cases that `case list` shows.
    pub fn cases(&self) -> Result<Vec<Case>> {
        let text = self.run(&["case", "list", "--output", "json"])?;
        serde_json::from_str(&text)
            .map_err(|error| Trouble::new(format!("`wheelhouse case list` is not understood: {error}"), text))
    }

    /// One case, wherever it stands in its life.
    pub fn case(&self, id: &str) -> Result<Case> {
        let text = self.run(&["case", "show", id, "--output", "json"])?;
        serde_json::from_str(&text)
            .map_err(|error| Trouble::new(format!("`wheelhouse case show` is not understood: {error}"), text))
    }

    /// Who was told, as a table for people.
    pub fn told(&self, id: &str) -> Result<String> {
        self.run(&["case", "told", id])
    }

    /// Acknowledges a case.
    pub fn acknowledge(&self, id: &str) -> Result<String> {
        self.run(&["case", "ack", id])
    }

    /// The run of a runbook that is under way for a case, if there is one.
    pub fn run_of(&self, case: &str) -> Result<Option<Run>> {
        let text = self.run(&["run", "list", "--case", case, "--output", "json"])?;
        let runs: Vec<Run> = serde_json::from_str(&text)
            .map_err(|error| Trouble::new(format!("`wheelhouse run list` is not understood: {error}"), text))?;
        Ok(runs.into_iter().next())
    }

    /// What a step of a run would be carried out with: its digest.
    pub fn input(&self, run: &str, step: &str) -> Result<String> {
        let text = self.run(&["run", "input", run, step, "--output", "json"])?;
        let input: Input = serde_json::from_str(&text)
            .map_err(|error| Trouble::new(format!("`wheelhouse run input` is not understood: {error}"), text))?;
        Ok(input.digest)
    }

    /// Agrees to a step of a run.
    pub fn approve(&self, run: &str, step: &str, digest: &str) -> Result<String> {
        self.run(&["run", "approve", run, step, "--input", digest])
    }

    /// A run and its steps, as a table for people.
    pub fn show_run(&self, run: &str) -> Result<String> {
        self.run(&["run", "show", run])
    }

    /// Verifies the record that lies in a hub's data folder.
    pub fn verify_record(&self, data: &Path) -> Result<String> {
        self.run(&["record", "verify", "--data", &data.display().to_string()])
    }

    fn run(&self, args: &[&str]) -> Result<String> {
        let output = Command::new(&self.binary)
            .args(args)
            .env("WHEELHOUSE_URL", &self.url)
            .env("WHEELHOUSE_TOKEN", &self.token)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Trouble::file("run", &self.binary, &error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Trouble::new(
            format!("`wheelhouse {}` failed ({})", args.join(" "), output.status),
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ))
    }
}

/// Where the hub listens.
pub fn url(ports: &Ports) -> String {
    format!("http://127.0.0.1:{}", ports.hub)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn only_the_line_with_a_token_is_one() {
        assert_eq!(admin_token("admin token: wh_abc\n"), Some("wh_abc".into()));
        assert_eq!(admin_token("admin token: \n"), None);
        assert_eq!(admin_token("no admin token: wh_abc"), None);
    }
}

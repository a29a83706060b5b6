//! The hub as a process with data and a port of its own.

use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::client::Client;
use super::process::Process;
use super::program::{clock_mover, free_port, wheelhouse};
use super::wait::{SOON, until, until_true};

/// A hub. It keeps its data, its port and its catalog over restarts.
pub struct Hub {
    process: Process,
    /// The options that say where the catalog is.
    catalog: Vec<OsString>,
    folder: TempDir,
    data: PathBuf,
    port: u16,
    smtp: Option<u16>,
    environment: Vec<(String, String)>,
    admin: Client,
}

impl Hub {
    /// Starts a hub with the catalog of a folder.
    pub fn start(ops: &Path, smtp: Option<u16>) -> Self {
        Self::with_options(vec!["--ops".into(), ops.into()], tempfile::tempdir().unwrap(), smtp)
    }

    /// Starts a hub with a catalog of one document file.
    pub fn with_catalog(text: &str, smtp: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ops = folder.path().join("ops");
        std::fs::create_dir(&ops).unwrap();
        std::fs::write(ops.join("catalog.yaml"), text).unwrap();
        Self::with_options(vec!["--ops".into(), ops.into()], folder, smtp)
    }

    /// Starts a hub with a catalog of one document file, which is given these secrets.
    pub fn with_secrets(text: &str, secrets: &[(&str, &str)], smtp: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ops, kept) = (folder.path().join("ops"), folder.path().join("secrets"));
        std::fs::create_dir(&ops).unwrap();
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(ops.join("catalog.yaml"), text).unwrap();
        for (name, secret) in secrets {
            std::fs::write(kept.join(name), format!("{secret}\n")).unwrap();
            std::fs::set_permissions(kept.join(name), Permissions::from_mode(0o600)).unwrap();
        }
        let options = vec!["--ops".into(), ops.into(), "--secrets".into(), kept.into()];
        Self::with_options(options, folder, smtp)
    }

    /// Starts a hub with a catalog of one document file, which keeps its data on another disk.
    pub fn on_disk(text: &str, disk: &Path, smtp: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ops = folder.path().join("ops");
        std::fs::create_dir(&ops).unwrap();
        std::fs::write(ops.join("catalog.yaml"), text).unwrap();
        Self::start_on(vec!["--ops".into(), ops.into()], folder, disk.join("data"), smtp)
    }

    /// Starts a hub whose catalog is where these options say; it keeps its data in `folder`.
    pub fn with_options(catalog: Vec<OsString>, folder: TempDir, smtp: Option<u16>) -> Self {
        let data = folder.path().join("data");
        Self::start_on(catalog, folder, data, smtp)
    }

    /// The same with these variables in its environment.
    pub fn with_environment(catalog: Vec<OsString>, folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let data = folder.path().join("data");
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start_in(owned, catalog, folder, data, None)
    }

    fn start_on(catalog: Vec<OsString>, folder: TempDir, data: PathBuf, smtp: Option<u16>) -> Self {
        Self::start_in(Vec::new(), catalog, folder, data, smtp)
    }

    fn start_in(
        environment: Vec<(String, String)>,
        catalog: Vec<OsString>,
        folder: TempDir,
        data: PathBuf,
        smtp: Option<u16>,
    ) -> Self {
        let port = free_port();
        let admin = Client::new(&format!("http://127.0.0.1:{port}"), "");
        let process = spawn(&catalog, (folder.path(), &data), port, smtp, &borrowed(&environment));
        let mut hub = Self { process, catalog, folder, data, port, smtp, environment, admin };
        hub.wait_until_ready();
        let said = hub.process.said();
        let token = said.lines().find_map(|line| line.strip_prefix("admin token: "));
        hub.admin.token = token.expect("the first start prints the admin token").to_owned();
        hub
    }

    /// Ends the hub as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same data and port, without waiting.
    pub fn spawn(&mut self) {
        let (environment, folder) = (borrowed(&self.environment), self.folder.path());
        self.process = spawn(&self.catalog, (folder, &self.data), self.port, self.smtp, &environment);
    }

    /// Starts it again on the same data and port.
    pub fn restart(&mut self) {
        self.spawn();
        self.wait_until_ready();
    }

    /// Stops it in order and starts it again on the same data and port.
    pub fn restart_in_order(&mut self) {
        self.terminate();
        self.wait_for_end();
        self.restart();
    }

    /// Starts it again with its clock ahead of everybody else's: the wall clock only, as after a
    /// time without power.
    pub fn restart_ahead(&mut self, minutes: u32) {
        let (library, ahead) = (clock_mover(), format!("+{minutes}m"));
        let environment =
            [("LD_PRELOAD", library.as_str()), ("FAKETIME", ahead.as_str()), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
        self.process = spawn(&self.catalog, (self.folder.path(), &self.data), self.port, self.smtp, &environment);
        self.wait_until_ready();
    }

    /// How much memory it has in use, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Asks it to stop, without waiting.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits for its end after [`Hub::terminate`]; it must say that all is well.
    pub fn wait_for_end(&mut self) {
        let status = self.process.wait(Duration::from_secs(20));
        assert!(status.success(), "the hub stopped with {status}");
    }

    /// Whether it says that it is ready.
    pub fn is_ready(&self) -> bool {
        let asked = super::client::sent(self.nobody().request(reqwest::Method::GET, "/readyz"));
        asked.is_ok_and(|answer| answer.status == 200)
    }

    pub fn wait_until_ready(&mut self) {
        until("the hub is ready", SOON, || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "the hub ended by itself: {ended:?}");
            self.is_ready().then_some(())
        });
    }

    /// Whoever holds the first-start token.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Client {
        self.admin.with("")
    }

    /// A person or a source, with a fresh token.
    pub fn client(&self, kind: &str, name: &str) -> Client {
        self.token_of(kind, name).0
    }

    /// The same, with the name of the token.
    pub fn token_of(&self, kind: &str, name: &str) -> (Client, String) {
        let request = json!({ "owner": { "kind": kind, "name": name }, "description": "a test's" });
        let issued = self.admin.post("/api/v1/tokens", &request).success();
        (self.admin.with(issued["secret"].as_str().unwrap()), issued["token"]["id"].as_str().unwrap().to_owned())
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Waits until no message waits for an attempt or an answer.
    pub fn wait_until_all_is_sent(&self, within: Duration) {
        until_true("no message waits", within, || self.admin.get("/api/v1/status")["messages_waiting"] == 0);
    }

    /// What it has said so far, over all its starts.
    pub fn said(&self) -> String {
        self.process.said()
    }

    /// The folder in which it keeps its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Verifies the record of the data folder by the command line; it must find nothing.
    pub fn verify_record(&self) {
        let out = run(&["record", "verify", "--output", "json", "--data", self.data.to_str().unwrap()]);
        let (said, complained) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "record verify: {}\n{said}\n{complained}", out.status);
    }
}

/// Runs a command of the program.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(wheelhouse()).args(arguments).env_remove("WHEELHOUSE_TOKEN").output().unwrap()
}

fn borrowed(environment: &[(String, String)]) -> Vec<(&str, &str)> {
    environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn spawn(
    catalog: &[OsString],
    (folder, data): (&Path, &Path),
    port: u16,
    smtp: Option<u16>,
    environment: &[(&str, &str)],
) -> Process {
    let mut command = Command::new(wheelhouse());
    command.arg("serve").args(catalog).arg("--data").arg(data);
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--allow-outgoing", "127.0.0.0/8"]);
    if let Some(smtp) = smtp {
        command.args(["--smtp", &format!("127.0.0.1:{smtp}"), "--smtp-tls", "none"]);
    }
    command.envs(environment.iter().copied());
    Process::start("the hub", &mut command, &folder.join("hub.log"))
}

//! The hub under measurement.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::client::Door;
use super::place::{Place, clear, free_port};
use super::process::Process;
use crate::demo::trouble::{Result, Trouble};

/// Where alerts go.
pub const ALERTS: &str = "/in/alertmanager/api/v2/alerts";
/// How long a start may take.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running hub.
pub struct Hub {
    /// Its process.
    pub process: Process,
    /// Its door, with the administrator's token.
    pub admin: Door,
    /// Its door, with the token of the source `prometheus`.
    pub source: Door,
    /// How long it took from its start to ready.
    pub ready_after: Duration,
}

/// What a hub counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts {
    /// Signals taken in durably.
    pub accepted: u64,
    /// Commits.
    pub commits: u64,
    /// Entries recorded.
    pub entries: u64,
    /// Signals that fire.
    pub firing: u64,
    /// Requests refused because a queue was full.
    pub busy: u64,
}

/// What the cases say about themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cases {
    /// How many are open.
    pub open: u64,
    /// How many signals fire in them.
    pub firing: u64,
    /// How many of the firing ones belong to the first service.
    pub firing_in_first: u64,
}

impl Hub {
    /// Starts a hub with nothing.
    pub fn fresh(place: &Place) -> Result<Self> {
        clear(&place.data())?;
        let nobody = Door { port: 0, token: String::new() };
        let mut hub = Self::start(place, &nobody, &nobody)?;
        let token = |text: &str| text.split_whitespace().find(|word| word.starts_with("wh_")).map(str::to_owned);
        let missing = || Trouble::new("the hub printed no token at its first start", "see .run/bench/hub.log");
        hub.admin.token = token(&hub.process.said()).ok_or_else(missing)?;
        let made = hub.command(place, &["token", "create", "--source", "prometheus"])?;
        hub.source.token = token(&made).ok_or_else(missing)?;
        Ok(hub)
    }

    /// Starts a hub on the data that another one left.
    pub fn again(place: &Place, before: (Door, Door)) -> Result<Self> {
        Self::start(place, &before.0, &before.1)
    }

    /// The doors, to be used again by [`Hub::again`].
    pub fn doors(&self) -> (Door, Door) {
        (self.admin.clone(), self.source.clone())
    }

    fn start(place: &Place, admin: &Door, source: &Door) -> Result<Self> {
        let port = free_port()?;
        let local = |port: u16| format!("127.0.0.1:{port}");
        let mut command = Command::new(&place.wheelhouse);
        command.arg("serve").arg("--ops").arg(place.repo.join("examples/harbor")).arg("--ops").arg(place.ops());
        command.arg("--data").arg(place.data()).args(["--listen", &local(port)]);
        command.args(["--steps", "256"]);
        command.args(["--smtp", &local(place.sinks.smtp_port), "--smtp-tls", "none", "--allow-outgoing", "127.0.0.1"]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WHEELHOUSE_")) {
            command.env_remove(name);
        }
        let mut process = Process::start(&mut command, &place.folder.join("hub.log"))?;
        let with = |door: &Door| Door { port, token: door.token.clone() };
        let (admin, source) = (with(admin), with(source));
        let ready_after = process.wait_ready(READY_WITHIN, || admin.text("/readyz").is_ok())?;
        Ok(Self { process, admin, source, ready_after })
    }

    /// What it counts now.
    pub fn counts(&self) -> Result<Counts> {
        let text = self.admin.text("/metrics").map_err(|error| unreadable("/metrics", &error))?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok()).ok_or_else(|| {
                Trouble::new(format!("the hub's metrics have no {name}"), "see crates/hub/src/metrics.rs")
            })
        };
        Ok(Counts {
            accepted: value("wheelhouse_signals_accepted_total")?,
            commits: value("wheelhouse_commits_total")?,
            entries: value("wheelhouse_entries_total")?,
            firing: value("wheelhouse_firing_signals")?,
            busy: value("wheelhouse_busy_answers_total")?,
        })
    }

    /// What its cases say, page by page.
    pub fn cases(&self) -> Result<Cases> {
        let mut cases = Cases::default();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/cases?limit=1000{cursor}");
            let text = self.admin.text(&path).map_err(|error| unreadable(&path, &error))?;
            let page: Value = serde_json::from_str(&text).map_err(|error| unreadable(&path, &error.into()))?;
            for case in page.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
                let firing = case.get("firing").and_then(Value::as_u64).unwrap_or(0);
                let is = |field: &str, word: &str| case.get(field).and_then(Value::as_str) == Some(word);
                cases.open += u64::from(!is("state", "resolved"));
                cases.firing += firing;
                cases.firing_in_first += if is("service", &super::alerts::service(0)) { firing } else { 0 };
            }
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(cases),
            }
        }
    }

    /// Runs the command line as the administrator.
    pub fn command(&self, place: &Place, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&place.wheelhouse);
        command.env("WHEELHOUSE_URL", format!("http://127.0.0.1:{}", self.admin.port));
        command.env("WHEELHOUSE_TOKEN", &self.admin.token);
        run(command.args(arguments))
    }
}

/// Verifies the record that a hub has left; an error says what is wrong with it.
pub fn verify(place: &Place) -> Result<String> {
    let said = run(Command::new(&place.wheelhouse).args(["record", "verify", "--data"]).arg(place.data()))?;
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}

fn run(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| Trouble::new(format!("{shown}: {error}"), "is it built?"))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(Trouble::new(format!("{shown} failed: {said}"), "see above")) }
}

fn unreadable(path: &str, error: &std::io::Error) -> Trouble {
    Trouble::new(format!("the hub's answer to GET {path} is not understood: {error}"), "see .run/bench/hub.log")
}

//! Alertmanager under measurement.

use std::process::Command;
use std::time::Duration;

use super::client::Door;
use super::place::{Place, clear, free_port, write};
use super::process::Process;
use crate::demo::trouble::{Result, Trouble};

/// Where alerts go.
pub const ALERTS: &str = "/api/v2/alerts";
/// How long a start may take.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// How it notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// After `group_wait`, and about changes every `group_interval`, in seconds.
    Every(u32, u32),
    /// Not at all: the receiver has no contact.
    Never,
}

impl Notifies {
    /// It in words.
    pub fn words(self) -> String {
        match self {
            Self::Every(wait, interval) => {
                let interval = if interval >= 60 { format!("{} min", interval / 60) } else { format!("{interval} s") };
                format!("notifying (`group_wait` {wait} s, `group_interval` {interval})")
            }
            Self::Never => "not notifying".to_owned(),
        }
    }

    fn config(self, port: u16) -> String {
        let (receiver, wait, interval) = match self {
            Self::Every(wait, interval) => {
                (format!("    webhook_configs: [{{url: 'http://127.0.0.1:{port}/alertmanager'}}]\n"), wait, interval)
            }
            Self::Never => (String::new(), 3_600, 3_600),
        };
        format!(
            "route: {{receiver: sink, group_by: [alertname, service], group_wait: {wait}s, group_interval: {interval}s, \
             repeat_interval: 4h}}\nreceivers:\n  - name: sink\n{receiver}"
        )
    }
}

/// A running Alertmanager.
pub struct Alertmanager {
    /// Its process.
    pub process: Process,
    /// Its door.
    pub door: Door,
}

impl Alertmanager {
    /// Starts one with nothing.
    pub fn fresh(place: &Place, notifies: Notifies) -> Result<Self> {
        clear(&place.data())?;
        write(&place.folder.join("alertmanager.yml"), &notifies.config(place.sinks.webhook_port))?;
        Self::again(place)
    }

    /// Starts one on the data that another one left.
    pub fn again(place: &Place) -> Result<Self> {
        let door = Door { port: free_port()?, token: String::new() };
        let mut command = Command::new(&place.alertmanager);
        command.arg(format!("--config.file={}", place.folder.join("alertmanager.yml").display()));
        command.arg(format!("--storage.path={}", place.data().display()));
        command.args(["--cluster.listen-address=", &format!("--web.listen-address=127.0.0.1:{}", door.port)]);
        let mut process = Process::start(&mut command, &place.folder.join("alertmanager.log"))?;
        process.wait_ready(READY_WITHIN, || door.text("/-/ready").is_ok())?;
        Ok(Self { process, door })
    }

    /// How many alerts it knows as active.
    pub fn active(&self) -> Result<u64> {
        let text = self.door.text("/metrics").unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("alertmanager_alerts{state=\"active\"} "));
        let count = line.and_then(|value| value.trim().parse::<f64>().ok());
        // The metric is a whole number in floating point.
        count.map(|count| count as u64).ok_or_else(|| {
            Trouble::new(
                "Alertmanager's metrics do not say how many alerts are active",
                "see .run/bench/alertmanager.log",
            )
        })
    }
}

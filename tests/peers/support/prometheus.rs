//! A real Prometheus whose Alertmanager is the hub.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::hub::Hub;
use super::process::Process;
use super::program::{free_port, peer};
use super::wait::{SOON, until_true};

/// A Prometheus with data of its own.
pub struct Prometheus {
    _process: Process,
    _folder: TempDir,
    api: Client,
}

impl Prometheus {
    /// Starts it with a rule file and the targets to scrape, each a job and a port. It looks, decides
    /// and sends every second.
    pub fn start(hub: &Hub, rules: &Path, targets: &[(&str, u16)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let port = free_port();
        std::fs::write(path("token"), &hub.client("source", "prometheus").token).unwrap();
        let scrape = |(job, port): &(&str, u16)| json!({ "job_name": job, "static_configs": [{ "targets": [format!("127.0.0.1:{port}")] }] });
        let configuration = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
            "rule_files": [rules],
            "alerting": { "alertmanagers": [{
                "api_version": "v2",
                "path_prefix": "/in/alertmanager",
                "authorization": { "type": "Bearer", "credentials_file": path("token") },
                "static_configs": [{ "targets": [format!("127.0.0.1:{}", hub.port())] }],
            }] },
            "scrape_configs": targets.iter().map(scrape).collect::<Vec<_>>(),
        });
        // JSON is YAML.
        std::fs::write(path("prometheus.yml"), configuration.to_string()).unwrap();
        let mut command = Command::new(peer("prometheus", "prometheus"));
        command.arg(format!("--config.file={}", path("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", path("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.arg("--rules.alert.resend-delay=1s");
        let process = Process::start("Prometheus", &mut command, &path("prometheus.log"));
        let api = Client::new(&format!("http://127.0.0.1:{port}"), "");
        Self { _process: process, _folder: folder, api }
    }

    /// Waits until it sees `count` targets up.
    pub fn wait_until_up(&self, count: usize) {
        until_true("Prometheus sees its targets", SOON, || self.up() == Some(count));
    }

    fn up(&self) -> Option<usize> {
        let request = self.api.request(reqwest::Method::GET, "/api/v1/query?query=up%20%3D%3D%201");
        let answer = super::client::sent(request).ok().filter(|answer| answer.status == 200)?;
        answer.json().pointer("/data/result").and_then(Value::as_array).map(Vec::len)
    }
}

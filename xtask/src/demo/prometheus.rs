//! Prometheus' configuration, and what it says about its targets.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::http;
use super::hub;
use super::layout::{self, Layout};
use super::ports::Ports;
use super::script::{LEDGER, PAYMENTS_API, PORTAL};
use super::trouble::{Result, Trouble};

/// Writes the configuration: three targets, every rule file of the organisation, the hub as Alertmanager.
pub fn configure(layout: &Layout, ports: &Ports) -> Result<()> {
    let rules = rule_files(&layout.harbor())?;
    if rules.is_empty() {
        return Err(Trouble::new(
            format!("no rule file was found under {}", layout.harbor().display()),
            "expected <team>/prometheus/*.rules.yaml",
        ));
    }
    // JSON is YAML: nothing needs escaping by hand.
    let text = format!("{:#}\n", configuration(ports, &rules, &layout.source_token()));
    layout::write(&layout.prometheus_config(), &text)
}

/// How many of the three services Prometheus sees up.
pub fn services_up(ports: &Ports) -> usize {
    let Ok(answer) = http::get(ports.prometheus, "/api/v1/query?query=up%20%3D%3D%201") else {
        return 0;
    };
    let Ok(reply) = serde_json::from_str::<Value>(&answer.body) else {
        return 0;
    };
    reply.pointer("/data/result").and_then(Value::as_array).map_or(0, Vec::len)
}

fn configuration(ports: &Ports, rules: &[PathBuf], token: &Path) -> Value {
    let target = |port: u16| json!([{ "targets": [format!("127.0.0.1:{port}")] }]);
    let scrape = |job: &str, port: u16| json!({ "job_name": job, "static_configs": target(port) });
    json!({
        "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
        "rule_files": rules,
        "alerting": { "alertmanagers": [{
            "api_version": "v2",
            "path_prefix": hub::ALERTMANAGER_PREFIX,
            "authorization": { "type": "Bearer", "credentials_file": token },
            "static_configs": target(ports.hub),
        }] },
        "scrape_configs": [
            scrape(LEDGER, ports.ledger),
            scrape(PAYMENTS_API, ports.payments_api),
            scrape(PORTAL, ports.portal),
        ],
    })
}

/// `<team>/prometheus/*.rules.yaml`, in order.
fn rule_files(harbor: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for team in entries(harbor)? {
        let folder = team.join("prometheus");
        if folder.is_dir() {
            found.extend(entries(&folder)?.into_iter().filter(|path| path.to_string_lossy().ends_with(".rules.yaml")));
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    read().map_err(|error| Trouble::file("read", folder, &error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn every_teams_rules_are_loaded_and_the_hub_is_the_alertmanager() {
        let layout = Layout::interactive();
        let rules = rule_files(&layout.harbor()).unwrap();
        assert_eq!(rules.len(), 20, "{rules:?}");
        let config = configuration(&Ports::choose(None), &rules, Path::new("/t/source-token"));
        let hub = config.pointer("/alerting/alertmanagers/0").unwrap();
        assert_eq!(hub.pointer("/path_prefix"), Some(&json!("/in/alertmanager")));
        assert_eq!(hub.pointer("/static_configs/0/targets/0"), Some(&json!("127.0.0.1:8480")));
        assert_eq!(hub.pointer("/authorization/credentials_file"), Some(&json!("/t/source-token")));
    }
}

//! A hub is watched as `examples/hub` shows it: by a Prometheus' rules, each with a runbook, over metrics that are there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;
use crate::support::program::{peer, repository};
use crate::support::wait::{SOON, until_true};

fn example() -> PathBuf {
    repository().join("examples/hub")
}

/// What promtool says of a file.
fn promtool(arguments: &[&str]) -> String {
    let out = Command::new(peer("promtool", "prometheus"))
        .args(arguments)
        .current_dir(example().join("prometheus"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    said
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// The names of metrics in a text, without what a histogram or a counter adds to them.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    let names = words.filter(|word| word.starts_with("wheelhouse_"));
    let plain = |name: &str| {
        ["_bucket", "_count", "_sum", "_total", "_info"]
            .iter()
            .fold(name.to_owned(), |name, end| name.strip_suffix(end).map_or(name.clone(), str::to_owned))
    };
    names.map(plain).collect()
}

#[test]
fn every_alert_about_a_hub_fires_where_it_should_and_has_a_runbook() {
    let checked = promtool(&["check", "rules", "wheelhouse.rules.yaml"]);
    assert!(checked.contains("rules found"), "{checked}");
    promtool(&["test", "rules", "wheelhouse.test.yaml"]);
    let rules = read("examples/hub/prometheus/wheelhouse.rules.yaml");
    let named = |key: &str| -> Vec<String> {
        rules.lines().filter_map(|line| line.trim().strip_prefix(key)).map(|value| value.trim().to_owned()).collect()
    };
    let (alerts, runbooks) = (named("- alert:"), named("runbook:"));
    assert!(alerts.len() >= 10 && alerts.len() == runbooks.len(), "{alerts:?}");
    let tests = read("examples/hub/prometheus/wheelhouse.test.yaml");
    for (alert, runbook) in alerts.iter().zip(runbooks) {
        assert!(example().join(&runbook).is_file(), "{alert}: there is no {runbook}");
        assert!(tests.contains(&format!("        alertname: {alert}\n")), "{alert}: nothing shows that it fires");
        assert!(tests.contains(&format!("alertname: {alert}, exp_alerts: []")), "{alert}: nothing shows that it rests");
    }
    let checked = run(&["check", "--part", example().join("ops").to_str().unwrap()]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn what_is_watched_is_what_a_hub_at_work_counts_and_what_the_page_explains() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&usual(&["ledger"]), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    catcher.wait_for("dana@quay.example", "ledger");
    hub.wait_until_all_is_sent(SOON);
    let scraped = || hub.nobody().look("/metrics").text;
    let value = |text: &str, name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("there is no {name} in\n{text}")).parse().unwrap()
    };
    let text = scraped();
    for stage in [
        "intake_seconds_count{door=\"alertmanager\"}",
        "accept_seconds_count{door=\"alertmanager\"}",
        "queue_seconds_count{lane=\"signals\"}",
        "queue_seconds_count{lane=\"hub\"}",
        "decide_seconds_count",
        "commit_seconds_count",
        "delivery_lag_seconds_count{lane=\"page\"}",
    ] {
        assert!(value(&text, &format!("wheelhouse_{stage}")) > 0.0, "{stage}");
    }
    assert!(value(&text, "wheelhouse_disk_free_bytes") > 0.0 && value(&text, "wheelhouse_database_bytes") > 0.0);
    assert_eq!(value(&text, "wheelhouse_last_backup_timestamp_seconds"), 0.0);
    assert_eq!((value(&text, "wheelhouse_ready"), value(&text, "wheelhouse_oldest_page_seconds")), (1.0, 0.0));
    until_true("the checkpoint is written", SOON, || {
        let text = scraped();
        value(&text, "wheelhouse_checkpoint_outside_entries") == value(&text, "wheelhouse_record_entries")
    });
    let data = hub.folder().join("data");
    let (data, to) = (data.to_str().unwrap(), hub.folder().join("b.tar.zst"));
    assert!(run(&["backup", "--data", data, "--to", to.to_str().unwrap()]).status.success());
    assert!(value(&scraped(), "wheelhouse_last_backup_timestamp_seconds") > 1.7e9);

    // Only names, not what is said about them.
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned));
    let counted = metrics_in(&kinds.collect::<Vec<_>>().join(" "));
    let watched = metrics_in(&read("examples/hub/prometheus/wheelhouse.rules.yaml"));
    assert_eq!(
        watched.difference(&counted).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "an alert asks for what is not there"
    );
    assert_eq!(
        metrics_in(&read("docs/metrics.md")),
        counted,
        "docs/metrics.md explains what there is, and nothing else"
    );
}

//! The guides for team leads and for the NOC, followed to the letter.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::alerts::{alert, ending, in_seconds};
use crate::support::client::Client;
use crate::support::guide::{Reader, sections};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::program::{harbor, peer};
use crate::support::repository::Repository;
use crate::support::said::Alike;
use crate::support::wait::{SOON, until_true};

/// The folder in which a guide is followed, with a copy of harbor in it as `organisation`.
fn folder_with_harbor() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-R").arg(harbor()).arg(folder.path().join("organisation")).status().unwrap();
    assert!(copied.success());
    folder
}

fn hub_in(folder: tempfile::TempDir, catcher: &MailCatcher) -> Hub {
    let config = folder.path().join("hub.yaml");
    let hub = Hub::with_options(vec!["--config".into(), config.into()], folder, Some(catcher.smtp));
    std::fs::write(hub.folder().join("admin.token"), &hub.admin().token).unwrap();
    hub
}

fn has_prometheus_accepted(configuration: &Path) {
    let checked = Command::new(peer("promtool", "prometheus"))
        .args(["check", "config", "--syntax-only"])
        .arg(configuration)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_team_brings_its_service_in_by_the_guide_within_ten_minutes() {
    let begun = Instant::now();
    let catcher = MailCatcher::start(&[]);
    let parking = Repository::empty("parking");
    let folder = folder_with_harbor();
    let pages = sections("team-guide.md");
    let (first, others) = pages.split_first().unwrap();
    let root = parking.root().display();
    let mut reader = Reader::new(folder.path(), &[&["ines", "paul"]]);
    reader.differs("url: \"https://git.harbor.example.org/", &format!("url: \"git+file://{root}/"));
    reader.differs("clone -q https://git.harbor.example.org/", &format!("clone -q {root}/"));
    reader.follow(first);
    let hub = hub_in(folder, &catcher);
    reader.differs("127.0.0.1:8480", &format!("127.0.0.1:{}", hub.port()));
    for section in others {
        reader.follow(section);
    }
    reader.finish();
    assert!(begun.elapsed() < Duration::from_secs(600), "{:?}", begun.elapsed());

    has_prometheus_accepted(&hub.folder().join("parking/prometheus.yml"));
    for (case, drill) in [("INC-1", true), ("INC-2", false)] {
        let caught = catcher.caught();
        let page = caught.iter().find(|mail| mail.subject().contains(case)).unwrap();
        assert_eq!(page.subject().contains("DRILL"), drill, "{}", page.subject());
        assert!(page.is_to("ines@harbor.example.org") || page.is_to("paul@harbor.example.org"), "{:?}", page.to);
    }
    hub.wait_until_all_is_sent(SOON);
    hub.verify_record();
}

/// Whoever answers for a schedule that the NOC meets, and the team's other members.
const ON_CALL: Alike = &[&["grace", "bogdan", "emil", "anneke"], &["dana", "nadia", "omar"]];

/// An alert whose summary is its name.
fn named(service: &str, name: &str) -> Value {
    let mut alert = alert(service, name, "1");
    alert["annotations"]["summary"] = name.into();
    alert
}

/// What happens around the NOC, section by section.
struct Night {
    hub: Hub,
    catcher: Option<MailCatcher>,
    prometheus: Client,
}

impl Night {
    fn fires(&self, service: &str, name: &str) {
        self.prometheus.alert(&[named(service, name)]);
    }

    fn ends(&self, service: &str, name: &str) {
        self.prometheus.alert(&[ending(named(service, name), -1)]);
    }

    /// What makes a section true.
    fn before(&mut self, heading: &str) {
        match heading {
            "An alert that belongs to nobody" => {
                let labels = json!({ "alertname": "HostDiskFull", "instance": "gis-07", "severity": "critical" });
                let annotations = json!({ "summary": "HostDiskFull" });
                self.prometheus.alert(&[json!({
                    "labels": labels, "annotations": annotations, "endsAt": in_seconds(3600),
                })]);
            }
            "A storm" => {
                let change = json!({
                    "service": "ledger", "kind": "deployment", "version": "2.4.1", "title": "Smaller batches", "at": in_seconds(-600),
                });
                self.hub.client("person", "dana").post("/api/v1/changes", &change).success();
                let all = [("benefits", "BenefitsDown"), ("ledger", "LedgerDown"), ("payments-api", "PaymentsDown")];
                self.prometheus.alert(&all.map(|(service, name)| named(service, name)));
            }
            "An alert that comes and goes" => {
                for _ in 0..4 {
                    self.fires("depot-scales", "ScalesDown");
                    self.ends("depot-scales", "ScalesDown");
                }
            }
            "Planned work: silence it" => self.fires("vpn", "VpnDown"),
            "A channel fails" => {
                self.hub.wait_until_all_is_sent(SOON);
                self.catcher.as_mut().unwrap().kill();
                self.fires("dns", "DnsDown");
            }
            "The channel works again" => self.catcher = self.catcher.take().map(|catcher| catcher.restart(&[])),
            "A team pushed something wrong" => self.write_dependency("ledger", "ledgr"),
            "The hub does not answer" => {
                self.write_dependency("ledgr", "ledger");
                self.hub.wait_until_all_is_sent(SOON);
                self.hub.kill();
            }
            "The hub was restarted" => self.hub.restart(),
            _ => {}
        }
    }

    /// Writes another name into a service of harbor, as somebody does who mistypes it.
    fn write_dependency(&self, old: &str, new: &str) {
        let path = self.hub.folder().join("organisation/benefits/ops/services/payouts.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(path, text.replace(old, new)).unwrap();
    }
}

#[test]
fn a_hub_is_installed_backed_up_lost_and_recovered_by_the_guide() {
    let catcher = MailCatcher::start(&[]);
    let folder = folder_with_harbor();
    for name in ["elsewhere", "elsewhere/backups"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    let mut reader = Reader::new(folder.path(), &[]);
    reader.differs("/var/lib/wheelhouse", &data.display().to_string());
    reader.differs("/mnt/elsewhere", &elsewhere.display().to_string());
    let pages = sections("operations.md");
    let started = pages.iter().position(|section| section.heading == "The first start").unwrap();
    let (before, others) = pages.split_at(started);
    before.iter().for_each(|section| reader.follow(section));
    let config = folder.path().join("wheelhouse.yaml");
    let mut hub = Hub::with_options(vec!["--config".into(), config.into()], folder, Some(catcher.smtp));
    std::fs::write(hub.folder().join("admin.token"), &hub.admin().token).unwrap();
    reader.differs("127.0.0.1:8480", &format!("127.0.0.1:{}", hub.port()));
    let kept = || std::fs::read_to_string(elsewhere.join("checkpoints.txt")).unwrap();
    for section in others {
        match section.heading.as_str() {
            // Something that no backup has.
            "Try it" => hub.client("source", "prometheus").alert(&[alert("ledger", "LedgerDown", "1")]),
            "Recover" => {
                hub.wait_until_all_is_sent(SOON);
                let newest = || hub.admin().look("/api/v1/record/checkpoint").text;
                until_true("the newest head is kept", SOON, || kept().contains(&newest()));
                hub.kill();
                std::fs::remove_dir_all(&data).unwrap();
            }
            "Checkpoints kept elsewhere" => {
                hub.restart();
                until_true("the new log's head is kept", SOON, || kept().contains("/restored-"));
            }
            _ => {}
        }
        reader.follow(section);
    }
    reader.finish();
    hub.verify_record();
}

#[test]
fn the_noc_gets_through_a_night_by_the_guide() {
    let catcher = MailCatcher::start(&[]);
    let folder = folder_with_harbor();
    std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let config = "ops: [organisation]\ncheckpoint-file: elsewhere/checkpoints.txt\n";
    std::fs::write(folder.path().join("hub.yaml"), config).unwrap();
    let hub = hub_in(folder, &catcher);
    std::fs::write(hub.folder().join("emil.token"), hub.client("person", "emil").token).unwrap();
    let mut reader = Reader::new(hub.folder(), ON_CALL);
    reader.differs("127.0.0.1:8480", &format!("127.0.0.1:{}", hub.port()));
    let prometheus = hub.client("source", "prometheus");
    let mut night = Night { hub, catcher: Some(catcher), prometheus };
    for section in sections("noc-guide.md") {
        night.before(&section.heading);
        reader.follow(&section);
    }
    reader.finish();
    night.hub.verify_record();
}

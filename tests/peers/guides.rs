//! The guides for team leads and for the NOC, followed to the letter.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::guide::{Reader, sections};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::program::{harbor, peer};
use crate::support::repository::Repository;

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
    let mut reader = Reader::new(folder.path(), &["ines", "paul"]);
    reader.differs("url: \"https://git.harbor.example.org/", &format!("url: \"git+file://{root}/"));
    reader.differs("clone -q https://git.harbor.example.org/", &format!("clone -q {root}/"));
    reader.follow(first);
    let hub = hub_in(folder, &catcher);
    reader.differs("127.0.0.1:8480", &format!("127.0.0.1:{}", hub.port()));
    for section in others {
        reader.follow(section);
    }
    assert!(begun.elapsed() < Duration::from_secs(600), "{:?}", begun.elapsed());

    has_prometheus_accepted(&hub.folder().join("parking/prometheus.yml"));
    for (case, drill) in [("INC-1", true), ("INC-2", false)] {
        let caught = catcher.caught();
        let page = caught.iter().find(|mail| mail.subject().contains(case)).unwrap();
        assert_eq!(page.subject().contains("DRILL"), drill, "{}", page.subject());
        assert!(page.is_to("ines@harbor.example.org") || page.is_to("paul@harbor.example.org"), "{:?}", page.to);
    }
    hub.wait_until_all_is_sent(crate::support::wait::SOON);
    hub.verify_record();
}

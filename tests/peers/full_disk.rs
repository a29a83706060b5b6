//! A full disk: the hub says so, refuses what it cannot keep, loses nothing, and recovers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, until, until_true};

/// How large the disk is, in bytes.
const DISK: usize = 12 << 20;
const DOOR: &str = "/in/alertmanager/api/v2/alerts";

/// Sends alerts of some size until the hub says that it cannot keep them; gives those it kept.
fn fill(source: &Client, prefix: &str, most: usize) -> (Vec<String>, Option<String>) {
    let mut kept = Vec::new();
    for request in 0..most {
        let ids: Vec<String> = (0..40).map(|number| format!("{prefix}-{request}-{number}")).collect();
        let alerts: Vec<Value> = ids
            .iter()
            .map(|id| {
                let mut alert = alert("ledger", "Down", id);
                // What compresses badly fills a disk as well as its labels say.
                let noise: String = (0..40_u64).map(|n| format!("{:016x}", mixed(n, id))).collect();
                alert["annotations"]["noise"] = noise.into();
                alert
            })
            .collect();
        let answer = source.post(DOOR, &Value::Array(alerts));
        match answer.status {
            200 => kept.extend(ids),
            _ => return (kept, Some(format!("{} {}", answer.status, answer.text))),
        }
    }
    (kept, None)
}

fn mixed(number: u64, id: &str) -> u64 {
    let start = id.bytes().fold(number, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (start ^ (start >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[test]
fn a_full_disk_is_said_refuses_what_it_cannot_keep_and_loses_nothing() {
    let Some(disk) = Disk::new() else {
        panic!("no small disk could be made\n  = help: run this as root, or where user namespaces are allowed");
    };
    let catcher = MailCatcher::start(&[]);
    let ballast = disk.path.join("ballast");
    let mut hub = Hub::on_disk(&usual(&["ledger", "portal"]), &disk.path, Some(catcher.smtp));
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let (mut kept, refused) = fill(&source, "before", 2);
    assert_eq!(refused, None, "there is room at first");
    fill_up(&ballast);
    let (more, refused) = fill(&source, "full", 200);
    kept.extend(more);
    let refused = refused.expect("the disk is full, and the hub kept everything");
    assert!(refused.starts_with("503 "), "{refused}");
    let note = json!({ "text": "is anybody there?" });
    let case = dana.cases_of("ledger").remove(0)["id"].as_str().unwrap().to_owned();
    let answer = dana.post(&format!("/api/v1/cases/{case}/notes"), &note);
    assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false), "{}", answer.text);
    // It says so, to people, to load balancers and in its log; what it has can still be read.
    assert_eq!(hub.nobody().look("/readyz").status, 503);
    let warnings = dana.get("/api/v1/status")["warnings"].to_string();
    assert!(warnings.contains("does not take writes"), "{warnings}");
    assert!(hub.said().contains("a commit failed"), "the log does not say why");
    every_alert_is_there(&dana, &case, &kept);

    // There is room again: it goes on by itself, and keeps what comes now.
    fs::remove_file(&ballast).unwrap();
    until_true("the hub takes writes again", SOON, || {
        dana.post(&format!("/api/v1/cases/{case}/notes"), &note).status < 300
            && hub.nobody().look("/readyz").status == 200
    });
    let (more, refused) = fill(&source, "after", 2);
    assert_eq!(refused, None);
    kept.extend(more);
    every_alert_is_there(&dana, &case, &kept);
    hub.wait_until_all_is_sent(SOON);
    hub.verify_record();

    // Full, and killed: the next start, with room, has everything that was said yes to.
    fill_up(&ballast);
    let (more, _) = fill(&source, "again", 200);
    kept.extend(more);
    hub.kill();
    fs::remove_file(&ballast).unwrap();
    hub.restart();
    every_alert_is_there(&dana, &case, &kept);
    hub.terminate();
    hub.wait_for_end();
    hub.verify_record();
}

fn every_alert_is_there(reader: &Client, case: &str, kept: &[String]) {
    let members = reader.all(&format!("/api/v1/cases/{case}/members?limit=1000"));
    let ids: std::collections::BTreeSet<&str> =
        members.iter().map(|member| member["labels"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), members.len(), "an alert is there twice");
    let lost: Vec<&String> = kept.iter().filter(|id| !ids.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{} accepted alerts are lost, such as {:?}", lost.len(), lost.first());
}

/// Writes until there is no room.
fn fill_up(ballast: &Path) {
    let block = vec![7_u8; 4 << 10];
    let mut file = fs::File::create(ballast).unwrap();
    while std::io::Write::write_all(&mut file, &block).is_ok() {}
}

/// A small file system in memory.
struct Disk {
    path: PathBuf,
    /// The folder it is mounted on, and whoever keeps the namespace in which it is mounted.
    folder: tempfile::TempDir,
    keeper: Option<std::process::Child>,
}

impl Disk {
    /// Mounts one: as root here, or else in a namespace of a process that only keeps it.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap().to_owned();
        let size = format!("size={DISK}");
        let mount = ["-t", "tmpfs", "-o", &size, "wheelhouse-test", &place];
        let mounted = Command::new("mount").args(mount).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { path: folder.path().to_owned(), folder, keeper: None });
        }
        let script = format!("mount {} && exec sleep 3600", mount.join(" "));
        let keeper = Command::new("unshare").args(["--map-root-user", "--mount", "sh", "-c", &script]).spawn().ok()?;
        let path = PathBuf::from(format!("/proc/{}/root{place}", keeper.id()));
        let disk = Self { path, folder, keeper: Some(keeper) };
        let is_small = || {
            let shown = Command::new("stat").args(["-f", "-c", "%T", disk.path.to_str()?]).output().ok()?;
            String::from_utf8_lossy(&shown.stdout).contains("tmpfs").then_some(())
        };
        until("the small disk is mounted", SOON, is_small);
        Some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        match &mut self.keeper {
            Some(keeper) => {
                let _ = keeper.kill();
                let _ = keeper.wait();
            }
            None => {
                let _ = Command::new("umount").args(["--lazy".as_ref(), self.folder.path().as_os_str()]).status();
            }
        }
    }
}

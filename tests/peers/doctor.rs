//! `wheelhouse doctor`: of a running hub, of a folder, of both; what is wrong is found, and the exit code says how bad it is.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, until_true};

/// What `doctor` says: the exit code, and what is not fine, by check.
fn asked(arguments: &[&str]) -> (i32, Vec<(String, String)>, Value) {
    let out = run(&[&["doctor", "--output", "json"], arguments].concat());
    let said: Value = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)));
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = said["findings"].as_array().unwrap();
    let wrong = findings.iter().filter(|finding| finding["health"] != "fine");
    for finding in wrong.clone() {
        assert!(finding["why"].is_string() && finding["to_do"].is_string(), "{finding}");
        assert_ne!(finding["check"], "disk", "these tests need 3 GiB free where temporary files lie: {finding}");
    }
    (out.status.code().unwrap(), wrong.map(|finding| (word(finding, "check"), word(finding, "health"))).collect(), said)
}

fn found(check: &str, health: &str) -> (String, String) {
    (check.to_owned(), health.to_owned())
}

/// A hub as the operations guide has it.
fn well_kept(smtp: u16) -> Hub {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ops")).unwrap();
    fs::write(folder.path().join("ops/catalog.yaml"), usual(&["ledger"])).unwrap();
    let place = |name: &str| folder.path().join(name).into_os_string();
    let options: Vec<OsString> = vec![
        "--ops".into(),
        place("ops"),
        "--checkpoint-file".into(),
        place("checkpoints.txt"),
        "--origin".into(),
        "quay.example/record".into(),
    ];
    Hub::with_options(options, folder, Some(smtp))
}

#[test]
fn a_hub_that_is_kept_well_is_fine_and_what_goes_wrong_is_named() {
    let mut catcher = MailCatcher::start(&[]);
    let hub = well_kept(catcher.smtp);
    let data = hub.folder().join("data");
    let data = data.to_str().unwrap();
    let url = format!("http://127.0.0.1:{}", hub.port());
    let online = ["--url", url.as_str(), "--token", hub.admin().token.as_str()];
    until_true("only the backup is missing", SOON, || asked(&online).1 == [found("backup", "warning")]);
    let to = hub.folder().join("backup.tar.zst");
    assert!(run(&["backup", "--data", data, "--to", to.to_str().unwrap()]).status.success());
    let (code, wrong, said) = asked(&online);
    assert_eq!((code, wrong, &said["health"]), (0, vec![], &"fine".into()), "{said}");
    assert!(said["findings"].as_array().unwrap().len() > 10);
    let (code, wrong, _) = asked(&[&["--data", data], &online[..]].concat());
    assert_eq!((code, wrong), (0, vec![]), "both at once");

    // By a clock that is wrong.
    let ahead = hub.admin().get("/api/v1/doctor?now=2031-01-01T00:00:00Z");
    assert_eq!(ahead["health"], "broken");
    assert_eq!(hub.admin().look("/api/v1/doctor?now=soon").status, 422);
    assert_eq!(hub.nobody().look("/api/v1/doctor").status, 401);

    // Mail goes nowhere: the page waits, its channel fails.
    catcher.kill();
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    until_true("the channel is named", SOON, || asked(&online).1.contains(&found("channels", "warning")));
    assert_eq!(asked(&online).0, 1);
    let shown = run(&[&["doctor"], &online[..]].concat());
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("WARNING  channels") && shown.contains("wheelhouse channel list"), "{shown}");
}

#[test]
fn a_hub_without_mail_a_backup_or_a_name_of_its_own_hears_of_each() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let url = format!("http://127.0.0.1:{}", hub.port());
    let (code, wrong, _) = asked(&["--url", &url, "--token", &hub.admin().token]);
    let expected = [("mail", "broken"), ("backup", "warning"), ("record", "warning"), ("checkpoint", "warning")];
    assert_eq!((code, wrong), (2, expected.map(|(check, health)| found(check, health)).to_vec()));
    let refused = run(&["doctor", "--url", &url, "--token", &hub.client("source", "prometheus").token]);
    assert_eq!(refused.status.code(), Some(3), "a source may send, and not look");
}

#[test]
fn a_folder_is_looked_at_without_a_hub() {
    let catcher = MailCatcher::start(&[]);
    let mut hub = well_kept(catcher.smtp);
    hub.kill();
    let folder = hub.folder().join("data");
    let data = folder.to_str().unwrap();
    let (code, wrong, _) = asked(&["--data", data]);
    assert_eq!((code, wrong), (1, vec![found("backup", "warning")]));
    fs::set_permissions(folder.join("record.key"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let wrong = asked(&["--data", data]).1;
    assert_eq!(wrong, ["folder", "keys", "backup"].map(|check| found(check, "warning")));
    fs::remove_file(folder.join("record.key")).unwrap();
    let (code, wrong, _) = asked(&["--data", data]);
    assert!(code == 2 && wrong.contains(&found("keys", "broken")), "{wrong:?}");
    for log in ["wheelhouse.db-wal", "wheelhouse.db-shm"] {
        fs::remove_file(folder.join(log)).unwrap();
    }
    fs::write(folder.join("wheelhouse.db"), "no database at all, but a text that is long enough to be one").unwrap();
    let (code, wrong, _) = asked(&["--data", data]);
    assert!(code == 2 && wrong.contains(&found("schema", "broken")), "{wrong:?}");
    let (code, wrong, _) = asked(&["--data", "/nowhere/at/all"]);
    assert!(code == 2 && wrong.contains(&found("folder", "broken")), "{wrong:?}");
}

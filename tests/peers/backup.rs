//! Backups of a hub at work, and what comes of them: restored, verified, tried, refused where they were changed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::alerts::{alert, ending};
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, pass, until_true};

/// A hub that writes its checkpoints outside of its data folder.
fn hub(smtp: Option<u16>) -> Hub {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["ops", "elsewhere", "backups"] {
        fs::create_dir(place(name)).unwrap();
    }
    let roles = "\n---\n{kind: Team, name: data-protection, members: [dana], roles: [data-protection]}\n";
    fs::write(place("ops").join("catalog.yaml"), usual(&["ledger", "portal"]) + roles).unwrap();
    let file = place("elsewhere").join("checkpoints.txt");
    let options: Vec<OsString> = vec![
        "--ops".into(),
        place("ops").into(),
        "--checkpoint-file".into(),
        file.into(),
        "--origin".into(),
        "quay.example/record".into(),
    ];
    Hub::with_options(options, folder, smtp)
}

/// Paths below a hub's folder.
struct Places {
    data: String,
    backups: String,
    kept: String,
}

impl Places {
    fn of(hub: &Hub) -> Self {
        let place = |name: &str| hub.folder().join(name).to_str().unwrap().to_owned();
        Self { data: place("data"), backups: place("backups"), kept: place("elsewhere/checkpoints.txt") }
    }

    /// Backs up, and says where to.
    fn back_up(&self, more: &[&str]) -> String {
        let arguments = [&["backup", "--output", "json", "--data", &self.data, "--to", &self.backups], more].concat();
        let made: Value = serde_json::from_str(&command(&arguments).unwrap()).unwrap();
        made["path"].as_str().unwrap().to_owned()
    }

    /// Puts a backup where the data was.
    fn restore(&self, from: &str, more: &[&str]) -> Result<String, (i32, String)> {
        command(&[&["restore", "--from", from, "--data", &self.data], more].concat())
    }

    /// Takes the data out of the way, as a disk does that is lost.
    fn lose(&self) -> PathBuf {
        let lost = PathBuf::from(format!("{}-lost", self.data));
        fs::rename(&self.data, &lost).unwrap();
        lost
    }
}

fn command(arguments: &[&str]) -> Result<String, (i32, String)> {
    let out = run(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() {
        Ok(text(&out.stdout))
    } else {
        Err((out.status.code().unwrap(), text(&out.stderr) + &text(&out.stdout)))
    }
}

/// Sends alerts until it is told to stop, and remembers what was accepted.
struct Pour {
    accepted: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Pour {
    fn begin(source: &Client) -> Self {
        let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let pour = |lane: usize| {
            let (accepted, stop, source) = (Arc::clone(&accepted), Arc::clone(&stop), source.clone());
            thread::spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let id = format!("{lane}-{number}");
                    source.alert(&[alert("ledger", "Down", &id)]);
                    accepted.lock().unwrap().push(id);
                }
            })
        };
        let threads = (0..3).map(pour).collect();
        Self { accepted, stop, threads }
    }

    fn so_far(&self) -> Vec<String> {
        self.accepted.lock().unwrap().clone()
    }

    fn end(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.accepted.lock().unwrap().len()
    }
}

fn origin(client: &Client) -> String {
    client.look("/api/v1/record/checkpoint").text.lines().next().unwrap().to_owned()
}

#[test]
fn a_backup_of_a_hub_under_load_is_restored_with_all_that_was_accepted_before_it() {
    let mut hub = hub(None);
    let places = Places::of(&hub);
    let (admin, source) = (hub.admin().clone(), hub.client("source", "prometheus"));
    let key = admin.look("/api/v1/record/key").text;
    let pour = Pour::begin(&source);
    until_true("signals come in", SOON, || pour.so_far().len() > 30);
    places.back_up(&[]);
    pass(Duration::from_millis(1_100));
    let early = admin.look("/api/v1/record/checkpoint").text;
    let before = pour.so_far();
    let backup = places.back_up(&["--keep", "1"]);
    let during = pour.so_far().len();
    until_true("commits go on", SOON, || pour.so_far().len() > during + 20);
    let all = pour.end();
    assert!(all > before.len() + 20, "{all}");
    let left: Vec<_> = fs::read_dir(&places.backups).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(left, [Path::new(&backup)], "one is kept, and nothing half made is left");
    let told: Value = serde_json::from_slice(&fs::read(hub.folder().join("data/last-backup.json")).unwrap()).unwrap();
    assert_eq!(told["to"], backup);
    let late = admin.look("/api/v1/record/checkpoint").text;
    until_true("the checkpoint is kept", SOON, || {
        fs::read_to_string(&places.kept).is_ok_and(|text| text.contains(&late))
    });

    let drilled = command(&["restore", "--drill", "--from", &backup, "--against", &places.kept]).unwrap();
    assert!(
        drilled.contains("can be restored") && drilled.contains("entries, which a checkpoint kept elsewhere knows"),
        "{drilled}"
    );
    hub.kill();
    places.lose();
    let said = places.restore(&backup, &["--against", &places.kept]).unwrap();
    assert!(said.contains("goes on as quay.example/record/restored-") && said.contains("lost       entries"), "{said}");
    hub.restart();

    let members = admin.all("/api/v1/cases/INC-1/members?limit=1000");
    for id in &before {
        assert!(members.iter().any(|member| member["labels"]["id"] == **id), "{id} was accepted before the backup");
    }
    let now = origin(&admin);
    assert!(now.starts_with("quay.example/record/restored-"), "{now}");
    let (early_file, late_file) = (hub.folder().join("early.txt"), hub.folder().join("late.txt"));
    fs::write(&early_file, &early).unwrap();
    fs::write(&late_file, &late).unwrap();
    let verify = |file: &Path, key: &str| {
        command(&["record", "verify", "--data", &places.data, "--against", file.to_str().unwrap(), "--key", key.trim()])
    };
    verify(&early_file, &key).unwrap();
    let (code, why) = verify(&late_file, &key).unwrap_err();
    assert!(code == 1 && why.contains("what came after is lost"), "{why}");
    hub.restart_in_order();
    assert_eq!(origin(&admin), now, "the log keeps its name");
    verify(&early_file, &admin.look("/api/v1/record/key").text).unwrap();
    let online = [
        "--url",
        &format!("http://127.0.0.1:{}", hub.port()),
        "--token",
        &admin.token,
        "record",
        "verify",
        "--against",
    ];
    command(&[&online[..], &[early_file.to_str().unwrap()]].concat()).unwrap();
    hub.verify_record();

    // A backup of the restored record, restored as well.
    let second = places.back_up(&[]);
    hub.kill();
    fs::remove_dir_all(&places.data).unwrap();
    places.restore(&second, &["--against", &places.kept]).unwrap();
    hub.restart();
    assert_ne!(origin(&admin), now);
    verify(&early_file, &key).unwrap();
}

#[test]
fn pages_that_were_due_when_the_backup_was_made_are_sent_once_and_marked() {
    let mut catcher = MailCatcher::start(&[]);
    let mut hub = hub(Some(catcher.smtp));
    let places = Places::of(&hub);
    catcher.kill();
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    until_true("a page is due", SOON, || {
        dana.all("/api/v1/cases/INC-1/told").iter().any(|told| told["purpose"] == "page")
    });
    let backup = places.back_up(&[]);
    hub.kill();
    places.lose();
    let catcher = catcher.restart(&[]);
    let said = places.restore(&backup, &[]).unwrap();
    assert!(said.contains("under way; each is sent again, marked as a repeat"), "{said}");
    hub.restart();
    hub.wait_until_all_is_sent(Duration::from_secs(60));
    let pages: Vec<_> = catcher.caught().into_iter().filter(|mail| mail.is_to("dana@quay.example")).collect();
    assert_eq!(pages.len(), 1, "{:?}", pages.iter().map(|mail| mail.subject().to_owned()).collect::<Vec<_>>());
    assert!(pages[0].is_repeat());
    hub.verify_record();
}

#[test]
fn a_backup_that_was_cut_off_or_changed_is_refused_and_leaves_nothing() {
    let hub = hub(None);
    let places = Places::of(&hub);
    let source = hub.client("source", "prometheus");
    for id in 0..20 {
        source.alert(&[alert("ledger", "Down", &id.to_string())]);
    }
    let backup = fs::read(places.back_up(&[])).unwrap();
    let (changed, data) = (hub.folder().join("changed.tar.zst"), hub.folder().join("new"));
    let refused = |bytes: &[u8]| {
        fs::write(&changed, bytes).unwrap();
        let (from, to) = (changed.to_str().unwrap(), data.to_str().unwrap());
        let restored = command(&["restore", "--from", from, "--data", to]);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "nothing is left");
        let drilled = command(&["restore", "--drill", "--from", from]);
        assert_eq!(restored, drilled.map(|_| String::new()), "a drill says the same");
        restored.unwrap_err()
    };
    for part in [1, 3, 5, 7, 9] {
        let (code, why) = refused(&backup[..backup.len() * part / 10]);
        assert!(code == 1 && why.contains("is damaged: ") && why.contains("expected"), "{why}");
    }
    for part in [2, 4, 6, 8] {
        let mut bytes = backup.clone();
        bytes[backup.len() * part / 10] ^= 0x20;
        let (code, why) = refused(&bytes);
        assert!(code == 1 && why.contains("is damaged: ") && why.contains("found"), "{why}");
    }
    // Somebody else's file, and no file at all.
    let (code, why) = refused(b"kind: Organization\n");
    assert!(code == 1 && why.contains("is damaged"), "{why}");
    let missing = command(&["restore", "--drill", "--from", "/nowhere/at/all"]).unwrap_err();
    assert!(missing.0 == 2 && missing.1.contains("/nowhere/at/all"), "{missing:?}");
    // A folder that has data.
    fs::write(&changed, &backup).unwrap();
    let (code, why) = command(&["restore", "--from", changed.to_str().unwrap(), "--data", &places.data]).unwrap_err();
    assert!(code == 2 && why.contains("is not empty"), "{why}");
    hub.verify_record();
}

#[test]
fn a_hub_signs_nothing_below_what_was_kept_and_goes_on_under_another_name_when_told() {
    let mut hub = hub(None);
    let places = Places::of(&hub);
    let (admin, source) = (hub.admin().clone(), hub.client("source", "prometheus"));
    source.alert(&[alert("ledger", "Down", "1")]);
    hub.terminate();
    hub.wait_for_end();
    // A snapshot of the disk.
    let snapshot = hub.folder().join("snapshot");
    copy(Path::new(&places.data), &snapshot);
    hub.restart();
    source.alert(&[alert("portal", "Down", "2")]);
    hub.terminate();
    hub.wait_for_end();
    fs::remove_dir_all(&places.data).unwrap();
    copy(&snapshot, Path::new(&places.data));

    let started = |more: &[&str]| {
        let (ops, port) = (hub.folder().join("ops"), hub.port().to_string());
        let fixed =
            ["serve", "--data", &places.data, "--ops", ops.to_str().unwrap(), "--listen", &format!("127.0.0.1:{port}")];
        command(&[&fixed, more].concat()).unwrap_err()
    };
    for named in ["--checkpoint-file", "--against"] {
        let (code, why) = started(&[named, &places.kept]);
        assert!(code == 2 && why.contains("is signed no further") && why.contains("--in-place"), "{why}");
    }
    let said = command(&["restore", "--in-place", "--data", &places.data, "--against", &places.kept]).unwrap();
    assert!(said.contains("goes on as quay.example/record/restored-") && said.contains("lost       entries"), "{said}");
    hub.restart();
    assert!(origin(&admin).starts_with("quay.example/record/restored-"));
    assert!(admin.cases_of("portal").is_empty() && !admin.cases_of("ledger").is_empty());
    hub.verify_record();
}

#[test]
fn what_was_erased_and_keys_that_were_left_out_are_not_in_a_backup() {
    const CANARY: &str = "Zq9canaryWortXx";
    let mut hub = hub(None);
    let places = Places::of(&hub);
    let (dana, source) = (hub.client("person", "dana"), hub.client("source", "prometheus"));
    let told = alert("ledger", "Down", "1");
    source.alert(std::slice::from_ref(&told));
    dana.post("/api/v1/cases/INC-1/notes", &json!({ "text": format!("{CANARY} called") })).success();
    source.alert(&[ending(told, -1)]);
    until_true("it is over", SOON, || dana.get("/api/v1/cases/INC-1")["state"] == "resolved");
    dana.post("/api/v1/record/erasures", &json!({ "case": "INC-1", "reason": "asked for" })).success();
    let backup = places.back_up(&["--without-keys"]);
    let keys = hub.folder().join("keys");
    hub.kill();
    copy(Path::new(&places.data), &keys);
    places.lose();
    let (code, why) = places.restore(&backup, &[]).unwrap_err();
    assert!(code == 2 && why.contains("without keys") && why.contains("--keys"), "{why}");
    places.restore(&backup, &["--keys", keys.to_str().unwrap()]).unwrap();
    for file in fs::read_dir(&places.data).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()), "{}", path.display());
    }
    hub.restart();
    assert_eq!(dana.get("/api/v1/cases/INC-1")["title"], "");
    hub.verify_record();
}

/// Copies a folder with what is in it.
fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-R").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

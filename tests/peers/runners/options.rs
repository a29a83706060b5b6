//! What a runner is started with, and what its steps then find: secrets, a user, folders, variables.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use serde_json::json;

use super::station::{More, Station, hub, output};
use crate::support::hub::Hub;
use crate::support::program::holds_to_folders;
use crate::support::runs::{attempts, start, until_over};
use crate::support::wait::{SOON, until_true};

fn options(all: &[&str]) -> More {
    More { options: all.iter().map(Into::into).collect(), ..More::default() }
}

/// Lets other users pass through a folder.
fn open(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the step `one` of a runbook says, carried out by `dmz-1`.
fn said(hub: &Hub, runbook: &str) -> String {
    let dana = hub.client("person", "dana");
    let id = start(&dana, runbook, &json!({}));
    let over = until_over(&dana, &id);
    assert_eq!(over["state"], "completed", "{over}");
    output(&dana, &id, "one").0
}

/// Starts a runner that must refuse to run, and gives what it says.
fn refusal(hub: &Hub, place: &Path, prepare: impl FnOnce(&Path) -> More) -> String {
    let mut station = Station::with(hub, "dmz-1", place, prepare);
    assert!(!station.wait().success(), "{}", station.said());
    station.said()
}

fn encrypted(folder: &Path, name: &str, to: &Identity, secret: &str) {
    let to = Recipient::from_str(&to.to_public().to_string()).unwrap();
    fs::write(folder.join(format!("secrets/{name}.age")), age::encrypt(&to, secret.as_bytes()).unwrap()).unwrap();
}

#[test]
fn secrets_encrypted_for_a_runner_reach_its_steps_and_nobody_else() {
    let fence = "```sh {step=one timeout=1m undo=none runner=zone=dmz secrets=NAME}\n\
                 echo \"it is $(cat \"$NAME_FILE\"), $(wc -c < \"$NAME_FILE\") bytes\"\n```\n";
    let of = |name: &str| fence.replace("$NAME", &format!("${}", name.to_uppercase())).replace("NAME", name);
    let (hub, place) = hub(&[("own", &of("own")), ("foreign", &of("foreign"))], 30_000);
    let (own, other) = (Identity::generate(), Identity::generate());
    let dmz = Station::with(&hub, "dmz-1", &place, |folder| {
        let identity = folder.join("identity.txt");
        fs::write(&identity, format!("# made by a test\n{}\n", own.to_string().expose_secret())).unwrap();
        encrypted(folder, "own", &own, "correct-horse-battery");
        encrypted(folder, "foreign", &other, "staple-of-somebody-else");
        options(&["--age-identity", identity.to_str().unwrap()])
    });
    assert_eq!(said(&hub, "own"), "it is [secret:own], 21 bytes\n");
    // What is for another's identity is not begun, and said with what to do.
    let dana = hub.client("person", "dana");
    let id = start(&dana, "foreign", &json!({}));
    let ended = || attempts(&dana, &id, "one");
    until_true("it was tried", SOON, || !ended().is_empty());
    assert_eq!(ended()[0]["end"], "not_started", "{}", ended()[0]);
    let told = dana.get(&format!("/api/v1/runs/{id}/timeline")).to_string();
    assert!(told.contains("foreign.age") && told.contains("for this runner's identity"), "{told}");
    for secret in ["correct-horse", "staple-of"] {
        assert!(!hub.said().contains(secret) && !dmz.said().contains(secret));
    }
    hub.verify_record();
}

#[test]
fn steps_run_as_the_user_that_the_runner_was_given() {
    let own = fs::metadata("/proc/self").unwrap();
    let is_root = std::os::unix::fs::MetadataExt::uid(&own) == 0;
    assert!(is_root, "this test needs root: only root may run steps as somebody else");
    let text = "```sh {step=one timeout=1m undo=none runner=zone=dmz}\n\
                id -un; id -G; cat /etc/shadow 2>/dev/null || echo closed\n\
                echo x > \"$HOME/x\" && echo its own folder; echo as=\"$(id -u)\" > \"$WH_OUTPUT\"\n```\n";
    let (hub, place) = hub(&[("who", text)], 30_000);
    let _dmz = Station::with(&hub, "dmz-1", &place, |folder| {
        open(folder);
        options(&["--user", "nobody"])
    });
    assert_eq!(said(&hub, "who"), "nobody\n65534\nclosed\nits own folder\n");
    let unknown = refusal(&hub, &place, |_| options(&["--user", "nobody-of-that-name"]));
    assert!(unknown.contains("--user: no user of this machine is called `nobody-of-that-name`"), "{unknown}");
}

#[test]
fn steps_reach_the_folders_that_the_runner_was_given() {
    let text = "```sh {step=one timeout=1m undo=none runner=zone=dmz}\n\
                cd PLACE/..; cat readable/known; (echo new > readable/new) 2>/dev/null && echo written there\n\
                cat closed/known 2>/dev/null || echo closed\necho new > PLACE/new && echo written\n```\n";
    let (hub, place) = hub(&[("reach", text)], 30_000);
    let beside = place.parent().unwrap();
    let (readable, closed) = (beside.join("readable"), beside.join("closed"));
    for folder in [&readable, &closed] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("known"), "known\n").unwrap();
    }
    let _dmz = Station::with(&hub, "dmz-1", &place, |_| options(&["--read", readable.to_str().unwrap()]));
    let expected = if holds_to_folders() {
        "known\nclosed\nwritten\n"
    } else {
        // A kernel that cannot hold a process to folders lets it do what its user may.
        "known\nwritten there\nknown\nwritten\n"
    };
    assert_eq!(said(&hub, "reach"), expected);
    assert_eq!(fs::read_to_string(place.join("new")).unwrap(), "new\n");
    for option in ["--read", "--write"] {
        let missing = beside.join("nowhere");
        let said = refusal(&hub, &place, |_| options(&[option, missing.to_str().unwrap()]));
        assert!(said.contains("nowhere: expected a folder"), "{said}");
    }
}

#[test]
fn steps_find_the_variables_that_they_may_and_no_others() {
    let text = "```sh {step=one timeout=1m undo=none runner=zone=dmz}\n\
                echo \"rack ${RACK-none}, shelf ${SHELF-none}, ${WHEELHOUSE_LOG-no log}, ${WHEELHOUSE_TOKEN_FILE-no token}\"\n```\n";
    let (hub, place) = hub(&[("where", text)], 30_000);
    let allowed = |names: &[&str]| More {
        environment: vec![("RACK".to_owned(), "R 7; $(id)".to_owned()), ("SHELF".to_owned(), "3".to_owned())],
        ..options(names)
    };
    let _dmz = Station::with(&hub, "dmz-1", &place, |_| allowed(&["--allow-env", "RACK"]));
    assert_eq!(said(&hub, "where"), "rack R 7; $(id), shelf none, no log, no token\n");
    let own = refusal(&hub, &place, |_| allowed(&["--allow-env", "RACK,WHEELHOUSE_TOKEN"]));
    assert!(own.contains("--allow-env: `WHEELHOUSE_TOKEN` is the runner's own"), "{own}");
    let absent = refusal(&hub, &place, |_| allowed(&["--allow-env", "DRAWER"]));
    assert!(
        absent.contains("has no text `DRAWER`") && absent.contains("set it where the runner is started"),
        "{absent}"
    );
}

//! Versions of runbooks from a real git repository: pushed by those who may and by others, signed and not; approved,
//! run, and shown to whoever audits.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::git::{hub, hub_with, wait_for_state};
use crate::support::client::Client;
use crate::support::program::peer;
use crate::support::repository::{Repository, git};
use crate::support::wait::{SOON, until};

const ORGANIZATION: &str = "
kind: Organization
name: quay
default_team: noc
fallback: {person: grace}
SIGNED
repositories: [{repository: payments, teams: [payments]}]
---
{kind: Team, name: noc, members: [grace, mallory], contacts: [{email: noc@quay.example}]}
---
{kind: Person, name: grace, contacts: [{email: grace@quay.example}]}
---
{kind: Person, name: mallory, contacts: [{email: mallory@quay.example}]}
";
const PAYMENTS: &str = "
{kind: Team, name: payments, members: [dana, pavel], contacts: [{email: pay@quay.example}]}
---
{kind: Person, name: dana, contacts: [{email: dana@quay.example}]}
---
{kind: Person, name: pavel, contacts: [{email: pavel@quay.example}]}
---
{kind: Service, name: ledger, team: payments}
";
const DRAIN: &str = "---\ncontrols: [iso-a.5.30]\ndrill_every: 30d\n---\n# Drain\n\n1. Look.\n";
const RUNBOOK: &str = "/api/v1/runbooks/payments/drain";

/// Pushes what `who` changed in the file of the runbook.
fn push(repository: &Repository, who: &str, text: &str, more: &[&str]) {
    repository.write("runbooks/drain.md", text);
    let folder = repository.clone();
    git(&folder, &["add", "-A"]);
    let author = format!("{who} <{who}@quay.example>");
    let commit = ["commit", "-q", "--author", &author, "-m", "change it"];
    git(&folder, &[&commit[..], more].concat());
    git(&folder, &["push", "-q", "origin", "HEAD:main"]);
}

/// The runbook, once the hub has this text in force.
fn in_force(reader: &Client, text: &str) -> Value {
    until("the version is in force", SOON, || {
        let found = reader.get(RUNBOOK);
        (found["text"] == text).then_some(found)
    })
}

fn start(client: &Client) -> (u16, Value) {
    post(client, "/api/v1/runs", &json!({"runbook": "payments/drain"}))
}

fn approve(client: &Client, runbook: &Value) -> (u16, Value) {
    let hash = runbook["hash"].as_str().unwrap();
    post(client, &format!("{RUNBOOK}/versions/{hash}/approve"), &json!({"text": "looked at it"}))
}

fn post(client: &Client, path: &str, body: &Value) -> (u16, Value) {
    let answer = client.post(path, body);
    (answer.status, answer.json())
}

fn key(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file).status().unwrap();
    assert!(made.success());
    std::fs::read_to_string(folder.join(format!("{name}.pub"))).unwrap().trim().to_owned()
}

#[test]
fn a_push_by_somebody_who_may_not_is_quarantined_until_another_approves_it() {
    let (organization, payments) = (Repository::new("organization"), Repository::new("payments"));
    organization.push("ops/all.yaml", &ORGANIZATION.replace("SIGNED", ""), "start");
    payments.push("all.yaml", PAYMENTS, "start");
    push(&payments, "dana", DRAIN, &[]);
    let folder = TempDir::new().unwrap();
    let named = |name: &str, repository: &Repository| format!("name: {name}, url: \"{}\", every: 1s", repository.url());
    let hub = hub(&[named("organization", &organization), named("payments", &payments)], folder);
    let [dana, pavel, mallory, grace] = ["dana", "pavel", "mallory", "grace"].map(|name| hub.client("person", name));
    wait_for_state(&dana, "payments", "in_force");
    assert_eq!(start(&dana).0, 201, "what comes with a repository may run");

    let text = format!("{DRAIN}2. Drain.\n");
    push(&payments, "mallory", &text, &[]);
    let runbook = in_force(&dana, &text);
    assert_eq!((&runbook["quarantined"], &runbook["standing"]["state"]), (&json!(true), &json!("quarantined")));
    let (status, problem) = start(&dana);
    assert_eq!((status, &problem["code"]), (409, &json!("version_quarantined")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("mallory, who may not change it"), "{problem}");
    let (status, problem) = approve(&mallory, &runbook);
    assert_eq!((status, &problem["code"]), (403, &json!("own_change")), "{problem}");
    let (status, problem) = approve(&grace, &runbook);
    assert_eq!((status, &problem["code"]), (403, &json!("lacks_role")), "{problem}");
    let (status, approved) = approve(&pavel, &runbook);
    assert_eq!((status, &approved["standing"]["state"]), (200, &json!("approved")), "{approved}");
    assert_eq!(approve(&dana, &runbook).1["code"], "not_quarantined");
    let before = dana.get("/api/v1/controls")["at"].as_str().unwrap().to_owned();
    let (status, run) = start(&dana);
    assert_eq!(status, 201, "{run}");
    for step in run["steps"].as_array().unwrap() {
        let address = format!("/api/v1/runs/{}/steps/{}", run["id"].as_str().unwrap(), step["id"].as_str().unwrap());
        assert_eq!(post(&dana, &address, &json!({"how": "done"})).0, 200);
    }

    // What the record shows now, and what it showed before the run.
    let claim = |report: &Value| report["controls"][0]["claims"][0].clone();
    let now = claim(&dana.get("/api/v1/controls?control=iso-a.5.30"));
    assert_eq!((&now["standing"], &now["approved_by"]["name"]), (&json!("ran_recently"), &json!("pavel")));
    assert_eq!((&now["version"], &now["changed_by"]), (&runbook["hash"], &json!(["mallory"])));
    for entry in now["last"]["entries"].as_array().unwrap() {
        assert!(is_proven(hub.admin(), entry), "{entry}");
    }
    assert_eq!(claim(&dana.get(&format!("/api/v1/controls?at={before}")))["standing"], "exists");
    assert_eq!(dana.look("/api/v1/controls?at=2999-01-01T00:00:00Z").status, 422);
}

fn is_proven(admin: &Client, entry: &Value) -> bool {
    !admin.get(&format!("/api/v1/record/entries/{entry}/proof"))["path"].is_null()
}

#[test]
fn where_signatures_are_wanted_a_name_in_a_commit_is_not_enough() {
    let (organization, payments) = (Repository::new("organization"), Repository::new("payments"));
    organization.push("ops/all.yaml", &ORGANIZATION.replace("SIGNED", "signed_runbooks: true"), "start");
    payments.push("all.yaml", PAYMENTS, "start");
    let folder = TempDir::new().unwrap();
    let trusted = key(folder.path(), "dana");
    key(folder.path(), "other");
    std::fs::write(folder.path().join("signers"), format!("dana@quay.example {trusted}\n")).unwrap();
    let keys = folder.path().to_owned();
    let signed = |name: &str| {
        let clone = payments.clone();
        git(&clone, &["config", "gpg.format", "ssh"]);
        git(&clone, &["config", "user.signingkey", keys.join(format!("{name}.pub")).to_str().unwrap()]);
    };
    signed("dana");
    push(&payments, "dana", DRAIN, &["-S"]);
    let named = |name: &str, repository: &Repository, more: &str| {
        format!("name: {name}, url: \"{}\", every: 1s{more}", repository.url())
    };
    let first = named("organization", &organization, "");
    let second = named("payments", &payments, ", signers-file: signers");
    let hub = hub(&[first, second], folder);
    let dana = hub.client("person", "dana");
    wait_for_state(&dana, "payments", "in_force");
    assert_eq!(start(&dana).0, 201, "its newest commit is signed by a trusted key");
    let mut text = DRAIN.to_owned();
    for (number, key, flag, who, doubt) in [
        (2, "dana", "--no-gpg-sign", "dana", "is not signed"),
        (3, "other", "-S", "dana", "with a key that the hub does not trust"),
    ] {
        text.push_str(&format!("{number}. More.\n"));
        signed(key);
        push(&payments, who, &text, &[flag]);
        let standing = in_force(&dana, &text)["standing"].clone();
        assert!(standing["why"].as_str().unwrap().contains(doubt), "{standing}");
        assert_eq!(start(&dana).1["code"], "version_quarantined");
    }
    assert_eq!(approve(&hub.client("person", "pavel"), &in_force(&dana, &text)).0, 200);
    text.push_str("4. Last.\n");
    signed("dana");
    // Whoever signed it counts, whatever name is in the commit.
    push(&payments, "mallory", &text, &["-S"]);
    assert_eq!(in_force(&dana, &text)["standing"]["state"], "trusted");
    assert_eq!(start(&dana).0, 201);
}

/// A keyring of GnuPG in a folder of its own. Whatever it started ends with it.
struct Keyring(TempDir);

impl Keyring {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn gpg(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        use std::io::Write as _;
        use std::process::Stdio;
        let mut command = Command::new(peer("gpg", "gnupg"));
        command.args(["--batch", "--quiet", "--homedir", self.path()]).args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "gpg {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// Makes a key for an address, and gives its fingerprint.
    fn make(&self, address: &str) -> String {
        self.gpg(&["--passphrase", "", "--quick-generate-key", address, "ed25519", "sign", "never"], b"");
        let listed = String::from_utf8(self.gpg(&["--with-colons", "--list-keys", address], b"")).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// Takes in a key of another keyring, and trusts it where that is wanted.
    fn take_in(&self, other: &Self, key: &str, trusted: bool) {
        self.gpg(&["--import"], &other.gpg(&["--export", key], b""));
        if trusted {
            self.gpg(&["--import-ownertrust"], format!("{key}:6:\n").as_bytes());
        }
    }

    /// A program that signs with this keyring, as git calls it.
    fn signer(&self) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let program = self.0.path().join("sign");
        let text = format!("#!/bin/sh\nexec {} --homedir {} \"$@\"\n", peer("gpg", "gnupg").display(), self.path());
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        program.to_str().unwrap().to_owned()
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        // It keeps keys ready in a process of its own.
        let _ended = Command::new("gpgconf").args(["--homedir", self.path(), "--kill", "all"]).status();
    }
}

#[test]
fn openpgp_keys_count_where_the_keyring_of_the_hub_trusts_them() {
    let (organization, payments) = (Repository::new("organization"), Repository::new("payments"));
    organization.push("ops/all.yaml", &ORGANIZATION.replace("SIGNED", "signed_runbooks: true"), "start");
    payments.push("all.yaml", PAYMENTS, "start");
    let (dana_has, somebody_has, hub_has) = (Keyring::new(), Keyring::new(), Keyring::new());
    // Whoever makes a key writes any address into it; trust is the operator's.
    let (own, other) = (dana_has.make("Dana <dana@quay.example>"), somebody_has.make("Dana <dana@quay.example>"));
    hub_has.take_in(&dana_has, &own, true);
    hub_has.take_in(&somebody_has, &other, false);
    let signed = |keyring: &Keyring, key: &str| {
        let clone = payments.clone();
        git(&clone, &["config", "gpg.program", &keyring.signer()]);
        git(&clone, &["config", "user.signingkey", key]);
    };
    signed(&dana_has, &own);
    push(&payments, "dana", DRAIN, &["-S"]);
    let named = |name: &str, repository: &Repository| format!("name: {name}, url: \"{}\", every: 1s", repository.url());
    let repositories = [named("organization", &organization), named("payments", &payments)];
    let hub = hub_with(&repositories, TempDir::new().unwrap(), &[("GNUPGHOME", hub_has.path())]);
    let dana = hub.client("person", "dana");
    wait_for_state(&dana, "payments", "in_force");
    assert_eq!(start(&dana).0, 201, "its newest commit is signed by a trusted key");

    let mut text = format!("{DRAIN}2. More.\n");
    signed(&somebody_has, &other);
    push(&payments, "dana", &text, &["-S"]);
    let standing = in_force(&dana, &text)["standing"].clone();
    assert!(standing["why"].as_str().unwrap().contains("with a key that the hub does not trust"), "{standing}");
    assert_eq!(start(&dana).1["code"], "version_quarantined");
    assert_eq!(approve(&hub.client("person", "pavel"), &in_force(&dana, &text)).0, 200);
    text.push_str("3. Last.\n");
    signed(&dana_has, &own);
    push(&payments, "mallory", &text, &["-S"]);
    assert_eq!(in_force(&dana, &text)["standing"]["state"], "trusted", "whoever signed it counts");
    let versions = dana.all(&format!("{RUNBOOK}/versions"));
    assert_eq!((&versions[0]["signature"], &versions[0]["hash"]), (&json!("good"), &in_force(&dana, &text)["hash"]));
}

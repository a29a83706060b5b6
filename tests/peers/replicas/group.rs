//! Hubs that share a database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::server::{Server, shared};
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::process::Process;
use crate::support::program::{free_port, wheelhouse};
use crate::support::wait::{SOON, until, until_true};

/// How long a lease lasts here, in seconds.
const LEASE: &str = "3";
/// What hubs on one database have alike.
const KEYS: [&str; 3] = ["record.key", "link.key", "webhook.key"];

/// Hubs on one database, each with a folder and a port of its own.
pub struct Group {
    members: Vec<Member>,
    admin_token: String,
    pub server: Arc<Server>,
    folder: TempDir,
    org: String,
}

struct Member {
    process: Process,
    port: u16,
}

impl Group {
    /// Starts that many hubs. The first one leads at first, and makes the keys that the others are given.
    pub fn start(hubs: usize) -> Self {
        let (server, folder) = (shared(), tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path().join("ops")).unwrap();
        std::fs::write(folder.path().join("ops/catalog.yaml"), usual(&["ledger", "portal"])).unwrap();
        let mut group = Self { members: Vec::new(), admin_token: String::new(), server, folder, org: "harbor".into() };
        for number in 0..hubs {
            if number > 0 {
                for key in KEYS {
                    std::fs::create_dir_all(group.data(number)).unwrap();
                    std::fs::copy(group.data(0).join(key), group.data(number).join(key)).unwrap();
                }
            }
            let port = free_port();
            let process = group.spawn(number, port);
            group.members.push(Member { process, port });
            group.wait(number);
            if number == 0 {
                until_true("the first hub leads", SOON, || group.leads(0));
                let said = group.members[0].process.said();
                let token = said.lines().find_map(|line| line.strip_prefix("admin token: "));
                group.admin_token = token.expect("the first start prints the admin token").to_owned();
            }
        }
        group
    }

    /// Starts one hub on an organisation that there is, with the keys and the catalog of another hub's folder.
    pub fn on(server: &Arc<Server>, org: &str, keys: &Path, catalog: &Path, admin: &Client) -> Self {
        let (server, folder) = (Arc::clone(server), tempfile::tempdir().unwrap());
        let mut group =
            Self { members: Vec::new(), admin_token: admin.token.clone(), server, folder, org: org.to_owned() };
        std::fs::create_dir_all(group.data(0)).unwrap();
        std::fs::create_dir(group.folder.path().join("ops")).unwrap();
        std::fs::copy(catalog.join("ops/catalog.yaml"), group.folder.path().join("ops/catalog.yaml")).unwrap();
        for key in KEYS {
            std::fs::copy(keys.join(key), group.data(0).join(key)).unwrap();
        }
        let port = free_port();
        let process = group.spawn(0, port);
        group.members.push(Member { process, port });
        until_true("the hub leads", SOON, || group.leads(0));
        group
    }

    pub fn data(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("data-{number}"))
    }

    fn spawn(&self, number: usize, port: u16) -> Process {
        let mut command = Command::new(wheelhouse());
        command.arg("serve").arg("--ops").arg(self.folder.path().join("ops")).arg("--data").arg(self.data(number));
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--database", &self.server.url()]);
        command.args(["--lease-seconds", LEASE, "--org", &self.org]);
        Process::start(&format!("hub {number}"), &mut command, &self.folder.path().join(format!("hub-{number}.log")))
    }

    /// Waits until a hub leads or stands by.
    pub fn wait(&self, number: usize) {
        let hub = self.client(number, "");
        until_true("the hub is ready", SOON, || {
            hub.request(reqwest::Method::GET, "/readyz").send().is_ok_and(|a| a.status() == 200)
        });
    }

    fn client(&self, number: usize, token: &str) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.members[number].port), token)
    }

    /// The first-start token, at the first hub.
    pub fn admin(&self) -> Client {
        self.client(0, &self.admin_token)
    }

    /// Somebody at each of the hubs, with the same token.
    pub fn clients(&self, kind: &str, name: &str) -> Vec<Client> {
        let made = self
            .admin()
            .post("/api/v1/tokens", &json!({ "owner": { "kind": kind, "name": name }, "description": "a test's" }))
            .success();
        let secret = made["secret"].as_str().unwrap().to_owned();
        (0..self.members.len()).map(|number| self.client(number, &secret)).collect()
    }

    /// Whether a hub leads, by its own word.
    pub fn leads(&self, number: usize) -> bool {
        let asked = self.client(number, "").request(reqwest::Method::GET, "/readyz");
        asked
            .timeout(std::time::Duration::from_secs(1))
            .send()
            .and_then(|a| a.text())
            .is_ok_and(|text| text == "ready\n")
    }

    /// Whether a hub leads that is not this one.
    pub fn leads_besides(&self, number: usize) -> bool {
        (0..self.members.len()).any(|other| other != number && self.leads(other))
    }

    /// The hub that leads.
    pub fn leader(&self) -> usize {
        until("a hub leads", SOON, || (0..self.members.len()).find(|number| self.leads(*number)))
    }

    /// Ends a hub as a crash does.
    pub fn kill(&mut self, number: usize) {
        self.members[number].process.kill();
    }

    /// Asks a hub to end, and waits until it has.
    pub fn end(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.process.terminate();
        until_true("the hub ends", SOON, || member.process.ended().is_some());
    }

    /// Starts a hub again on its folder and port, without waiting.
    pub fn start_again(&mut self, number: usize) {
        let port = self.members[number].port;
        self.members[number].process = self.spawn(number, port);
    }

    /// Starts a hub that ends by itself; gives what it said.
    pub fn said_at_its_end(&mut self, number: usize) -> String {
        self.start_again(number);
        let member = &mut self.members[number];
        until_true("the hub ends", SOON, || member.process.ended().is_some());
        member.process.said()
    }

    /// Sends a signal to a hub's process.
    pub fn signal(&self, number: usize, signal: &str) {
        let id = self.members[number].process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }
}

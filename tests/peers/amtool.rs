//! Alertmanager's own command line works with the hub's door as with a real Alertmanager.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Client, sent};
use crate::support::hub::Hub;
use crate::support::process::Process;
use crate::support::program::{free_port, peer};
use crate::support::wait::{SOON, until_true};

/// A hub and a real Alertmanager beside it.
struct Both {
    hub: Hub,
    source: Client,
    reader: Client,
    _alertmanager: Process,
    port: u16,
    folder: TempDir,
}

/// What a command said, and whether it was content.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    out: String,
    success: bool,
}

impl Both {
    fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("alertmanager.yml"), "{route: {receiver: nobody}, receivers: [{name: nobody}]}").unwrap();
        let mut command = Command::new(peer("prometheus-alertmanager", "prometheus-alertmanager"));
        command.arg(format!("--config.file={}", path("alertmanager.yml").display()));
        command.arg(format!("--storage.path={}", path("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.arg("--cluster.listen-address=");
        let alertmanager = Process::start("Alertmanager", &mut command, &path("alertmanager.log"));
        let real = Client::new(&format!("http://127.0.0.1:{port}"), "");
        until_true("Alertmanager is ready", SOON, || {
            sent(real.request(reqwest::Method::GET, "/-/ready")).is_ok_and(|answer| answer.status == 200)
        });
        let hub = Hub::with_catalog(&usual(&["ledger", "portal"]), None);
        let (source, reader) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
        Self { hub, source, reader, _alertmanager: alertmanager, port, folder }
    }

    /// Sends the same alerts to both.
    fn alert(&self, alerts: &[Value]) {
        self.source.alert(alerts);
        let real = Client::new(&format!("http://127.0.0.1:{}", self.port), "");
        let answer = real.post("/api/v2/alerts", &Value::Array(alerts.to_vec()));
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }

    /// The file that gives amtool a token.
    fn http_config(&self, token: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{}.yml", &token[..8]));
        std::fs::write(&file, json!({ "authorization": { "credentials": token } }).to_string()).unwrap();
        file
    }

    fn at_hub(&self, who: &Client, arguments: &[&str]) -> Said {
        let config = self.http_config(&who.token);
        let url = format!("--alertmanager.url=http://127.0.0.1:{}/in/alertmanager", self.hub.port());
        amtool(&[&url, &format!("--http.config.file={}", config.display())], arguments)
    }

    fn at_alertmanager(&self, arguments: &[&str]) -> Said {
        amtool(&[&format!("--alertmanager.url=http://127.0.0.1:{}", self.port)], arguments)
    }
}

fn amtool(connection: &[&str], arguments: &[&str]) -> Said {
    let run =
        Command::new(peer("amtool", "prometheus-alertmanager")).args(connection).args(arguments).output().unwrap();
    let (out, complained) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    Said { out: out + &complained, success: run.status.success() }
}

/// Alerts as `--output json` shows them, without what each side has of its own.
fn comparable(said: &Said) -> Vec<Value> {
    assert!(said.success, "{}", said.out);
    let mut alerts: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    for alert in &mut alerts {
        assert_eq!(alert["receivers"].as_array().unwrap().len(), 1, "{alert}");
        for own in ["receivers", "updatedAt"] {
            assert!(alert.as_object_mut().unwrap().remove(own).is_some(), "{alert} has no {own}");
        }
    }
    alerts.sort_by_key(|alert| alert["fingerprint"].to_string());
    alerts
}

#[test]
fn queries_answer_as_a_real_alertmanager_does() {
    let both = Both::start();
    both.alert(&[
        alert("ledger", "LedgerDown", "1"),
        alert("ledger", "LedgerSlow", "2"),
        alert("portal", "PortalDown", "3"),
        json!({ "labels": { "alertname": "Nobodys", "empty": "", "odd": "a \"b\" \\ ü" } }),
    ]);
    let queries: [&[&str]; 8] = [
        &[],
        &["service=ledger"],
        &["service=~led.*", "alertname!=LedgerSlow"],
        &["alertname!~Ledger.*"],
        &["LedgerDown"],
        &["service="],
        &["service=unheard-of"],
        &["--active", "id=3"],
    ];
    let mut found = Vec::new();
    for query in queries {
        let json = [&["alert", "query", "--output", "json"], query].concat();
        let (hub, real) = (comparable(&both.at_hub(&both.reader, &json)), comparable(&both.at_alertmanager(&json)));
        // An alert without times gets those of its arrival.
        let timed = |alerts: &[Value]| {
            alerts.iter().filter(|a| a["labels"]["alertname"] != "Nobodys").cloned().collect::<Vec<_>>()
        };
        assert_eq!(timed(&hub), timed(&real), "{query:?}");
        let labels = |alerts: &[Value]| alerts.iter().map(|alert| alert["labels"].clone()).collect::<Vec<_>>();
        assert_eq!(labels(&hub), labels(&real), "{query:?}");
        found.push(hub.len());
    }
    assert_eq!(found, [4, 2, 1, 2, 1, 1, 0, 1]);
    for form in ["simple", "extended"] {
        let query = ["alert", "query", "--output", form, "service=portal"];
        let (hub, real) = (both.at_hub(&both.reader, &query), both.at_alertmanager(&query));
        assert!(hub.success && hub.out.contains("PortalDown"), "{}", hub.out);
        assert_eq!(hub, real, "{form}");
    }
    // amtool itself takes what it cannot read for an alert's name; others send it as it is.
    let bad = "/api/v2/alerts?filter=service%3D~%22(%22";
    let real = Client::new(&format!("http://127.0.0.1:{}", both.port), "").look(bad);
    let hub = both.reader.look(&format!("/in/alertmanager{bad}"));
    for answer in [&hub, &real] {
        assert_eq!(answer.status, 400);
        assert!(answer.json().as_str().unwrap().starts_with("error parsing regexp: "), "{}", answer.text);
    }
}

#[test]
fn an_alert_added_by_hand_opens_an_incident() {
    let both = Both::start();
    let add = ["alert", "add", "alertname=ByHand", "service=portal", "--annotation=summary=typed by a person"];
    let (hub, real) = (both.at_hub(&both.source, &add), both.at_alertmanager(&add));
    assert_eq!(hub, real);
    assert!(hub.success, "{}", hub.out);
    let cases = both.reader.cases_of("portal");
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["firing"], 1);
    let query = ["alert", "query", "--output", "json", "alertname=ByHand"];
    let shown = [both.at_hub(&both.reader, &query), both.at_alertmanager(&query)].map(|said| {
        let alerts = comparable(&said);
        assert_eq!(alerts.len(), 1, "{}", said.out);
        (alerts[0]["labels"].clone(), alerts[0]["annotations"].clone(), alerts[0]["fingerprint"].clone())
    });
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn there_are_no_silences_and_the_hub_says_so() {
    let both = Both::start();
    let query = ["silence", "query"];
    let (hub, real) = (both.at_hub(&both.reader, &query), both.at_alertmanager(&query));
    assert_eq!(hub, real);
    assert!(hub.success, "{}", hub.out);
    let add = ["silence", "add", "--author=dana", "--comment=quiet", "alertname=LedgerDown"];
    let refused = both.at_hub(&both.reader, &add);
    assert!(!refused.success && refused.out.contains("no silences"), "{}", refused.out);
    let stranger = both.reader.with("wh_0000000000000000");
    assert!(!both.at_hub(&stranger, &query).success, "a token that nobody made opens nothing");
}

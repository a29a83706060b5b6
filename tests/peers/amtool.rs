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

/// Silences as `--output json` shows them, without what each side has of its own.
fn silences(said: &Said) -> Vec<Value> {
    assert!(said.success, "{}", said.out);
    let mut silences: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    for silence in &mut silences {
        for own in ["id", "updatedAt", "startsAt", "endsAt"] {
            assert!(silence.as_object_mut().unwrap().remove(own).is_some(), "{silence} has no {own}");
        }
    }
    silences
}

impl Both {
    /// Makes the same silence at both; gives both names.
    fn silence(&self, who: &Client, arguments: &[&str]) -> (String, String) {
        let add = [&["silence", "add"], arguments].concat();
        let (hub, real) = (self.at_hub(who, &add), self.at_alertmanager(&add));
        assert!(hub.success && real.success, "{}\n{}", hub.out, real.out);
        (hub.out.trim().to_owned(), real.out.trim().to_owned())
    }

    /// What a query for alerts shows at both, without the names of silences.
    fn queried(&self, arguments: &[&str]) -> [Vec<Value>; 2] {
        let query = [&["alert", "query", "--output", "json"], arguments].concat();
        [self.at_hub(&self.reader, &query), self.at_alertmanager(&query)].map(|said| {
            let mut alerts = comparable(&said);
            for alert in &mut alerts {
                let silenced = alert["status"]["silencedBy"].as_array().unwrap().len();
                alert["status"]["silencedBy"] = json!(silenced);
            }
            alerts
        })
    }
}

#[test]
fn silences_are_made_shown_changed_and_expired_as_at_a_real_alertmanager() {
    let both = Both::start();
    let grace = both.hub.client("person", "grace");
    let query = ["silence", "query", "--output", "json"];
    assert_eq!(both.at_hub(&grace, &query), both.at_alertmanager(&query));
    both.alert(&[alert("ledger", "LedgerDown", "1"), alert("portal", "PortalDown", "2")]);
    let (ledger, real) =
        both.silence(&grace, &["--author=grace", "--comment=known <b>", "service=ledger", "id=~[0-9]+", "job!=z"]);
    both.silence(
        &grace,
        &[
            "--author=grace",
            "--comment=later",
            "--start=2099-01-01T00:00:00Z",
            "--end=2099-01-02T00:00:00Z",
            "service=portal",
        ],
    );
    for filter in [&[][..], &["service=ledger"], &["service=portal"], &["service=~led.*"]] {
        let query = [&query, filter].concat();
        assert_eq!(silences(&both.at_hub(&grace, &query)), silences(&both.at_alertmanager(&query)), "{filter:?}");
    }
    for form in ["simple", "extended"] {
        let query = ["silence", "query", "--output", form];
        let (hub, real) = (both.at_hub(&grace, &query), both.at_alertmanager(&query));
        assert!(hub.success && hub.out.contains("known"), "{}", hub.out);
        assert_eq!(hub.out.lines().count(), real.out.lines().count(), "{}\n{}", hub.out, real.out);
    }
    // Alertmanager notices a silence when it next looks at an alert.
    for shown in [&["--silenced"][..], &["--active"], &["--silenced", "--active"]] {
        until_true("both see what is silenced", SOON, || {
            let [hub, real] = both.queried(shown);
            hub == real
        });
    }
    let [silenced, _] = both.queried(&["--silenced"]);
    assert_eq!((silenced.len(), &silenced[0]["labels"]["service"]), (1, &json!("ledger")));
    assert_eq!(silenced[0]["status"], json!({ "inhibitedBy": [], "silencedBy": 1, "state": "suppressed" }));
    // An update in place keeps its name.
    let update = |id: &str| {
        [
            "silence".to_owned(),
            "update".to_owned(),
            "--comment=longer".to_owned(),
            "--duration=2h".to_owned(),
            id.to_owned(),
        ]
    };
    let words = |words: &[String]| words.to_vec();
    let (ours, theirs) = (words(&update(&ledger)), words(&update(&real)));
    let hub = both.at_hub(&grace, &ours.iter().map(String::as_str).collect::<Vec<_>>());
    let alertmanager = both.at_alertmanager(&theirs.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(hub.success && alertmanager.success, "{}\n{}", hub.out, alertmanager.out);
    assert_eq!(hub.out.contains(&ledger), alertmanager.out.contains(&real), "{}\n{}", hub.out, alertmanager.out);
    let listed = both.reader.all("/api/v1/silences?state=active");
    assert_eq!(
        (listed.len(), &listed[0]["comment"], &listed[0]["author"]["name"]),
        (1, &json!("longer"), &json!("grace"))
    );
    for (id, at_hub) in [(&ledger, true), (&real, false)] {
        let expire = ["silence", "expire", id.as_str()];
        let said = if at_hub { both.at_hub(&grace, &expire) } else { both.at_alertmanager(&expire) };
        assert_eq!(said, Said { out: String::new(), success: true });
    }
    let again =
        [both.at_hub(&grace, &["silence", "expire", &ledger]), both.at_alertmanager(&["silence", "expire", &real])];
    assert_eq!(again[0], again[1]);
    let query = ["silence", "query", "--expired", "--output", "json"];
    assert_eq!(silences(&both.at_hub(&grace, &query)), silences(&both.at_alertmanager(&query)));
    both.hub.verify_record();
}

#[test]
fn a_file_of_silences_is_imported() {
    let both = Both::start();
    let grace = both.hub.client("person", "grace");
    let file = both.folder.path().join("silences.json");
    let one = |service: &str| {
        json!({ "matchers": [{ "name": "service", "value": service, "isRegex": false, "isEqual": true }],
        "startsAt": "2099-01-01T00:00:00Z", "endsAt": "2099-01-02T00:00:00Z", "createdBy": "somebody else", "comment": "moved here" })
    };
    std::fs::write(&file, json!([one("ledger"), one("portal")]).to_string()).unwrap();
    let import = ["silence", "import", file.to_str().unwrap()];
    assert!(both.at_alertmanager(&import).success);
    let said = both.at_hub(&grace, &import);
    assert!(said.success, "{}", said.out);
    let listed = both.reader.all("/api/v1/silences");
    assert_eq!(listed.len(), 2);
    for silence in listed {
        assert_eq!(
            (&silence["author"]["name"], &silence["created_by"], &silence["state"]),
            (&json!("grace"), &json!("somebody else"), &json!("pending"))
        );
    }
}

#[test]
fn a_silenced_alert_opens_its_case_when_the_silence_is_expired() {
    let both = Both::start();
    let (id, _) = both.silence(&both.reader, &["--author=dana", "--comment=work", "service=ledger"]);
    both.alert(&[alert("ledger", "LedgerDown", "1"), alert("portal", "PortalDown", "2")]);
    assert_eq!((both.reader.cases_of("ledger").len(), both.reader.cases_of("portal").len()), (0, 1));
    assert_eq!(both.reader.all("/api/v1/silences")[0]["holds_back"], 1);
    assert!(both.at_hub(&both.reader, &["silence", "expire", &id]).success);
    until_true("the case opens", SOON, || both.reader.cases_of("ledger").len() == 1);
    assert_eq!(both.reader.cases_of("ledger")[0]["firing"], 1);
    both.hub.verify_record();
}

#[test]
fn what_is_refused_is_said_in_a_form_that_amtool_shows() {
    let both = Both::start();
    // dana is of team payments: she may silence its services, and not everybody's.
    let wide = ["silence", "add", "--author=dana", "--comment=quiet", "severity=critical"];
    let said = both.at_hub(&both.reader, &wide);
    assert!(
        !said.success && said.out.contains("postSilencesBadRequest") && said.out.contains("dana may not silence"),
        "{}",
        said.out
    );
    let all = ["silence", "add", "--author=grace", "--comment=quiet", "alertname=~.+"];
    let said = both.at_hub(&both.hub.client("person", "grace"), &all);
    assert!(!said.success && said.out.contains("nothing silences everything"), "{}", said.out);
    let grace = both.hub.client("person", "grace");
    let (id, _) = both.silence(&grace, &["--author=grace", "--comment=c", "alertname=Any"]);
    let said = both.at_hub(&both.reader, &["silence", "expire", &id]);
    assert!(!said.success && said.out.contains("dana may not end"), "{}", said.out);
    let stranger = both.reader.with("wh_0000000000000000");
    for command in [&["silence", "query"][..], &["alert", "query"]] {
        let said = both.at_hub(&stranger, command);
        assert!(!said.success && said.out.contains("(status 401)"), "{}", said.out);
    }
    // A source sees what fires; it silences nothing.
    assert!(both.at_hub(&both.source, &["alert", "query"]).success);
    assert!(!both.at_hub(&both.source, &["silence", "add", "--author=x", "--comment=c", "service=ledger"]).success);
}

#[test]
fn odd_requests_are_answered_as_a_real_alertmanager_answers_them() {
    let both = Both::start();
    let real = Client::new(&format!("http://127.0.0.1:{}", both.port), "");
    let at_hub = |path: &str| both.reader.look(&format!("/in/alertmanager{path}"));
    for path in [
        "/api/v2/nothing",
        "/api/v2/",
        "/nothing",
        "/api/v2/silence/nonsense",
        "/api/v2/silences?filter=(",
        "/api/v2/silence/00000000-0000-4000-8000-000000000001",
        "/-/nothing",
    ] {
        let (hub, real) = (at_hub(path), real.look(path));
        assert_eq!((hub.status, &hub.text), (real.status, &real.text), "{path}");
    }
    for (method, path) in [
        (reqwest::Method::PUT, "/api/v2/silences"),
        (reqwest::Method::DELETE, "/api/v2/alerts"),
        (reqwest::Method::POST, "/api/v2/status"),
    ] {
        let hub = sent(both.reader.request(method.clone(), &format!("/in/alertmanager{path}"))).unwrap();
        let real = sent(real.request(method, path)).unwrap();
        // Alertmanager names the methods in any order.
        let either = |text: &str| text.replace("[POST,GET]", "[GET,POST]").replace("[DELETE,GET]", "[GET,DELETE]");
        assert_eq!((hub.status, either(&hub.text)), (real.status, either(&real.text)), "{path}");
    }
    let times = r#""startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","comment":"c","createdBy":"d""#;
    let bodies = ["".to_owned(), "{}".to_owned(), "[]".to_owned(), "null".to_owned(), "{".to_owned(), r#"{"comment":5}"#.to_owned(),
        r#"{"matchers":5}"#.to_owned(), r#"{"startsAt":"x"}"#.to_owned(), r#"{"matchers":[{"name":"a","value":"x","isRegex":"no"}]}"#.to_owned(),
        format!(r#"{{"matchers":[],{times}}}"#),
        format!(r#"{{"matchers":[{{"name":"a","value":"x"}}],{times}}}"#),
        format!(r#"{{"matchers":[{{"name":"a","value":"","isRegex":false}}],{times}}}"#),
        format!(r#"{{"matchers":[{{"name":"a-b","value":"x","isRegex":false}}],{times}}}"#),
        format!(r#"{{"id":"nonsense","matchers":[{{"name":"a","value":"x","isRegex":false}}],{times}}}"#),
        r#"{"matchers":[{"name":"a","value":"x","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2025-01-01T00:00:00Z","comment":"c","createdBy":"d"}"#.to_owned(),
        r#"{"matchers":[{"name":"a","value":"x","isRegex":false}],"startsAt":"2024-01-01T00:00:00Z","endsAt":"2025-01-01T00:00:00Z","comment":"c","createdBy":"d"}"#.to_owned(),
    ];
    let grace = both.hub.client("person", "grace");
    for body in bodies {
        let post = |client: &Client, path: &str| {
            let request = client.request(reqwest::Method::POST, path).header("content-type", "application/json");
            sent(request.body(body.clone())).unwrap()
        };
        let (hub, real) = (post(&grace, "/in/alertmanager/api/v2/silences"), post(&real, "/api/v2/silences"));
        assert_eq!((hub.status, &hub.text), (real.status, &real.text), "{body}");
    }
}

//! The hub is killed between an event and the run that it calls for: one event has one run, whenever that is.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{log, notification};
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::crashes::{Chance, rounds};
use crate::support::hub::Hub;
use crate::support::runs::lay;
use crate::support::wait::{SOON, pass, until_true};

/// How often the hub is killed where nobody says.
const KILLS: u64 = 20;
/// A step that may be done again, and one that ends the run when a person need not be asked.
const STEP: &str = "```sh {step=one timeout=1m idempotent undo=none retry=\"50 every 1s\"}\n\
                    echo \"$WH_CASE $WH_RUN\" >> PLACE/log\n```\n";

#[test]
fn an_event_has_one_run_whenever_the_hub_is_killed() {
    let kills = rounds(KILLS);
    let services: Vec<String> = (0..kills).map(|number| format!("service-{number}")).collect();
    let names: Vec<&str> = services.iter().map(String::as_str).collect();
    let mut catalog = usual(&names).replace("notices_settle: 0s", "notices_settle: 0s\nautomations_per_hour: 200");
    let _ = write!(
        catalog,
        "---\nkind: Automation\nname: restart\nteam: payments\nmode: live\nwhen: {{kind: [case_opened]}}\n\
         then: {{runbook: restart}}\ncooldown: 1h\nlimits: {{target: 1, all: 200, within: 1h}}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let place = lay(folder.path(), &catalog, &[("restart", STEP)]);
    let mut options: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    options.extend(["--step-folder".into(), place.clone().into()]);
    let mut hub = Hub::with_options(options, folder, None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let mut chance = Chance(23);
    for service in &services {
        let (source, body) = (source.clone(), notification(service, "Down", "firing"));
        let sender = thread::spawn(move || send_until_taken(&source, &body));
        // Before it comes in, while it is decided, and while its run begins.
        chance.pass(60);
        hub.kill();
        hub.restart();
        sender.join().unwrap();
    }
    until_true("every run is over", SOON * 4, || dana.all("/api/v1/runs?state=under_way").is_empty());
    let done = log(&place);
    for service in &services {
        let cases = dana.cases_of(service);
        assert_eq!(cases.len(), 1, "{service}");
        let case = cases[0]["id"].as_str().unwrap();
        let runs = dana.all(&format!("/api/v1/runs?case={case}"));
        assert_eq!(runs.len(), 1, "{case} of {service}: {runs:?}");
        assert_eq!(runs[0]["state"], "completed", "{}", runs[0]);
        let line = format!("{case} {}", runs[0]["id"].as_str().unwrap());
        assert!(done.lines().any(|done| done == line), "{line}: a step was said to be done and was not");
    }
    assert_eq!(dana.all("/api/v1/runs").len(), services.len());
    assert_eq!(dana.get("/api/v1/automations/restart")["totals"]["started"], kills);
    hub.verify_record();
}

/// Sends as Alertmanager does: again and again, until it hears that it was taken.
fn send_until_taken(source: &Client, body: &Value) {
    let deadline = Instant::now() + SOON;
    while !source.try_post("/in/webhook/alertmanager", body, &[]).is_ok_and(|answer| answer.status == 200) {
        assert!(Instant::now() < deadline, "the hub takes no alerts");
        pass(Duration::from_millis(50));
    }
}

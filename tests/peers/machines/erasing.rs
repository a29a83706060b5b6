//! What was written in a run that was for no case is in no file any more once it was erased.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::hub_of;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::runs::{run, start, step};
use crate::support::wait::{SOON, until_true};

/// A word that is nowhere else.
const CANARY: &str = "Zaphod-51c0e7";
const ROLES: &str = "---\n{kind: Team, name: data-protection, members: [grace], roles: [data-protection]}\n\
                     ---\n{kind: Team, name: legal, members: [lena], roles: [legal]}\n\
                     ---\n{kind: Person, name: lena, contacts: [{email: lena@quay.example}]}\n";
const LOOK: &str = "---\nowners: [payments]\nparameters:\n  customer: {}\n---\n# Look\n\n\
                    ```sh {step=one timeout=1m undo=none output=who}\n\
                    echo \"said $WH_CUSTOMER\"; echo \"who=$WH_CUSTOMER\" > \"$WH_OUTPUT\"\n```\n1. Look at it.\n";

#[test]
fn a_run_for_no_case_is_erased_with_what_its_steps_said() {
    let (mut hub, _) = hub_of(&(usual(&["ledger"]) + ROLES), &[("look", LOOK)]);
    let (dana, grace) = (hub.client("person", "dana"), hub.client("person", "grace"));
    let lena = hub.client("person", "lena");
    let data = hub.folder().join("data");
    let id = start(&dana, "look", &json!({ "parameters": { "customer": CANARY } }));
    until_true("the step is done", SOON, || step(&run(&dana, &id), "one")["settled"]["how"] == "done");
    let erase = json!({ "run": id, "reason": "asked for by the person, 2026/114" });
    let code = |who: &Client| {
        let answer = who.post("/api/v1/record/erasures", &erase);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code(&grace), (409, "not_over".to_owned()));
    settle_the_rest(&dana, &id);
    assert_eq!(run(&dana, &id)["parameters"]["customer"], CANARY);
    let said = having_canary(&data.join("outputs"));
    assert_eq!(said.len(), 1, "what the step said lies in a file of its own");
    let kept = fs::read(&said[0]).unwrap();

    assert_eq!(code(&dana).0, 403, "whoever may run it may not erase it");
    lena.post("/api/v1/record/holds", &json!({ "all": true, "reason": "a claim is pending" })).success();
    assert_eq!(code(&grace), (409, "held".to_owned()));
    lena.post("/api/v1/record/holds/lift", &json!({ "all": true, "reason": "settled" })).success();
    let erased = grace.post("/api/v1/record/erasures", &erase).success();
    assert_eq!((&erased["of"], &erased["file_rewritten"]), (&json!(id), &json!(true)), "{erased}");
    assert!(erased["bodies"].as_u64().unwrap() >= 3, "{erased}");
    assert_eq!(having_canary(&data), Vec::<PathBuf>::new());
    let after = run(&dana, &id);
    assert_eq!((&after["state"], after["parameters"]["customer"].as_str()), (&json!("completed"), None), "{after}");
    let told = dana.get(&format!("/api/v1/runs/{id}/timeline")).to_string();
    assert!(told.contains(&format!("what was written in {id} was erased")), "{told}");
    hub.verify_record();

    // As if the hub had died after its commit and before it took the file away.
    hub.kill();
    fs::write(&said[0], kept).unwrap();
    hub.restart();
    until_true("a start takes it away", SOON, || having_canary(&data).is_empty());
    hub.verify_record();
}

#[test]
fn what_was_for_a_case_is_erased_with_the_case() {
    let (hub, _) = hub_of(&(usual(&["ledger"]) + ROLES), &[("look", LOOK)]);
    let (dana, grace) = (hub.client("person", "dana"), hub.client("person", "grace"));
    let case =
        dana.post("/api/v1/cases", &json!({ "title": "odd", "service": "ledger", "severity": "sev3" })).success();
    let more = json!({ "parameters": { "customer": "x" }, "case": case["id"] });
    let id = start(&dana, "look", &more);
    let erase = |what: &Value| grace.post("/api/v1/record/erasures", what);
    let refused = erase(&json!({ "run": id, "reason": "asked for" }));
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains(&format!("{id} was for {}", case["id"].as_str().unwrap())), "{}", refused.text);
    for wrong in [json!({ "reason": "x" }), json!({ "run": id, "case": case["id"], "reason": "x" })] {
        assert_eq!(erase(&wrong).status, 422);
    }
    assert_eq!(erase(&json!({ "run": "RUN-99", "reason": "x" })).status, 404);
}

/// Says that what people are to do is done, and names the customer.
fn settle_the_rest(who: &Client, id: &str) {
    for step in run(who, id)["steps"].as_array().unwrap() {
        if step["settled"].is_null() {
            let path = format!("/api/v1/runs/{id}/steps/{}", step["id"].as_str().unwrap());
            who.post(&path, &json!({ "how": "done", "text": format!("called {CANARY}") })).success();
        }
    }
    assert_eq!(run(who, id)["state"], "completed");
}

/// The files below a folder that have the word in them.
fn having_canary(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(having_canary(&path));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())) {
            found.push(path);
        }
    }
    found
}

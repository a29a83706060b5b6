//! Whoever is wanted by a run is written to.

use std::ffi::OsString;

use serde_json::json;

use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::runs::{lay, run, start, state, until_over};
use crate::support::wait::{SOON, until_true};

#[test]
fn those_who_can_agree_get_a_mail_with_the_place_to_do_it() {
    let mail = MailCatcher::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let text = "```sh {step=risky timeout=1m undo=none approve=noc}\necho \"did it\"\n```\n";
    lay(folder.path(), &usual(&["ledger"]), &[("risky", text)]);
    let options: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    let hub = Hub::with_options(options, folder, Some(mail.smtp));
    let (dana, grace) = (hub.client("person", "dana"), hub.client("person", "grace"));
    let id = start(&dana, "risky", &json!({}));
    until_true("people are asked", SOON, || state(&dana, &id, "risky") == "asking");
    let asked = mail.wait_for("grace@quay.example", "your agreement");
    assert!(asked.text.contains("asks you to agree to step risky, until "), "{}", asked.text);
    assert!(asked.text.contains(&format!("/runs/{id}\n")), "{}", asked.text);
    let case = asked.subject().split(['[', ' ']).nth(1).unwrap().to_owned();
    assert!(case.starts_with("REQ-"), "{case}");
    let to_dana = mail.caught().into_iter().any(|mail| mail.is_to("dana@quay.example"));
    assert!(!to_dana, "dana asks for it");
    let known = grace.get(&format!("/api/v1/cases/{case}"));
    assert_eq!((&known["state"], &known["team"]), (&json!("open"), &json!("payments")));
    let input = run(&dana, &id)["steps"][0]["work"]["input"].clone();
    let agree = json!({ "how": "approve", "input": input });
    grace.post(&format!("/api/v1/runs/{id}/steps/risky"), &agree).success();
    until_over(&dana, &id);
    until_true("the request is closed", SOON, || grace.get(&format!("/api/v1/cases/{case}"))["state"] == "resolved");
    hub.verify_record();
}

//! Functions: an event in, outputs and events out.

use serde_json::json;
use wheelhouse_runner::step::{Action, Delivery};
use wheelhouse_runner::{Cancel, End, Outcome, Step};

use crate::rig::{Heard, Rig, script, with_secret};

fn answered(rig: &Rig, step: &Step) -> (Outcome, Heard) {
    let mut heard = Heard::default();
    let event = json!({"type": "incident.opened", "service": "ledger", "labels": {"zone": "dmz"}});
    let Action::Process(mut process) = step.action.clone() else { panic!("a process") };
    process.stdin = event.to_string();
    let step = Step { action: Action::Function(process), ..step.clone() };
    let outcome = rig.runner.execute(&step, &mut heard, &Cancel::new().unwrap());
    (outcome, heard)
}

#[test]
fn an_event_goes_in_and_outputs_and_events_come_out() {
    let text = "service=$(sed 's/.*\"service\":\"\\([a-z]*\\)\".*/\\1/'); echo looking at $service >&2\n\
        echo \"{\\\"outputs\\\": {\\\"restarted\\\": true}, \\\"events\\\": [{\\\"type\\\": \\\"service.restarted\\\", \\\"data\\\": {\\\"service\\\": \\\"$service\\\"}}]}\"";
    let (answered, heard) = answered(&Rig::new(), &script(text));
    assert_eq!(answered.end, End::Succeeded);
    assert_eq!(json!(answered.outputs), json!({"restarted": true}));
    assert_eq!(json!(answered.events), json!([{"type": "service.restarted", "data": {"service": "ledger"}}]));
    assert_eq!((heard.stdout().as_str(), heard.stderr().as_str()), ("", "looking at ledger\n"));
}

#[test]
fn no_answer_is_an_answer() {
    let (answered, _) = answered(&Rig::new(), &script("cat > /dev/null"));
    assert_eq!((answered.end, answered.events), (End::Succeeded, vec![]));
}

#[test]
fn wrong_answers_are_refused_whole() {
    for (text, why) in [
        ("echo hello", "the function's answer is not {\"outputs\""),
        ("echo '{\"output\": {}}'", "unknown field `output`"),
        ("echo '{\"events\": [{\"type\": \"a b\"}]}'", "`a b` cannot be the type of an event"),
        ("echo '{\"events\": [{\"type\": \"Big\"}]}'", "1 to 64 of a to z"),
        (
            "printf '{\"events\": [{\"type\": \"x\", \"data\": \"'; head -c 9000 /dev/zero | tr '\\0' y; printf '\"}]}'",
            "have 9002 bytes; 8192 are allowed",
        ),
        ("echo '{\"outputs\": {\"a b\": 1}}'", "`a b` cannot name an output"),
        ("head -c 2000000 /dev/zero | tr '\\0' ' '", "longer than 1048576 bytes"),
        ("printf '\\377'", "no UTF-8"),
        (
            "printf '{\"events\": ['; for i in $(seq 16); do printf '{\"type\": \"x\"},'; done; printf '{\"type\": \"x\"}]}'",
            "made 17 events; 16 are allowed",
        ),
        ("exit 3", "it ended with code 3"),
    ] {
        let (answered, _) = answered(&Rig::new(), &script(text));
        let End::Failed { why: said } = &answered.end else { panic!("{text}: {answered:?}") };
        assert!(said.contains(why), "{text}: {said}");
        assert!(answered.events.is_empty() && answered.outputs.is_empty());
    }
}

#[test]
fn an_answer_is_redacted_before_it_is_read() {
    let rig = Rig::new().knowing(&[("pw", b"sesame-open")]);
    let text = "printf '{\"outputs\": {\"url\": \"http://u:%s@h\"}, \"events\": [{\"type\": \"t\", \"data\": \"%s\"}]}' $PW $PW";
    let (answered, _) = answered(&rig, &with_secret(script(text), "pw", "PW", Delivery::Environment));
    assert_eq!(answered.outputs["url"], "http://u:[secret:pw]@h");
    assert_eq!(answered.events[0].data, "[secret:pw]");
}

//! Functions that a runner elsewhere carries out.

use serde_json::json;

use super::station::{Station, hub, output};
use crate::support::runs::{start, step, until_over};

#[test]
fn a_function_answers_from_elsewhere() {
    let text = "```sh {step=look kind=function timeout=1m undo=none output=seen runner=zone=dmz}\n\
        grep -q '\"step\":\"look\"'\n\
        echo looking >&2\n\
        echo '{\"outputs\": {\"seen\": [1, 2]}, \"events\": [{\"type\": \"looked\", \"data\": {\"at\": \"n1\"}}]}'\n```\n\
        ```sh {step=count timeout=1m undo=none expect=\"said == '[1,2]'\"}\necho \"$WH_SEEN\"\n```\n";
    let (hub, place) = hub(&[("look", text)], 30_000);
    let _dmz = Station::start(&hub, "dmz-1", &place);
    let dana = hub.client("person", "dana");
    let id = start(&dana, "look", &json!({}));
    let over = until_over(&dana, &id);
    assert_eq!((&over["state"], &over["progress"]["failed"]), (&json!("completed"), &json!(0)), "{over}");
    assert_eq!(step(&over, "look")["attempts"][0]["outputs"], json!({ "seen": [1, 2] }));
    // Its answer is none of what it says.
    assert_eq!(output(&dana, &id, "look").0, "looking\n");
    let told = dana.all(&format!("/api/v1/runs/{id}/timeline"));
    assert!(
        told.iter().any(|entry| entry["words"].as_str().unwrap_or_default().contains("made the event looked")),
        "{told:?}"
    );
    hub.verify_record();
}

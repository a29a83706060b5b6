//! The hub is killed at any moment of a run: no step is lost, none is invented, and none is done twice that may not be.

use super::hub;
use crate::support::crashes::{Chance, hold, runs_among_crashes};

const STEPS: &str = "```sh {step=safe timeout=1m idempotent undo=none retry=\"50 every 1s\"}\nsleep 0.05; echo \"$WH_RUN safe\" >> PLACE/log\n```\n\
     ```sh {step=once timeout=1m undo=none}\necho \"$WH_RUN once\" >> PLACE/log; sleep 0.1\n```\n\
     ```yaml {step=rest kind=wait timeout=1m}\nfor: 1s\n```\n\
     ```sh {step=last timeout=1m undo=none}\necho \"$WH_RUN last\" >> PLACE/log\n```\n";

#[test]
fn no_step_is_lost_or_done_twice_whenever_the_hub_is_killed() {
    let (mut hub, place) = hub(&[("steps", STEPS)]);
    let dana = hub.client("person", "dana");
    // From the very beginning of a run to some way into its second step.
    let runs = runs_among_crashes(&dana, Chance(7), 450, |_| {
        hub.kill();
        hub.restart();
    });
    hold(&runs, &place, &["once", "last"]);
    hub.verify_record();
}

//! Hub and runner are killed at any moment of a run: no step is lost, none is invented, and none is done twice that
//! may not be.

use super::station::{Station, hub};
use crate::support::crashes::{Chance, hold, runs_among_crashes};

const STEPS: &str = "```sh {step=safe timeout=1m idempotent undo=none retry=\"50 every 1s\" runner=zone=dmz}\nsleep 0.05; echo \"$WH_RUN safe\" >> PLACE/log\n```\n\
     ```sh {step=once timeout=1m undo=none runner=zone=dmz}\necho \"$WH_RUN once\" >> PLACE/log; sleep 0.1\n```\n\
     ```sh {step=last timeout=1m undo=none}\necho \"$WH_RUN last\" >> PLACE/log\n```\n";

#[test]
fn no_step_is_lost_or_done_twice_whoever_is_killed_and_whenever() {
    let (mut hub, place) = hub(&[("steps", STEPS)], 3_000);
    let dana = hub.client("person", "dana");
    let mut dmz = Station::start(&hub, "dmz-1", &place);
    let runs = runs_among_crashes(&dana, Chance(11), 500, |chance| {
        // Now the one, now the other, now both.
        let whom = chance % 3;
        if whom != 0 {
            hub.kill();
        }
        if whom != 1 {
            dmz.kill();
            dmz.restart();
        }
        if whom != 0 {
            hub.restart();
        }
    });
    // The hub's own runner may write into its own folder alone, unless it is told otherwise.
    hold(&runs, &place, &["once", "last"]);
    hub.verify_record();
}

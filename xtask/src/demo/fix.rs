//! `make fix SERVICE=…`: asks the running demo to bring a part back.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::layout::{self, Layout};
use super::script;
use super::signals;
use super::stage;
use super::trouble::{Result, Trouble};

/// How long the supervisor may take.
const WITHIN: Duration = Duration::from_secs(70);

/// Leaves the request and waits until the supervisor has taken it.
pub fn request(layout: &Layout, name: &str) -> Result<()> {
    if !script::NAMES.contains(&name) {
        return Err(stage::unknown(name));
    }
    let supervisor = layout.read_pid("demo").filter(|pid| signals::alive(*pid));
    let supervisor = supervisor.ok_or_else(|| Trouble::new("no demo runs here", "start one with `make run`"))?;
    let file = layout.fix(name);
    layout::write(&file, "")?;
    let asked = Instant::now();
    while file.exists() && signals::alive(supervisor) && asked.elapsed() < WITHIN {
        thread::sleep(Duration::from_millis(50));
    }
    match layout.read_pid(name).filter(|pid| !file.exists() && signals::alive(*pid)) {
        Some(pid) => {
            println!("{name} runs (process {pid}).");
            Ok(())
        }
        None => Err(Trouble::new(
            format!("{name} did not come back"),
            format!("see {} and what the demo printed", layout.shown(&layout.log(name))),
        )),
    }
}

/// The parts that somebody asked for since the last look.
///
/// A request stays until [`done`] is called with its name.
pub fn requests(layout: &Layout) -> Vec<&'static str> {
    script::NAMES.into_iter().filter(|name| layout.fix(name).exists()).collect()
}

/// Takes a request away: it was carried out, or cannot be.
pub fn done(layout: &Layout, name: &str) {
    // Missing already: somebody cleaned up.
    let _ = fs::remove_file(layout.fix(name));
}

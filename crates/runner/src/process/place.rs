//! Where an execution has its private folder.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use crate::guard::Place;
use crate::runner::Runner;

/// What the names of private folders begin with.
pub(crate) const PREFIX: &str = "step-";

/// Chooses a place that nobody else has or can guess.
pub(crate) fn choose(runner: &Runner) -> Result<Place, String> {
    let mut chance = [0; 12];
    getrandom::fill(&mut chance).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    let name = chance.iter().fold(PREFIX.to_owned(), |name, byte| name + &format!("{byte:02x}"));
    // Steps of other users must be able to reach what is theirs in it, and see nothing else.
    DirBuilder::new().recursive(true).mode(0o711).create(&runner.jobs).map_err(|error| {
        let jobs = runner.jobs.display();
        format!("the runner's folder for jobs {jobs} cannot be made: {error}\n  = help: give the runner a folder that it may write")
    })?;
    let jobs = absolute(&runner.jobs)?;
    Ok(Place {
        private: jobs.join(&name),
        cgroup: runner.cgroup().map(|group| group.join(format!("wheelhouse-{name}"))),
    })
}

fn absolute(jobs: &std::path::Path) -> Result<PathBuf, String> {
    jobs.canonicalize()
        .map_err(|error| format!("the runner's folder for jobs {} cannot be found: {error}", jobs.display()))
}

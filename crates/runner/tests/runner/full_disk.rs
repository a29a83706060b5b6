//! A disk without room for the private folder.

use std::process::Command;

use wheelhouse_runner::step::WorkFile;
use wheelhouse_runner::{Cancel, End};

use crate::rig::{Heard, Rig, bash, script};

/// A small disk in memory, which goes away with it.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(path: std::path::PathBuf) -> Self {
        std::fs::create_dir(&path).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(done.success(), "a small disk must be mounted: run these tests as root");
        Self(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_runs_and_nothing_is_left() {
    crate::rig::needs_root();
    let mut rig = Rig::new();
    let disk = Disk::mount(rig.folder.path().join("disk"));
    rig.runner.jobs = disk.0.join("jobs");
    let step = bash("echo ran", |process| {
        process.files = vec![WorkFile { path: "large".to_owned(), text: "x".repeat(1 << 20), executable: false }];
    });
    let outcome = rig.runner.execute(&step, &mut Heard::default(), &Cancel::new().unwrap());
    let End::NotStarted { why } = &outcome.end else { panic!("{outcome:?}") };
    assert!(
        why.starts_with("its private folder cannot be filled")
            && why.contains("No space left")
            && why.contains("/large"),
        "{why}"
    );
    rig.nothing_is_left(&outcome);
    // What fits runs, and one that fills the disk itself is told so by the system.
    let (outcome, heard) =
        rig.run(&script("echo ran; head -c 1000000 /dev/zero > x || echo full; echo a=1 > $WH_OUTPUT"));
    assert_eq!(
        (outcome.end, heard.stdout().as_str()),
        (End::Failed { why: "it ended with code 1".to_owned() }, "ran\nfull\n")
    );
}

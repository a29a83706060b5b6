//! A cgroup (version 2) of a step's own, where the runner may make one: it holds the whole tree however its
//! processes are related, and the kernel ends all of it at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::step::Limits;

/// A leaf that belongs to one step.
#[derive(Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
    /// Whether the kernel counts its processes.
    pub(crate) counts_processes: bool,
    /// Whether the kernel counts its memory.
    pub(crate) counts_memory: bool,
}

impl Cgroup {
    /// Makes the leaf, with the limits that the controllers above it allow to be set.
    pub(crate) fn create(path: &Path, limits: &Limits) -> io::Result<Self> {
        fs::create_dir(path)?;
        let mut leaf = Self::existing(path);
        leaf.counts_processes = leaf.write("pids.max", &limits.processes.to_string()).is_ok();
        leaf.counts_memory = match limits.memory_bytes {
            Some(bytes) => leaf.write("memory.max", &bytes.to_string()).is_ok(),
            None => false,
        };
        if leaf.counts_memory {
            // Otherwise a step that is over its limit would fill the swap of others. Where there is none, it fails.
            let _no_swap = leaf.write("memory.swap.max", "0");
        }
        Ok(leaf)
    }

    /// A leaf that somebody else has made.
    pub(crate) fn existing(path: &Path) -> Self {
        Self { path: path.to_owned(), counts_processes: false, counts_memory: false }
    }

    /// Ends all that is in it, at once. Kernels before 5.14 cannot, and the walk does it alone.
    pub(crate) fn kill(&self) {
        let _old_kernel = self.write("cgroup.kill", "1");
    }

    /// Whether no process is in it or below it.
    pub(crate) fn is_empty(&self) -> bool {
        match fs::read_to_string(self.path.join("cgroup.events")) {
            Ok(events) => events.lines().any(|line| line == "populated 0"),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Whether the kernel had to end something because the memory was used up.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        self.counts_memory
            && fs::read_to_string(self.path.join("memory.events"))
                .is_ok_and(|events| events.lines().any(|line| line.starts_with("oom_kill ") && line != "oom_kill 0"))
    }

    /// Lets go of what is still in it, to the group above.
    pub(crate) fn release(&self) {
        let (Ok(inside), Some(above)) = (fs::read_to_string(self.path.join("cgroup.procs")), self.path.parent()) else {
            return;
        };
        for pid in inside.lines() {
            // One that ended meanwhile cannot be moved, and need not be.
            let _gone = fs::write(above.join("cgroup.procs"), pid);
        }
    }

    /// Removes the leaf and what the step made below it; it must be empty.
    pub(crate) fn remove(&self) {
        remove_below(&self.path, 0);
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        // Opened without `create`: a file that is not there is a controller that is not there.
        use std::io::Write;
        fs::OpenOptions::new().write(true).open(self.path.join(file))?.write_all(text.as_bytes())
    }
}

/// Finds the group in which leaves can be made: the runner's own, where it may write.
pub(crate) fn own_group() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let inside = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        kind.starts_with("cgroup2 ").then(|| (root.to_owned(), point.to_owned()))
    });
    let (root, point) = mount?;
    let inside = inside.strip_prefix(root.as_str()).unwrap_or(inside);
    let group = Path::new(&point).join(inside.trim_start_matches('/'));
    let writable = rustix::fs::access(&group, rustix::fs::Access::WRITE_OK).is_ok();
    (writable && group.join("cgroup.procs").exists()).then_some(group)
}

fn remove_below(path: &Path, depth: u32) {
    // Groups below are folders; nothing else in a group can be removed.
    if depth < 32
        && let Ok(entries) = fs::read_dir(path)
    {
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            remove_below(&entry.path(), depth + 1);
        }
    }
    let _busy_or_gone = fs::remove_dir(path);
}

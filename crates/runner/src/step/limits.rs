//! What a step may use of the machine, and what it may say.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a process step may use; all that its user may, where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many processes it may be at once.
    pub processes: u32,
    /// How much memory it may use, in bytes: the whole tree in a cgroup with a memory controller, each
    /// process (as address space) without one.
    pub memory_bytes: Option<u64>,
    /// How large a file it may write, in bytes.
    pub file_bytes: Option<u64>,
    /// How many files it may have open, each process by itself.
    pub open_files: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { processes: 512, memory_bytes: None, file_bytes: None, open_files: 1024 }
    }
}

/// How much of a step's output is kept: its beginning and its end. All of it is read, redacted and shown
/// to whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputLimits {
    /// How many bytes of the beginning are kept.
    pub head_bytes: u64,
    /// How many bytes of the end are kept.
    pub tail_bytes: u64,
}

impl Default for OutputLimits {
    fn default() -> Self {
        Self { head_bytes: 256 << 10, tail_bytes: 256 << 10 }
    }
}

/// The folders that a process step may reach, by Landlock. What every program needs to start (`/usr`,
/// `/bin`, `/lib`, `/lib64`, `/etc`, `/proc`, `/dev/null` and the like) may always be read, and the private
/// folder be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confinement {
    /// Folders and files that it may read and execute.
    #[serde(default)]
    pub read: Vec<PathBuf>,
    /// Folders and files that it may also write.
    #[serde(default)]
    pub write: Vec<PathBuf>,
    /// Whether the step must not start where the kernel cannot hold it to this.
    #[serde(default)]
    pub required: bool,
}

//! The processes between a runner and a step, and what each sees to.
//!
//! ```text
//! runner ── keeper ── guard ── step ── whatever it starts
//! ```
//!
//! The **guard** is the reaper of all that the step starts, and ends it: when told, when its time is over, when
//! the runner is gone (the socket between them closes) or when the keeper is (a signal of the kernel). The
//! **keeper** does nothing while the guard lives. If the guard is killed, the step's own process dies by a
//! signal of the kernel and everything else falls to the keeper, which ends it and gives the report. So either of
//! the three may be killed at any time, and what is left sees to it that nothing else is. If all three are
//! killed at once, [`sweep`](crate::sweep) finds what they left, at the next start.
//!
//! All roles are the program itself, executed again with a hidden first argument; see [`serve_if_asked`].

mod cgroup;
mod confine;
mod frame;
mod inner;
mod keeper;
mod launch;
mod launcher;
mod private;
mod resolve;
mod signals;
mod tree;
mod usage;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) use cgroup::{Cgroup, own_group};
pub(crate) use frame::{Begin, Ended, Handed, Inbox, Order, Report, Stop, send};
pub(crate) use private::Private;
pub(crate) use tree::{pause, readable};

/// The hidden first argument.
pub(crate) const ASKED: &str = "__wheelhouse-step";

/// Serves as a keeper, a guard or the beginning of a step, if the arguments of this process ask for it. Whatever
/// program executes steps calls it first thing in `main`, before it starts a thread:
///
/// ```no_run
/// # use std::process::ExitCode;
/// fn main() -> ExitCode {
///     if let Some(code) = wheelhouse_runner::serve_if_asked(std::env::args_os().skip(1)) {
///         return code;
///     }
///     // … what the program is for
///     ExitCode::SUCCESS
/// }
/// ```
#[must_use]
pub fn serve_if_asked(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter();
    if args.next()? != ASKED {
        return None;
    }
    let role = args.next();
    let place = || Place::read(args);
    Some(match role.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("keeper") => place().map_or(ExitCode::FAILURE, |place| keeper::keep(&place)),
        Some("guard") => place().map_or(ExitCode::FAILURE, |place| inner::guard(&place)),
        Some("launch") => launch::launch(),
        _ => ExitCode::FAILURE,
    })
}

/// Where one execution has its folder, its lock and its cgroup.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The private folder. Its name is also the mark in the environment of all that the step starts.
    pub private: PathBuf,
    /// The cgroup, if one can be made.
    pub cgroup: Option<PathBuf>,
}

/// The variable that marks everything that belongs to one execution.
pub(crate) const MARK: &str = "WH_STEP_RUN";

impl Place {
    fn read(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        let private = PathBuf::from(args.next()?);
        Some(Self { private, cgroup: args.next().map(PathBuf::from) })
    }

    /// The arguments that say this place to a process of some role.
    pub(crate) fn args(&self, role: &str) -> Vec<OsString> {
        let mut args: Vec<OsString> = vec![ASKED.into(), role.into(), self.private.clone().into()];
        args.extend(self.cgroup.clone().map(OsString::from));
        args
    }

    /// What marks the processes of this execution.
    pub(crate) fn mark(&self) -> String {
        self.private.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// The file whose lock says that somebody looks after this place.
    pub(crate) fn lock(&self) -> PathBuf {
        lock_of(&self.private)
    }
}

/// The lock beside a private folder, out of the step's reach.
pub(crate) fn lock_of(private: &Path) -> PathBuf {
    let mut name = private.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// This very program, even if its file was replaced or removed meanwhile.
const OWN_PROGRAM: &str = "/proc/self/exe";

//! The keeper: it starts the guard, waits, and takes over if the guard is killed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, set_child_subreaper, setsid, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdout, stdin};

use super::cgroup::Cgroup;
use super::frame::{Ended, Report, Stop, send};
use super::private::Private;
use super::signals::Signals;
use super::{OWN_PROGRAM, Place, tree};
use crate::outcome::{Exit, Witness};

/// The exit code of a guard that has left processes on purpose.
pub(crate) const LEFT_ON_PURPOSE: u8 = 3;

/// Tells a guard who its keeper is.
pub(crate) const KEEPER: &str = "WH_KEEPER";

/// Keeps one execution until nothing of it is left, and its folder neither.
pub(crate) fn keep(place: &Place) -> ExitCode {
    // What the runner was given open by whoever started it is not for steps.
    close_fds::set_fds_cloexec(3, &[]);
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(stdin(), 3).map(UnixStream::from) else {
        return ExitCode::FAILURE;
    };
    match try_keep(place, &socket) {
        Ok(code) => code,
        Err(error) => {
            let why = format!(
                "the step's keeper cannot work: {error}\n  = help: look at the runner's folder for jobs and at the limits of its user"
            );
            // Where the runner is gone there is nobody left to tell.
            let _gone = send(&socket, &Report::NotStarted { why });
            Private::at(&place.private).remove();
            let _gone = fs::remove_file(place.lock());
            ExitCode::FAILURE
        }
    }
}

fn try_keep(place: &Place, socket: &UnixStream) -> io::Result<ExitCode> {
    // It is heard, and not obeyed: the guard hears it as well and ends the step, and the keeper ends with that.
    let _signals = Signals::listen()?;
    // A keeper that leads a group already is in one of its own, which does as well.
    let _leads = setsid();
    set_child_subreaper(Pid::from_raw(1))?;
    let private = Private::at(&place.private);
    let lock = hold(place, true)?;
    private.create()?;
    let guard = Command::new(OWN_PROGRAM)
        .args(place.args("guard"))
        .env_clear()
        .env(KEEPER, std::process::id().to_string())
        .current_dir("/")
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(|error| io::Error::other(format!("the guard cannot be started: {error}")))?;
    let guard = Pid::from_child(&guard);
    let nowhere = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdout(&nowhere)?;
    dup2_stderr(&nowhere)?;
    let code = match wait_for(guard)? {
        Exit::Code(code) if code == 0 || code == i32::from(LEFT_ON_PURPOSE) => ExitCode::SUCCESS,
        _ => take_over(place, socket),
    };
    private.remove();
    // Unlocked last, so that no sweep takes for abandoned what is being put away.
    fs::remove_file(place.lock()).and_then(|()| lock.unlock()).map(|()| code)
}

fn wait_for(guard: Pid) -> io::Result<Exit> {
    loop {
        match waitpid(Some(guard), WaitOptions::empty()) {
            Ok(Some((_, status))) => {
                if let Some(exit) = tree::exit(status) {
                    return Ok(exit);
                }
            }
            Ok(None) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends what the guard can no longer end, and says so in its place.
fn take_over(place: &Place, socket: &UnixStream) -> ExitCode {
    let cgroup = place.cgroup.as_deref().filter(|path| path.exists()).map(Cgroup::existing);
    let proof = tree::kill(Witness::Keeper, cgroup.as_ref(), |_, _| {});
    if let Some(cgroup) = cgroup {
        cgroup.remove();
    }
    let outputs = Err("the guard was killed, so what the step wrote for later ones was not taken".to_owned());
    let ended = Ended { exit: None, stop: Some(Stop::GuardGone), proof, outputs, usage: None, out_of_memory: false };
    // Where the runner is gone there is nobody left to tell.
    let _gone = send(socket, &Report::Ended(Box::new(ended)));
    ExitCode::FAILURE
}

/// Takes a share of the lock that says that this place is looked after.
pub(crate) fn hold(place: &Place, first: bool) -> io::Result<File> {
    let path = place.lock();
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(first)
        .mode(0o600)
        .open(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    lock.lock_shared()?;
    if let (true, Some(cgroup)) = (first, &place.cgroup) {
        // For a sweep after everybody was killed.
        lock.write_all(cgroup.as_os_str().as_encoded_bytes())?;
    }
    Ok(lock)
}

//! Signals as something that can be waited for together with everything else.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::low_level::pipe;

/// What the kernel sends when the keeper ends.
pub(crate) const PARENT_GONE: rustix::process::Signal = rustix::process::Signal::USR1;

/// Signals that arrived, each kind by itself.
#[derive(Debug)]
pub(crate) struct Signals {
    child: UnixStream,
    told: UnixStream,
    parent: UnixStream,
}

impl Signals {
    /// Begins to listen. From then on none of them ends the process.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { child: heard(&[SIGCHLD])?, told: heard(&[SIGTERM, SIGINT, SIGHUP])?, parent: heard(&[SIGUSR1])? })
    }

    /// What becomes readable when a child has ended, somebody tells this process to end, its parent has ended.
    pub(crate) fn fds(&self) -> [BorrowedFd<'_>; 3] {
        [self.child.as_fd(), self.told.as_fd(), self.parent.as_fd()]
    }

    /// Forgets that a child has ended; to be called before children are looked at.
    pub(crate) fn children_seen(&self) {
        drain(&self.child);
    }

    /// Whether somebody told this process to end, since it was last asked.
    pub(crate) fn told(&self) -> bool {
        drain(&self.told)
    }

    /// Whether the kernel said that the parent has ended, since it was last asked.
    pub(crate) fn parent_gone(&self) -> bool {
        drain(&self.parent)
    }
}

fn heard(signals: &[i32]) -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    for &signal in signals {
        pipe::register(signal, write.try_clone()?)?;
    }
    Ok(read)
}

fn drain(mut stream: &UnixStream) -> bool {
    let mut any = false;
    let mut bytes = [0; 64];
    while matches!(stream.read(&mut bytes), Ok(read) if read > 0) {
        any = true;
    }
    any
}

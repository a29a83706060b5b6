//! Asking a step to end, from any thread, at any time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

/// A switch that is thrown once; every clone is the same switch. It can be thrown before, during and after
/// an execution.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// A pipe: there is something to read once the switch is thrown, and nobody reads it.
    ends: Arc<(OwnedFd, OwnedFd)>,
}

impl Cancel {
    /// Returns a switch that nobody has thrown.
    ///
    /// # Errors
    /// If the process has no file descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { ends: Arc::new(pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?) })
    }

    /// Asks the step to end. Doing it twice does no harm.
    pub fn cancel(&self) {
        // It fails only if the pipe is full, and then it was thrown long ago.
        let _thrown = rustix::io::write(&self.ends.1, b"x");
    }

    /// Says whether it was thrown.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let mut fds = [PollFd::new(&self.ends.0, PollFlags::IN)];
        matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(ready) if ready > 0)
    }

    /// A descriptor that becomes readable, and stays so, once it is thrown.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.ends.0.as_fd()
    }

    /// The same switch for an event loop of its own.
    pub(crate) fn duplicate(&self) -> io::Result<OwnedFd> {
        self.ends.0.try_clone()
    }
}

//! Ctrl-C and SIGTERM, and signals to processes that the demo started.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::trouble::{Result, Trouble};

/// Whether somebody asked the demo to end.
#[derive(Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked)).map_err(|error| {
                Trouble::new(format!("cannot listen for signal {signal}: {error}"), "start the demo from a shell")
            })?;
        }
        Ok(Self(asked))
    }

    /// Whether one of them has arrived.
    pub fn arrived(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sends a signal by its name (`TERM`, `KILL`) to one process; says whether it could be sent.
pub fn send(name: &str, pid: u32) -> bool {
    Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a process of that id lives (signal 0).
pub fn alive(pid: u32) -> bool {
    send("0", pid)
}

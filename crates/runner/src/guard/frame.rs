//! Messages between a runner and its guards: a length, then JSON, over a Unix socket.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::outcome::{Confined, Exit, Proof, Usage};
use crate::step::{Confinement, Limits, ProcessStep};

/// The largest message: a step of 8 MiB in which every byte needs six.
pub(crate) const MOST: usize = 64 << 20;

/// What a runner tells a guard.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Run this.
    Begin(Box<Begin>),
    /// End it.
    Stop(Stop),
}

/// A process step, with what only the runner knows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begin {
    pub process: ProcessStep,
    pub base: BTreeMap<String, String>,
    pub secrets: Vec<Handed>,
    pub grace_ms: u64,
    /// After which the guard ends the step even if its runner says nothing.
    pub hard_limit_ms: u64,
}

impl std::fmt::Debug for Begin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begin").finish_non_exhaustive()
    }
}

/// A secret on its way to a process, in base64 because it may be any bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Handed {
    pub name: String,
    pub value: String,
    pub file: bool,
}

/// Why a step is ended before it ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stop {
    Cancelled,
    TimedOut,
    /// The guard's own limit: the runner did not say that the time was over.
    HardLimit,
    TooManyProcesses,
    RunnerGone,
    KeeperGone,
    GuardGone,
    /// Somebody told the guard to end.
    Told,
}

/// What a guard tells its runner.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The step's own code runs.
    Started { step: u32, guard: u32, confined: Option<Confined> },
    /// It does not, and will not.
    NotStarted { why: String },
    /// It is over.
    Ended(Box<Ended>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Absent if nobody saw how it ended.
    pub exit: Option<Exit>,
    pub stop: Option<Stop>,
    pub proof: Proof,
    /// What it wrote for later steps.
    pub outputs: Result<String, String>,
    pub usage: Option<Usage>,
    /// Whether the kernel ended something of it because its memory was used up.
    pub out_of_memory: bool,
}

/// What a guard tells the process that becomes the step.
#[derive(Serialize, Deserialize)]
pub(crate) struct Launch {
    pub program: String,
    pub args: Vec<String>,
    pub cwd: PathBuf,
    pub environment: BTreeMap<String, String>,
    /// Names of the secrets whose descriptors come along, in order, after the one of standard input.
    pub descriptors: Vec<String>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub may_gain_privileges: bool,
    pub limits: Limits,
    pub memory_by_cgroup: bool,
    pub confinement: Option<Confinement>,
    pub private: PathBuf,
    pub cgroup: Option<PathBuf>,
    pub guard: u32,
}

/// What it answers, unless it becomes the step without a word.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Launched {
    Confined(Confined),
    Failed { why: String },
}

/// Puts a message into bytes.
pub(crate) fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|&length| length as usize <= MOST);
    let length = length.ok_or_else(|| io::Error::other("a message to or from a guard is too large"))?;
    bytes.splice(0..4, length.to_be_bytes());
    Ok(bytes)
}

/// Writes a message whole.
pub(crate) fn send<T: Serialize>(mut socket: impl Write, message: &T) -> io::Result<()> {
    socket.write_all(&encode(message)?)
}

/// Reads one message, waiting for it; none if the other side has closed.
pub(crate) fn receive<T: DeserializeOwned>(mut socket: impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match socket.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    receive_rest(length, socket).map(Some)
}

/// Reads what follows the length of a message.
pub(crate) fn receive_rest<T: DeserializeOwned>(length: [u8; 4], socket: impl Read) -> io::Result<T> {
    let length = u32::from_be_bytes(length);
    if length as usize > MOST {
        return Err(io::Error::other("a message between runner and guard is too long"));
    }
    let mut bytes = Vec::new();
    socket.take(u64::from(length)).read_to_end(&mut bytes)?;
    serde_json::from_slice(&bytes).map_err(io::Error::from)
}

/// Collects messages from a socket that is read piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// Adds what was read.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole message, if there is one.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some((&length, rest)) = self.bytes.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(length) as usize;
        if length > MOST {
            return Err(io::Error::other("a message between runner and guard is too long"));
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let message = serde_json::from_slice(message)?;
        self.bytes.drain(..length + 4);
        Ok(Some(message))
    }
}

//! Starting the process that becomes a step, and hearing whether it did.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::cmsg_space;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;
use zeroize::Zeroizing;

use super::cgroup::Cgroup;
use super::frame::{Begin, Inbox, Launch, Launched, encode};
use super::private::Private;
use super::{ASKED, MARK, OWN_PROGRAM, Place};
use crate::outcome::Confined;
use crate::step::{Program, User};

/// A process on its way to becoming the step.
#[derive(Debug)]
pub(crate) struct Launching {
    /// Its number, which stays the same.
    pub pid: Pid,
    /// Closes, without a word of failure, at the moment at which the step's own code begins to run.
    pub socket: UnixStream,
    /// What it reads, and how much of it was written.
    pub input: Option<(OwnedFd, usize)>,
    inbox: Inbox,
    confined: Option<Confined>,
}

/// What a socket said.
pub(crate) enum Said {
    /// Nothing that matters yet.
    Wait,
    /// The step runs.
    Runs(Option<Confined>),
    /// It does not.
    Failed(String),
}

/// Starts the process; nothing of the step's own runs before it is in its cgroup and under its limits.
pub(crate) fn start(place: &Place, begin: &Begin, private: &Private, cgroup: Option<&Cgroup>) -> io::Result<Launching> {
    may_become(begin.process.user)?;
    let secrets = decode(begin)?;
    let files: Vec<(&str, &[u8])> =
        secrets.iter().filter(|(_, _, file)| *file).map(|(name, value, _)| (*name, value.as_slice())).collect();
    private.fill(begin, &files).map_err(|error| {
        io::Error::new(error.kind(), format!("its private folder cannot be filled: {error}\n  = help: is the disk of the runner's folder for jobs full?"))
    })?;
    let (mut descriptors, mut names) = (Vec::new(), Vec::new());
    for (name, value, _) in secrets.iter().filter(|(_, _, file)| !file) {
        descriptors.push(in_memory(value)?);
        names.push((*name).to_owned());
    }
    let environment = environment(place, begin, private, &files);
    let (input, feed) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&feed, true)?;
    let (ours, theirs) = UnixStream::pair()?;
    let child = Command::new(OWN_PROGRAM)
        .args([ASKED, "launch"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    let pid = Pid::from_child(&child);
    let launch = launch(
        begin,
        private,
        environment,
        names,
        cgroup.is_some_and(|group| group.counts_memory),
        place.cgroup.clone().filter(|_| cgroup.is_some()),
    );
    let mut rights: Vec<BorrowedFd<'_>> = vec![input.as_fd()];
    rights.extend(descriptors.iter().map(AsFd::as_fd));
    hand_over(&ours, &encode(&launch)?, &rights)?;
    ours.set_nonblocking(true)?;
    let input = (!begin.process.stdin.is_empty()).then_some((feed, 0));
    Ok(Launching { pid, socket: ours, input, inbox: Inbox::default(), confined: None })
}

impl Launching {
    /// Hears what the process says, once its socket can be read.
    pub(crate) fn hear(&mut self) -> Said {
        let mut bytes = [0; 4096];
        match self.socket.read(&mut bytes) {
            Ok(0) => return Said::Runs(self.confined.take()),
            Ok(read) => self.inbox.push(bytes.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Said::Wait,
            Err(error) => return Said::Failed(format!("it is not known whether it started: {error}")),
        }
        loop {
            match self.inbox.next::<Launched>() {
                Ok(Some(Launched::Confined(confined))) => self.confined = Some(confined),
                Ok(Some(Launched::Failed { why })) => return Said::Failed(why),
                Ok(None) => return Said::Wait,
                Err(error) => return Said::Failed(error.to_string()),
            }
        }
    }

    /// Writes as much of the standard input as the step takes.
    pub(crate) fn feed(&mut self, text: &str) {
        let Some((feed, written)) = &mut self.input else { return };
        let rest = text.as_bytes().get(*written..).unwrap_or_default();
        match rustix::io::write(&*feed, rest) {
            Ok(more) => *written += more,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            // It does not want to read on, which is its own business.
            Err(_closed) => *written = text.len(),
        }
        if *written >= text.len() {
            self.input = None;
        }
    }
}

fn may_become(user: Option<User>) -> io::Result<()> {
    match user {
        Some(user) if !rustix::process::geteuid().is_root() => Err(io::Error::other(format!(
            "it cannot become user {} of group {}\n  = help: only root may run steps as somebody else",
            user.uid, user.gid
        ))),
        _ => Ok(()),
    }
}

fn launch(
    begin: &Begin,
    private: &Private,
    environment: BTreeMap<String, String>,
    descriptors: Vec<String>,
    memory_by_cgroup: bool,
    cgroup: Option<PathBuf>,
) -> Launch {
    let process = &begin.process;
    let (program, args) = match &process.program {
        Program::Executable { path } => (path.clone(), process.args.clone()),
        Program::Script { interpreter, .. } => {
            let script = private.script().display().to_string();
            let mut words = interpreter.iter().cloned().chain([script]);
            let program = words.next().unwrap_or_default();
            (program, words.chain(process.args.iter().cloned()).collect())
        }
    };
    Launch {
        program,
        args,
        cwd: process.cwd.clone().unwrap_or_else(|| private.work()),
        environment,
        descriptors,
        uid: process.user.map(|user| user.uid),
        gid: process.user.map(|user| user.gid),
        may_gain_privileges: process.may_gain_privileges,
        limits: process.limits.clone(),
        memory_by_cgroup,
        confinement: process.confinement.clone(),
        private: private.root().to_owned(),
        cgroup,
        guard: std::process::id(),
    }
}

fn environment(place: &Place, begin: &Begin, private: &Private, files: &[(&str, &[u8])]) -> BTreeMap<String, String> {
    let mut environment = begin.base.clone();
    environment.insert("HOME".to_owned(), private.home().display().to_string());
    environment.insert("TMPDIR".to_owned(), private.temporary().display().to_string());
    environment.extend(begin.process.environment.clone());
    environment.insert("WH_OUTPUT".to_owned(), private.outputs().display().to_string());
    environment.insert(MARK.to_owned(), place.mark());
    for (name, _) in files {
        environment.insert(format!("{name}_FILE"), private.secret(name).display().to_string());
    }
    environment
}

type Decoded<'a> = Vec<(&'a str, Zeroizing<Vec<u8>>, bool)>;

fn decode(begin: &Begin) -> io::Result<Decoded<'_>> {
    let decoded = begin.secrets.iter().map(|secret| {
        let value = STANDARD.decode(&secret.value).map_err(io::Error::other)?;
        Ok((secret.name.as_str(), Zeroizing::new(value), secret.file))
    });
    decoded.collect()
}

/// Puts a secret into a file that is on no disk and that nobody can change.
fn in_memory(value: &[u8]) -> io::Result<OwnedFd> {
    let descriptor = memfd_create("secret", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(descriptor);
    file.write_all(value)?;
    io::Seek::rewind(&mut file)?;
    let descriptor = OwnedFd::from(file);
    fcntl_add_seals(&descriptor, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(descriptor)
}

/// Sends a message, with descriptors attached to its first bytes.
fn hand_over(mut socket: &UnixStream, message: &[u8], rights: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [const { MaybeUninit::uninit() }; cmsg_space!(ScmRights(80))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(rights)) {
        return Err(io::Error::other("too many secrets are handed over by descriptor"));
    }
    let sent = sendmsg(socket, &[IoSlice::new(message)], &mut control, SendFlags::empty())?;
    socket.write_all(message.get(sent..).unwrap_or_default())
}

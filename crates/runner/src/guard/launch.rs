//! The process that becomes a step: it takes its place, gives up what it must not have, and lets the step's
//! program take over. Nothing of the step's environment is set before that moment, because until then it
//! may be root.

use std::fs;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::fs::Mode;
use rustix::io::FdFlags;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit, setsid, umask,
};
use rustix::stdio::{dup2_stdin, stdin};
use rustix::thread::{Gid, Uid, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::frame::{Launch, Launched, receive_rest, send};
use super::{confine, resolve};

/// Becomes the step, or says why not.
pub(crate) fn launch() -> ExitCode {
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(stdin(), 3).map(UnixStream::from) else {
        return ExitCode::FAILURE;
    };
    let why = match take_orders(&socket).and_then(|(launch, descriptors)| become_step(&socket, &launch, descriptors)) {
        Ok(never) => match never {},
        Err(why) => why,
    };
    // Where the guard is gone there is nobody left to tell.
    let _gone = send(&socket, &Launched::Failed { why });
    ExitCode::FAILURE
}

/// Reads what to do, with the descriptors that come along: standard input first, then the secrets.
fn take_orders(socket: &UnixStream) -> Result<(Launch, Vec<OwnedFd>), String> {
    let told = |error: io::Error| format!("the guard did not say what to start: {error}");
    let mut length = [0; 4];
    let mut space = [const { std::mem::MaybeUninit::uninit() }; rustix::cmsg_space!(ScmRights(80))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut length)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL,
    );
    if received.map_err(|error| told(error.into()))?.bytes != length.len() {
        return Err("the guard said nothing".to_owned());
    }
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok((receive_rest(length, socket).map_err(told)?, descriptors))
}

enum Never {}

fn become_step(socket: &UnixStream, launch: &Launch, descriptors: Vec<OwnedFd>) -> Result<Never, String> {
    let mut descriptors = descriptors.into_iter();
    let input = descriptors.next().ok_or("standard input did not come along")?;
    setsid().map_err(|error| format!("no session of its own can be begun: {error}"))?;
    umask(Mode::from_raw_mode(0o022));
    if let Some(cgroup) = &launch.cgroup {
        fs::write(cgroup.join("cgroup.procs"), "0").map_err(|error| format!("it cannot join its cgroup: {error}"))?;
    }
    limit(launch)?;
    let mut environment = launch.environment.clone();
    let mut inherited = Vec::new();
    for (name, descriptor) in launch.descriptors.iter().zip(descriptors) {
        let kept = rustix::io::fcntl_dupfd_cloexec(&descriptor, 10).map_err(|error| error.to_string())?;
        let number = kept.as_raw_fd();
        environment.insert(format!("{name}_FD"), number.to_string());
        environment.insert(format!("{name}_FILE"), format!("/proc/self/fd/{number}"));
        inherited.push(kept);
    }
    become_user(launch)?;
    // Changing the user undoes this, so it stands here; and who was orphaned before it would never hear of it.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())?;
    if getppid().map(Pid::as_raw_nonzero).map(|pid| pid.get().unsigned_abs()) != Some(launch.guard) {
        return Err("the guard is gone".to_owned());
    }
    std::env::set_current_dir(&launch.cwd)
        .map_err(|error| format!("its folder {} cannot be entered: {error}", launch.cwd.display()))?;
    let program = resolve::program(&launch.program, environment.get("PATH").map_or("", String::as_str))?;
    if !launch.may_gain_privileges {
        set_no_new_privs(true).map_err(|error| format!("it cannot be kept from gaining privileges: {error}"))?;
    }
    if let Some(confinement) = &launch.confinement {
        let confined = confine::confine(confinement, &launch.private)?;
        send(socket, &Launched::Confined(confined)).map_err(|error| error.to_string())?;
    }
    for descriptor in &inherited {
        rustix::io::fcntl_setfd(descriptor, FdFlags::empty()).map_err(|error| error.to_string())?;
    }
    dup2_stdin(&input).map_err(|error| error.to_string())?;
    let error = Command::new(&program).arg0(&launch.program).args(&launch.args).env_clear().envs(&environment).exec();
    Err(resolve::why_not(&program, &error, Path::new(&launch.cwd)))
}

/// Sets what one process may use. What the whole tree may use, the cgroup and the guard see to.
fn limit(launch: &Launch) -> Result<(), String> {
    let set = |resource, most: u64, what: &str| {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| format!("its limit of {what} cannot be set: {error}"))
    };
    let limits = &launch.limits;
    set(Resource::Core, 0, "core dumps")?;
    set(Resource::Nofile, limits.open_files.into(), "open files")?;
    if let Some(bytes) = limits.file_bytes {
        set(Resource::Fsize, bytes, "file size")?;
    }
    if let Some(bytes) = limits.memory_bytes.filter(|_| !launch.memory_by_cgroup) {
        set(Resource::As, bytes, "memory")?;
    }
    // The kernel counts all processes of a user together, so this only bounds what a user of the step's own
    // can do; the guard counts the tree itself.
    if let Some(uid) = launch.uid.filter(|&uid| uid != 0) {
        let others = resolve::processes_of(uid);
        set(Resource::Nproc, u64::from(limits.processes).saturating_add(others), "processes")?;
    }
    Ok(())
}

/// Becomes the step's user for good, without supplementary groups.
fn become_user(launch: &Launch) -> Result<(), String> {
    let (Some(uid), Some(gid)) = (launch.uid, launch.gid) else { return Ok(()) };
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    let set = set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid));
    set.map_err(|error| {
        format!(
            "it cannot become user {} of group {}: {error}\n  = help: only root may run steps as somebody else",
            uid.as_raw(),
            gid.as_raw()
        )
    })
}

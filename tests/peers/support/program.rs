//! The program under test, and the peers' programs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The catalog of the example organisation.
pub fn harbor() -> PathBuf {
    repository().join("examples/harbor")
}

/// The program under test: `$WHEELHOUSE_BIN`, or built from this tree.
pub fn wheelhouse() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os("WHEELHOUSE_BIN").map_or_else(build, PathBuf::from))
}

/// Builds the program as a part of the workspace, so that what the tests have built is used again.
fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bin", "wheelhouse", "--message-format=json"])
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(built.status.success(), "the program under test does not build");
    let messages = String::from_utf8(built.stdout).unwrap();
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_ours = message.pointer("/target/name")? == "wheelhouse";
        is_ours.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    });
    executable.expect("cargo names the program that it built")
}

/// A peer's program by its name; fails with what to install where it is missing.
pub fn peer(name: &str, package: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| {
        panic!("`{name}` is not installed\n  = help: scripts/install-deps.sh test, or apt-get install {package}")
    })
}

/// A Python 3 that can import aiosmtpd: `$WHEELHOUSE_PYTHON`, Debian's own, or the one on the path.
pub fn python() -> PathBuf {
    let chosen = std::env::var_os("WHEELHOUSE_PYTHON").map(PathBuf::from);
    let candidates = chosen.into_iter().chain(["/usr/bin/python3".into(), "python3".into()]);
    let able = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", "import aiosmtpd.smtp"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let found = candidates.into_iter().find(able);
    found
        .expect("no Python 3 has aiosmtpd\n  = help: scripts/install-deps.sh test, or apt-get install python3-aiosmtpd")
}

/// Whether this machine's kernel holds processes to their folders, with Landlock.
pub fn holds_to_folders() -> bool {
    // The number of the call that makes a ruleset is the same on every machine; asked so, it only says its version.
    let asks = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))";
    let asked = Command::new(python()).args(["-c", asks]).output().unwrap();
    String::from_utf8_lossy(&asked.stdout).trim().parse::<i64>().is_ok_and(|version| version > 0)
}

/// The library that moves a process' clock, as Debian's `faketime` names it for the dynamic linker.
pub fn clock_mover() -> String {
    let asked =
        Command::new(peer("faketime", "faketime")).args(["-f", "+0", "printenv", "LD_PRELOAD"]).output().unwrap();
    let library = String::from_utf8(asked.stdout).unwrap().trim().to_owned();
    assert!(!library.is_empty(), "faketime names no library\n  = help: scripts/install-deps.sh test");
    library
}

/// A port that is free now, below those that the system gives to connections: while its owner is
/// down, no connection may come to lie on it.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test processes run side by side, and each begins elsewhere.
    let first = std::process::id() % 250 * 80;
    let ports = std::iter::repeat_with(|| 10_000 + (first + GIVEN.fetch_add(1, Ordering::SeqCst)) % 20_000);
    let mut ports = ports.take(20_000).map(|port| u16::try_from(port).unwrap());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port is free")
}

//! A PostgreSQL server that a test starts and ends.
#![allow(clippy::disallowed_methods, reason = "tests wait for a process of another program")]

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A server with data of its own, on a port of its own of the loopback interface.
pub struct Server {
    child: Mutex<Child>,
    folder: tempfile::TempDir,
    port: u16,
}

/// The server of this process, started where there is none.
pub fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(Server::start());
    *shared = Arc::downgrade(&server);
    server
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("whpg").tempdir_in("/tmp").unwrap();
        // It refuses to run as root.
        if folder.path().metadata().unwrap().uid() == 0 {
            std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = folder.path().join("data");
        let mut init = program("initdb", &folder);
        init.arg("-D").arg(&data).args(["-A", "trust", "-U", "wheel", "-N", "--no-locale", "-E", "UTF8"]);
        assert!(init.status().unwrap().success(), "initdb");
        let child = Mutex::new(serve(&folder, port));
        let server = Self { child, folder, port };
        server.wait();
        server
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://wheel@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once, as when its machine fails.
    pub fn crash(&self) {
        self.end("QUIT");
    }

    /// Starts it again on the same data and port.
    pub fn start_again(&self) {
        *self.child.lock().unwrap() = serve(&self.folder, self.port);
        self.wait();
    }

    /// Executes statements as the owner of everything.
    pub fn execute(&self, sql: &str) {
        let mut psql = program("psql", &self.folder);
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", sql]).stderr(Stdio::inherit());
        assert!(psql.status().unwrap().success(), "{sql}");
    }

    fn wait(&self) {
        let begun = Instant::now();
        let ready = || program("pg_isready", &self.folder).args(["-q", "-d", &self.url()]).status().unwrap().success();
        while !ready() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn end(&self, signal: &str) {
        let mut child = self.child.lock().unwrap();
        let _gone = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        let _gone = child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}

fn serve(folder: &tempfile::TempDir, port: u16) -> Child {
    let mut server = program("postgres", folder);
    server.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
    server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off"]).spawn().unwrap()
}

/// A program of PostgreSQL, not as root, which ends with this process.
fn program(name: &str, folder: &tempfile::TempDir) -> Command {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs: Option<PathBuf> =
        packaged.map(|entry| entry.path().join("bin")).filter(|folder| folder.join("initdb").exists()).max();
    let programs = programs.expect("PostgreSQL is needed for this test: apt-get install postgresql");
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if folder.path().metadata().unwrap().uid() != std::fs::metadata("/proc/self").unwrap().uid() {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    command.arg(programs.join(name)).current_dir(folder.path()).env("HOME", folder.path());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

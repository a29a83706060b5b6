//! One shell in which commands are run one after another, as somebody types them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::program::{peer, wheelhouse};

/// How long one command may take: a drill takes the better part of a minute.
const LONGEST: Duration = Duration::from_secs(150);
/// What ends the answer of a command.
const END: &str = "=== the command ended with ";

/// A shell; its variables and its folder last from one command to the next.
pub struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// Its home, with the program on its path.
    _home: TempDir,
}

impl Shell {
    /// Starts it in a folder, as Ines Duarte, who commits.
    pub fn start(folder: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        symlink(wheelhouse(), home.path().join("wheelhouse")).unwrap();
        let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(peer("bash", "bash"));
        command.args(["--noprofile", "--norc"]).current_dir(folder).env("PATH", path).env("HOME", home.path());
        command.envs([("TZ", "UTC"), ("NO_COLOR", "1"), ("GIT_CONFIG_NOSYSTEM", "1")]);
        for name in ["WHEELHOUSE_URL", "WHEELHOUSE_TOKEN", "BASH_ENV"] {
            command.env_remove(name);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ines Duarte");
            command.env(format!("GIT_{role}_EMAIL"), "ines@harbor.example.org");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        input.write_all(b"exec 2>&1\n").unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, input, lines, _home: home }
    }

    /// Runs a command; gives its exit code, and what it said on both outputs.
    pub fn run(&mut self, command: &str) -> (i32, String) {
        writeln!(self.input, "{{ {command}\n}} </dev/null; printf '\\n{END}%s\\n' $?").unwrap();
        let mut said = String::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(LONGEST) else {
                panic!("the shell does not come back from `{command}`:\n{said}")
            };
            match line.strip_prefix(END) {
                Some(code) => return (code.parse().unwrap(), said.trim().to_owned()),
                None => said = said + &line + "\n",
            }
        }
    }

    /// The folder in which it is now.
    pub fn folder(&mut self) -> PathBuf {
        self.run("pwd").1.into()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

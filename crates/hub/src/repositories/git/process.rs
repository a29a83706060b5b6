//! The `git` program as a hardened child process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The largest file that a child may write, in blocks of 512 bytes: a pack of half a gigabyte.
const LARGEST_FILE_BLOCKS: &str = "1048576";
/// The most that is kept of what a child says went wrong, in bytes.
const MOST_COMPLAINTS: u64 = 16 << 10;
/// Settings that no repository can change: nothing runs, nothing is followed, nothing grows.
const SETTINGS: [&str; 13] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.bigFileThreshold=1m",
    "credential.helper=",
    "fetch.unpackLimit=1",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
    "maintenance.auto=false",
    "pack.threads=1",
];
/// What a child sees of the hub's environment: where programs, keys and proxies are, and whom to trust.
const PASSED_ON: [&str; 12] = [
    "PATH",
    "GNUPGHOME",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "ALL_PROXY",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSH_AUTH_SOCK",
];

/// How the `git` program is run for one repository.
#[derive(Clone, Debug)]
pub(super) struct Git {
    /// The folder of the hub's own copy.
    pub(super) mirror: PathBuf,
    /// The one protocol that may be spoken.
    pub(super) protocol: String,
    /// Further variables: credentials, which must not stand on a command line.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// The SSH keys that are trusted to sign commits (`allowed_signers` of ssh-keygen(1)); none where absent.
    pub(super) signers: Option<PathBuf>,
}

/// Why a run of `git` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    /// It could not be started.
    #[error("the program `git` cannot be run: {0}; install it (scripts/install-deps.sh)")]
    Start(#[source] std::io::Error),
    /// It took too long, and was ended with all that it had started.
    #[error("`git {what}` took longer than {} s and was ended", patience.as_secs())]
    TooSlow {
        /// What it was to do.
        what: String,
        /// How long it had.
        patience: Duration,
    },
    /// It wrote more than expected, and was ended.
    #[error("`git {what}` gave more than {most} bytes and was ended")]
    TooMuch {
        /// What it was to do.
        what: String,
        /// How much it might have given.
        most: u64,
    },
    /// It said no.
    #[error("`git {what}`: {complaint}")]
    Failed {
        /// What it was to do.
        what: String,
        /// Its exit code, if it had one.
        code: Option<i32>,
        /// What it said.
        complaint: String,
    },
}

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How long.
    pub(super) patience: Duration,
    /// How much it may write, in bytes.
    pub(super) most: u64,
}

impl Git {
    /// Runs `git` with `arguments`, the first of which names the command, and gives what it wrote.
    pub(super) async fn run(
        &self,
        arguments: &[&str],
        input: Option<Vec<u8>>,
        limits: Limits,
    ) -> Result<Vec<u8>, GitError> {
        let what = arguments.first().copied().unwrap_or_default().to_owned();
        let mut child = self.command(arguments).spawn().map_err(GitError::Start)?;
        let group = child.id();
        let run = tokio::time::timeout(limits.patience, talk(&mut child, input, limits.most)).await;
        let ended = |error| async move {
            end(group).await;
            Err(error)
        };
        match run {
            Err(_) => ended(GitError::TooSlow { what, patience: limits.patience }).await,
            Ok(Err(Broken::Io(error))) => ended(GitError::Start(error)).await,
            Ok(Err(Broken::TooMuch)) => ended(GitError::TooMuch { what, most: limits.most }).await,
            Ok(Ok(Talk { output, complaint, code })) => match code {
                Some(0) => Ok(output),
                code => Err(GitError::Failed { what, code, complaint: plain(&complaint) }),
            },
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // The shell's only part is to bound the files that a hostile server can make git write.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -f \"$0\" && exec git \"$@\"", LARGEST_FILE_BLOCKS]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        // Without a file git would take each signature for none at all.
        let signers = self.signers.as_deref().unwrap_or_else(|| Path::new("/dev/null"));
        let mut trusted = OsString::from("gpg.ssh.allowedSignersFile=");
        trusted.push(signers);
        command.arg("-c").arg(trusted);
        command.arg("--git-dir").arg(&self.mirror).args(arguments);
        command.env_clear();
        command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let nowhere = Path::new("/dev/null").as_os_str();
        command.envs([
            ("HOME", self.mirror.as_os_str()),
            ("GIT_CONFIG_GLOBAL", nowhere),
            ("GIT_CONFIG_SYSTEM", nowhere),
        ]);
        command.envs([
            ("GIT_ALLOW_PROTOCOL", self.protocol.as_str()),
            ("GIT_ASKPASS", "true"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("LC_ALL", "C"),
        ]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command
    }
}

struct Talk {
    output: Vec<u8>,
    complaint: Vec<u8>,
    code: Option<i32>,
}

/// Why a talk was broken off.
enum Broken {
    TooMuch,
    Io(std::io::Error),
}

/// Writes the input and reads both outputs at once, so that no pipe fills up.
async fn talk(child: &mut Child, input: Option<Vec<u8>>, most: u64) -> Result<Talk, Broken> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A child that has read enough closes its end; what it made of that is in its answer.
            let _closed = stdin.write_all(&input).await;
        }
        Ok(())
    };
    let read = async {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(most + 1).read_to_end(&mut output).await.map_err(Broken::Io)?;
        }
        if output.len() as u64 > most { Err(Broken::TooMuch) } else { Ok(output) }
    };
    let listen = async {
        let mut complaint = Vec::new();
        if let Some(mut stderr) = stderr {
            (&mut stderr).take(MOST_COMPLAINTS).read_to_end(&mut complaint).await.map_err(Broken::Io)?;
            tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.map_err(Broken::Io)?;
        }
        Ok(complaint)
    };
    let ((), output, complaint) = tokio::try_join!(write, read, listen)?;
    let code = child.wait().await.map_err(Broken::Io)?.code();
    Ok(Talk { output, complaint, code })
}

/// Ends a child's whole process group: git starts helpers of its own.
async fn end(group: Option<u32>) {
    let Some(group) = group else { return };
    let ended = Command::new("/bin/sh")
        .args(["-c", "kill -s KILL -- \"-$0\"", &group.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    if let Err(error) = ended {
        tracing::error!(%error, group, "the processes of a git that was to end could not be ended");
    }
}

/// What git said, for people: without characters that do something to a terminal, and without hints.
fn plain(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("hint:"));
    let line = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let lines: Vec<String> = lines.map(line).collect();
    if lines.is_empty() { "it failed and did not say why".to_owned() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests;

//! Git repositories: looked at, fetched into the hub's own bare copy, read without a checkout.

mod history;
mod process;
mod tree;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wheelhouse_core::catalog::{Authored, Revision};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::time::Timestamp;

use self::process::{Git, GitError, Limits};
use super::location::{Credential, GitLocation, TokenPlace};
use super::snapshot::{LookError, Snapshot};
use crate::delivery::Secret;

/// Looking which commit is the newest.
const LOOKING: Limits = Limits { patience: Duration::from_secs(30), most: 1 << 20 };
/// Fetching it.
const FETCHING: Limits = Limits { patience: Duration::from_secs(180), most: 1 << 20 };
/// Reading what it holds.
const LISTING: Limits = Limits { patience: Duration::from_secs(60), most: 64 << 20 };
/// Where the newest commit is kept in the hub's copy.
const NEWEST: &str = "refs/wheelhouse/newest";
/// How many packs the hub's copy may gather before it is made anew.
const MOST_PACKS: usize = 50;
/// The longest author or subject that is kept, in characters.
const LONGEST_WORDS: usize = 200;
/// The last instant of a commit's clock that is believed: 2100-01-01.
const LATEST_COMMIT: i64 = 4_102_444_800;
/// Git's exit code where a branch is not there (git-ls-remote(1)).
const NO_SUCH_BRANCH: i32 = 2;

/// The hub's own copy of one repository.
pub(super) struct Mirror {
    name: RepositoryName,
    location: GitLocation,
    path: PathBuf,
}

impl Mirror {
    /// The copy of a repository below `folder`; made when it is first fetched.
    pub(super) fn new(name: RepositoryName, location: GitLocation, folder: &Path) -> Self {
        let path = folder.join(name.as_str());
        Self { name, location, path }
    }

    /// The name of the newest commit of the branch.
    pub(super) async fn newest(&self) -> Result<String, LookError> {
        let git = self.git()?;
        let reference = self.reference();
        let url = self.location.url.as_str();
        let found = git.run(&["ls-remote", "--quiet", "--exit-code", "--", url, &reference], None, LOOKING).await;
        let found = match found {
            Err(GitError::Failed { code: Some(NO_SUCH_BRANCH), .. }) => return Err(self.no_branch()),
            found => found.map_err(failed)?,
        };
        let text = String::from_utf8_lossy(&found);
        let commit = text.lines().find_map(|line| {
            let (commit, name) = line.split_once('\t')?;
            (name == reference).then(|| commit.to_owned())
        });
        commit.filter(|commit| is_commit(commit)).ok_or_else(|| self.no_branch())
    }

    /// Fetches the newest commit, of which `newest` told the name, and reads what it holds.
    pub(super) async fn fetch(&self, newest: &str) -> Result<Snapshot, LookError> {
        let git = self.git()?;
        self.prepare(&git, newest, self.must_be_made_anew(newest)).await?;
        if let Err(first) = self.fetch_once(&git).await {
            // A copy that was damaged, or that the server's history no longer fits, is made anew.
            tracing::warn!(repository = %self.name, error = %first, "fetching failed; the hub's copy is made anew");
            self.prepare(&git, newest, true).await?;
            self.fetch_once(&git).await.map_err(failed)?;
        }
        let commit = git.run(&["rev-parse", "--verify", "--quiet", NEWEST], None, LOOKING).await.map_err(failed)?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        if !is_commit(&commit) {
            return Err(LookError::Unreachable("what was fetched is no commit".to_owned()));
        }
        let mut authored = self.authored(&git, &commit).await?;
        authored.history = Some(history::read(&git, &self.name, &commit).await?);
        tree::read(&git, &self.name, &self.location.folder, authored).await
    }

    async fn fetch_once(&self, git: &Git) -> Result<(), GitError> {
        let refspec = format!("+{}:{NEWEST}", self.reference());
        let depth = format!("--depth={}", history::DEPTH);
        let arguments = [
            "fetch",
            "--quiet",
            &depth,
            "--force",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--",
            self.location.url.as_str(),
            &refspec,
        ];
        git.run(&arguments, None, FETCHING).await.map(drop)
    }

    /// Makes the hub's copy where there is none, or where it is not good any more.
    async fn prepare(&self, git: &Git, newest: &str, anew: bool) -> Result<(), LookError> {
        let (path, is_there) = (self.path.clone(), self.path.join("HEAD").exists());
        if is_there && !anew {
            return Ok(());
        }
        let emptied = tokio::task::spawn_blocking(move || {
            if path.exists() {
                std::fs::remove_dir_all(&path)?;
            }
            std::fs::create_dir_all(&path)
        });
        let words = |error: std::io::Error| LookError::Unreachable(format!("the hub's copy cannot be made: {error}"));
        emptied.await.map_err(|error| words(std::io::Error::other(error)))?.map_err(words)?;
        let format = format!("--object-format={}", object_format(newest));
        git.run(&["init", "--quiet", "--bare", "--template=", &format], None, LOOKING).await.map_err(failed)?;
        Ok(())
    }

    fn must_be_made_anew(&self, newest: &str) -> bool {
        let packs = std::fs::read_dir(self.path.join("objects/pack")).map_or(0, Iterator::count);
        let config = std::fs::read_to_string(self.path.join("config")).unwrap_or_default();
        let is_sha256 = config.to_ascii_lowercase().contains("objectformat = sha256");
        packs > 2 * MOST_PACKS || is_sha256 != (object_format(newest) == "sha256")
    }

    async fn authored(&self, git: &Git, commit: &str) -> Result<Authored, LookError> {
        let format = "--format=%an%x00%ae%x00%ct%x00%G?%x00%GF%x00%s";
        let arguments = ["log", "-1", "--no-show-signature", "--encoding=UTF-8", format, commit];
        let said = git.run(&arguments, None, LOOKING).await.map_err(failed)?;
        let said = String::from_utf8_lossy(&said);
        let mut parts = said.trim_end().splitn(6, '\0').map(clipped);
        let (name, mail) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let seconds: Option<i64> = parts.next().and_then(|seconds| seconds.parse().ok());
        let (letter, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (signature, _) = history::signature(&letter, "", &key);
        let subject = parts.next().filter(|subject| !subject.is_empty());
        let author = words_of(&name, &mail);
        let committed_at = seconds.filter(|at| (0..=LATEST_COMMIT).contains(at)).map(Timestamp::from_seconds);
        let revision = Revision {
            repository: self.name.clone(),
            revision: commit.to_owned(),
            committed_at,
            signature: Some(signature),
        };
        Ok(Authored { revision, author, subject, history: None })
    }

    fn reference(&self) -> String {
        self.location.branch.as_ref().map_or_else(|| "HEAD".to_owned(), |branch| format!("refs/heads/{branch}"))
    }

    fn no_branch(&self) -> LookError {
        LookError::Unreachable(match &self.location.branch {
            Some(branch) => format!("it has no branch `{branch}`; was it deleted or renamed?"),
            None => "it has no commits yet, or its default branch is not there".to_owned(),
        })
    }

    fn git(&self) -> Result<Git, LookError> {
        let url = &self.location.url;
        let environment = environment(url, &self.location.credential)?;
        let (protocol, signers) = (url.scheme().to_owned(), self.location.signers.clone());
        Ok(Git { mirror: self.path.clone(), protocol, environment, signers })
    }
}

/// Credentials as variables that only the child sees: a command line is everybody's to read.
fn environment(url: &reqwest::Url, credential: &Credential) -> Result<Vec<(OsString, OsString)>, LookError> {
    let mut variables: Vec<(OsString, OsString)> = Vec::new();
    if let Some(place) = &credential.token {
        let token = match place {
            TokenPlace::File(path) => Secret::from_file(path),
            TokenPlace::Environment(variable) => Secret::from_env(variable),
        };
        let token = token.map_err(|error| LookError::Unreachable(format!("its token: {error}")))?;
        let user = credential.username.as_deref().unwrap_or("git");
        let pair = [user.as_bytes(), b":", token.expose()].concat();
        let origin = url.origin().ascii_serialization();
        variables.push(("GIT_CONFIG_COUNT".into(), "1".into()));
        variables.push(("GIT_CONFIG_KEY_0".into(), format!("http.{origin}/.extraHeader").into()));
        variables.push(("GIT_CONFIG_VALUE_0".into(), format!("Authorization: Basic {}", STANDARD.encode(pair)).into()));
    }
    if url.scheme() == "ssh" {
        let mut ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10".to_owned();
        for (option, file) in [("IdentityFile", &credential.ssh_key), ("UserKnownHostsFile", &credential.known_hosts)] {
            if let Some(file) = file {
                ssh.push_str(&format!(" -o {option}={}", quoted(&file.to_string_lossy())));
            }
        }
        if credential.ssh_key.is_some() {
            ssh.push_str(" -o IdentitiesOnly=yes");
        }
        variables.push(("GIT_SSH_COMMAND".into(), ssh.into()));
    }
    Ok(variables)
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn failed(error: GitError) -> LookError {
    LookError::Unreachable(error.to_string())
}

fn is_commit(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn object_format(commit: &str) -> &'static str {
    if commit.len() == 64 { "sha256" } else { "sha1" }
}

/// Who made a commit, as people write it; nothing where it does not say.
fn words_of(name: &str, mail: &str) -> Option<String> {
    match (name, mail) {
        ("", "") => None,
        (name, "") => Some(name.to_owned()),
        (name, mail) => Some(format!("{name} <{mail}>")),
    }
}

/// Words of a stranger, in one line of bounded length.
fn clipped(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_WORDS)
        .collect::<String>()
        .trim()
        .to_owned()
}

//! Git repositories as teams have them: a bare one on a server, and a clone to commit in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A bare repository with a clone beside it.
pub struct Repository {
    folder: TempDir,
    name: String,
}

impl Repository {
    /// A bare one of this name, without anything in it and without a clone.
    pub fn empty(name: &str) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap(), name: name.to_owned() };
        let bare = repository.bare();
        git(Path::new("/"), &["init", "--quiet", "--bare", "--initial-branch=main", bare.to_str().unwrap()]);
        repository
    }

    /// An empty one of this name.
    pub fn new(name: &str) -> Self {
        let repository = Self::empty(name);
        let (bare, clone) = (repository.bare(), repository.clone());
        git(Path::new("/"), &["clone", "--quiet", bare.to_str().unwrap(), clone.to_str().unwrap()]);
        git(&clone, &["checkout", "--quiet", "-B", "main"]);
        repository
    }

    /// The folder in which the bare repository lies as `NAME.git`.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The bare repository.
    pub fn bare(&self) -> PathBuf {
        self.folder.path().join(format!("{}.git", self.name))
    }

    /// The clone.
    pub fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// The address of the bare repository on this machine.
    pub fn url(&self) -> String {
        format!("git+file://{}", self.bare().display())
    }

    /// Writes a file and pushes it; gives the commit.
    pub fn push(&self, path: &str, text: &str, subject: &str) -> String {
        self.write(path, text);
        self.commit(subject);
        git(&self.clone(), &["push", "--quiet", "--force", "origin", "main"]);
        self.head()
    }

    /// Writes a file into the clone.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.clone().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in the clone.
    pub fn commit(&self, subject: &str) {
        git(&self.clone(), &["add", "--all"]);
        git(&self.clone(), &["commit", "--quiet", "--message", subject]);
    }

    /// Takes the clone back to a commit and pushes that over whatever is there.
    pub fn force_back_to(&self, commit: &str) {
        git(&self.clone(), &["reset", "--quiet", "--hard", commit]);
        git(&self.clone(), &["push", "--quiet", "--force", "origin", "main"]);
    }

    /// Deletes the branch on the server.
    pub fn delete_branch(&self) {
        git(&self.bare(), &["update-ref", "-d", "refs/heads/main"]);
    }

    /// The commit of the clone.
    pub fn head(&self) -> String {
        git(&self.clone(), &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Makes a commit from a stream as `git fast-import` reads it, and pushes it.
    pub fn import(&self, stream: &[u8]) {
        use std::io::Write as _;
        let mut child =
            command(&self.bare(), &["fast-import", "--quiet", "--force"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream).unwrap();
        assert!(child.wait().unwrap().success(), "git fast-import");
    }
}

/// Runs git in a folder; it must succeed.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let out = command(folder, arguments).output().unwrap();
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Dana Okafor").env(format!("GIT_{role}_EMAIL"), "dana@quay.example");
    }
    command
}

//! Where the demo keeps its files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::trouble::{Result, Trouble};

/// The repository, and the folder that the demo writes to.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The repository's root.
    pub repo: PathBuf,
    /// The folder of this run.
    pub run: PathBuf,
}

impl Layout {
    /// `.run`: kept from one start to the next.
    pub fn interactive() -> Self {
        Self::at(".run")
    }

    /// `.run/once`: cleared at every start.
    pub fn once() -> Self {
        Self::at(".run/once")
    }

    fn at(folder: &str) -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repo = manifest.parent().unwrap_or(manifest).to_path_buf();
        Self { run: repo.join(folder), repo }
    }

    /// Makes the folders.
    pub fn create(&self) -> Result<()> {
        for folder in
            [self.run.clone(), self.run.join("logs"), self.run.join("fix"), self.data(), self.prometheus_data()]
        {
            fs::create_dir_all(&folder).map_err(|error| Trouble::file("make", &folder, &error))?;
        }
        Ok(())
    }

    /// Removes everything that an earlier run left.
    pub fn clear(&self) -> Result<()> {
        match fs::remove_dir_all(&self.run) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Trouble::file("clear", &self.run, &error))
            }
            _ => Ok(()),
        }
    }

    /// The example organisation.
    pub fn harbor(&self) -> PathBuf {
        self.repo.join("examples/harbor")
    }

    /// The hub's data.
    pub fn data(&self) -> PathBuf {
        self.run.join("data")
    }

    /// Prometheus' data.
    pub fn prometheus_data(&self) -> PathBuf {
        self.run.join("prometheus")
    }

    /// Prometheus' configuration.
    pub fn prometheus_config(&self) -> PathBuf {
        self.run.join("prometheus.yml")
    }

    /// The token of the first start.
    pub fn admin_token(&self) -> PathBuf {
        self.run.join("admin-token")
    }

    /// The token with which Prometheus knocks.
    pub fn source_token(&self) -> PathBuf {
        self.run.join("source-token")
    }

    /// The token of the person as whom the newcomer acts.
    pub fn operator_token(&self) -> PathBuf {
        self.run.join("operator-token")
    }

    /// The token of a person of the team that runs the ledger.
    pub fn owner_token(&self) -> PathBuf {
        self.run.join("owner-token")
    }

    /// The process id of one part; `demo` is the supervisor's own.
    pub fn pid(&self, name: &str) -> PathBuf {
        self.run.join(format!("{name}.pid"))
    }

    /// The log of one part.
    pub fn log(&self, name: &str) -> PathBuf {
        self.run.join("logs").join(format!("{name}.log"))
    }

    /// The folder of such files: see [`Layout::fix`].
    pub fn requests(&self) -> PathBuf {
        self.run.join("fix")
    }

    /// The file whose presence asks the supervisor to bring a part back.
    pub fn fix(&self, name: &str) -> PathBuf {
        self.requests().join(name)
    }

    /// Reads a process id, if there is one.
    pub fn read_pid(&self, name: &str) -> Option<u32> {
        fs::read_to_string(self.pid(name)).ok()?.trim().parse().ok()
    }

    /// The path as a person would type it from where the demo was started.
    pub fn shown(&self, path: &Path) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(&here).unwrap_or(path).display().to_string()
    }
}

/// Writes a file whole.
pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| Trouble::file("write", path, &error))
}

/// Writes a file that only its owner may read.
pub fn write_secret(path: &Path, secret: &str) -> Result<()> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .map_err(|error| Trouble::file("write", path, &error))
}

/// Reads a secret that an earlier start saved; `None` where there is none.
pub fn read_secret(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let secret = text.trim();
    (!secret.is_empty()).then(|| secret.to_owned())
}

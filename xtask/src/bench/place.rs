//! Where a run keeps its files, and what every part of it needs.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use super::catalog;
use super::sinks::Sinks;
use crate::demo::trouble::{Result, Trouble};

/// The folder of a run, the programs under measurement, and the sinks.
pub struct Place {
    /// The repository's root.
    pub repo: PathBuf,
    /// The folder; it is cleared when a run starts.
    pub folder: PathBuf,
    /// The `wheelhouse` binary.
    pub wheelhouse: PathBuf,
    /// Alertmanager's.
    pub alertmanager: PathBuf,
    /// Where messages end.
    pub sinks: Sinks,
}

impl Place {
    /// Makes the folder with the generated catalog and the script for wrk.
    pub fn open(repo: PathBuf, wheelhouse: PathBuf, alertmanager: PathBuf) -> Result<Self> {
        let folder = repo.join(".run/bench");
        clear(&folder)?;
        let sinks =
            Sinks::open().map_err(|error| Trouble::new(format!("cannot listen: {error}"), "check the loopback"))?;
        let place = Self { repo, folder, wheelhouse, alertmanager, sinks };
        catalog::write(&place.ops(), place.sinks.webhook_port)?;
        write(&place.script(), include_str!("post.lua"))?;
        Ok(place)
    }

    /// The generated catalog.
    pub fn ops(&self) -> PathBuf {
        self.folder.join("ops")
    }

    /// Where the data of the process under measurement lies.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The script for wrk.
    pub fn script(&self) -> PathBuf {
        self.folder.join("post.lua")
    }
}

/// Removes a folder and all in it, if it is there, and makes it anew.
pub fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| Trouble::file("clear", folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| Trouble::file("make", folder, &error))
}

/// Writes a file whole.
pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| Trouble::file("write", path, &error))
}

/// A port of this machine that is free now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener.and_then(|listener| listener.local_addr()).map(|address| address.port());
    port.map_err(|error| Trouble::new(format!("no port is free: {error}"), "check the loopback"))
}

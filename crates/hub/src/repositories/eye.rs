//! Eyes: each looks at one repository, again and again, and tells what is new.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch as signal};
use wheelhouse_core::name::RepositoryName;

use super::Watched;
use super::folder::{self, Stamps};
use super::git::Mirror;
use super::location::Location;
use super::snapshot::{LookError, Snapshot, Unfit};
use crate::clock::wall_now;
use crate::files::FilesError;

/// How long after a start every git repository has been looked at.
const LATEST_FIRST_LOOK: Duration = Duration::from_secs(10);

/// Something new in a repository.
#[derive(Debug)]
pub(crate) enum Found {
    /// A version.
    Fresh(Box<Snapshot>),
    /// A version that no catalog is made of.
    Unfit(Box<Unfit>),
}

/// Looks at one repository.
pub(crate) struct Eye {
    pub(super) watched: Arc<Watched>,
    sight: Sight,
}

enum Sight {
    Git {
        mirror: Box<Mirror>,
        /// The commit that was last read.
        seen: Option<String>,
    },
    Folders {
        folders: Vec<PathBuf>,
        /// The stamps of what was last read.
        read: Option<Stamps>,
        /// The stamps of the last look: what still moves is not read.
        last: Option<Stamps>,
    },
}

impl Eye {
    /// An eye on a repository; git's own copies lie below `data`.
    pub(super) fn new(watched: Arc<Watched>, data: &Path) -> Self {
        let sight = match &watched.settings.location {
            Location::Folders(folders) => Sight::Folders { folders: folders.clone(), read: None, last: None },
            Location::Git(location) => {
                let name = watched.settings.name.clone();
                let mirror = Mirror::new(name, (**location).clone(), &data.join("repositories"));
                Sight::Git { mirror: Box::new(mirror), seen: None }
            }
        };
        Self { watched, sight }
    }

    /// How long to wait for the first look while the hub runs: folders were just read; git repositories
    /// are looked at one after the other, by their place among all, since the data may be old.
    pub(crate) fn first_look(&self, place: u32, all: u32) -> Duration {
        let every = self.watched.settings.every;
        match &self.sight {
            Sight::Git { seen: None, .. } => (every * place / all).min(LATEST_FIRST_LOOK * place / all),
            Sight::Git { seen: Some(_), .. } | Sight::Folders { .. } => every * (place + 1) / all,
        }
    }

    /// Whether it looks at folders, which are always there.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.sight, Sight::Folders { .. })
    }

    /// Reads folders as they are now, without waiting for them to come to rest.
    pub(super) async fn read_folders(&mut self) -> Result<Option<Snapshot>, FilesError> {
        let Sight::Folders { folders, read, last } = &mut self.sight else { return Ok(None) };
        let (name, given) = (self.watched.settings.name.clone(), folders.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let stamps = folder::look(&given)?;
            Ok::<_, FilesError>((stamps, folder::read(&name, &given)?))
        });
        let (stamps, snapshot) = joined(reading.await)?;
        (*read, *last) = (Some(stamps.clone()), Some(stamps));
        self.note(&Ok(Some(Found::Fresh(Box::new(snapshot.clone())))));
        Ok(Some(snapshot))
    }

    /// Looks once, and writes down what became of it.
    pub(super) async fn look(&mut self) -> Result<Option<Found>, String> {
        let found = match &mut self.sight {
            Sight::Git { mirror, seen } => look_at_git(mirror, seen).await,
            Sight::Folders { folders, read, last } => {
                look_at_folders(&self.watched.settings.name, folders, read, last).await
            }
        };
        let found = match found {
            Ok(snapshot) => Ok(snapshot.map(|snapshot| Found::Fresh(Box::new(snapshot)))),
            Err(LookError::Unfit(unfit)) => Ok(Some(Found::Unfit(unfit))),
            Err(LookError::Unreachable(error)) => Err(error),
        };
        self.note(&found);
        found
    }

    fn note(&self, found: &Result<Option<Found>, String>) {
        let name = &self.watched.settings.name;
        self.watched.note(|look| match found {
            Ok(found) => {
                (look.looked_at, look.error) = (Some(wall_now()), None);
                if let Some(Found::Fresh(snapshot)) = found {
                    look.warnings.clone_from(&snapshot.warnings);
                }
            }
            Err(error) if look.error.as_ref() == Some(error) => {}
            Err(error) => {
                tracing::warn!(repository = %name, error, "a repository cannot be read; its last good version stays in force");
                look.error = Some(error.clone());
            }
        });
    }
}

/// Watches one repository until the hub stops: after `first`, then whenever its time has come or a push
/// is announced.
pub(crate) async fn watch(
    mut eye: Eye,
    first: Duration,
    found: mpsc::Sender<(RepositoryName, Found)>,
    mut stopping: signal::Receiver<bool>,
) {
    let (watched, mut wait) = (eye.watched.clone(), first);
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = watched.wake.notified() => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        let looked = tokio::select! {
            looked = eye.look() => looked,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        if let Ok(Some(news)) = looked
            && found.send((watched.settings.name.clone(), news)).await.is_err()
        {
            return;
        }
        wait = watched.settings.every;
    }
}

async fn look_at_git(mirror: &Mirror, seen: &mut Option<String>) -> Result<Option<Snapshot>, LookError> {
    let newest = mirror.newest().await?;
    if seen.as_ref() == Some(&newest) {
        return Ok(None);
    }
    let read = mirror.fetch(&newest).await;
    match &read {
        Ok(snapshot) => *seen = Some(snapshot.authored.revision.revision.clone()),
        Err(LookError::Unfit(unfit)) => *seen = Some(unfit.authored.revision.revision.clone()),
        Err(LookError::Unreachable(_)) => {}
    }
    read.map(Some)
}

/// Reads folders that have changed, once nothing in them has moved between two looks and while they
/// were read: whoever copies files into them is not interrupted.
async fn look_at_folders(
    name: &RepositoryName,
    folders: &[PathBuf],
    read: &mut Option<Stamps>,
    last: &mut Option<Stamps>,
) -> Result<Option<Snapshot>, LookError> {
    let failed = |error: FilesError| LookError::Unreachable(error.to_string());
    let stamps = stamps_of(folders).await.map_err(failed)?;
    if read.as_ref() == Some(&stamps) {
        *last = Some(stamps);
        return Ok(None);
    }
    if last.as_ref() != Some(&stamps) {
        *last = Some(stamps);
        return Ok(None);
    }
    let (name, given) = (name.clone(), folders.to_vec());
    let snapshot = joined(tokio::task::spawn_blocking(move || folder::read(&name, &given)).await).map_err(failed)?;
    let after = stamps_of(folders).await.map_err(failed)?;
    if after != stamps {
        *last = Some(after);
        return Ok(None);
    }
    *read = Some(stamps);
    Ok(Some(snapshot))
}

async fn stamps_of(folders: &[PathBuf]) -> Result<Stamps, FilesError> {
    let folders = folders.to_vec();
    joined(tokio::task::spawn_blocking(move || folder::look(&folders)).await)
}

fn joined<T>(result: Result<Result<T, FilesError>, tokio::task::JoinError>) -> Result<T, FilesError> {
    result.unwrap_or_else(|error| {
        Err(FilesError::Io { path: PathBuf::from("the folders"), source: std::io::Error::other(error) })
    })
}

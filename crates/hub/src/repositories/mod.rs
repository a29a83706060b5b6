//! The repositories of the catalog: looked at, read, compiled as a whole, and put into force.
//!
//! Follow one push: an [`eye`](self) looks at its repository, by itself or because a push was announced
//! at [`announce`], and reads what is new into a [`snapshot`](self). The [`adopter`](self) makes
//! [`candidate`](self)s of it, the new version of one repository with the last good version of all
//! others, and hands the writer an adoption or a refusal. What follows from either is the kernel's.

mod adopter;
pub mod announce;
mod candidate;
mod eye;
mod folder;
mod git;
mod location;
mod open;
mod snapshot;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use wheelhouse_core::time::Timestamp;

pub use location::{
    BadLocation, Credential, DEFAULT_EVERY, DEFAULT_FOLDERS_EVERY, GitLocation, Location, RepositorySettings,
    TokenPlace, arrange,
};

pub(crate) use adopter::{Adopter, adopt, refuse};
pub(crate) use eye::watch;
pub(crate) use open::{Opening, catalog_of, in_force, open};

/// The repositories that the hub looks at.
#[derive(Debug, Default)]
pub struct Repositories(Vec<Arc<Watched>>);

/// A repository that the hub looks at, and what became of the last look.
#[derive(Debug)]
pub struct Watched {
    /// What the hub was told of it.
    pub settings: RepositorySettings,
    wake: Notify,
    look: Mutex<Look>,
}

/// What became of looking at a repository since the start.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// When it could last be looked at.
    pub looked_at: Option<Timestamp>,
    /// Why the last look failed, if it did.
    pub error: Option<String>,
    /// What was passed over when it was last read.
    pub warnings: Vec<String>,
}

impl Repositories {
    /// Takes what the hub was told.
    pub fn new(settings: &[RepositorySettings]) -> Self {
        let watched = |settings: &RepositorySettings| {
            Arc::new(Watched { settings: settings.clone(), wake: Notify::new(), look: Mutex::default() })
        };
        Self(settings.iter().map(watched).collect())
    }

    /// All of them, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Watched>> {
        self.0.iter()
    }

    /// The one of this name.
    pub fn find(&self, name: &str) -> Option<&Watched> {
        self.0.iter().find(|one| one.settings.name.as_str() == name).map(AsRef::as_ref)
    }
}

impl Watched {
    /// What became of the last look.
    pub fn look(&self) -> Look {
        self.look.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has it looked at soon, and not only when its time has come.
    pub fn look_soon(&self) {
        self.wake.notify_one();
    }

    fn note(&self, note: impl FnOnce(&mut Look)) {
        note(&mut self.look.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

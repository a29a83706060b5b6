//! The private folder of a step: home, temporary files, script, secrets, outputs. Only the step's user may
//! enter it, and it goes away with the step.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::frame::Begin;
use crate::step::Program;

/// The most bytes that a step may hand to later ones.
pub(crate) const MOST_OUTPUTS: u64 = 256 << 10;

/// Where the parts of a private folder are.
#[derive(Clone, Debug)]
pub(crate) struct Private {
    root: PathBuf,
}

impl Private {
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    pub(crate) fn script(&self) -> PathBuf {
        self.root.join("script")
    }

    pub(crate) fn outputs(&self) -> PathBuf {
        self.root.join("outputs")
    }

    pub(crate) fn secret(&self, name: &str) -> PathBuf {
        self.root.join("secrets").join(name)
    }

    /// Makes the folder itself, which nobody else may enter; it must not be there yet.
    pub(crate) fn create(&self) -> io::Result<()> {
        folder(&self.root)
    }

    /// Lays in what the step needs, then hands the whole to its user.
    pub(crate) fn fill(&self, begin: &Begin, secrets: &[(&str, &[u8])]) -> io::Result<()> {
        let process = &begin.process;
        for part in [self.home(), self.temporary(), self.work(), self.root.join("secrets")] {
            folder(&part)?;
        }
        file(&self.outputs(), b"", 0o600)?;
        if let Program::Script { text, .. } = &process.program {
            file(&self.script(), text.as_bytes(), 0o700)?;
        }
        for (name, value) in secrets {
            file(&self.secret(name), value, 0o600)?;
        }
        for one in &process.files {
            let path = self.work().join(&one.path);
            if let Some(above) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(above)?;
            }
            file(&path, one.text.as_bytes(), if one.executable { 0o700 } else { 0o600 })?;
        }
        match process.user {
            Some(user) => hand_over(&self.root, user.uid, user.gid, 0),
            None => Ok(()),
        }
    }

    /// Reads what the step wrote for later ones. The step owns the folder, so what lies there under that name
    /// may be anything: a link to a file of somebody else, a pipe that never ends, another name of a file.
    pub(crate) fn read_outputs(&self, user: Option<u32>) -> Result<String, String> {
        let path = self.outputs();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(String::new()),
            Err(error) => return Err(refused(&format!("it cannot be opened: {error}"))),
        };
        let about = file.metadata().map_err(|error| refused(&format!("it cannot be looked at: {error}")))?;
        let owner = user.unwrap_or_else(|| rustix::process::geteuid().as_raw());
        if !about.is_file() || about.nlink() != 1 || about.uid() != owner {
            return Err(refused("it is no plain file of the step's own user"));
        }
        let mut bytes = Vec::new();
        let read = file.take(MOST_OUTPUTS + 1).read_to_end(&mut bytes);
        read.map_err(|error| refused(&format!("it cannot be read: {error}")))?;
        if bytes.len() as u64 > MOST_OUTPUTS {
            return Err(refused(&format!("it is larger than {} KiB", MOST_OUTPUTS >> 10)));
        }
        String::from_utf8(bytes).map_err(|error| {
            refused(&format!(
                "byte {} is no UTF-8: encode binary values, as base64 does",
                error.utf8_error().valid_up_to()
            ))
        })
    }

    /// Takes the folder away, with all that the step left in it.
    pub(crate) fn remove(&self) {
        if fs::remove_dir_all(&self.root).is_err() {
            // Folders that their owner has closed: open them, then once more.
            open_folders(&self.root, 0);
            let _left_for_the_next_sweep = fs::remove_dir_all(&self.root);
        }
    }
}

fn refused(why: &str) -> String {
    format!("the file that WH_OUTPUT names was refused: {why}")
}

fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| at(path, &error))
}

fn file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| at(path, &error))?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(|error| at(path, &error))?;
    file.set_permissions(Permissions::from_mode(mode))
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Gives a folder and all in it to a user, the folder last: until then the user cannot enter.
fn hand_over(path: &Path, uid: u32, gid: u32, depth: u32) -> io::Result<()> {
    if depth < 512 && fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            hand_over(&entry?.path(), uid, gid, depth + 1)?;
        }
    }
    lchown(path, Some(uid), Some(gid)).map_err(|error| at(path, &error))
}

fn open_folders(path: &Path, depth: u32) {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|about| about.is_dir());
    if depth >= 512 || !is_folder {
        return;
    }
    let _not_ours = fs::set_permissions(path, Permissions::from_mode(0o700));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        open_folders(&entry.path(), depth + 1);
    }
}

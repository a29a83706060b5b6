//! Secrets in files of a folder, each named as its secret: what systemd credentials and mounted secrets of
//! container platforms look like.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Secret, SecretError, SecretSource};
use crate::redact::LONGEST;

/// A folder of secrets.
#[derive(Clone, Debug)]
pub struct FileSecrets {
    folder: PathBuf,
}

impl FileSecrets {
    /// Returns the source of this folder, which need not be there yet.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl SecretSource for FileSecrets {
    fn find(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let path = self.folder.join(name);
        read(name, &path, LONGEST as u64).map(|bytes| bytes.map(Secret::new))
    }
}

/// Reads a file of bounded size; none if it is not there.
pub(super) fn read(name: &str, path: &Path, most: u64) -> Result<Option<Vec<u8>>, SecretError> {
    let failed =
        |problem: String, help| SecretError::File { name: name.to_owned(), path: path.to_owned(), problem, help };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string(), "let the runner's user read it")),
    };
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(error.to_string(), "let the runner's user read it"))?;
    if bytes.len() as u64 > most {
        return Err(failed(format!("it is larger than {most} bytes"), "hand over a key to it instead"));
    }
    Ok(Some(bytes))
}

//! The hub's own keys, made at the first start and kept beside the data.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The disk said no.
    #[error("cannot use the key file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} does not hold a key; expected 64 hexadecimal digits. Restore it from a backup: the record is signed with it", .0.display())]
    Malformed(PathBuf),
    /// The database is there, and its key is not.
    #[error("{} is missing, but the data beside it is not new. Restore the key from a backup: what was signed with it is checked with it", .0.display())]
    Missing(PathBuf),
}

/// The key in `folder/name`: 32 random bytes as hexadecimal digits. Made if `is_new`, readable by
/// the hub's user alone.
pub fn load_or_make(folder: &Path, name: &str, is_new: bool) -> Result<[u8; 32], KeyError> {
    let path = folder.join(name);
    let failed = |source| KeyError::Io { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => parse(text.trim()).ok_or_else(|| KeyError::Malformed(path.clone())),
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => {
            let mut key = [0u8; 32];
            getrandom::fill(&mut key).map_err(|error| failed(io::Error::other(error.to_string())))?;
            let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut file =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
            file.write_all(digits.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyError::Missing(path.clone())),
        Err(error) => Err(failed(error)),
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let mut key = [0u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

//! Secrets in files encrypted with age, which may lie in a repository beside what uses them.

use std::io::Read;
use std::path::{Path, PathBuf};

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, Identity, IdentityFile};
use zeroize::Zeroizing;

use super::files::read;
use super::{Secret, SecretError, SecretSource};
use crate::redact::LONGEST;

/// The largest encrypted file.
const MOST_ENCRYPTED: u64 = 1 << 20;

/// A folder of files `NAME.age`, and the identities that can read them.
pub struct AgeFiles {
    folder: PathBuf,
    identities: Vec<Box<dyn Identity + Send + Sync>>,
}

impl AgeFiles {
    /// Returns the source of a folder, with the identities (`AGE-SECRET-KEY-1…`) in a file as `age-keygen` writes it.
    ///
    /// # Errors
    /// If the identities cannot be read.
    pub fn in_folder(folder: impl Into<PathBuf>, identities: &Path) -> Result<Self, SecretError> {
        let failed = |problem: String| SecretError::File {
            name: "age identity".to_owned(),
            path: identities.to_owned(),
            problem,
            help: "make one with `age-keygen -o FILE`, and let the runner's user read it",
        };
        let file =
            IdentityFile::from_file(identities.display().to_string()).map_err(|error| failed(error.to_string()))?;
        let identities = file.into_identities().map_err(|error| failed(error.to_string()))?;
        Ok(Self { folder: folder.into(), identities })
    }
}

impl SecretSource for AgeFiles {
    fn find(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let path = self.folder.join(format!("{name}.age"));
        let Some(bytes) = read(name, &path, MOST_ENCRYPTED)? else { return Ok(None) };
        let failed =
            |problem: String, help| SecretError::File { name: name.to_owned(), path: path.clone(), problem, help };
        let unreadable = |error: DecryptError| {
            failed(error.to_string(), "encrypt it for this runner's identity: `age -r RECIPIENT -o NAME.age`")
        };
        let decryptor = Decryptor::new_buffered(ArmoredReader::new(bytes.as_slice())).map_err(unreadable)?;
        let identities = self.identities.iter().map(|identity| identity.as_ref() as &dyn Identity);
        let plain = decryptor.decrypt(identities).map_err(unreadable)?;
        let mut value = Zeroizing::new(Vec::new());
        let read = plain.take(LONGEST as u64 + 1).read_to_end(&mut value);
        read.map_err(|error| failed(error.to_string(), "encrypt it anew: it is damaged"))?;
        if value.len() > LONGEST {
            return Err(failed(format!("it is larger than {LONGEST} bytes"), "hand over a key to it instead"));
        }
        Ok(Some(Secret(value)))
    }
}

impl std::fmt::Debug for AgeFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgeFiles").field("folder", &self.folder).finish_non_exhaustive()
    }
}

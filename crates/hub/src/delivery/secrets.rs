//! Kept secrets: a folder with one file a secret, named in the catalog and read when needed.
//!
//! A secret is read anew for each attempt, so that replacing its file is all it takes to change it.
//! What it says leaves the hub in the call that needs it and nowhere else: answers are cleaned of it
//! before anybody sees them.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wheelhouse_core::name::{SecretName, is_name};

use super::Secret;

/// The shortest secret that answers are cleaned of: shorter ones would tear words apart.
const SHORTEST_CLEANED: usize = 4;
/// The shortest stretch of a secret that answers are cleaned of.
const SHORTEST_STRETCH: usize = 6;
/// The bits of a mode that let others in: the group may read, nobody else may do anything.
const FORBIDDEN_MODE: u32 = 0o027;
/// What stands for a secret in an answer.
const HIDDEN: &str = "(secret)";

/// The secrets that the hub keeps. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    folder: Option<Arc<Path>>,
}

/// Why a secret cannot be used. Names the secret and its file, never what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// There is no folder with secrets.
    #[error("the secret `{0}` is needed, and the hub keeps none; start it with `--secrets DIR`")]
    NoFolder(SecretName),
    /// It cannot be read.
    #[error("the secret `{name}` cannot be used: {why}")]
    Unusable {
        /// Which.
        name: SecretName,
        /// Why.
        why: String,
    },
}

/// Why a folder holds no secrets.
#[derive(Debug, thiserror::Error)]
#[error("the folder with secrets {} cannot be used: {why}", path.display())]
pub struct BadFolder {
    path: PathBuf,
    why: String,
}

/// Secrets that one attempt uses, so that what is said of it can be cleaned of them.
#[derive(Default)]
pub struct Used(Vec<String>);

impl Secrets {
    /// The secrets in a folder.
    ///
    /// # Errors
    /// Says why the folder cannot be used: it must be there, and nobody but the hub may write to it.
    pub fn in_folder(path: &Path) -> Result<Self, BadFolder> {
        let bad = |why: String| BadFolder { path: path.to_owned(), why };
        let metadata = std::fs::metadata(path).map_err(|error| bad(error.to_string()))?;
        if !metadata.is_dir() {
            return Err(bad("it is not a folder; give the folder with one file a secret".to_owned()));
        }
        if metadata.permissions().mode() & 0o022 != 0 {
            let mode = metadata.permissions().mode() & 0o777;
            return Err(bad(format!("others may write to it (mode {mode:o}); run `chmod go-w` on it")));
        }
        Ok(Self { folder: Some(path.into()) })
    }

    /// The names of the secrets that are kept, whether or not they can be used.
    pub fn names(&self) -> BTreeSet<String> {
        let entries = self.folder.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_name(name)).collect()
    }

    /// Reads one. Blocks on the disk.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub fn read(&self, name: &SecretName) -> Result<Secret, NoSecret> {
        let folder = self.folder.as_ref().ok_or_else(|| NoSecret::NoFolder(name.clone()))?;
        let unusable = |why: String| NoSecret::Unusable { name: name.clone(), why };
        let path = folder.join(name.as_str());
        let metadata = std::fs::metadata(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unusable(format!("there is no file {}", path.display())),
            _ => unusable(format!("{}: {error}", path.display())),
        })?;
        let mode = metadata.mode() & 0o777;
        if !metadata.is_file() {
            return Err(unusable(format!("{} is not a file", path.display())));
        }
        if mode & FORBIDDEN_MODE != 0 {
            return Err(unusable(format!(
                "others may read or change {} (mode {mode:o}); run `chmod 600` on it",
                path.display()
            )));
        }
        let secret = Secret::from_file(&path).map_err(|error| unusable(error.to_string()))?;
        match std::str::from_utf8(secret.expose()) {
            Ok(text) if !text.chars().any(char::is_control) => Ok(secret),
            _ => Err(unusable(format!("{} is not one line of text", path.display()))),
        }
    }
}

impl Used {
    /// Notes a secret and gives its text.
    pub fn take(&mut self, secret: &Secret) -> String {
        let text = String::from_utf8_lossy(secret.expose()).into_owned();
        self.0.push(text.clone());
        text
    }

    /// A text without these secrets, in whichever form a peer may have said them back. Where the text
    /// was cut off, what may be the beginning of one goes as well.
    pub fn clean(&self, text: &str, is_whole: bool) -> String {
        let longest = self.0.iter().map(|secret| 6 * secret.len()).max().unwrap_or(0);
        let keep = if is_whole { text.len() } else { text.len().saturating_sub(longest) };
        let keep = (0..=keep).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let mut clean = text.get(..keep).unwrap_or_default().to_owned();
        let mut forms: Vec<String> = self.0.iter().flat_map(|secret| forms(secret)).collect();
        // The longest first, so that no part of one is left over from a shorter one.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        for form in forms.iter().filter(|form| form.len() >= SHORTEST_CLEANED) {
            clean = clean.replace(form.as_str(), HIDDEN);
        }
        clean
    }
}

impl fmt::Debug for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Used({})", self.0.len())
    }
}

/// How a secret may be said back: as it is, percent-encoded, in JSON, in HTML, where it is an address
/// its path and the end of it, and in any other encoding those stretches that encodings leave alone.
fn forms(secret: &str) -> Vec<String> {
    let percent = |lower: bool| {
        let mut encoded = String::new();
        for byte in secret.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                encoded.push(char::from(byte));
            } else if lower {
                let _ = write!(encoded, "%{byte:02x}");
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    };
    let json = serde_json::Value::from(secret).to_string();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![secret.to_owned(), percent(false), percent(true), json.trim_matches('"').to_owned(), html];
    forms.push(secret.replace('/', "\\/"));
    if let Some((_, rest)) = secret.split_once("://") {
        let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default();
        forms.push(path.to_owned());
        forms.push(path.trim_start_matches('/').to_owned());
        forms.extend(path.rsplit('/').next().map(str::to_owned));
    }
    let telling =
        secret.split_once("://").map_or(secret, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let stretches = telling.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')));
    forms.extend(stretches.filter(|stretch| stretch.len() >= SHORTEST_STRETCH).map(str::to_owned));
    forms
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn keep(folder: &Path, name: &str, text: &str, mode: u32) {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn secrets_are_read_only_from_files_that_others_cannot_see() {
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), "good", "canary-1\n", 0o600);
        keep(folder.path(), "group", "canary-2", 0o640);
        keep(folder.path(), "open", "canary-3", 0o644);
        keep(folder.path(), "lines", "canary\n4", 0o600);
        let secrets = Secrets::in_folder(folder.path()).unwrap();
        let name = |name| SecretName::new(name).unwrap();
        assert_eq!(secrets.read(&name("good")).unwrap().expose(), b"canary-1");
        assert_eq!(secrets.read(&name("group")).unwrap().expose(), b"canary-2");
        for bad in ["open", "lines", "none"] {
            let why = secrets.read(&name(bad)).unwrap_err().to_string();
            assert!(why.contains(bad) && !why.contains("canary"), "{why}");
        }
        assert_eq!(secrets.names().len(), 4);
        assert!(Secrets::default().read(&name("good")).unwrap_err().to_string().contains("--secrets"));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Secrets::in_folder(folder.path()).is_err());
    }

    #[test]
    fn what_a_peer_says_back_is_cleaned_in_every_form() {
        let mut used = Used::default();
        used.take(&Secret::new("https://chat.example/hooks/T0/B1/canary\"x"));
        used.take(&Secret::new("p&ss w/rd"));
        let said = "no such hook /hooks/T0/B1/canary\"x or canary\"x, p&amp;ss w/rd, p%26ss%20w%2Frd, p%26ss%20w%2frd, p&ss w\\/rd";
        let clean = used.clean(said, true);
        assert!(
            !clean.contains("canary") && !clean.contains("w/rd") && !clean.to_lowercase().contains("w%2frd"),
            "{clean}"
        );
        assert!(clean.contains("(secret)") && !clean.contains("w\\/rd"));
        let mut long = Used::default();
        long.take(&Secret::new("0123456789abcdef"));
        let cut = long.clean(&format!("{}0123456789abcde", "ä".repeat(200)), false);
        assert!(!cut.contains("0123") && cut.contains('ä'), "{cut}");
        assert_eq!(long.clean("0123456789abcde", false), "");
    }
}

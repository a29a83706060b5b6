//! Reading a backup's archive: into a folder, each file held against the list at its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tar::{Archive, Entry};
use zstd::stream::read::Decoder;

use super::about::{About, Contents, Stored};
use super::archive::{ABOUT, CONTENTS, Digesting};
use super::{BackupError, KEYS, OUTPUTS};
use crate::serve::DATABASE;

/// The largest list of files that is read, in bytes.
const LARGEST_LIST: u64 = 256 << 20;

type Unpacking<'a, 'b> = Entry<'a, Decoder<'b, io::BufReader<File>>>;

/// What a backup is about, without reading the rest of it.
pub(super) fn about_of(path: &Path) -> Result<About, BackupError> {
    let mut archive = open(path)?;
    let at = Place { path, name: ABOUT.to_owned() };
    let first = archive.entries().map_err(|error| at.unreadable(&error))?.next();
    let mut first = first.ok_or_else(|| at.damaged("a file", "the end of the backup"))?;
    at.about(first.as_mut().map_err(|error| at.unreadable(error))?)
}

/// Unpacks a backup into a folder. Whatever is not as it was made is an error; then the folder is to be thrown away.
pub(super) fn unpack(path: &Path, into: &Path) -> Result<(About, Vec<Stored>), BackupError> {
    let mut archive = open(path)?;
    let mut at = Place { path, name: "its beginning".to_owned() };
    let (mut about, mut found) = (None, Vec::new());
    let entries = archive.entries().map_err(|error| at.unreadable(&error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| at.unreadable(&error))?;
        let name = entry.path().map(|name| name.to_string_lossy().into_owned());
        let name = name.map_err(|error| at.unreadable(&error))?;
        at.name.clone_from(&name);
        if name == CONTENTS {
            let contents: Contents = at.json(&mut entry)?;
            let about = about.ok_or_else(|| at.damaged(ABOUT, "none before it"))?;
            compare(&at, (&about, &found), &contents)?;
            at.name = "its end".to_owned();
            // What the archive's own end says is checked by reading it.
            io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| at.unreadable(&error))?;
            return Ok((about, found));
        }
        if !is_known(&name) {
            return Err(at.damaged("a file that backups have", "another one"));
        }
        let stored = write(&at, &mut entry, &into.join(&name))?;
        if name == ABOUT {
            let text = fs::read(into.join(ABOUT)).map_err(BackupError::io("read", &into.join(ABOUT)))?;
            let read: About = serde_json::from_slice(&text).map_err(|error| at.damaged("JSON", error))?;
            read.check()?;
            about = Some(read);
        }
        found.push(stored);
    }
    at.name = format!("after {}", at.name);
    Err(at.damaged(CONTENTS, "the end of the file; it was cut off"))
}

/// Where in a backup something is wrong.
struct Place<'a> {
    path: &'a Path,
    name: String,
}

impl Place<'_> {
    fn damaged(&self, expected: impl ToString, found: impl ToString) -> BackupError {
        let (place, expected, found) = (self.name.clone(), expected.to_string(), found.to_string());
        BackupError::Damaged { path: self.path.to_owned(), place, expected, found }
    }

    fn unreadable(&self, error: &io::Error) -> BackupError {
        self.damaged("bytes that can be unpacked", error)
    }

    fn json<T: serde::de::DeserializeOwned>(&self, entry: &mut Unpacking<'_, '_>) -> Result<T, BackupError> {
        let mut text = Vec::new();
        entry.take(LARGEST_LIST).read_to_end(&mut text).map_err(|error| self.unreadable(&error))?;
        serde_json::from_slice(&text).map_err(|error| self.damaged("JSON", error))
    }

    fn about(&self, entry: &mut Unpacking<'_, '_>) -> Result<About, BackupError> {
        let name = entry.path().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name != ABOUT {
            return Err(self.damaged(ABOUT, name));
        }
        let about: About = self.json(entry)?;
        about.check()?;
        Ok(about)
    }
}

fn open(path: &Path) -> Result<Archive<Decoder<'static, io::BufReader<File>>>, BackupError> {
    let file = File::open(path).map_err(BackupError::io("read", path))?;
    Ok(Archive::new(Decoder::new(file).map_err(BackupError::io("read", path))?))
}

/// Whether a backup has files of this name; nothing else is ever written.
fn is_known(name: &str) -> bool {
    let plain = |part: &str| {
        !part.starts_with('.') && !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    };
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        [file] => [ABOUT, DATABASE].contains(file) || KEYS.contains(file),
        [folder, inner, file] => *folder == OUTPUTS && plain(inner) && plain(file),
        _ => false,
    }
}

/// Writes one file, makes it durable, and says what was written.
fn write(at: &Place<'_>, entry: &mut Unpacking<'_, '_>, path: &PathBuf) -> Result<Stored, BackupError> {
    let failed = || BackupError::io("write", path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed())?;
    }
    let size = entry.size();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed())?;
    let mut digesting = Digesting::new(entry);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count = digesting.read(&mut buffer).map_err(|error| at.unreadable(&error))?;
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
        io::Write::write_all(&mut file, piece).map_err(failed())?;
    }
    file.sync_all().map_err(failed())?;
    let stored = digesting.stored(at.name.clone());
    if stored.size != size {
        return Err(at.damaged(format!("{size} bytes"), format!("{} and the end of the file", stored.size)));
    }
    Ok(stored)
}

/// Holds what was unpacked against the list.
fn compare(at: &Place<'_>, found: (&About, &[Stored]), contents: &Contents) -> Result<(), BackupError> {
    let (about, files) = found;
    if *about != contents.about {
        return Err(at.damaged("what about.json says", "something else"));
    }
    for (stored, listed) in files.iter().zip(&contents.files) {
        let at = Place { path: at.path, name: listed.path.clone() };
        if stored.path != listed.path {
            return Err(at.damaged("this file", &stored.path));
        }
        if stored != listed {
            let shown = |file: &Stored| format!("{} bytes with the SHA-256 {}", file.size, file.sha256);
            return Err(at.damaged(shown(listed), shown(stored)));
        }
    }
    if files.len() != contents.files.len() {
        return Err(at.damaged(format!("{} files", contents.files.len()), files.len()));
    }
    Ok(())
}

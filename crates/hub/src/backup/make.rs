//! Making a backup, beside a running hub or without one.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use wheelhouse_core::record::Frontier;
use wheelhouse_store::{LARGEST_PAGE, Readers, Sqlite, StoreError};
use wheelhouse_wire::api::Time;

use super::about::{About, Stored};
use super::archive::Packing;
use super::keep::{LastBackup, note, prune, sweep};
use super::{BackupError, KEYS, OUTPUTS, Partial, folder_of, free_bytes};
use crate::clock::wall_now;
use crate::hands::leases;
use crate::serve::DATABASE;

/// How much room is left beside what a backup needs, in bytes.
const SPARE: u64 = 16 << 20;

/// Which backup is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The data folder; a hub may run on it.
    pub data: PathBuf,
    /// Where to: a file, or a folder in which it gets a name by its instant.
    pub to: PathBuf,
    /// How many backups of this record stay in the folder, this one among them; all where absent.
    pub keep: Option<usize>,
    /// Whether the hub's keys go into it.
    pub keys: bool,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it is about.
    pub about: About,
    /// What is in it.
    pub files: Vec<Stored>,
    /// Older backups that were taken away.
    pub removed: Vec<PathBuf>,
    /// Why the data folder could not be told of it, if it could not.
    pub unnoted: Option<String>,
}

/// Makes a backup. The hub's commits go on meanwhile; the backup is of one instant, has nothing that was erased by
/// then, and lies under its name only when all of it is on the disk.
///
/// # Errors
/// Says what could not be read or written; then nothing of it is left.
pub fn backup(wanted: &Wanted) -> Result<Made, BackupError> {
    let database = wanted.data.join(DATABASE);
    if !database.is_file() {
        return Err(BackupError::NoData(wanted.data.clone()));
    }
    let made_at = Time(wall_now());
    let is_folder = wanted.to.is_dir();
    let path = if is_folder { wanted.to.join(name(made_at)) } else { wanted.to.clone() };
    let folder = folder_of(&path).to_owned();
    sweep(&folder);
    check_room(&wanted.data, &folder)?;
    let [copy, archive] = ["db", "tar"].map(|kind| Partial(folder.join(partial(kind))));
    Sqlite::copy(&database, &copy.0)?;
    let readers = Readers::open_immutable(&copy.0)?;
    let about = About::of(&readers, made_at, wanted.keys)?;
    check_head(&about, &readers, &wanted.data)?;
    let erased = erased(&readers)?;
    drop(readers);

    let write = |error| BackupError::io("write", &path)(error);
    let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&archive.0).map_err(write)?;
    let mut packing = Packing::begin(options, about.clone()).map_err(write)?;
    let size = fs::metadata(&copy.0).map_err(write)?.len();
    let bytes = File::open(&copy.0).map_err(write)?;
    packing.add(DATABASE, size, bytes).map_err(write)?;
    if wanted.keys {
        add_keys(&mut packing, &wanted.data)?;
    }
    add_outputs(&mut packing, &wanted.data, &erased)?;
    let (file, files) = packing.end().map_err(write)?;
    file.sync_all().map_err(write)?;
    let bytes = file.metadata().map_err(write)?.len();
    archive.put(&path).map_err(write)?;

    let unnoted = note(&wanted.data, &LastBackup { made_at, to: path.clone(), bytes, entries: about.entries });
    let removed = match wanted.keep.filter(|_| is_folder) {
        Some(count) => prune(&folder, &about, count.max(1))?,
        None => Vec::new(),
    };
    Ok(Made { path, bytes, about, files, removed, unnoted: unnoted.err().map(|error| error.to_string()) })
}

/// The name of a backup in a folder of them.
fn name(made_at: Time) -> String {
    format!("wheelhouse-{}.tar.zst", made_at.0.to_jiff().strftime("%Y%m%dT%H%M%SZ"))
}

/// A name for a part of a backup that is not whole yet.
fn partial(kind: &str) -> String {
    format!("{}{}.{kind}", super::keep::PARTIAL, std::process::id())
}

/// Twice the database: its copy, and the archive, which is smaller.
fn check_room(data: &Path, folder: &Path) -> Result<(), BackupError> {
    let length = |name: &str| fs::metadata(data.join(name)).map_or(0, |file| file.len());
    let needed = 2 * (length(DATABASE) + length(&format!("{DATABASE}-wal"))) + SPARE;
    let free = free_bytes(folder).map_err(BackupError::io("write to", folder))?;
    if free < needed {
        return Err(BackupError::NoRoom { folder: folder.to_owned(), free, needed });
    }
    Ok(())
}

/// The copy has the record that its checkpoint vouches for, by the hashes that are kept of it.
fn check_head(about: &About, copy: &Readers, data: &Path) -> Result<(), BackupError> {
    let root = Frontier::from_nodes(about.entries, copy).map(|tree| tree.root());
    let agrees = match about.head() {
        Some(head) => head.size() == about.entries && Some(head.root()) == root,
        None => about.entries == 0,
    };
    if agrees {
        return Ok(());
    }
    let problem =
        "the last checkpoint is not over the entries that are there; `wheelhouse record verify --data` says more";
    Err(BackupError::Unsound { folder: data.to_owned(), problems: vec![problem.to_owned()] })
}

/// Files of what steps said that are to be gone, though a crash may have left them.
fn erased(copy: &Readers) -> Result<BTreeSet<String>, StoreError> {
    let mut names = BTreeSet::new();
    for run in copy.erased_runs()? {
        let mut cursor = None;
        loop {
            let page = copy.entries_of_run(run, cursor, LARGEST_PAGE)?;
            names.extend(leases(&page.items).into_iter().map(|epoch| format!("{epoch}.jsonl")));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(names)
}

fn add_keys(packing: &mut Packing, data: &Path) -> Result<(), BackupError> {
    for name in KEYS {
        let path = data.join(name);
        match fs::read(&path) {
            Ok(key) => add(packing, name, &key).map_err(BackupError::io("write", &path))?,
            // Webhooks may be signed with a secret of the operator's own.
            Err(error) if error.kind() == io::ErrorKind::NotFound && name != crate::serve::RECORD_KEY => {}
            Err(error) => return Err(BackupError::io("read", &path)(error)),
        }
    }
    Ok(())
}

/// Adds what steps said. A file that is being written is added as far as it goes; one that is erased meanwhile is not.
fn add_outputs(packing: &mut Packing, data: &Path, erased: &BTreeSet<String>) -> Result<(), BackupError> {
    for folder in listed(&data.join(OUTPUTS))? {
        for file in listed(&folder)? {
            let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
            let (Some(inner), Some(outer)) = (name(&file), name(&folder)) else { continue };
            if erased.contains(&inner) {
                continue;
            }
            match fs::read(&file) {
                Ok(bytes) => {
                    let path = format!("{OUTPUTS}/{outer}/{inner}");
                    add(packing, &path, &bytes).map_err(BackupError::io("write", &file))?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(BackupError::io("read", &file)(error)),
            }
        }
    }
    Ok(())
}

fn add(packing: &mut Packing, path: &str, bytes: &[u8]) -> io::Result<()> {
    packing.add(path, u64::try_from(bytes.len()).unwrap_or(u64::MAX), bytes)
}

/// What lies in a folder, in order; nothing where there is none.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(BackupError::io("read", folder)(error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(BackupError::io("read", folder))?;
    paths.sort();
    Ok(paths)
}

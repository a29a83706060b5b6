//! Reading the files of a commit by `ls-tree` and `cat-file`: nothing of it ever lies on the disk as a
//! file, so no name, link or attribute in it can do anything.

use wheelhouse_core::catalog::{Authored, path_in};
use wheelhouse_core::name::RepositoryName;

use super::super::snapshot::{LookError, Snapshot, Unfit};
use super::process::{Git, GitError};
use super::{LISTING, failed};
use crate::files::{LARGEST_FILE, MOST_FILES, is_wanted};

/// The most text of one repository, in bytes.
const MOST_TEXT: u64 = 64 << 20;
/// How many warnings are kept.
const MOST_WARNINGS: usize = 20;

/// A file that counts.
struct Blob {
    path: String,
    id: String,
    size: u64,
}

/// Reads the files below `folder` in a commit.
pub(super) async fn read(
    git: &Git,
    name: &RepositoryName,
    folder: &str,
    authored: Authored,
) -> Result<Snapshot, LookError> {
    let commit = &authored.revision.revision;
    let root = if folder.is_empty() { commit.clone() } else { format!("{commit}:{folder}") };
    let listing = match git.run(&["ls-tree", "-r", "-z", "-l", "--full-tree", &root], None, LISTING).await {
        Ok(listing) => listing,
        Err(GitError::Failed { .. }) if !folder.is_empty() => {
            let why = format!("there is no folder `{folder}` in it");
            return Err(Unfit { authored, why }.into());
        }
        Err(error @ GitError::TooMuch { .. }) => {
            let why = format!("it holds too many files: {error}; name the folder that holds operations");
            return Err(Unfit { authored, why }.into());
        }
        Err(error) => return Err(failed(error)),
    };
    let mut warnings = Vec::new();
    let blobs = match wanted(&listing, &mut warnings) {
        Ok(blobs) => blobs,
        Err(why) => return Err(Unfit { authored, why }.into()),
    };
    let request: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    let limits = super::Limits { most: LISTING.most + MOST_TEXT, ..LISTING };
    let contents = git.run(&["cat-file", "--batch"], Some(request.into_bytes()), limits).await.map_err(failed)?;
    match texts(&contents, blobs, folder) {
        Ok(texts) => {
            let files = texts.into_iter().map(|(path, text)| (path_in(name.as_str(), &path), text)).collect();
            Ok(Snapshot::new(authored, files, warnings))
        }
        Err(why) => Err(Unfit { authored, why }.into()),
    }
}

/// The files that count, in a listing of `MODE TYPE ID SIZE<tab>PATH<nul>`; links and submodules are
/// passed over with a warning.
fn wanted(listing: &[u8], warnings: &mut Vec<String>) -> Result<Vec<Blob>, String> {
    let mut warn = |warning: String| match warnings.len() {
        count if count < MOST_WARNINGS => warnings.push(warning),
        MOST_WARNINGS => warnings.push("more was passed over".to_owned()),
        _ => {}
    };
    let (mut blobs, mut total) = (Vec::new(), 0_u64);
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let Some((head, path)) = split_at_tab(line) else { return Err("its listing cannot be read".to_owned()) };
        let Ok(path) = std::str::from_utf8(path) else {
            warn(format!("{}: passed over, because its name is not UTF-8", shown(&String::from_utf8_lossy(path))));
            continue;
        };
        let head = String::from_utf8_lossy(head);
        let mut words = head.split_ascii_whitespace();
        let (mode, _, id, size) = (words.next(), words.next(), words.next(), words.next());
        match mode {
            Some("160000") => {
                warn(format!(
                    "{}: passed over, because it is a submodule; give that repository of its own",
                    shown(path)
                ));
                continue;
            }
            _ if !is_wanted(path) => continue,
            Some("120000") => {
                warn(format!("{}: passed over, because it is a symbolic link", shown(path)));
                continue;
            }
            _ => {}
        }
        let (Some(id), Some(size)) = (id, size.and_then(|size| size.parse().ok())) else {
            return Err("its listing cannot be read".to_owned());
        };
        total += size;
        if size > LARGEST_FILE {
            return Err(format!("{} has {size} bytes, more than {LARGEST_FILE}; split it", shown(path)));
        }
        if blobs.len() >= MOST_FILES || total > MOST_TEXT {
            return Err(format!(
                "it holds more than {MOST_FILES} files or {MOST_TEXT} bytes; name the folder that holds operations"
            ));
        }
        blobs.push(Blob { path: path.to_owned(), id: id.to_owned(), size });
    }
    Ok(blobs)
}

/// The texts in what `cat-file --batch` wrote: `ID blob SIZE<newline>BYTES<newline>` for each.
fn texts(mut contents: &[u8], blobs: Vec<Blob>, folder: &str) -> Result<Vec<(String, String)>, String> {
    let mut texts = Vec::with_capacity(blobs.len());
    for Blob { path, id, size } in blobs {
        let cannot = || format!("{} cannot be read", shown(&path));
        let end = contents.iter().position(|byte| *byte == b'\n').ok_or_else(cannot)?;
        let (head, rest) = contents.split_at(end);
        if head != format!("{id} blob {size}").as_bytes() {
            return Err(cannot());
        }
        let size = usize::try_from(size).map_err(|_| cannot())?;
        let body = rest.get(1..=size).ok_or_else(cannot)?;
        let text =
            std::str::from_utf8(body).map_err(|_| format!("{} is not UTF-8 text; save it as UTF-8", shown(&path)))?;
        let path = if folder.is_empty() { path } else { format!("{folder}/{path}") };
        texts.push((path, text.to_owned()));
        contents = rest.get(size + 2..).unwrap_or_default();
    }
    Ok(texts)
}

fn split_at_tab(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = line.split_at(tab);
    Some((head, path.get(1..)?))
}

/// A path as a message shows it: escaped and cut.
fn shown(path: &str) -> String {
    path.chars().take(200).flat_map(char::escape_debug).collect()
}

//! `init`: a first `ops/` folder.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use wheelhouse_wire::catalog::init_files;

use super::Answer;
use crate::args::Init;
use crate::failure::{Exit, Failure};

/// Writes the files; what is there already is never overwritten.
pub fn run(options: &Init) -> Result<Answer, Failure> {
    let files = init_files(&options.service, &options.team)
        .map_err(|error| Failure::cannot_run(error.to_string()).help("give others as --service and --team"))?;
    if let Some(there) = files.iter().map(|(path, _)| options.dir.join(path)).find(|path| path.exists()) {
        return Err(exists(&there));
    }
    for (path, text) in &files {
        write(&options.dir.join(path), text)?;
    }
    let ops = options.dir.join("ops");
    let shown: String = files.iter().map(|(path, _)| format!("wrote {}\n", options.dir.join(path).display())).collect();
    let next = format!(
        "\nNext:\n  wheelhouse check {ops}            # also in this repository's CI\n  \
         wheelhouse check {ops} --with URL # with the hub's names: is team `{team}` known?\n  \
         add `depends_on`, `match` and `escalation` (`wheelhouse schema Service` lists every field),\n  \
         and commit the folder.\n",
        ops = ops.display(),
        team = options.team,
    );
    Ok(Answer::text(shown + &next))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Failure::cannot_run(format!("cannot write {}: {error}", path.display())),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("{} is there already; nothing was written", path.display()))
        .help("edit it, or give another folder")
}

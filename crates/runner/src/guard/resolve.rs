//! Finding the program of a step, and saying in plain words why it cannot run.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Finds a program: a path counts from the current folder, a name is looked for along `path`.
pub(crate) fn program(named: &str, path: &str) -> Result<PathBuf, String> {
    if named.contains('/') {
        return match fs::metadata(named) {
            Ok(about) if about.is_dir() => Err(format!("{named} is a folder, not a program")),
            Ok(about) if about.permissions().mode() & 0o111 == 0 => Err(not_executable(named)),
            // The system would hand it to a shell, which guesses.
            Ok(_) if is_text_of_no_interpreter(Path::new(named)) => Err(no_interpreter(named)),
            Ok(_) => Ok(PathBuf::from(named)),
            Err(error) => Err(format!("the program {named} is not there: {error}")),
        };
    }
    let mut closed = None;
    for folder in path.split(':').filter(|folder| !folder.is_empty()) {
        let candidate = Path::new(folder).join(named);
        match fs::metadata(&candidate) {
            Ok(about) if about.is_file() && about.permissions().mode() & 0o111 != 0 => return Ok(candidate),
            Ok(about) if about.is_file() => closed = Some(candidate),
            _ => {}
        }
    }
    Err(closed.map_or_else(
        || format!("no program `{named}` in PATH ({path})\n  = help: install it on the runner, or name its path"),
        |closed| not_executable(&closed.display().to_string()),
    ))
}

/// Says why a program that is there did not start.
pub(crate) fn why_not(program: &Path, error: &io::Error, cwd: &Path) -> String {
    let shown = program.display();
    match Errno::from_io_error(error) {
        Some(Errno::NOENT) => match interpreter(&cwd.join(program)) {
            Some(interpreter) => format!("{shown} wants the interpreter {interpreter}, which is not there"),
            None => format!("{shown} is not there, or what it is linked against is not"),
        },
        Some(Errno::NOEXEC) => no_interpreter(&shown.to_string()),
        Some(Errno::ACCESS) => format!(
            "{shown} may not be executed by the step's user\n  = help: look at its mode, at the folders above it, and \
             whether its file system is mounted with noexec"
        ),
        Some(Errno::TOOBIG) => format!("{shown} cannot start: its arguments and environment are too large together"),
        Some(Errno::TXTBSY) => format!("{shown} is being written at this moment"),
        _ => format!("{shown} cannot start: {error}"),
    }
}

/// How many processes a user has: the kernel's limit counts them together.
pub(crate) fn processes_of(uid: u32) -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let processes = entries.flatten().filter(|entry| {
        entry.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit)
            && entry.metadata().is_ok_and(|about| about.uid() == uid)
    });
    processes.map(|entry| fs::read_dir(entry.path().join("task")).map_or(1, |threads| threads.count() as u64)).sum()
}

fn interpreter(script: &Path) -> Option<String> {
    let mut line = Vec::new();
    let file = fs::File::open(script).ok()?;
    BufReader::new(file.take(256)).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    line.strip_prefix("#!")?.split_whitespace().next().map(str::to_owned)
}

/// Whether a file begins with text, and not with `#!`. One that cannot be read may still be executed.
fn is_text_of_no_interpreter(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(256).read_to_end(&mut start));
    read.is_ok() && !start.starts_with(b"#!") && !start.contains(&0)
}

fn no_interpreter(path: &str) -> String {
    format!(
        "{path} is neither a program of this machine nor a script with `#!` in its first line\n  = help: name the interpreter that reads it"
    )
}

fn not_executable(path: &str) -> String {
    format!("{path} is not executable\n  = help: `chmod +x` it, or name the interpreter that reads it")
}

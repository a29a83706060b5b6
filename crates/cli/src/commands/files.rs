//! `attach`, `attachments` and `download`, of `case` and `run`: files that hang on a case, or on a step of a run for none.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use wheelhouse_core::attachment::{Blob, FileName, Home, LARGEST};
use wheelhouse_wire::api::{AttachmentView, TimelineEntry};
use wheelhouse_wire::disposition::encoded;

use super::case::texts;
use super::{Answer, Context};
use crate::args;
use crate::client::{Client, Payload, read};
use crate::failure::Failure;
use crate::output::{Look, Table, brief, cell, clean};

/// How many names are tried for a file whose name is taken.
const MOST_NAMES: u32 = 1_000;

/// Attaches files, to a step where it is a run. All are read before the first is sent: a name mistyped changes nothing.
pub fn attach(
    home: Home,
    step: impl FnOnce(&Client) -> Result<Option<String>, Failure>,
    options: &args::Given,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let text = texts::optional(options.text.as_ref())?;
    if options.description.is_some() && options.files.len() > 1 {
        return Err(Failure::cannot_run("--description says what there is to see in one file, and these are several")
            .help("attach each with its own"));
    }
    let files: Vec<Given> = options.files.iter().map(|path| given(path)).collect::<Result<_, _>>()?;
    let client = context.client()?;
    let (name, step) = (home.to_string(), step(&client)?);
    let mut place = vec![collection(home), name.as_str()];
    place.extend(step.as_deref().map(|step| ["steps", step]).into_iter().flatten());
    place.push("attachments");
    let mut lines: Vec<Value> = Vec::new();
    for (index, file) in files.into_iter().enumerate() {
        let text = text.as_deref().filter(|_| index == 0);
        let payload = payload(file, options.description.as_deref(), text);
        match client.upload(&place, payload) {
            Ok(line) => lines.push(line),
            Err(failure) => {
                let done: String = lines
                    .iter()
                    .filter_map(|line| line.pointer("/attachment/name"))
                    .map(|name| format!(" {name}"))
                    .collect();
                let which = options.files.get(index).map_or_else(String::new, |path| path.display().to_string());
                let failure = failure.detail(format!("while {which} was attached"));
                return Err(if done.is_empty() {
                    failure
                } else {
                    failure.detail(format!("attached before it:{done}"))
                });
            }
        }
    }
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(lines)));
    }
    let mut said = String::new();
    for line in lines {
        let line: TimelineEntry = read(line)?;
        if let Some(file) = line.attachment {
            let (name, kind) = (clean(&file.name), clean(&file.media_type));
            said += &format!("{home} has {name} as file {} ({kind}, {})\n", file.number, size(file.size));
        }
    }
    Ok(Answer::text(said))
}

/// Lists files.
pub fn list(home: Home, context: &Context<'_>) -> Result<Answer, Failure> {
    let items = attached(&context.client()?, home)?;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let lines: Vec<TimelineEntry> = read(Value::Array(items))?;
    if lines.is_empty() {
        let how = match home {
            Home::Case(case) => format!("`wheelhouse case attach {case} FILE` does"),
            Home::Run(run) => format!("`wheelhouse run attach {run} STEP FILE` does while it is under way"),
        };
        return Ok(Answer::text("").note(format!("nothing is attached to {home}; {how}")));
    }
    Ok(Answer::text(table(home, &lines, &context.look)))
}

/// Fetches files into a folder.
pub fn download(home: Home, options: &args::Wanted, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let lines: Vec<TimelineEntry> = read(Value::Array(attached(&client, home)?))?;
    let files: Vec<AttachmentView> = lines.into_iter().filter_map(|line| line.attachment).collect();
    let missing = options.numbers.iter().find(|number| files.iter().all(|file| file.number != **number));
    if let Some(number) = missing {
        return Err(Failure::cannot_run(format!("{home} has no file {number}"))
            .help(format!("`wheelhouse {} attachments {home}` lists those it has", word(home))));
    }
    let wanted = |file: &&AttachmentView| options.numbers.is_empty() || options.numbers.contains(&file.number);
    let mut said = String::new();
    for file in files.iter().filter(wanted) {
        let path = fetch(&client, home, file, &options.into)?;
        said += &format!("{} ({})\n", path.display(), size(file.size));
    }
    let answer = Answer::text(said);
    Ok(if files.is_empty() { answer.note(format!("nothing is attached to {home}")) } else { answer })
}

/// The lines of the files that hang on something.
fn attached(client: &Client, home: Home) -> Result<Vec<Value>, Failure> {
    Ok(client.list(&[collection(home), &home.to_string(), "attachments"], &[], usize::MAX)?.items)
}

/// What it is one of, in an address.
const fn collection(home: Home) -> &'static str {
    match home {
        Home::Case(_) => "cases",
        Home::Run(_) => "runs",
    }
}

/// What it is, as a command.
const fn word(home: Home) -> &'static str {
    match home {
        Home::Case(_) => "case",
        Home::Run(_) => "run",
    }
}

/// A file to be attached, as it lies on this disk.
#[derive(Debug)]
struct Given {
    name: String,
    bytes: Vec<u8>,
}

/// Reads a file that is to be attached.
fn given(path: &Path) -> Result<Given, Failure> {
    let unreadable = |error: &std::io::Error| Failure::cannot_run(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match bytes.len() {
        0 => {
            Err(Failure::cannot_run(format!("{} is empty", path.display())).help("attach a file with something in it"))
        }
        length if length > LARGEST => {
            Err(Failure::cannot_run(format!("{} is larger than {} MiB", path.display(), LARGEST >> 20))
                .help("compress it, or keep it elsewhere and link it: `wheelhouse case link CASE URL`"))
        }
        _ => Ok(Given { name, bytes }),
    }
}

/// The request that attaches it.
fn payload(file: Given, description: Option<&str>, text: Option<&str>) -> Payload {
    let parameters = [("filename", Some(file.name.as_str())), ("description", description), ("text", text)];
    let said: String =
        parameters.into_iter().filter_map(|(name, value)| Some(format!("; {name}*={}", encoded(value?)))).collect();
    let media_type = by_ending(&file.name);
    Payload { media_type, disposition: Some(format!("attachment{said}")), bytes: file.bytes }
}

/// What a file is by its ending; images that are shown the hub tells by their bytes.
fn by_ending(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "txt" | "log" | "md" | "conf" | "yaml" | "yml" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "html" | "htm" => "text/html",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "pcap" => "application/vnd.tcpdump.pcap",
        _ => "application/octet-stream",
    }
}

/// Fetches one file, sees to it that it is what the record says, and gives it a name that is free.
fn fetch(client: &Client, home: Home, file: &AttachmentView, into: &Path) -> Result<PathBuf, Failure> {
    let place = [collection(home), &home.to_string(), "attachments", &file.number.to_string()];
    let bytes = client.download(&place)?;
    let blob = Blob::new(bytes);
    if blob.sha256().to_string() != file.sha256 {
        return Err(Failure::cannot_run(format!("file {} of {home} did not arrive as the record has it", file.number))
            .help("try again; if it stays so, `wheelhouse record verify` says more"));
    }
    fs::create_dir_all(into)
        .map_err(|error| Failure::cannot_run(format!("cannot make the folder {}: {error}", into.display())))?;
    // The name was cleaned by the hub; a name from outside is cleaned again before it becomes a path.
    let name = FileName::clean(&file.name);
    for attempt in 1..=MOST_NAMES {
        let path = into.join(numbered(name.as_str(), attempt));
        let written = OpenOptions::new().write(true).create_new(true).open(&path);
        match written.and_then(|mut there| there.write_all(blob.bytes())) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::cannot_run(format!("cannot write {}: {error}", path.display()))),
        }
    }
    Err(Failure::cannot_run(format!("{} has too many files named {name}", into.display()))
        .help("choose another --into"))
}

/// `graph.png`, then `graph (2).png`.
fn numbered(name: &str, attempt: u32) -> String {
    match (attempt, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (attempt, Some((stem, ending))) => format!("{stem} ({attempt}).{ending}"),
        (attempt, None) => format!("{name} ({attempt})"),
    }
}

fn table(home: Home, lines: &[TimelineEntry], look: &Look) -> String {
    let (columns, of_run) =
        (["NUMBER", "NAME", "TYPE", "SIZE", "BY", "WHEN", "DESCRIPTION"], matches!(home, Home::Run(_)));
    let columns: Vec<&str> = columns.into_iter().chain(of_run.then_some("STEP")).collect();
    let mut table = Table::new(&columns).right(0).right(3).whole(3);
    for line in lines {
        let Some(file) = &line.attachment else { continue };
        let cells = [
            cell(file.number.to_string()),
            cell(&file.name),
            cell(&file.media_type),
            cell(size(file.size)),
            cell(line.actor.name.as_deref().unwrap_or("the hub")),
            cell(brief(line.at.0, look.now, &look.zone)),
            cell(file.description.as_deref().unwrap_or_default()),
        ];
        let step = of_run.then(|| cell(file.step.as_deref().unwrap_or_default()));
        table.row(cells.into_iter().chain(step).collect::<Vec<_>>());
    }
    table.render(look)
}

/// `812 bytes`, `48 KiB`, `2.3 MiB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => {
            let tenths = (bytes.saturating_mul(10) + (1 << 19)) >> 20;
            format!("{}.{} MiB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number_before_its_ending() {
        assert_eq!(numbered("graph.png", 1), "graph.png");
        assert_eq!(numbered("graph.png", 2), "graph (2).png");
        assert_eq!(numbered("log", 3), "log (3)");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [812, 1_024, 1_025, 2_411_724, 5 << 20].map(size),
            ["812 bytes", "1 KiB", "2 KiB", "2.3 MiB", "5.0 MiB"]
        );
    }

    #[test]
    fn what_is_empty_too_large_or_absent_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: usize| {
            let path = folder.path().join(name);
            fs::write(&path, vec![b'x'; bytes]).unwrap();
            path
        };
        assert_eq!(given(&file("fits.log", LARGEST)).unwrap().bytes.len(), LARGEST);
        for path in
            [file("empty", 0), file("large", LARGEST + 1), folder.path().join("absent"), folder.path().to_owned()]
        {
            assert!(given(&path).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn what_is_said_of_a_file_travels_in_any_script() {
        let file = Given { name: "グラフ.png".into(), bytes: b"x".to_vec() };
        let payload = payload(file, Some("errors climb"), Some("see\nbelow"));
        let said = wheelhouse_wire::disposition::parameters(payload.disposition.unwrap().as_bytes()).unwrap();
        assert_eq!(said.get("filename").unwrap(), "グラフ.png");
        assert_eq!(
            (said.get("description").unwrap().as_str(), said.get("text").unwrap().as_str()),
            ("errors climb", "see\nbelow")
        );
    }
}

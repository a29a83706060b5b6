//! Guides as their readers follow them: the files that a Markdown page shows are written, its commands are run, and
//! what they say is held against what the page shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::program::repository;
use super::said::{Alike, compare};
use super::shell::Shell;
use super::wait::SOON;

/// Commands that only look: their readers look again while something is under way.
const LOOKS: [&str; 12] = [
    "case list",
    "case show",
    "case told",
    "case actions",
    "channel list",
    "repository list",
    "repository show",
    "oncall",
    "silence list",
    "status",
    "drill list",
    "doctor",
];

/// A section of a page.
pub struct Section {
    /// Its heading, without the marks.
    pub heading: String,
    blocks: Vec<Block>,
}

/// What a reader does at a fenced block.
enum Block {
    /// Writes a file, or adds to its end.
    File { path: PathBuf, text: String, adds: bool },
    /// Runs a command; the line on which it stands, and what is shown of its answer.
    Command { line: usize, command: String, shown: Vec<String> },
}

/// The sections of a page below `docs`, in order.
///
/// A `console` block has commands behind `$ `, which go on after a backslash or an open quote, each with its answer
/// below. Another block is a file if its first line is a comment that names one.
pub fn sections(page: &str) -> Vec<Section> {
    let text = fs::read_to_string(repository().join("docs").join(page)).unwrap();
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push(Section { heading: heading.to_owned(), blocks: Vec::new() });
        } else if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| !line.starts_with("```")).collect();
            let section = sections.last_mut().expect("a block stands in a section");
            if kind == "console" {
                section.blocks.extend(commands(number + 2, &body));
            } else {
                section.blocks.extend(file(&body));
            }
        }
    }
    sections
}

fn commands(first: usize, body: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = body.iter().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let mut command =
            line.strip_prefix("$ ").unwrap_or_else(|| panic!("line {}: `$ ` is missing", first + at)).to_owned();
        while command.ends_with('\\') || command.matches('\'').count() % 2 == 1 {
            command = format!("{command}\n{}", lines.next().expect("the command ends").1);
        }
        let mut shown = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
            shown.push((*line).to_owned());
        }
        blocks.push(Block::Command { line: first + at, command, shown });
    }
    blocks
}

fn file(body: &[&str]) -> Option<Block> {
    let first = body.first()?;
    let named = first.strip_prefix("# ").or_else(|| first.strip_prefix("<!-- ")?.strip_suffix(" -->"))?;
    let (path, adds) = named.split_once(", at the end").map_or((named, false), |(path, _)| (path, true));
    let is_path = Path::new(path).extension().is_some() && !path.contains(' ');
    let text = format!("{}\n", body.join("\n"));
    is_path.then(|| Block::File { path: path.into(), text, adds })
}

/// Somebody who follows a page.
pub struct Reader {
    shell: Shell,
    /// What is called otherwise in a test than on the page.
    differences: Vec<(String, String)>,
    alike: Alike,
    /// What was otherwise than the page shows it.
    complaints: Vec<String>,
}

impl Reader {
    /// Begins in a folder.
    pub fn new(folder: &Path, alike: Alike) -> Self {
        Self { shell: Shell::start(folder), differences: Vec::new(), alike, complaints: Vec::new() }
    }

    /// From now on something is called otherwise here than on the page.
    pub fn differs(&mut self, page: &str, here: &str) {
        self.differences.push((page.to_owned(), here.to_owned()));
    }

    /// Whether everything was as the page shows it; fails with all that was not.
    pub fn finish(self) {
        assert!(self.complaints.is_empty(), "the page is not true\n\n{}", self.complaints.join("\n\n"));
    }

    /// Does everything that a section says.
    pub fn follow(&mut self, section: &Section) {
        for block in &section.blocks {
            match block {
                Block::File { path, text, adds } => self.write(path, text, *adds),
                Block::Command { line, command, shown } => {
                    if let Err(otherwise) = self.try_until_shown(command, shown) {
                        let heading = &section.heading;
                        self.complaints.push(format!("line {line}, in `{heading}`:\n$ {command}\n{otherwise}"));
                    }
                }
            }
        }
    }

    fn write(&mut self, path: &Path, text: &str, adds: bool) {
        let path = self.shell.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = if adds { fs::read_to_string(&path).unwrap() } else { String::new() };
        fs::write(path, before + &self.here(text)).unwrap();
    }

    /// Runs a command; again for a while where it only looks and shows something else yet.
    fn try_until_shown(&mut self, command: &str, shown: &[String]) -> Result<(), String> {
        let looks = LOOKS.iter().any(|look| command.starts_with(&format!("wheelhouse {look}")));
        let deadline = Instant::now() + if looks { SOON } else { Duration::ZERO };
        let shown: Vec<String> = shown.iter().map(|line| self.here(line)).collect();
        let fails = shown.first().is_some_and(|line| line.starts_with("error: "));
        let command = self.here(command);
        loop {
            let (code, said) = self.shell.run(&command);
            let otherwise = if (code == 0) == fails {
                Err(format!("exit code {code}\n{said}"))
            } else {
                compare(&shown, &said, self.alike)
            };
            if otherwise.is_ok() || Instant::now() >= deadline {
                return otherwise;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    fn here(&self, text: &str) -> String {
        self.differences.iter().fold(text.to_owned(), |text, (page, here)| text.replace(page, here))
    }
}

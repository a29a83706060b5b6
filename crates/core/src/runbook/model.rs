//! What a runbook is: one file at one version, read.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::attributes::{Attributes, Does};
use super::front::FrontMatter;
use super::id::{RunbookHash, StepId};
use super::name::RunbookName;
use crate::catalog::{Code, Level};

/// A runbook: a Markdown file below a folder `runbooks`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Its name: the repository, and the file's stem or the `id` of its front matter.
    pub name: RunbookName,
    /// What people call it: the front matter's `title`, else the first heading, else the stem.
    pub title: String,
    /// The path of the file as the whole catalog knows it, `payments:ops/runbooks/drain.md`.
    pub path: String,
    /// What its bytes are known by.
    pub hash: RunbookHash,
    /// The file as it is.
    pub text: Arc<str>,
    /// The first paragraph as plain text; empty where there is none.
    pub summary: String,
    /// What its front matter says; all defaults where it has none.
    pub front: FrontMatter,
    /// Its headings, in order; the first phase is what stands ahead of any heading and may be empty.
    pub phases: Vec<Phase>,
    /// Its steps, in order of the file. Ids are unique.
    pub steps: Vec<Step>,
    /// What is wrong with it or looks wrong, in order of place.
    pub findings: Vec<Remark>,
}

impl Runbook {
    /// The step with an id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// Whether a step only takes back another one: it is no part of the way from top to bottom, and is carried
    /// out when the other is to be undone.
    pub fn only_undoes(&self, id: &StepId) -> bool {
        self.steps.iter().any(|step| step.attributes.undo.as_ref() == Some(id))
    }

    /// The phase in which a step is.
    pub fn phase_of(&self, step: &Step) -> Option<&Phase> {
        self.phases.get(usize::try_from(step.phase).ok()?)
    }

    /// How many steps a machine carries out.
    pub fn automated(&self) -> usize {
        self.steps.iter().filter(|step| step.block().is_some()).count()
    }
}

/// A heading and what stands below it, up to the next heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// The headings that lead here, outermost first, its own last, as plain text; empty ahead of any heading.
    pub path: Vec<String>,
    /// Where its heading and what follows it stand.
    pub stretch: Stretch,
}

impl Phase {
    /// Its own heading; empty ahead of any heading.
    pub fn title(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// One unit of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// By what it is known; the same while its heading and its text are, whatever else in the file changes.
    pub id: StepId,
    /// The index of its phase.
    pub phase: u32,
    /// Who does it.
    pub kind: StepKind,
    /// What it is about, in one line of plain text.
    pub title: String,
    /// Where it stands.
    pub stretch: Stretch,
    /// How it is done; all defaults where nothing is said.
    #[serde(default, skip_serializing_if = "Attributes::is_default")]
    pub attributes: Attributes,
}

impl Step {
    /// What a machine carries out; absent for a step of a person.
    pub fn block(&self) -> Option<&Block> {
        match &self.kind {
            StepKind::Automated(block) => Some(block),
            StepKind::Manual => None,
        }
    }
}

/// Who does a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A person, who says so afterwards. A fence that opted in and cannot be carried out is one as well.
    Manual,
    /// A machine.
    Automated(Block),
}

impl StepKind {
    /// `manual` or `automated`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Automated(_) => "automated",
        }
    }
}

/// What a machine carries out: the content of a fence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What kind of thing is done.
    pub does: Does,
    /// The first word of the fence, `sh`; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The program that reads the script, as the fence names it; the one that the language stands for where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The content of the fence to the letter. Parameters never become part of it: they are in the environment.
    pub script: String,
}

impl Block {
    /// The program that reads the script: the one that the fence names, else the one that its language stands
    /// for; absent where the language stands for none.
    pub fn program(&self) -> Option<&str> {
        let of_language = match self.language.as_str() {
            "sh" | "shell" | "posix" => Some("sh"),
            "bash" => Some("bash"),
            "zsh" => Some("zsh"),
            "python" | "python3" | "py" => Some("python3"),
            "ruby" | "rb" => Some("ruby"),
            "perl" | "pl" => Some("perl"),
            "javascript" | "js" | "node" => Some("node"),
            "powershell" | "pwsh" => Some("pwsh"),
            _ => None,
        };
        self.interpreter.as_deref().or(of_language)
    }
}

/// A stretch of a runbook's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
    /// The line of the first byte, from 1.
    pub line: u32,
}

/// A finding about a runbook, with its place as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether it keeps the catalog from being used.
    pub level: Level,
    /// Which kind of thing is wrong.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

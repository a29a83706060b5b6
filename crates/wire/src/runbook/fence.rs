//! A fence that is called a step: what its info string says of it.

use wheelhouse_core::catalog::{At, Code, Finding, Place, nearest};
use wheelhouse_core::name::RoleName;
use wheelhouse_core::runbook::{Attributes, Block, Does, Each, StepId};

use super::asks;
use super::info::{Info, own};
use super::values::{self, Value};
use super::{info, safety};
use crate::catalog::{is_taken, shown};

/// What says something about a step.
const OURS: [&str; 18] = [
    "step",
    "timeout",
    "role",
    "approve",
    "undo",
    "idempotent",
    "dry_run",
    "retry",
    "output",
    "lock",
    "expect",
    "if",
    "each",
    "limit",
    "parallel",
    "runner",
    "secrets",
    "kind",
];
/// What Runme says of its cells. `name`, `cwd` and `interpreter` mean the same here; the rest means nothing.
const RUNMES: [&str; 16] = [
    "name",
    "id",
    "cwd",
    "interpreter",
    "interactive",
    "background",
    "excludeFromRunAll",
    "promptEnv",
    "tag",
    "category",
    "mimeType",
    "closeTerminalOnSuccess",
    "openTerminal",
    "ignore",
    "terminalRows",
    "transform",
];
/// What gives away a fence that was meant to be a step.
const TELLING: [&str; 8] = ["timeout", "role", "approve", "undo", "idempotent", "retry", "lock", "expect"];

/// A fence as it stands in the text.
pub(super) struct Fence {
    /// Its info string.
    pub info: Info,
    /// Its content.
    pub script: String,
    /// The line that opens it.
    pub opening: Place,
    /// Where its content stands, if that is a stretch of the text to the letter.
    pub content: Option<Place>,
    /// Whether it is closed.
    pub closed: bool,
}

/// What came of a fence that is called a step.
pub(super) struct Taken {
    /// The name that it is given.
    pub id: Option<StepId>,
    /// What is to be carried out; absent where it cannot be.
    pub block: Option<Block>,
    /// How.
    pub attributes: Attributes,
    /// The roles that it names.
    pub roles: Vec<At<RoleName>>,
    /// What its runner must reach, where it says so.
    pub reaches: Option<At<Vec<String>>>,
}

/// Says what is odd about a fence that is no step: that it seems to be meant as one.
pub(super) fn passed_over(fence: &Fence, text: &str) -> Option<Finding> {
    let key = fence.info.pairs.iter().map(|(key, _)| key.as_str());
    let key =
        key.clone().find(|key| key.starts_with("wh.")).or_else(|| key.clone().find(|key| TELLING.contains(key)))?;
    let finding = Finding::warning(Code::NotExecutable, place_of(fence, text, key), "this fence is not a step")
        .label(format!("`{}` belongs to a step", shown(key)))
        .help("name it with `step=NAME`, or take this away");
    Some(finding)
}

/// Reads a fence that is called a step. Whatever is wrong with it keeps it from being carried out.
pub(super) fn take(fence: &Fence, text: &str, findings: &mut Vec<Finding>) -> Taken {
    let before = findings.len();
    let mut reading = Reading { fence, text, findings, taken: Attributes::default(), roles: Vec::new() };
    reading.unknown();
    let id = reading.id();
    let does = reading.does();
    let undo_is_said = reading.all();
    let Reading { taken: attributes, roles, .. } = reading;
    let said = |key| fence.info.get(key).flatten().map(str::to_owned);
    let block = Block {
        does,
        language: fence.info.language.clone(),
        interpreter: said("interpreter"),
        script: fence.script.clone(),
    };
    fit(fence, &block, findings);
    for (key, why) in asks::wrong(&block, &attributes) {
        let finding = Finding::error(Code::BadValue, place_of(fence, text, key), format!("`{key}` cannot be used"));
        findings.push(finding.label(why));
    }
    if let Some(name) = attributes.outputs.iter().find(|name| is_taken(name)) {
        let message = format!("`{}` is a name that every step finds in its environment", shown(name));
        findings.push(
            Finding::error(Code::BadValue, place_of(fence, text, "output"), message).help("hand it on by another name"),
        );
    }
    let runs = findings.iter().skip(before).all(|finding| finding.level != wheelhouse_core::catalog::Level::Error);
    if runs {
        lacks(fence, &block, &attributes, undo_is_said, findings);
    }
    let reaches = (runs && !attributes.runner.is_empty())
        .then(|| At::new(attributes.runner.clone(), place_of(fence, text, "runner")));
    Taken { id, block: runs.then_some(block), attributes, roles, reaches }
}

/// Whether what stands in the fence can be carried out at all.
fn fit(fence: &Fence, block: &Block, findings: &mut Vec<Finding>) {
    let error = |place, label: String, help: &str| {
        Finding::error(Code::NotExecutable, place, "this step cannot be carried out").label(label).help(help)
    };
    if let Some(broken) = fence.info.broken {
        findings.push(error(fence.opening, broken.into(), "write it as `{step=NAME timeout=5m}`"));
    }
    if !fence.closed {
        findings.push(error(
            fence.opening,
            "it is never closed".into(),
            "close it with the line that opened it, without the words",
        ));
    }
    if block.does.is_script() && block.program().is_none() {
        let label = match block.language.as_str() {
            "" => "it names no language".to_owned(),
            language => format!("no program is known that reads `{}`", shown(language)),
        };
        findings.push(error(
            fence.opening,
            label,
            "begin with a language such as `sh`, or add `interpreter=PROGRAM` or `kind=…`",
        ));
    }
    if let Some(unfit) = safety::unfit(&block.language, &block.script) {
        let at =
            |content: Place, offset: usize| content.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        let place = fence.content.filter(|_| !unfit.at.is_empty()).map_or(fence.opening, |content| Place {
            start: at(content, unfit.at.start),
            end: at(content, unfit.at.end),
            ..content
        });
        findings.push(error(place, unfit.because, unfit.help));
    } else if let Some(word) = safety::likely(&block.script).filter(|_| block.does.is_script()) {
        findings.push(
            Finding::warning(
                Code::LikelyPlaceholder,
                fence.opening,
                format!("`{}` looks as if it were to be filled in", shown(word)),
            )
            .label("in this step")
            .help("declare a parameter, and read it from the environment: `\"$WH_NAME\"`"),
        );
    }
}

/// What a step should say and does not.
fn lacks(fence: &Fence, block: &Block, attributes: &Attributes, undo_is_said: bool, findings: &mut Vec<Finding>) {
    if attributes.timeout.is_none() {
        findings.push(
            Finding::warning(Code::MissingTimeout, fence.opening, "this step does not say how long it may take")
                .label("has no `timeout`")
                .help("add `timeout=5m`, or what it needs"),
        );
    }
    if block.does.is_script() && !undo_is_said {
        findings.push(
            Finding::warning(Code::MissingUndo, fence.opening, "this step does not say what takes it back")
                .label("has no `undo`")
                .help("name the step that does: `undo=NAME`; where there is nothing to take back, `undo=none`"),
        );
    }
}

/// The place of a key within the line that opens a fence.
fn place_of(fence: &Fence, text: &str, key: &str) -> Place {
    let Place { file, start, end } = fence.opening;
    let (from, to) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    let line = text.get(from..to).unwrap_or_default();
    let is_border = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-')));
    let found = line.match_indices(key).find(|(at, word)| {
        is_border(line.get(..*at).and_then(|before| before.chars().next_back()))
            && is_border(line.get(at + word.len()..).and_then(|after| after.chars().next()))
    });
    let number = |offset: usize| u32::try_from(from + offset).unwrap_or(u32::MAX);
    found.map_or(fence.opening, |(at, word)| Place { file, start: number(at), end: number(at + word.len()) })
}

/// Reading one info string.
struct Reading<'a> {
    fence: &'a Fence,
    text: &'a str,
    findings: &'a mut Vec<Finding>,
    taken: Attributes,
    roles: Vec<At<RoleName>>,
}

impl Reading<'_> {
    fn unknown(&mut self) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in &self.fence.info.pairs {
            let place = place_of(self.fence, self.text, key);
            let name = own(key);
            if seen.contains(&name) {
                let message = format!("`{}` is said twice", shown(key));
                self.findings.push(Finding::error(Code::DuplicateField, place, message).help("keep one of the two"));
            }
            seen.push(name);
            let is_class = key.starts_with(['.', '#']);
            let is_known = OURS.contains(&name) || (!key.starts_with("wh.") && RUNMES.contains(&name));
            if is_class || is_known {
                continue;
            }
            let help = match nearest(name, OURS.into_iter().chain(RUNMES)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the attributes are {}", OURS.map(|name| format!("`{name}`")).join(", ")),
            };
            let message = format!("there is no attribute `{}`", shown(key));
            self.findings
                .push(Finding::error(Code::UnknownAttribute, place, message).label("unknown attribute").help(help));
        }
    }

    /// The name: that of `step`, else that which Runme reads.
    fn id(&mut self) -> Option<StepId> {
        let said = |key| self.fence.info.get(key).flatten().filter(|value| *value != "true");
        let (key, text) =
            said("step").map(|text| ("step", text)).or_else(|| said("name").map(|text| ("name", text)))?;
        match StepId::new(text) {
            Ok(id) => Some(id),
            Err(bad) => {
                let place = place_of(self.fence, self.text, key);
                self.findings.push(Finding::error(Code::BadName, place, bad.to_string()).label("not a name"));
                None
            }
        }
    }

    fn does(&mut self) -> Does {
        let kinds = "one of `process`, `function`, `http`, `sql`, `wait`, `case`, `notify`, `runbook`";
        self.value("kind", |text| Does::parse(text).ok_or(kinds)).unwrap_or_default()
    }

    /// Reads every attribute; says whether it was said what undoes the step.
    fn all(&mut self) -> bool {
        self.taken.timeout = self.value("timeout", values::timeout);
        self.taken.role = self.value("role", values::role);
        self.taken.approve = self.value("approve", values::approval);
        self.taken.retry = self.value("retry", values::retry);
        self.taken.outputs = self.value("output", values::names).unwrap_or_default();
        self.taken.runner = self.value("runner", values::names).unwrap_or_default();
        self.taken.secrets = self.value("secrets", values::names).unwrap_or_default();
        self.taken.lock = self.value("lock", values::words);
        self.taken.expect = self.value("expect", values::words);
        self.taken.condition = self.value("if", values::words);
        self.taken.parallel = self.value("parallel", values::words);
        self.taken.cwd = self.value("cwd", values::words);
        self.taken.idempotent = self.flag("idempotent");
        self.taken.dry_run = self.flag("dry_run");
        self.each();
        let role = self.taken.role.clone().map(|role| ("role", role));
        let approver = self.taken.approve.as_ref().and_then(|approve| approve.role.clone());
        for (key, role) in role.into_iter().chain(approver.map(|role| ("approve", role))) {
            self.roles.push(At::new(role, place_of(self.fence, self.text, key)));
        }
        let said = self.fence.info.get("undo").is_some();
        if self.fence.info.get("undo").flatten() != Some("none") {
            let name = |text: &str| StepId::new(text).map_err(|_| "the name of a step, or `none`");
            self.taken.undo = self.value("undo", name);
        }
        said
    }

    fn each(&mut self) {
        let of = self.value("each", values::words);
        let limit = self.value("limit", values::limit);
        match (of, limit) {
            (Some(of), Some(limit)) => self.taken.each = Some(Each { of, limit }),
            (Some(_), None) if self.fence.info.get("limit").is_none() => {
                let place = place_of(self.fence, self.text, "each");
                self.findings.push(
                    Finding::error(Code::MissingField, place, "a step that is repeated needs a limit")
                        .label("`limit` is missing")
                        .help("say for how many at most: `limit=20`"),
                );
            }
            (None, Some(_)) if self.fence.info.get("each").is_none() => {
                let place = place_of(self.fence, self.text, "limit");
                self.findings.push(
                    Finding::error(Code::Conflict, place, "this step is not repeated")
                        .label("`limit` belongs to `each`")
                        .help("say what for: `each=PARAMETER`"),
                );
            }
            _ => {}
        }
    }

    fn flag(&mut self, key: &str) -> bool {
        let Some(said) = self.fence.info.get(key) else { return false };
        self.keep(key, said.unwrap_or_default(), values::flag(said)).unwrap_or_default()
    }

    fn value<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Value<T>) -> Option<T> {
        let said = self.fence.info.get(key)?;
        let text = said.unwrap_or_default();
        self.keep(key, text, read(text))
    }

    fn keep<T>(&mut self, key: &str, text: &str, value: Value<T>) -> Option<T> {
        value
            .map_err(|expected| {
                let place = place_of(self.fence, self.text, key);
                let message = format!("`{key}` cannot be `{}`", shown(text));
                self.findings
                    .push(Finding::error(Code::BadValue, place, message).label(format!("expected {expected}")));
            })
            .ok()
    }
}

/// Reads the info string of a fence.
pub(super) fn info_of(words: &str) -> Info {
    info::read(words)
}

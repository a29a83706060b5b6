//! What a step must be before anything is started for it.

use std::path::{Component, Path};

use thiserror::Error;

use super::{Action, Environment, ProcessStep, Program, SecretUse, Step};

/// The longest deadline and grace: a week, in milliseconds.
const MOST_MS: u64 = 7 * 24 * 3_600_000;
/// The most output that is kept at either end.
const MOST_KEPT: u64 = 64 << 20;
/// The most bytes of scripts, files, standard input and environment together.
const MOST_BYTES: usize = 8 << 20;
/// The longest single argument or variable that the kernel takes, with its name.
const MOST_WORD: usize = 127 << 10;
/// The most arguments, variables, files or secrets.
const MOST_OF_A_KIND: usize = 1_024;

/// Why a step cannot be executed as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {problem}\n  = help: {help}")]
pub struct StepError {
    /// Which part of the step is wrong.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub help: &'static str,
}

impl Step {
    /// Says whether the step can be executed as it stands; nothing is looked up for that.
    ///
    /// # Errors
    /// If a name, a number or a size is out of bounds.
    pub fn check(&self) -> Result<(), StepError> {
        let token = !self.token.is_empty()
            && self.token.len() <= 128
            && self.token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        ensure(token, "token", || quoted(&self.token), "1 to 128 letters, digits, `-`, `_`, `.` or `:`")?;
        let ms = |ms: u64| move || format!("{ms} ms");
        let range = (1..=MOST_MS).contains(&self.deadline_ms);
        ensure(range, "deadline_ms", ms(self.deadline_ms), "between a millisecond and a week")?;
        ensure(self.grace_ms <= MOST_MS, "grace_ms", ms(self.grace_ms), "a week at most")?;
        let kept = self.output.head_bytes.max(self.output.tail_bytes);
        ensure(kept <= MOST_KEPT, "output", || format!("{kept} bytes"), "keep 64 MiB of each end at most")?;
        check_secrets(&self.secrets)?;
        match &self.action {
            Action::Process(process) | Action::Function(process) => check_process(process),
            Action::Http(http) => check_http(http),
            Action::Sql(sql) => {
                let parameters = sql.parameters.len();
                let fine = parameters <= MOST_OF_A_KIND && sql.query.len() <= MOST_BYTES;
                ensure(fine, "query", || "it is too large".to_owned(), "send less in one step")
            }
        }
    }
}

/// Says whether a text can be the name of an environment variable.
pub(crate) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= 128
}

fn check_process(process: &ProcessStep) -> Result<(), StepError> {
    match &process.program {
        Program::Executable { path } => {
            let fine = !path.is_empty() && path.len() < 4096 && !path.contains('\0');
            ensure(fine, "program", || quoted(path), "name a program or a path")?;
        }
        Program::Script { interpreter, text } => {
            let said = !interpreter.is_empty() || text.starts_with("#!");
            let problem = || "nothing says which interpreter reads the script".to_owned();
            ensure(said, "program.interpreter", problem, "name one, or begin the script with `#!`")?;
            words("program.interpreter", interpreter)?;
        }
    }
    words("args", &process.args)?;
    check_environment(&process.environment)?;
    for (at, file) in process.files.iter().enumerate() {
        let path = Path::new(&file.path);
        let inside = !file.path.is_empty()
            && file.path.len() <= 1024
            && path.components().all(|part| matches!(part, Component::Normal(_)));
        let help = "a path below the work folder, without `..`";
        ensure(inside && !file.path.contains('\0'), &format!("files[{at}].path"), || quoted(&file.path), help)?;
    }
    let script = match &process.program {
        Program::Script { text, .. } => text.len(),
        Program::Executable { .. } => 0,
    };
    let files: usize = process.files.iter().map(|file| file.text.len() + file.path.len()).sum();
    let variables: usize = process.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    let all = script + files + variables + process.stdin.len();
    ensure(all <= MOST_BYTES, "action", || format!("{all} bytes in all"), "a step is 8 MiB at most: fetch the rest")?;
    ensure(process.files.len() <= MOST_OF_A_KIND, "files", || "too many".to_owned(), "1,024 at most")?;
    let limits = &process.limits;
    let fine = limits.processes > 0 && limits.open_files >= 16;
    ensure(fine, "limits", || "too tight to start anything".to_owned(), "at least 1 process and 16 open files")
}

fn check_environment(environment: &Environment) -> Result<(), StepError> {
    let help = "letters, digits and `_`, not beginning with a digit; `WH_` names of the runner are taken";
    for (name, value) in environment {
        let field = format!("environment.{name}");
        let free = !TAKEN.contains(&name.as_str());
        ensure(is_variable(name) && free, &field, || "it cannot have this name".to_owned(), help)?;
        let fine = !value.contains('\0') && value.len() <= MOST_WORD;
        let problem = || "its value holds a zero byte or is over 127 KiB".to_owned();
        ensure(fine, &field, problem, "hand large values over on standard input or as a file")?;
    }
    ensure(environment.len() <= MOST_OF_A_KIND, "environment", || "too many".to_owned(), "1,024 at most")
}

/// Names that the runner itself sets.
const TAKEN: &[&str] = &["WH_OUTPUT", "WH_STEP_TOKEN", "WH_STEP_ATTEMPT", "WH_STEP_RUN"];

fn check_secrets(secrets: &[SecretUse]) -> Result<(), StepError> {
    for (at, secret) in secrets.iter().enumerate() {
        let field = format!("secrets[{at}].name");
        let fine = is_variable(&secret.name) && !TAKEN.contains(&secret.name.as_str());
        ensure(fine, &field, || quoted(&secret.name), "letters, digits and `_`, not beginning with a digit")?;
        let twice = secrets.iter().take(at).any(|other| other.name == secret.name);
        ensure(!twice, &field, || format!("`{}` stands twice", secret.name), "give each secret a name of its own")?;
    }
    ensure(secrets.len() <= 64, "secrets", || "too many".to_owned(), "64 at most")
}

fn check_http(http: &super::HttpStep) -> Result<(), StepError> {
    let body = http.body.as_deref().map_or(0, str::len);
    ensure(body <= MOST_BYTES, "body", || format!("{body} bytes"), "8 MiB at most")?;
    ensure(http.redirects <= 10, "redirects", || http.redirects.to_string(), "10 at most")?;
    let answer = http.max_answer_bytes;
    ensure(answer <= 64 << 20, "max_answer_bytes", || answer.to_string(), "64 MiB at most")?;
    ensure(http.headers.len() <= 128, "headers", || "too many".to_owned(), "128 at most")
}

fn words(field: &str, words: &[String]) -> Result<(), StepError> {
    let fine = words.len() <= MOST_OF_A_KIND
        && words.iter().all(|word| word.len() <= MOST_WORD && !word.contains('\0'))
        && words.iter().map(String::len).sum::<usize>() <= 1 << 20;
    let problem = || "too many or too long for a command line, or a zero byte".to_owned();
    ensure(fine, field, problem, "hand values over through the environment, standard input or a file")
}

fn ensure(fine: bool, field: &str, problem: impl Fn() -> String, help: &'static str) -> Result<(), StepError> {
    if fine { Ok(()) } else { Err(StepError { field: field.to_owned(), problem: problem(), help }) }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!("`{}` will not do", short.escape_debug())
}

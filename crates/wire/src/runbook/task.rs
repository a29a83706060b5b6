//! What a fence says that is no script: a request, a query, something for the hub itself; YAML, strict.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, HubWork, Report};
use wheelhouse_core::name::{PersonName, ScheduleName, ServiceName, TeamName};
use wheelhouse_core::runbook::{Block, Does, RunbookName};

use super::wait;

/// What a machine carries out, read.
#[derive(Clone, Debug)]
pub enum Task {
    /// A script, to the letter.
    Process,
    /// A script that is given JSON and answers.
    Function,
    /// An HTTP request.
    Http(HttpTask),
    /// A query.
    Sql(SqlTask),
    /// Something that the hub does itself.
    Hub(HubWork),
}

/// An HTTP request and what its answer must be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTask {
    /// `GET` where absent.
    #[serde(default = "get")]
    pub method: String,
    /// Where to. `${WH_NAME}` stands for a value, percent-encoded.
    pub url: String,
    /// Header names and values. `${WH_NAME}` stands for a value, `${NAME}` for a secret of the step.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body. `${WH_NAME}` stands for a value as it stands inside a JSON string.
    #[serde(default)]
    pub body: Option<String>,
    /// The statuses that count as success; 200 to 299 if empty.
    #[serde(default)]
    pub status: Vec<u16>,
    /// A text that the answer must contain.
    #[serde(default)]
    pub contains: Option<String>,
    /// How many redirects are followed within the same origin, 10 at most.
    #[serde(default)]
    pub redirects: u8,
}

/// A query and what its rows must be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlTask {
    /// A PostgreSQL database.
    #[serde(default)]
    pub postgres: Option<Postgres>,
    /// A SQLite file, which is only read.
    #[serde(default)]
    pub sqlite: Option<String>,
    /// One statement.
    pub query: String,
    /// The names of the values for `$1`, `$2` …: `WH_NODE`.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Whether it may change something.
    #[serde(default)]
    pub may_write: bool,
    /// What must come back.
    #[serde(default)]
    pub expect: Option<Rows>,
}

/// A PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// A name, an address, or the folder of a Unix socket.
    pub host: String,
    /// The port.
    #[serde(default = "postgres_port")]
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
    /// The name of the secret that is the password.
    #[serde(default)]
    pub password: Option<String>,
}

/// What a query must answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// Exactly so many rows.
    Count(u64),
    /// At least so many rows.
    AtLeast(u64),
    /// Exactly these rows, values as text.
    Are(Vec<Vec<Value>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenText {
    title: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    severity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CaseText {
    Note(String),
    Update(String),
    Severity(String),
    Mitigate(bool),
    Resolve(String),
    Open(OpenText),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NotifyText {
    Page(Whom),
    Affected(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whom {
    Person(String),
    Team(String),
    Schedule(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunText {
    run: String,
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
}

/// The runbook that a step runs, where it is one of these and can be read.
pub(super) fn inner(block: &Block) -> Option<RunbookName> {
    let text: RunText = (block.does == Does::Runbook).then(|| yaml(&block.script).ok())??;
    RunbookName::parse(&text.run).ok()
}

/// What stands for a value, `WH_NODE`; nothing where there is no value of that name.
pub type Values<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// Reads what a fence says, with the values it is carried out with.
///
/// # Errors
/// For people: what is wrong with the text, or which value is missing.
pub fn task(block: &Block, secrets: &[String], drill: bool, values: &Values<'_>) -> Result<Task, String> {
    match block.does {
        Does::Process => Ok(Task::Process),
        Does::Function => Ok(Task::Function),
        Does::Http => http(block, secrets, values).map(Task::Http),
        Does::Sql => sql(block).map(Task::Sql),
        Does::Wait => wait::read(&block.script, values).map(Task::Hub),
        Does::Case => case(block, drill, values).map(Task::Hub),
        Does::Notify => notify(block, values).map(Task::Hub),
        Does::Runbook => {
            let text: RunText = yaml(&block.script)?;
            let runbook = RunbookName::parse(&text.run).map_err(|bad| bad.to_string())?;
            let mut parameters = BTreeMap::new();
            for (name, value) in text.parameters {
                let value = match value {
                    Value::String(text) => Value::String(filled(&text, plain, values)?),
                    other => other,
                };
                parameters.insert(name, value);
            }
            Ok(Task::Hub(HubWork::Run { runbook, parameters }))
        }
    }
}

fn http(block: &Block, secrets: &[String], values: &Values<'_>) -> Result<HttpTask, String> {
    let mut task: HttpTask = yaml(&block.script)?;
    task.url = filled(&task.url, percent_encoded, values)?;
    for value in task.headers.values_mut() {
        let secret_or_value = |name: &str| {
            if secrets.iter().any(|secret| secret == name) { Some(format!("${{{name}}}")) } else { values(name) }
        };
        *value = filled(value, plain, &secret_or_value)?;
        if value.contains(char::is_control) {
            return Err("a header's value is one line".into());
        }
    }
    task.body = task.body.map(|body| filled(&body, inside_json, values)).transpose()?;
    Ok(task)
}

fn sql(block: &Block) -> Result<SqlTask, String> {
    let task: SqlTask = yaml(&block.script)?;
    match (&task.postgres, &task.sqlite) {
        (Some(_), None) | (None, Some(_)) => Ok(task),
        _ => Err("expected one of `postgres:` and `sqlite:`".into()),
    }
}

fn case(block: &Block, drill: bool, values: &Values<'_>) -> Result<HubWork, String> {
    let words = |text: &str| filled(text, plain, values);
    let action = match yaml::<CaseText>(&block.script)? {
        CaseText::Note(text) => CaseAction::Note(words(&text)?),
        CaseText::Update(text) => CaseAction::Update(words(&text)?),
        CaseText::Severity(text) => CaseAction::SetSeverity(severity(&text)?),
        CaseText::Mitigate(true) => CaseAction::Mitigate(None),
        CaseText::Mitigate(false) => return Err("expected `mitigate: true`".into()),
        CaseText::Resolve(text) => CaseAction::Resolve { at: None, text: Some(words(&text)?) },
        CaseText::Open(open) => {
            let service = open.service.as_deref().map(words).transpose()?;
            let service = service.as_deref().map(ServiceName::new).transpose().map_err(|bad| bad.to_string())?;
            return Ok(HubWork::Open(Box::new(Report {
                title: words(&open.title)?,
                text: open.text.as_deref().map(words).transpose()?,
                service,
                severity: open.severity.as_deref().map(severity).transpose()?,
                drill,
            })));
        }
    };
    Ok(HubWork::Case(Box::new(action)))
}

fn notify(block: &Block, values: &Values<'_>) -> Result<HubWork, String> {
    let action = match yaml::<NotifyText>(&block.script)? {
        NotifyText::Page(whom) => CaseAction::Page(match whom {
            Whom::Person(name) => Target::Person(named(&name, PersonName::new, values)?),
            Whom::Team(name) => Target::Team(named(&name, TeamName::new, values)?),
            Whom::Schedule(name) => Target::Schedule(named(&name, ScheduleName::new, values)?),
        }),
        NotifyText::Affected(text) => CaseAction::Update(filled(&text, plain, values)?),
    };
    Ok(HubWork::Case(Box::new(action)))
}

fn named<N, E: ToString>(text: &str, name: fn(&str) -> Result<N, E>, values: &Values<'_>) -> Result<N, String> {
    name(&filled(text, plain, values)?).map_err(|bad| bad.to_string())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| format!("`{text}` is no severity such as `sev2`"))
}

pub(super) fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| {
        let words = error.to_string();
        words.lines().next().unwrap_or_default().to_owned()
    })
}

/// Puts values where their names stand as `${NAME}`.
pub(super) fn filled(text: &str, write: fn(&str) -> String, values: &Values<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else { return Err("a `${` has no `}`".into()) };
        let value = values(name).ok_or_else(|| format!("there is no value `{name}` for `${{{name}}}`"))?;
        out.push_str(&if value == format!("${{{name}}}") { value } else { write(&value) });
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

pub(super) fn plain(value: &str) -> String {
    value.to_owned()
}

fn inside_json(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// As RFC 3986 writes what is no part of an address's own marks.
fn percent_encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn get() -> String {
    "GET".into()
}

const fn postgres_port() -> u16 {
    5432
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn block(does: Does, script: &str) -> Block {
        Block { does, language: "yaml".into(), interpreter: None, script: script.into() }
    }

    fn read(does: Does, script: &str) -> Result<Task, String> {
        let values = |name: &str| match name {
            "WH_NODE" => Some("a b/\"c".to_owned()),
            _ => None,
        };
        task(&block(does, script), &["TOKEN".to_owned()], false, &values)
    }

    #[test]
    fn values_are_written_as_their_place_wants_it() {
        let text = "url: http://x/${WH_NODE}\nheaders: {a: \"${TOKEN} ${WH_NODE}\"}\nbody: '{\"n\": \"${WH_NODE}\"}'\n";
        let Ok(Task::Http(task)) = read(Does::Http, text) else { panic!("no request") };
        assert_eq!(task.url, "http://x/a%20b%2F%22c");
        assert_eq!(task.headers.get("a").map(String::as_str), Some("${TOKEN} a b/\"c"));
        assert_eq!(task.body.as_deref(), Some("{\"n\": \"a b/\\\"c\"}"));
        assert_eq!(task.method, "GET");
    }

    #[test]
    fn what_the_hub_does_itself() {
        assert!(matches!(read(Does::Wait, "for: 90s"), Ok(Task::Hub(HubWork::Wait(wait))) if wait.as_seconds() == 90));
        let Ok(Task::Hub(HubWork::Case(note))) = read(Does::Case, "note: on ${WH_NODE}") else { panic!("no note") };
        assert!(matches!(*note, CaseAction::Note(text) if text == "on a b/\"c"));
        assert!(matches!(read(Does::Case, "open: {title: Disk}"), Ok(Task::Hub(HubWork::Open(_)))));
        assert!(matches!(read(Does::Runbook, "run: payments/drain"), Ok(Task::Hub(HubWork::Run { .. }))));
        assert!(matches!(read(Does::Notify, "page: {team: payments}"), Ok(Task::Hub(HubWork::Case(_)))));
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        for (does, text) in [
            (Does::Wait, "for: long"),
            (Does::Wait, "untill: 3s"),
            (Does::Http, "url: http://${WH_NOBODY}"),
            (Does::Http, "url: http://${WH_NODE"),
            (Does::Http, "uri: http://x"),
            (Does::Sql, "query: select 1"),
            (Does::Case, "mitigate: false"),
            (Does::Notify, "page: nobody"),
            (Does::Notify, "page: {team: \"a b\"}"),
            (Does::Runbook, "run: drain"),
        ] {
            let wrong = read(does, text).map(|_| ()).unwrap_err();
            assert!(!wrong.is_empty() && !wrong.contains('\n'), "{wrong}");
        }
    }
}

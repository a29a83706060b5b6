//! What a step does: run a program, ask over HTTP, ask a database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Confinement, Environment, Limits, User};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Runs a program or a script as a process of its own.
    Process(Box<ProcessStep>),
    /// Runs one that is given JSON on standard input, and whose standard output is its answer: outputs and events.
    Function(Box<ProcessStep>),
    /// Sends one HTTP request and looks at the answer.
    Http(Box<HttpStep>),
    /// Sends one query to a database and looks at the rows.
    Sql(Box<SqlStep>),
}

impl Action {
    /// The program that is run, where one is.
    pub const fn process_mut(&mut self) -> Option<&mut ProcessStep> {
        match self {
            Self::Process(process) | Self::Function(process) => Some(&mut **process),
            Self::Http(_) | Self::Sql(_) => None,
        }
    }
}

/// A program to run. What it may see is what stands here: nothing of the runner's environment reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessStep {
    /// The program or the script.
    pub program: Program,
    /// Its arguments. Anybody on the machine can read them: parameters belong into `environment`.
    #[serde(default)]
    pub args: Vec<String>,
    /// The folder in which it starts; the private work folder if absent.
    #[serde(default)]
    pub cwd: Option<PathBuf>,
    /// Its environment, on top of the small base that every step has (`PATH`, `LANG`, `HOME`, `TMPDIR` and
    /// the `WH_` names). Parameters are handed over here and never put into the script's text.
    #[serde(default)]
    pub environment: Environment,
    /// What it reads on standard input; the input ends at once if empty.
    #[serde(default)]
    pub stdin: String,
    /// Files that are laid into its private work folder before it starts.
    #[serde(default)]
    pub files: Vec<WorkFile>,
    /// Whom it runs as; the runner's own user if absent. Only root may name another.
    #[serde(default)]
    pub user: Option<User>,
    /// Whether it may gain privileges through set-user-id programs such as `sudo`.
    #[serde(default)]
    pub may_gain_privileges: bool,
    /// What it may use of the machine.
    #[serde(default)]
    pub limits: Limits,
    /// Which folders it may reach; all that its user may, if absent.
    #[serde(default)]
    pub confinement: Option<Confinement>,
    /// What becomes of processes that are still there when the program itself has ended.
    #[serde(default)]
    pub leftovers: Leftovers,
}

impl ProcessStep {
    /// Returns a step that runs `program` with nothing else said.
    #[must_use]
    pub fn of(program: Program) -> Self {
        Self {
            program,
            args: Vec::new(),
            cwd: None,
            environment: Environment::new(),
            stdin: String::new(),
            files: Vec::new(),
            user: None,
            may_gain_privileges: false,
            limits: Limits::default(),
            confinement: None,
            leftovers: Leftovers::default(),
        }
    }

    /// Returns a step that hands `text` to an interpreter.
    #[must_use]
    pub fn script(interpreter: &[&str], text: impl Into<String>) -> Self {
        let interpreter = interpreter.iter().map(|&word| word.to_owned()).collect();
        Self::of(Program::Script { interpreter, text: text.into() })
    }
}

/// The code of a process step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Program {
    /// A program of the machine: a path, or a name that is looked for in the step's `PATH`. A relative path
    /// counts from the step's folder.
    Executable {
        /// The path or the name.
        path: String,
    },
    /// A script, whose text the runner lays into a file of the private folder.
    Script {
        /// The interpreter and its own arguments, `["bash", "-eu"]`; if empty, the script's first line
        /// (`#!`) names it.
        interpreter: Vec<String>,
        /// The text, as it is: nothing is replaced in it.
        text: String,
    },
}

/// A file in the private work folder of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkFile {
    /// Where it lies, relative to the work folder, without `..`.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// Whether it may be executed.
    #[serde(default)]
    pub executable: bool,
}

/// What becomes of processes that outlive the program that started them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftovers {
    /// They are asked to end, then killed; the step has ended when nothing is left.
    #[default]
    Kill,
    /// They go on: the step starts something that is meant to stay, such as a daemon. Their output is
    /// no longer read, and their private folder goes away.
    Leave,
}

/// One HTTP request and what its answer must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpStep {
    /// `GET`, `POST` …
    pub method: String,
    /// Where to: `http://` or `https://`, without user and password.
    pub url: String,
    /// Header names and values. In values, and nowhere else, `${NAME}` stands for the step's secret of that
    /// name.
    #[serde(default)]
    pub headers: Environment,
    /// The body, as it is; none if absent.
    #[serde(default)]
    pub body: Option<String>,
    /// The statuses that count as success; 200 to 299 if empty.
    #[serde(default)]
    pub expect_status: Vec<u16>,
    /// A text that the answer's body must contain.
    #[serde(default)]
    pub expect_body: Option<String>,
    /// How many redirects are followed, 10 at most, each only within the same origin.
    #[serde(default)]
    pub redirects: u8,
    /// How many bytes of the answer are read; more is a failure.
    #[serde(default = "HttpStep::usual_answer_bytes")]
    pub max_answer_bytes: u64,
}

impl HttpStep {
    /// Returns a request without headers and body.
    #[must_use]
    pub fn of(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Environment::new(),
            body: None,
            expect_status: Vec::new(),
            expect_body: None,
            redirects: 0,
            max_answer_bytes: Self::usual_answer_bytes(),
        }
    }

    /// Returns how much of an answer is read where nobody said: one mebibyte.
    #[must_use]
    pub const fn usual_answer_bytes() -> u64 {
        1 << 20
    }
}

/// One query and what its rows must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlStep {
    /// The database.
    pub engine: SqlEngine,
    /// One statement. Values belong into `parameters`.
    pub query: String,
    /// Values for `$1`, `$2` …, all handed over as text and read by the database as what it needs.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Whether the query may change something; a read-only transaction otherwise.
    #[serde(default)]
    pub may_write: bool,
    /// What must come back; anything will do if absent.
    #[serde(default)]
    pub expect: Option<Expected>,
    /// How many rows are read; more is a failure.
    #[serde(default = "SqlStep::usual_rows")]
    pub max_rows: u32,
}

impl SqlStep {
    /// Returns how many rows are read where nobody said.
    #[must_use]
    pub const fn usual_rows() -> u32 {
        1_000
    }
}

/// The database that a query is sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SqlEngine {
    /// PostgreSQL; the password is the secret of that name.
    Postgres {
        /// A name, an address, or the folder of a Unix socket.
        host: String,
        /// The port.
        port: u16,
        /// The database.
        database: String,
        /// The user.
        user: String,
        /// The name of the secret that is the password; none if absent.
        #[serde(default)]
        password: Option<String>,
    },
    /// A SQLite file, opened only to read it.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

/// What a query must answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Exactly so many rows.
    RowCount(u64),
    /// At least so many rows.
    AtLeast(u64),
    /// Exactly these rows, in this order; values as text, `null` where there is none.
    Rows(Vec<Vec<Value>>),
}

//! Expressions in [CEL](https://cel.dev): read, held to limits, and evaluated over JSON.
//!
//! The answer follows from the expression and the values alone: there is no clock, no chance and no order of a
//! hash in it. Work and room are counted while an expression runs ([`meter`]), so nothing in a catalog or in an
//! event can make it slow or large.

mod check;
mod meter;
mod values;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::common::ast::IdedExpr;
use cel::common::value::Val;
use cel::parser::Parser;
use cel::{Env, ExecutionError, ParseError};
use serde_json::Value;
use wheelhouse_core::expression::Conditions;

pub use check::FUNCTIONS;

/// The longest expression, in bytes.
pub const LONGEST: usize = 2_048;
/// The most signs that an expression is made of beside names, numbers and texts: its depth follows from them.
pub const MOST_SIGNS: usize = 200;
/// The most work that one evaluation may take: a step, or 16 bytes of text, counts one.
pub const MOST_WORK: u64 = 200_000;
/// The longest value that an expression may be worth, in bytes of JSON.
pub const LONGEST_VALUE: usize = 16 * 1024;

/// The longest error, in characters: it may cite what an event contains.
const LONGEST_ERROR: usize = 300;
/// How deep expressions nest.
const DEEPEST: u16 = 32;
/// How deep what is evaluated nests, with what counts: it takes the stack of whoever asks.
const DEEPEST_TREE: usize = 40;
/// The stack that reading an expression of that depth may take, in bytes.
const STACK: usize = 16 * 1024 * 1024;
/// How many expressions are kept compiled.
const KEPT: usize = 4_096;

/// Answers expressions in CEL.
#[derive(Clone, Copy, Debug)]
pub struct Cel;

/// The one that the hub uses.
pub static CEL: Cel = Cel;

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The byte of the expression where it goes wrong, as far as that is known.
    pub at: usize,
    /// What is wrong, for a person.
    pub message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

/// Whether an expression can be used where these variables are known.
pub fn check(source: &str, variables: &[&str]) -> Result<(), Wrong> {
    check::variables(&parse(source)?, variables)
}

impl Conditions for Cel {
    fn holds(&self, expression: &str, over: &Value) -> Result<bool, String> {
        run(expression, over, |value| match values::as_bool(value) {
            Some(holds) => Ok(holds),
            None => Err(format!("expected true or false, found {}", value.get_type().name())),
        })
    }

    fn value(&self, expression: &str, over: &Value) -> Result<Value, String> {
        let value = run(expression, over, values::to_json)?;
        let length = value.to_string().len();
        if length > LONGEST_VALUE {
            return Err(format!("its value has {length} bytes; at most {LONGEST_VALUE} are kept"));
        }
        Ok(value)
    }
}

type Compiled = Arc<Result<IdedExpr, String>>;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(meter::environment()));
static COMPILED: LazyLock<Mutex<HashMap<String, Compiled>>> = LazyLock::new(Mutex::default);

/// Evaluates an expression, and hands its value on while what it borrows is there.
fn run<T>(source: &str, over: &Value, then: impl FnOnce(&dyn Val) -> Result<T, String>) -> Result<T, String> {
    let compiled = compiled(source);
    let expression = compiled.as_ref().as_ref().map_err(String::clone)?;
    let Value::Object(variables) = over else { return Err("expected an object of variables".into()) };
    let mut context = cel::Context::with_env(ENVIRONMENT.clone());
    for (name, value) in variables {
        context.add_variable_as_val(name, values::from_json(value));
    }
    meter::begin(MOST_WORK);
    let outcome = cel::Value::resolve_val(expression, &context);
    if meter::is_spent() {
        return Err(format!("it takes more than {MOST_WORK} steps over these values: ask less of them"));
    }
    then(outcome.map_err(|error| words(&error))?.as_ref())
}

fn compiled(source: &str) -> Compiled {
    let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(source) {
        return known.clone();
    }
    let compiled = Arc::new(parse(source).map(meter::metered).map_err(|wrong| wrong.message));
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(source.to_owned(), compiled.clone());
    compiled
}

/// Reads an expression, and refuses what is beyond the limits or no part of the language here.
fn parse(source: &str) -> Result<IdedExpr, Wrong> {
    check::size(source)?;
    // The parser is generated code that takes much stack for each level, and what it stumbles over is an
    // expression that cannot be used: it gets a thread of its own, once for each expression.
    let text = source.to_owned();
    let reader = std::thread::Builder::new().stack_size(STACK).spawn(move || read(&text));
    let unreadable = || Wrong { at: 0, message: "it cannot be read as an expression".into() };
    reader.map_err(|_| unreadable())?.join().map_err(|_| unreadable())?
}

fn read(source: &str) -> Result<IdedExpr, Wrong> {
    let parser = Parser::new().max_recursion_depth(DEEPEST).error_recovery_limit(1);
    let expression = parser.parse(source).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        let is_deep = |error: &ParseError| error.pos.0 == 0 || error.msg.contains("Recursion limit");
        let Some(first) = first.filter(|first| !is_deep(first)) else {
            return Wrong { at: 0, message: format!("it nests deeper than {DEEPEST}, or cannot be read at all") };
        };
        let at = check::offset(source, first.pos);
        let said = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg);
        // The rest of the message lists every sign that could stand there.
        let said = said.split(" expecting {").next().unwrap_or(said);
        let message = if said.contains("'<EOF>'") { "it ends too soon".into() } else { clipped(said) };
        Wrong { at, message }
    })?;
    check::language(&expression)?;
    if meter::depth(&expression) > DEEPEST_TREE {
        return Err(Wrong { at: 0, message: "it nests too deep; use fewer operators within each other".into() });
    }
    Ok(expression)
}

/// What went wrong, for a person.
fn words(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(name) => {
            format!("there is no `{}` here; ask `has(…)` first", clipped(&name.escape_debug().to_string()))
        }
        ExecutionError::UndeclaredReference(name) => {
            format!("`{}` is not known here", clipped(&name.escape_debug().to_string()))
        }
        ExecutionError::FunctionError { message, .. } => clipped(message),
        error => clipped(&error.to_string()),
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST_ERROR) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

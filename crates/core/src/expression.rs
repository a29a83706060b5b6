//! Expressions: small questions that a catalog or a runbook asks about JSON values.
//!
//! Their language is foreign text, and the shell reads it. What the kernel may rely on stands here: the
//! answer follows from the expression and the values alone, and takes bounded time and room.

use alloc::string::String;
use core::fmt;

use serde_json::Value;

/// What can answer expressions.
///
/// The same expression over the same values gives the same answer, on every machine and at every time.
pub trait Conditions: fmt::Debug + Send + Sync {
    /// Whether an expression holds over an object whose fields are its variables; an error says, for a person,
    /// why that cannot be told.
    fn holds(&self, expression: &str, over: &Value) -> Result<bool, String>;

    /// What an expression is worth over an object whose fields are its variables.
    fn value(&self, expression: &str, over: &Value) -> Result<Value, String>;
}

/// Answers nothing: where no expression is expected.
#[derive(Clone, Copy, Debug)]
pub struct NoConditions;

impl NoConditions {
    fn refuse<T>(expression: &str) -> Result<T, String> {
        Err(alloc::format!("nothing here can evaluate `{}`", expression.escape_debug()))
    }
}

impl Conditions for NoConditions {
    fn holds(&self, expression: &str, _: &Value) -> Result<bool, String> {
        Self::refuse(expression)
    }

    fn value(&self, expression: &str, _: &Value) -> Result<Value, String> {
        Self::refuse(expression)
    }
}

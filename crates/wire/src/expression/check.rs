//! What an expression may say: its size, its functions, its variables.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use wheelhouse_core::catalog::nearest;

use super::{LONGEST, MOST_SIGNS, Wrong, meter};

/// The functions that expressions may call, beside the operators and `has`, `all`, `exists`, `exists_one`, `map`
/// and `filter`.
pub const FUNCTIONS: [&str; 9] =
    ["size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string", "bool"];

const OPERATORS: [&str; 18] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
];

/// Refuses a text that is too long or too nested to be read.
pub(super) fn size(source: &str) -> Result<(), Wrong> {
    let wrong = |at, message| Err(Wrong { at, message });
    if source.trim().is_empty() {
        return wrong(0, "expected an expression such as `event.severity == \"critical\"`".into());
    }
    if source.len() > LONGEST {
        // Where a character begins, so that a finding can point at it.
        let at = (0..=LONGEST).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
        return wrong(at, format!("it has {} bytes; expected at most {LONGEST}", source.len()));
    }
    let is_sign = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !"_\"'".contains(c);
    let beyond = source.char_indices().filter(|(_, c)| is_sign(*c)).nth(MOST_SIGNS);
    match beyond {
        Some((at, _)) => wrong(at, format!("it has more than {MOST_SIGNS} operators, dots and brackets")),
        None => Ok(()),
    }
}

/// The byte of a place that the parser names by line and column, both from 1; columns count characters.
pub(super) fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let (line, column) = (usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0));
    if line == 0 {
        return 0;
    }
    let before: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let text = source.get(before..).unwrap_or_default();
    let within = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    (before + within).min(source.len())
}

/// Refuses what is no part of the language here.
pub(super) fn language(expression: &IdedExpr) -> Result<(), Wrong> {
    let wrong = |message| Err(Wrong { at: 0, message });
    match &expression.expr {
        Expr::Struct(_) => return wrong("types cannot be made here".into()),
        Expr::Unspecified => return wrong("it cannot be read as an expression".into()),
        Expr::Literal(LiteralValue::Bytes(_)) => return wrong("bytes are not known here; write a text".into()),
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let internal = [operators::NOT_STRICTLY_FALSE, meter::VALUE, meter::RANGE].contains(&name);
            if !internal && !OPERATORS.contains(&name) && !FUNCTIONS.contains(&name) {
                let near = nearest(name, FUNCTIONS);
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return wrong(format!("there is no function `{}`{near}", name.escape_debug()));
            }
            if name == "matches" {
                pattern(call.args.last())?;
            }
        }
        _ => {}
    }
    children(expression).into_iter().try_for_each(language)
}

/// Refuses variables that are not known.
pub(super) fn variables(expression: &IdedExpr, known: &[&str]) -> Result<(), Wrong> {
    match &expression.expr {
        Expr::Ident(name) if !name.starts_with('@') && !known.contains(&name.as_str()) => {
            let near = nearest(name, known.iter().copied());
            let near = near.map_or_else(
                || format!("; known here: {}", known.join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            Err(Wrong { at: 0, message: format!("`{}` is not known here{near}", name.escape_debug()) })
        }
        Expr::Comprehension(loops) => {
            variables(&loops.iter_range, known)?;
            let inner: Vec<&str> = known.iter().copied().chain([loops.iter_var.as_str()]).collect();
            [&loops.accu_init, &loops.loop_cond, &loops.loop_step, &loops.result]
                .into_iter()
                .try_for_each(|part| variables(part, &inner))
        }
        _ => children(expression).into_iter().try_for_each(|child| variables(child, known)),
    }
}

/// The expressions that an expression is made of.
pub(super) fn children(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(loops) => {
            vec![&loops.iter_range, &loops.accu_init, &loops.loop_cond, &loops.loop_step, &loops.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => {
            let entries = map.entries.iter().filter_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => Some([&entry.key, &entry.value]),
                EntryExpr::StructField(_) => None,
            });
            entries.flatten().collect()
        }
        Expr::Select(select) => vec![&select.operand],
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => Vec::new(),
    }
}

/// A regular expression is written down, so that it is checked and bounded before anything is asked of it.
fn pattern(argument: Option<&IdedExpr>) -> Result<(), Wrong> {
    let wrong = |message| Err(Wrong { at: 0, message });
    let Some(Expr::Literal(LiteralValue::String(text))) = argument.map(|argument| &argument.expr) else {
        return wrong("`matches` expects a regular expression in quotes".into());
    };
    match meter::regex(text.inner()) {
        Ok(_) => Ok(()),
        Err(error) => wrong(format!("a regular expression that cannot be used: {error}")),
    }
}

//! What an evaluation costs, counted while it runs.
//!
//! CEL has no endless loops, but it can double a text in each of a hundred steps. So an expression is rewritten
//! before it is kept: what may be large passes [`VALUE`], which counts its size, and what is iterated over passes
//! [`RANGE`], which counts it once for each node of the loop's body and gives maps an order.

use std::cell::Cell;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::{self, CelBool, CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use regex::{Regex, RegexBuilder};

use super::check::children;

/// Counts the size of a value, and hands it on. No expression can spell it.
pub(super) const VALUE: &str = "@value";
/// Counts what is iterated over, and puts it in order.
pub(super) const RANGE: &str = "@range";

/// What a search by a regular expression counts beside the text.
const SEARCH: u64 = 2_000;
/// The largest compiled regular expression, in bytes.
const LARGEST_REGEX: usize = 64 * 1024;

thread_local! {
    /// What is left of the evaluation under way on this thread; none when it was not enough.
    static LEFT: Cell<Option<u64>> = const { Cell::new(Some(0)) };
}

/// Begins to count an evaluation on this thread.
pub(super) fn begin(most: u64) {
    LEFT.set(Some(most));
}

/// Whether more was spent than there was.
pub(super) fn is_spent() -> bool {
    LEFT.get().is_none()
}

/// The functions that expressions run with.
pub(super) fn environment() -> Env {
    let mut env = Env::default().with_optional_support(false).with_stdlib();
    let text = || types::STRING_TYPE;
    let declared = [
        env.add_overload(VALUE, VALUE, vec![types::DYN_TYPE], value),
        env.add_overload(RANGE, RANGE, vec![types::DYN_TYPE, types::INT_TYPE], range),
        env.add_overload("matches", "wheelhouse_matches", vec![text(), text()], matches),
        env.add_member_overload("matches", "wheelhouse_member_matches", text(), vec![text()], matches),
    ];
    debug_assert!(declared.iter().all(Result::is_ok), "each is declared once");
    env
}

/// A regular expression within limits.
pub(super) fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_REGEX).dfa_size_limit(4 * LARGEST_REGEX).nest_limit(32).build()
}

/// The same expression, counted.
pub(super) fn metered(expression: IdedExpr) -> IdedExpr {
    let expr = match expression.expr {
        Expr::Call(call) => return called(expression.id, call),
        Expr::Comprehension(loops) => Expr::Comprehension(Box::new(looped(*loops))),
        Expr::List(mut list) => {
            list.elements = list.elements.into_iter().map(metered).collect();
            return counted(IdedExpr { id: expression.id, expr: Expr::List(list) });
        }
        Expr::Map(mut map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    entry.key = metered(std::mem::take(&mut entry.key));
                    entry.value = metered(std::mem::take(&mut entry.value));
                }
            }
            return counted(IdedExpr { id: expression.id, expr: Expr::Map(map) });
        }
        Expr::Select(mut select) => {
            select.operand = Box::new(metered(*select.operand));
            Expr::Select(select)
        }
        other @ (Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_)) => other,
    };
    IdedExpr { id: expression.id, expr }
}

fn called(id: u64, call: CallExpr) -> IdedExpr {
    let is_accumulator = |argument: &IdedExpr| matches!(&argument.expr, Expr::Ident(name) if name.starts_with('@'));
    let name = call.func_name.as_str();
    // What a loop gathers keeps its shape, by which the interpreter knows it; what is gathered is counted.
    if name == operators::ADD && call.args.first().is_some_and(is_accumulator) {
        let mut call = call;
        for argument in &mut call.args {
            if let Expr::List(list) = &mut argument.expr {
                let elements = std::mem::take(&mut list.elements);
                list.elements = elements.into_iter().map(metered).map(counted).collect();
            }
        }
        return IdedExpr { id, expr: Expr::Call(call) };
    }
    let looks_at_all = matches!(
        name,
        operators::EQUALS
            | operators::NOT_EQUALS
            | operators::IN
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS
    ) || !name.contains(['_', '@']);
    let makes = name == operators::ADD;
    let argument = |argument: IdedExpr| {
        let argument = metered(argument);
        if looks_at_all { counted(argument) } else { argument }
    };
    let CallExpr { func_name, target, args } = call;
    let target = target.map(|target| Box::new(argument(*target)));
    let is_search = func_name == "matches";
    let last = args.len().saturating_sub(1);
    let kept = |at: usize, argument_: IdedExpr| if is_search && at == last { argument_ } else { argument(argument_) };
    let args = args.into_iter().enumerate().map(|(at, argument)| kept(at, argument)).collect();
    let whole = IdedExpr { id, expr: Expr::Call(CallExpr { func_name, target, args }) };
    if makes { counted(whole) } else { whole }
}

fn looped(loops: ComprehensionExpr) -> ComprehensionExpr {
    let weight = nodes(&loops.loop_step) + nodes(&loops.loop_cond);
    let weight =
        IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Int(i64::try_from(weight).unwrap_or(i64::MAX).into())) };
    let range = metered(loops.iter_range);
    ComprehensionExpr {
        iter_range: call(RANGE, vec![range, weight]),
        loop_cond: metered(loops.loop_cond),
        loop_step: metered(loops.loop_step),
        result: metered(loops.result),
        ..loops
    }
}

/// How deep an expression nests once it is counted.
pub(super) fn depth(expression: &IdedExpr) -> usize {
    let below = children(expression).into_iter().map(depth).max().unwrap_or(0);
    // What counts stands around most operators, lists and maps.
    match &expression.expr {
        Expr::Call(_) | Expr::List(_) | Expr::Map(_) => below + 2,
        Expr::Comprehension(_) => below + 3,
        _ => below + 1,
    }
}

fn nodes(expression: &IdedExpr) -> usize {
    1 + children(expression).into_iter().map(nodes).sum::<usize>()
}

fn counted(expression: IdedExpr) -> IdedExpr {
    match expression.expr {
        Expr::Literal(_) => expression,
        _ => call(VALUE, vec![expression]),
    }
}

fn call(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Call(CallExpr { func_name: name.into(), target: None, args }) }
}

fn value<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = args.pop().ok_or_else(ExecutionError::missing_argument_or_target)?;
    spend_on(value.as_ref(), 1)?;
    Ok(value)
}

fn range<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut args = args.into_iter();
    let (Some(range), Some(weight)) = (args.next(), args.next()) else {
        return Err(ExecutionError::missing_argument_or_target());
    };
    let weight = weight.downcast_ref::<types::CelInt>().map_or(1, |weight| weight.inner().unsigned_abs());
    if let Some(map) = range.downcast_ref::<CelMap>() {
        let mut keys: Vec<&str> = Vec::with_capacity(map.inner().len());
        for key in map.inner().keys() {
            spend(weight)?;
            let key = key.inner().downcast_ref::<CelString>();
            let named = || ExecutionError::function_error("range", "only maps with texts as keys can be gone through");
            keys.push(key.ok_or_else(named)?.inner());
        }
        keys.sort_unstable();
        let keys = keys.into_iter().map(|key| Box::new(CelString::from(key.to_owned())) as Box<dyn Val + 'v>);
        return Ok(CowVal::owned(CelList::from(keys.collect::<Vec<_>>())));
    }
    spend_on(range.as_ref(), weight)?;
    Ok(range)
}

fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut texts = args.iter().filter_map(|argument| argument.downcast_ref::<CelString>());
    let (Some(text), Some(pattern)) = (texts.next(), texts.next()) else {
        return Err(ExecutionError::missing_argument_or_target());
    };
    spend(SEARCH)?;
    let regex = regex(pattern.inner()).map_err(|error| ExecutionError::function_error("matches", error))?;
    Ok(CowVal::owned(CelBool::from(regex.is_match(text.inner()))))
}

/// Spends on a value: one for each that it is made of, and one for each 16 bytes of text.
fn spend_on(value: &dyn Val, weight: u64) -> Result<(), ExecutionError> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return spend(weight.saturating_mul(1 + text.inner().len() as u64 / 16));
    }
    spend(weight)?;
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list.inner().iter().try_for_each(|element| spend_on(element.as_ref(), weight));
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        return map.inner().iter().try_for_each(|(key, element)| {
            spend_on(key.inner(), weight)?;
            spend_on(element.as_ref(), weight)
        });
    }
    Ok(())
}

fn spend(amount: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().and_then(|left| left.checked_sub(amount));
    LEFT.set(left);
    left.map(drop).ok_or_else(|| ExecutionError::function_error("work", "it takes too many steps"))
}

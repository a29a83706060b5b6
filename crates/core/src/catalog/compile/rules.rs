//! Rules that can never decide anything: impossible ones, and those that an earlier one shadows.
//!
//! What is found is proven; what is proven is less than what is true. A rule counts as shadowed only if
//! *one* earlier rule matches all that it matches, field by field; several that do so together are not
//! noticed. [`Pattern::covers`](wheelhouse_patterns::Pattern::covers) has the details.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wheelhouse_patterns::Domain;

use super::super::draft::{Document, Drafts, RuleDraft};
use super::super::finding::{Code, Finding};
use super::super::known::nearest;
use super::build::DEFAULT_ORDER;
use super::names::listed;
use crate::signal::{PATHS, domain};

/// How many rules are compared with each other; those after them are judged by themselves only.
const MOST_COMPARED: usize = 2_000;
/// How many service names a message lists.
const MOST_LISTED: usize = 8;

/// The rules in the order in which they are tried.
pub fn in_order(drafts: &Drafts) -> Vec<&Document<RuleDraft>> {
    let mut rules: Vec<&Document<RuleDraft>> = drafts.rules.iter().collect();
    rules.sort_by_key(|rule| (rule.body.order.unwrap_or(DEFAULT_ORDER), &rule.name.value));
    rules
}

/// Warns of rules that can never match, and of those that an earlier rule always forestalls. With
/// `services`, these are all there are.
pub fn warn(rules: &[&Document<RuleDraft>], services: Option<&[&str]>, findings: &mut Vec<Finding>) {
    let domains = |path: &str| domain(path, services);
    let mut before: Vec<&Document<RuleDraft>> = Vec::new();
    for rule in rules {
        let when = &rule.body.when.value;
        if let Some(path) = when.impossible_at(&domains) {
            findings.push(impossible(rule, path, domains(path)));
            continue;
        }
        if before.len() >= MOST_COMPARED {
            continue;
        }
        match before.iter().find(|earlier| earlier.body.when.value.covers(when, &domains)) {
            Some(earlier) => findings.push(shadowed(rule, earlier)),
            // What is shadowed need not be compared with: whatever it covers, the one before covers too.
            None => before.push(rule),
        }
    }
}

fn impossible(rule: &Document<RuleDraft>, path: &str, domain: Domain<'_>) -> Finding {
    let (label, help): (String, String) = match domain {
        Domain::Nothing => {
            let known = PATHS.iter().copied().chain(["labels", "annotations"]);
            let first = path.split('.').next().unwrap_or(path);
            let rest = path.strip_prefix(first).unwrap_or_default();
            let help = match nearest(first, known.clone()) {
                Some(meant) if meant != first => format!("did you mean `{meant}{rest}`?"),
                _ => format!("patterns see {}", listed(&known.collect::<Vec<_>>())),
            };
            (format!("signals have no `{path}`"), help)
        }
        Domain::Words { words, .. } if words.len() <= MOST_LISTED => {
            (format!("`{path}` is never any of these"), format!("`{path}` is {}", either(words)))
        }
        Domain::Words { .. } => (
            format!("no {path} has such a name"),
            format!("name one that the catalog has, or match its labels: {path} is what rules see after matching"),
        ),
        Domain::Text { .. } if path.starts_with("labels.") || path.starts_with("annotations.") => (
            format!("`{path}` is always text, and this asks for something else"),
            "write numbers and truth values in quotes, as `[\"8080\"]`; `numeric` matches no text".to_string(),
        ),
        Domain::Text { .. } => (
            format!("`{path}` is always there, and always text"),
            "write the text that it should be, or leave it out".to_string(),
        ),
        Domain::Bool => (format!("`{path}` is `true` or `false`"), format!("write `{path}: [true]`")),
        Domain::Any => (format!("`{path}` is never so"), "correct it, or leave it out".to_string()),
    };
    let message = format!("rule `{}` can never match", rule.name.value);
    Finding::warning(Code::ImpossibleRule, rule.body.when.place, message).label(label).help(help)
}

fn shadowed(rule: &Document<RuleDraft>, earlier: &Document<RuleDraft>) -> Finding {
    let is_same = rule.body.when.value == earlier.body.when.value;
    let label = if is_same {
        "tried after a rule with the same pattern"
    } else {
        "tried after a rule that matches whatever this one matches"
    };
    Finding::warning(Code::ShadowedRule, rule.name.place, format!("rule `{}` can never decide", rule.name.value))
        .label(label)
        .related(earlier.body.when.place, format!("`{}` matches first", earlier.name.value))
        .help("remove one of them, or give this one a lower `order`")
}

/// Lists words as `a`, `b` or `c`.
fn either(words: &[&str]) -> String {
    listed(words).replace(" and ", " or ")
}

//! Patterns judged without an event: what can never match, what always does, what lies within what.
//!
//! All answers are about events without arrays, as [`crate::FlatEvent`] gives them. "Yes" is proven; "no"
//! means only that nothing was proven.

use alloc::vec::Vec;

use crate::Pattern;
use crate::condition::{But, Condition, Exact};
use crate::event::Leaf;
use crate::pattern::Field;

/// What events may hold at one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain<'d> {
    /// Nothing, ever.
    Nothing,
    /// One of these strings.
    Words {
        /// The strings.
        words: &'d [&'d str],
        /// Whether it may be absent as well.
        optional: bool,
    },
    /// Some string.
    Text {
        /// Whether it may be absent as well.
        optional: bool,
    },
    /// `true` or `false`, always.
    Bool,
    /// Anything, or nothing: a number, say.
    Any,
}

impl Domain<'_> {
    fn may_be_absent(self) -> bool {
        match self {
            Self::Nothing | Self::Any => true,
            Self::Words { optional, .. } | Self::Text { optional } => optional,
            Self::Bool => false,
        }
    }
}

/// Says what events may hold at a path.
pub type Domains<'f, 'd> = &'f dyn Fn(&str) -> Domain<'d>;

impl Pattern {
    /// The first path at which no event of these domains has what the pattern asks for; with one, the
    /// pattern never matches. Of a pattern with choices it is that of the first one, and every choice has one.
    pub fn impossible_at<'d>(&self, domains: Domains<'_, 'd>) -> Option<&str> {
        let impossible = |field: &&Field| {
            let domain = domains(&field.path);
            !field.conditions.iter().any(|condition| is_possible(condition, domain))
        };
        let mut paths = self.alternatives().iter().map(|fields| Some(&*fields.iter().find(impossible)?.path));
        let first = paths.next().flatten()?;
        paths.all(|path| path.is_some()).then_some(first)
    }

    /// Whether every event of these domains matches.
    pub fn matches_all<'d>(&self, domains: Domains<'_, 'd>) -> bool {
        let all = |fields: &&[Field]| fields.iter().all(|one| contains(&one.conditions, None, domains(&one.path)));
        self.alternatives().iter().map(Vec::as_slice).any(|fields| all(&fields))
    }

    /// Whether every event of these domains that matches `narrower` matches this pattern too.
    pub fn covers<'d>(&self, narrower: &Self, domains: Domains<'_, 'd>) -> bool {
        let within = |wide: &[Field], narrow: &[Field]| {
            wide.iter().all(|field| {
                let other = at(narrow, &field.path).map(|other| &*other.conditions);
                contains(&field.conditions, other, domains(&field.path))
            })
        };
        let narrower = narrower.alternatives();
        narrower.iter().all(|narrow| self.alternatives().iter().any(|wide| within(wide, narrow)))
    }

    /// Whether no event of these domains matches both patterns.
    pub fn excludes<'d>(&self, other: &Self, domains: Domains<'_, 'd>) -> bool {
        let apart = |one: &[Field], other: &[Field]| {
            one.iter().any(|field| {
                let domain = domains(&field.path);
                at(other, &field.path).is_some_and(|other| {
                    field.conditions.iter().all(|a| other.conditions.iter().all(|b| are_disjoint(a, b, domain)))
                })
            })
        };
        let others = other.alternatives();
        self.alternatives().iter().all(|one| others.iter().all(|other| apart(one, other)))
    }
}

/// What fields in order of path ask of one path.
fn at<'f>(fields: &'f [Field], path: &str) -> Option<&'f Field> {
    let place = fields.binary_search_by(|field| (*field.path).cmp(path)).ok()?;
    fields.get(place)
}

/// Whether some event of a domain passes.
fn is_possible(condition: &Condition, domain: Domain<'_>) -> bool {
    if *condition == Condition::Absent {
        return domain.may_be_absent();
    }
    match domain {
        Domain::Nothing => false,
        Domain::Any => true,
        Domain::Words { words, .. } => words.iter().any(|word| condition.accepts(Leaf::String(word))),
        Domain::Bool => [true, false].iter().any(|value| condition.accepts(Leaf::Bool(*value))),
        Domain::Text { .. } => match condition {
            Condition::Exact(exact) => matches!(exact, Exact::String(_)),
            Condition::Numeric(_) | Condition::Absent => false,
            Condition::AnythingBut(But::Prefixes(all) | But::Suffixes(all)) => all.iter().all(|one| !one.is_empty()),
            // What would rule out every string is no pattern.
            Condition::AnythingBut(_) | Condition::Prefix(_) | Condition::Suffix(_) | Condition::Present => true,
            Condition::PrefixIgnoreCase(_) | Condition::SuffixIgnoreCase(_) | Condition::IgnoreCase(_) => true,
            Condition::Wildcard(_) | Condition::Cidr(_) => true,
        },
    }
}

/// Whether `wide` accepts whatever `narrow` (everything, if it asks nothing) accepts of a domain.
fn contains(wide: &[Condition], narrow: Option<&[Condition]>, domain: Domain<'_>) -> bool {
    let narrow_accepts = |leaf| narrow.is_none_or(|all| all.iter().any(|one| one.accepts(leaf)));
    let wide_accepts = |leaf| wide.iter().any(|one| one.accepts(leaf));
    let narrow_absent = narrow.is_none_or(|all| all.contains(&Condition::Absent));
    if domain.may_be_absent() && narrow_absent && !wide.contains(&Condition::Absent) {
        return false;
    }
    let agree = |leaf| !narrow_accepts(leaf) || wide_accepts(leaf);
    match domain {
        Domain::Nothing => true,
        Domain::Any => {
            wide.contains(&Condition::Present) || narrow.is_some_and(|all| all.iter().all(|one| wide.contains(one)))
        }
        Domain::Words { words, .. } => words.iter().all(|word| agree(Leaf::String(word))),
        Domain::Bool => agree(Leaf::Bool(true)) && agree(Leaf::Bool(false)),
        Domain::Text { .. } => {
            let everything = [Condition::Present];
            let narrow = narrow.unwrap_or(&everything);
            narrow.iter().filter(|one| is_possible(one, domain)).all(|one| lies_within(one, wide))
        }
    }
}

/// Whether one of `wide` accepts every string that `narrow` accepts.
fn lies_within(narrow: &Condition, wide: &[Condition]) -> bool {
    wide.iter().any(|wide| match (narrow, wide) {
        (narrow, wide) if narrow == wide => true,
        (Condition::Absent, _) | (_, Condition::Present) => true,
        (_, Condition::AnythingBut(But::Numbers(_))) => true,
        (Condition::Exact(Exact::String(text)), wide) => wide.accepts(Leaf::String(text)),
        (Condition::Prefix(narrow), Condition::Prefix(wide)) => narrow.starts_with(&**wide),
        (Condition::Suffix(narrow), Condition::Suffix(wide)) => narrow.ends_with(&**wide),
        (Condition::Prefix(start), Condition::AnythingBut(but)) => match but {
            But::Strings(all) => all.iter().all(|text| !text.starts_with(&**start)),
            But::Prefixes(all) => all.iter().all(|other| are_apart(start, other, |a, b| a.starts_with(b))),
            But::Suffixes(_) | But::IgnoreCase(_) | But::Wildcards(_) | But::Numbers(_) => false,
        },
        (Condition::Suffix(end), Condition::AnythingBut(but)) => match but {
            But::Strings(all) => all.iter().all(|text| !text.ends_with(&**end)),
            But::Suffixes(all) => all.iter().all(|other| are_apart(end, other, |a, b| a.ends_with(b))),
            But::Prefixes(_) | But::IgnoreCase(_) | But::Wildcards(_) | But::Numbers(_) => false,
        },
        (Condition::AnythingBut(narrow), Condition::AnythingBut(wide)) => rules_out_at_most(wide, narrow),
        _ => false,
    })
}

/// Whether every string that `less` rules out, `more` rules out as well.
fn rules_out_at_most(less: &But, more: &But) -> bool {
    match (less, more) {
        (But::Numbers(_), _) => true,
        (But::Strings(all), more) => {
            let more = Condition::AnythingBut(more.clone());
            all.iter().all(|text| !more.accepts(Leaf::String(text)))
        }
        (But::Prefixes(less), But::Prefixes(more)) => {
            less.iter().all(|one| more.iter().any(|other| one.starts_with(&**other)))
        }
        (But::Suffixes(less), But::Suffixes(more)) => {
            less.iter().all(|one| more.iter().any(|other| one.ends_with(&**other)))
        }
        _ => false,
    }
}

/// Whether nothing of a domain passes both.
fn are_disjoint(a: &Condition, b: &Condition, domain: Domain<'_>) -> bool {
    if !is_possible(a, domain) || !is_possible(b, domain) {
        return true;
    }
    match (a, b) {
        (Condition::Absent, other) | (other, Condition::Absent) => *other != Condition::Absent,
        (Condition::Exact(Exact::String(text)), other) | (other, Condition::Exact(Exact::String(text))) => {
            !other.accepts(Leaf::String(text))
        }
        _ => match domain {
            Domain::Words { words, .. } => {
                words.iter().all(|word| !(a.accepts(Leaf::String(word)) && b.accepts(Leaf::String(word))))
            }
            Domain::Bool => [true, false].iter().all(|v| !(a.accepts(Leaf::Bool(*v)) && b.accepts(Leaf::Bool(*v)))),
            Domain::Nothing => true,
            Domain::Any => false,
            Domain::Text { .. } => match (a, b) {
                (Condition::Prefix(a), Condition::Prefix(b)) => are_apart(a, b, |a, b| a.starts_with(b)),
                (Condition::Suffix(a), Condition::Suffix(b)) => are_apart(a, b, |a, b| a.ends_with(b)),
                _ => false,
            },
        },
    }
}

/// Whether neither text begins (or ends) with the other.
fn are_apart(a: &str, b: &str, meets: fn(&str, &str) -> bool) -> bool {
    !meets(a, b) && !meets(b, a)
}

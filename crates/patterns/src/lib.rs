//! Event patterns: say which events matter, match one event against them.
//!
//! A [`Pattern`] is JSON in the language of Amazon EventBridge: fields must all match, the values of
//! one field are alternatives. There are three ways to match:
//!
//! * [`Pattern::judge`], the plain matcher: short, right by inspection, and the measure for the others.
//! * [`Matcher`], for many patterns on raw JSON: each event gives all patterns that match.
//! * [`Patterns`], for patterns in order on an event that is at hand ([`FlatEvent`]): the first that matches.
//!
//! Patterns can also be compared without an event ([`Pattern::covers`], [`Pattern::excludes`] …).
//!
//! ```
//! use serde_json::json;
//! use wheelhouse_patterns::Pattern;
//!
//! let pattern = Pattern::parse(&json!({
//!     "severity": ["critical"],
//!     "labels": {"alertname": [{"prefix": "Payments"}]},
//! }))?;
//! assert!(pattern.matches(&json!({"severity": "critical", "labels": {"alertname": "PaymentsDown"}})));
//! assert!(!pattern.matches(&json!({"severity": "critical", "labels": {}})));
//! # Ok::<(), wheelhouse_patterns::PatternError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod compare;
mod condition;
mod document;
mod error;
mod event;
mod hash;
mod matcher;
mod number;
mod parse;
mod pattern;
mod plain;
mod together;

pub use compare::{Domain, Domains};
pub use document::Document;
pub use error::PatternError;
pub use event::{FlatEvent, Leaf};
pub use matcher::{
    BudgetError, DEEPEST_EVENT, EventError, LONGEST_EVENT, MOST_PATTERNS, MOST_SIZE, MOST_STEPS, MOST_UNSELECTIVE,
    Matcher, PatternId, Scratch,
};
pub use number::Number;
pub use parse::{LONGEST_TEXT, MOST_ALTERNATIVES, MOST_FIELDS, MOST_SEGMENTS, MOST_VALUES, OPERATORS};
pub use pattern::Pattern;
pub use together::Patterns;

//! Rules in the order in which they are tried, ready to be tried together.

use alloc::vec::Vec;
use core::ops::Deref;

use wheelhouse_patterns::{FlatEvent, Patterns};

use super::Rule;

/// Rules in the order in which they are tried. They are read as a slice.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    patterns: Patterns,
}

impl Rules {
    /// The first rule that matches `event`.
    pub fn first_match(&self, event: &dyn FlatEvent) -> Option<&Rule> {
        self.rules.get(self.patterns.first_match(event)?)
    }
}

impl From<Vec<Rule>> for Rules {
    fn from(rules: Vec<Rule>) -> Self {
        Self { patterns: rules.iter().map(|rule| &rule.when).collect(), rules }
    }
}

impl Deref for Rules {
    type Target = [Rule];

    fn deref(&self) -> &[Rule] {
        &self.rules
    }
}

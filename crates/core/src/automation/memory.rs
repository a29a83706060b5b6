//! What is remembered of all automations, with what one plan adds to it.

use alloc::collections::BTreeMap;

use super::state::AutomationState;
use crate::name::AutomationName;
use crate::record::{AutomationFact, Entry, Fact};

/// What is remembered of all automations by name.
pub type States = BTreeMap<AutomationName, AutomationState>;

/// What is remembered, and what a plan in the making adds to it.
#[derive(Debug)]
pub struct Memory<'a> {
    base: &'a States,
    own: States,
}

impl<'a> Memory<'a> {
    /// What is remembered, with nothing added yet.
    pub fn new(base: &'a States) -> Self {
        Self { base, own: States::new() }
    }

    /// What is remembered of one.
    pub fn get(&self, name: &AutomationName) -> Option<&AutomationState> {
        self.own.get(name).or_else(|| self.base.get(name))
    }

    /// What is remembered of each.
    pub fn iter(&self) -> impl Iterator<Item = &AutomationState> {
        self.base.values().filter(|state| !self.own.contains_key(&state.name)).chain(self.own.values())
    }

    /// Follows an entry of the plan.
    pub fn apply(&mut self, entry: &Entry) {
        let Fact::Automation(AutomationFact { automation, .. }) = &entry.fact else { return };
        if !self.own.contains_key(automation) {
            let known = self.base.get(automation).cloned();
            let state = known.unwrap_or_else(|| AutomationState::new(automation.clone()));
            self.own.insert(automation.clone(), state);
        }
        if let Some(state) = self.own.get_mut(automation) {
            state.apply(entry);
        }
    }
}

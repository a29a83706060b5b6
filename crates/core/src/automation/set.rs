//! All automations of a catalog, ready to be asked together.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::Value;
use wheelhouse_patterns::{Matcher, Scratch};

use super::event::{Event, EventKind, asks_of_beginning, beginning, domain};
use super::model::Automation;
use crate::name::AutomationName;
use crate::signal::Signal;

/// The automations of a catalog by name, with their patterns in one matcher.
#[derive(Clone, Debug, Default)]
pub struct Automations {
    by_name: BTreeMap<AutomationName, Arc<Automation>>,
    together: Option<Arc<Together>>,
}

#[derive(Debug)]
struct Together {
    matcher: Matcher,
    /// By the number of the pattern.
    automations: Vec<Arc<Automation>>,
    /// Whether any of them can be about a kind of event.
    kinds: [bool; EventKind::ALL.len()],
    /// Whether all that can be about a kind ask of nothing but what its signal says.
    of_signals: [bool; EventKind::ALL.len()],
}

impl Automations {
    /// An automation.
    pub fn get(&self, name: &AutomationName) -> Option<&Arc<Automation>> {
        self.by_name.get(name)
    }

    /// All of them in order of name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Automation>> {
        self.by_name.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Whether any of them can be about a kind of event: what nobody listens to need not be told.
    pub fn listens_to(&self, kind: EventKind) -> bool {
        self.together.as_ref().is_some_and(|all| all.kinds.get(kind.index()).copied().unwrap_or(false))
    }

    /// Whether any of them may match the event that a signal is: where all patterns ask of the signal alone, they are
    /// asked ahead of finding out about its case and of what depends on its service.
    pub fn may_match(&self, kind: EventKind, drill: bool, signal: &Signal) -> bool {
        let Some(all) = self.together.as_ref().filter(|_| self.listens_to(kind)) else { return false };
        let alone = all.of_signals.get(kind.index()).copied().unwrap_or(false);
        !alone || !all.matching(&beginning(kind, drill, signal)).is_empty()
    }

    /// The automations whose patterns match an event, in order of name. An event that is beyond what can be matched
    /// matches none.
    pub fn matching(&self, event: &Event) -> Vec<Arc<Automation>> {
        let Some(all) = self.together.as_ref().filter(|_| self.listens_to(event.kind)) else { return Vec::new() };
        let mut matching = all.matching(&event.json);
        matching.sort_by(|a, b| a.name.cmp(&b.name));
        matching
    }
}

impl Together {
    fn matching(&self, event: &Value) -> Vec<Arc<Automation>> {
        let Ok(bytes) = serde_json::to_vec(event) else { return Vec::new() };
        let mut scratch = Scratch::new();
        let Ok(ids) = self.matcher.matches(&bytes, &mut scratch) else { return Vec::new() };
        ids.iter().filter_map(|id| self.automations.get(id.index()).cloned()).collect()
    }
}

impl FromIterator<Automation> for Automations {
    fn from_iter<I: IntoIterator<Item = Automation>>(automations: I) -> Self {
        let automations: Vec<Arc<Automation>> = automations.into_iter().map(Arc::new).collect();
        if automations.is_empty() {
            return Self::default();
        }
        let (kinds, of_signals) = ([false; EventKind::ALL.len()], [true; EventKind::ALL.len()]);
        let mut all = Together { matcher: Matcher::new(), automations: Vec::new(), kinds, of_signals };
        for automation in &automations {
            let written = serde_json::from_str(&automation.when.to_string());
            let alone = written.is_ok_and(|pattern| asks_of_beginning(&pattern));
            for kind in EventKind::ALL {
                let is_possible = automation.when.impossible_at(&|path| domain(kind, path)).is_none();
                if let Some(listens) = all.kinds.get_mut(kind.index()) {
                    *listens |= is_possible;
                }
                if let Some(of_signals) = all.of_signals.get_mut(kind.index()) {
                    *of_signals &= alone || !is_possible;
                }
            }
            // The catalog holds fewer than the matcher takes, and numbers follow the order of adding.
            if all.matcher.add(&automation.when).is_ok() {
                all.automations.push(automation.clone());
            }
        }
        let by_name = automations.into_iter().map(|automation| (automation.name.clone(), automation)).collect();
        Self { by_name, together: Some(Arc::new(all)) }
    }
}

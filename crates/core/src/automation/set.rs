//! All automations of a catalog, ready to be asked together.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wheelhouse_patterns::{Matcher, Scratch};

use super::event::{Event, EventKind, domain};
use super::model::Automation;
use crate::name::AutomationName;

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

    /// The automations whose patterns match an event, in order of name. An event that is beyond what can be matched
    /// matches none.
    pub fn matching(&self, event: &Event) -> Vec<Arc<Automation>> {
        let Some(all) = self.together.as_ref().filter(|_| self.listens_to(event.kind)) else { return Vec::new() };
        let Ok(bytes) = serde_json::to_vec(&event.json) else { return Vec::new() };
        let mut scratch = Scratch::new();
        let Ok(ids) = all.matcher.matches(&bytes, &mut scratch) else { return Vec::new() };
        let mut matching: Vec<_> = ids.iter().filter_map(|id| all.automations.get(id.index()).cloned()).collect();
        matching.sort_by(|a, b| a.name.cmp(&b.name));
        matching
    }
}

impl FromIterator<Automation> for Automations {
    fn from_iter<I: IntoIterator<Item = Automation>>(automations: I) -> Self {
        let automations: Vec<Arc<Automation>> = automations.into_iter().map(Arc::new).collect();
        if automations.is_empty() {
            return Self::default();
        }
        let mut all = Together { matcher: Matcher::new(), automations: Vec::new(), kinds: [false; 8] };
        for automation in &automations {
            for kind in EventKind::ALL {
                let is_possible = automation.when.impossible_at(&|path| domain(kind, path)).is_none();
                if let Some(listens) = all.kinds.get_mut(kind.index()) {
                    *listens |= is_possible;
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

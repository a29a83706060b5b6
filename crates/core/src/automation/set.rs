//! All automations of a catalog, ready to be asked together.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::event::{Event, EventKind};
use super::listening::Listening;
use super::model::Automation;
use crate::name::AutomationName;

/// The automations of a catalog by name, with their patterns asked together.
#[derive(Clone, Debug, Default)]
pub struct Automations {
    by_name: BTreeMap<AutomationName, Arc<Automation>>,
    listening: Arc<Listening<Arc<Automation>>>,
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

    /// What they listen to.
    pub(crate) fn listening(&self) -> &Listening<Arc<Automation>> {
        &self.listening
    }

    /// Whether any of them can be about a kind of event: what nobody listens to need not be told.
    pub fn listens_to(&self, kind: EventKind) -> bool {
        self.listening.listens_to(kind)
    }

    /// The automations whose patterns match an event, in order of name. An event that is beyond what can be matched
    /// matches none.
    pub fn matching(&self, event: &Event) -> Vec<Arc<Automation>> {
        let mut matching: Vec<Arc<Automation>> = self.listening.matching(event).into_iter().cloned().collect();
        matching.sort_by(|a, b| a.name.cmp(&b.name));
        matching
    }
}

impl FromIterator<Automation> for Automations {
    fn from_iter<I: IntoIterator<Item = Automation>>(automations: I) -> Self {
        let automations: Vec<Arc<Automation>> = automations.into_iter().map(Arc::new).collect();
        let mut listening = Listening::default();
        for automation in &automations {
            // The catalog holds fewer than can be asked together.
            if listening.add(&automation.when, automation.clone()).is_err() {
                break;
            }
        }
        let by_name = automations.into_iter().map(|automation| (automation.name.clone(), automation)).collect();
        Self { by_name, listening: Arc::new(listening) }
    }
}

//! What to write into the catalog so that signals which match no service find one.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use super::Proposal;
use crate::name::{ServiceName, TeamName};
use crate::signal::{Adapter, Signal};

/// Labels that tell one system from another, the most telling first.
const TELLING: [&str; 9] =
    ["job", "app", "application", "app_kubernetes_io_name", "deployment", "container", "namespace", "host", "instance"];
/// Labels that say what happens or who saw it, and not to what.
const BESIDE_THE_POINT: [&str; 8] =
    ["alertname", "severity", "prometheus", "replica", "monitor", "cluster", "endpoint", "report"];

impl Proposal {
    /// A service of `team` that all of these signals would belong to: by the name in their label `service`,
    /// else by the label that they share and that tells systems apart best, else by all that they share.
    pub fn for_signals<'s>(team: &TeamName, signals: impl IntoIterator<Item = &'s Signal>) -> Self {
        let mut told = signals.into_iter().filter(|signal| signal.adapter != Adapter::Report);
        let mut shared: BTreeMap<&str, &str> =
            told.next().map(|first| first.labels.iter().collect()).unwrap_or_default();
        for signal in told {
            shared.retain(|label, value| signal.labels.get(label) == Some(value));
        }
        let name = shared.get("service").and_then(|name| ServiceName::new(name).ok());
        if name.is_some() {
            return Self::Service { team: team.clone(), name, labels: BTreeMap::new() };
        }
        let beside = BTreeSet::from(BESIDE_THE_POINT);
        let best = TELLING.iter().find(|label| shared.get(**label).is_some_and(|value| !value.is_empty()));
        let labels = shared
            .into_iter()
            .filter(|(label, value)| match best {
                Some(best) => label == best,
                None => !beside.contains(label) && !value.is_empty(),
            })
            .map(|(label, value)| (String::from(label), String::from(value)))
            .collect();
        Self::Service { team: team.clone(), name: None, labels }
    }
}

//! What a service depends on, directly or not, each with its path: where to look for a cause.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::catalog::{Catalog, Strength};
use crate::name::ServiceName;

/// The most services that are looked at for one case.
pub const MOST_UPSTREAM: usize = 500;

/// A service on which another depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The services from the dependent one (first) to this one (last), each depending on the next.
    pub path: Vec<ServiceName>,
    /// Whether only hard dependencies lie in between.
    pub hard: bool,
}

/// The service itself and what it depends on over at most one soft dependency, by name; each by its
/// shortest path, over hard dependencies where there is one. At most [`MOST_UPSTREAM`].
pub fn upstream(catalog: &Catalog, service: &ServiceName) -> BTreeMap<ServiceName, Upstream> {
    let start = Upstream { path: Vec::from([service.clone()]), hard: true };
    let mut found = BTreeMap::from([(service.clone(), start.clone())]);
    let (mut hard, mut soft) = (Vec::from([start]), Vec::new());
    // All that hard dependencies reach comes first, so that a soft way never hides a hard one.
    while !hard.is_empty() {
        let mut next = Vec::new();
        for from in hard {
            for (name, strength) in dependencies(catalog, &from) {
                let one = longer(&from, &name, strength == Strength::Hard);
                if !one.hard {
                    soft.push(one);
                } else if found.len() < MOST_UPSTREAM && !found.contains_key(&name) {
                    found.insert(name, one.clone());
                    next.push(one);
                }
            }
        }
        hard = next;
    }
    while !soft.is_empty() {
        soft.sort_by(|a, b| (a.path.len(), &a.path).cmp(&(b.path.len(), &b.path)));
        let mut next = Vec::new();
        for one in soft {
            let Some(name) = one.path.last().cloned() else { continue };
            if found.len() >= MOST_UPSTREAM || found.contains_key(&name) {
                continue;
            }
            found.insert(name, one.clone());
            let further = dependencies(catalog, &one).into_iter().filter(|(_, strength)| *strength == Strength::Hard);
            next.extend(further.map(|(name, _)| longer(&one, &name, false)));
        }
        soft = next;
    }
    found
}

fn longer(from: &Upstream, to: &ServiceName, hard: bool) -> Upstream {
    let path = from.path.iter().chain([to]).cloned().collect();
    Upstream { path, hard: from.hard && hard }
}

/// The direct dependencies of the last service of a path, those that the catalog knows, by name.
fn dependencies(catalog: &Catalog, from: &Upstream) -> Vec<(ServiceName, Strength)> {
    let service = from.path.last().and_then(|name| catalog.services.get(name));
    let all = service.map_or(&[][..], |service| &service.depends_on);
    let known = all.iter().filter(|one| catalog.services.contains_key(&one.service));
    let mut all: Vec<_> = known.map(|one| (one.service.clone(), one.strength)).collect();
    all.sort();
    all
}

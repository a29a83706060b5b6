//! Who depends on a service.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Deref;

use super::model::{Dependency, Service};
use crate::affected::Graph;
use crate::name::ServiceName;

/// For each service that others depend on, these by name; read as a map. Derived from the services, for
/// [`crate::affected::affected`] also by number.
#[derive(Clone, Debug, Default)]
pub struct Dependents {
    by_name: BTreeMap<ServiceName, Vec<Dependency>>,
    graph: Graph,
}

impl Dependents {
    /// Turns the dependencies of services round.
    pub fn of(services: &BTreeMap<ServiceName, Service>) -> Self {
        let mut by_name: BTreeMap<ServiceName, Vec<Dependency>> = BTreeMap::new();
        for service in services.values() {
            for dependency in &service.depends_on {
                by_name
                    .entry(dependency.service.clone())
                    .or_default()
                    .push(Dependency { service: service.name.clone(), strength: dependency.strength });
            }
        }
        Self { by_name, graph: Graph::of(services) }
    }

    /// The same by number.
    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }
}

impl Deref for Dependents {
    type Target = BTreeMap<ServiceName, Vec<Dependency>>;

    fn deref(&self) -> &Self::Target {
        &self.by_name
    }
}

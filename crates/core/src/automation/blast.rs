//! How much depends on what an automation is about to touch.

use serde::{Deserialize, Serialize};

use super::model::{Above, Approval};
use crate::affected::taken_along;
use crate::catalog::Catalog;
use crate::name::ServiceName;

/// What may be touched beside the target: everything that depends on it, however far away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blast {
    /// How many services, the target itself counted.
    pub services: u32,
    /// The most critical tier among them.
    pub tier: u8,
}

/// What a change to a service may touch; nothing can be told where it is not known.
pub fn blast(catalog: &Catalog, service: Option<&ServiceName>) -> Option<Blast> {
    let own = catalog.services.get(service?)?;
    let (mut services, mut tier) = (1_u32, own.tier);
    for name in taken_along(catalog, &own.name) {
        services = services.saturating_add(1);
        tier = catalog.services.get(name).map_or(tier, |service| service.tier.min(tier));
    }
    Some(Blast { services, tier })
}

impl Approval {
    /// Whether people must agree to something of this extent; they must where it is not known.
    pub fn is_needed(&self, blast: Option<Blast>) -> bool {
        let Some(Above { services, tier }) = self.above else { return true };
        let Some(blast) = blast else { return true };
        services.is_some_and(|most| blast.services > most) || tier.is_some_and(|least| blast.tier < least)
    }
}

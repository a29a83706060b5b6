//! Catalogs and doors.

use alloc::string::ToString;
use alloc::sync::Arc;

use super::{Command, Plan};
use crate::Context;
use crate::catalog::Catalog;
use crate::record::{Attached, Entry, Fact};

/// Puts a catalog into force. Cases, active signals and escalations in progress stay as they are.
pub(super) fn adopt(command: &Command, cx: &Context, catalog: &Arc<Catalog>, time_zones: &str) -> Plan {
    let fact = Fact::CatalogAdopted { version: catalog.version.clone(), time_zones: time_zones.to_string() };
    Plan { entries: alloc::vec![entry(command, cx, fact, Attached::Catalog(catalog.clone()))], ..Plan::default() }
}

/// From here on silence counts.
pub(super) fn doors_ready(command: &Command, cx: &Context) -> Plan {
    Plan { entries: alloc::vec![entry(command, cx, Fact::DoorsReady, Attached::Nothing)], ..Plan::default() }
}

fn entry(command: &Command, cx: &Context, fact: Fact, attached: Attached) -> Entry {
    let policies = command.policies.clone();
    Entry { policies, attached, ..Entry::new(cx.now, command.actor.clone(), fact) }
}

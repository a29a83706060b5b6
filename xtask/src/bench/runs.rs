//! The measurements, one by one. Each starts its process afresh and ends it.

use std::thread;
use std::time::Duration;

use super::alertmanager::{self, Alertmanager, Notifies};
use super::alerts::{BULK_SERVICES, SERVICES, about_first_service};
use super::checks::{Checks, list};
use super::client::Door;
use super::delays::{self, Delays, Plan, milliseconds};
use super::hub::{self, Hub, verify};
use super::load::{CONNECTIONS, Load, as_float, feed, wrk};
use super::place::Place;
use super::process::Process;
use super::syncs::{self, Syncs};
use crate::demo::trouble::Result;

/// Alerts that are new before they are told again, in `load.rs`.
const POOL: u64 = 500_000;
/// How often the list is asked for.
const LISTS: usize = 5;

/// What the hub did under load.
#[derive(Clone, Debug)]
pub struct HubLoad {
    /// As the senders saw it.
    pub load: Load,
    /// Commits meanwhile.
    pub commits: u64,
    /// Entries recorded meanwhile.
    pub entries: u64,
    /// Alerts seen for the first time meanwhile.
    pub first_seen: u64,
}

/// How much holding many alerts costs.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// How many, and the memory that they took, in MiB.
    pub memory: Vec<(usize, f64)>,
    /// Alerts a second while they were fed, each new.
    pub fed_a_second: f64,
    /// Median of listing one service's alerts among all, in milliseconds.
    pub list_ms: f64,
    /// How many alerts that list had.
    pub listed: u64,
    /// After SIGKILL: how many are known again.
    pub known_after_kill: u64,
    /// After SIGKILL: from the start to ready, in milliseconds.
    pub ready_ms: f64,
}

/// Loads a fresh hub, and checks that everything was done.
pub fn hub_load(place: &Place, batch: u32, seconds: u32, checks: &mut Checks) -> Result<HubLoad> {
    let hub = Hub::fresh(place)?;
    drop(place.sinks.take());
    let before = hub.counts()?;
    let load = wrk(place, &hub.source, hub::ALERTS, &hub.process, batch, seconds)?;
    let at_end = hub.counts()?;
    let about = format!("load with {batch} a request");
    let after = checks.membership(&hub, &about)?;
    let (accepted, slack) = (after.accepted - before.accepted, u64::from(CONNECTIONS * batch));
    checks.that(accepted >= load.alerts && (load.refused > 0 || accepted <= load.alerts + slack), || {
        format!("{about}: the hub counts {accepted} accepted alerts, the senders {}", load.alerts)
    });
    let firing = after.firing;
    let expected = if accepted < POOL { firing == accepted } else { (POOL - slack..=POOL).contains(&firing) };
    checks.that(expected, || format!("{about}: {firing} alerts fire of {accepted} accepted"));
    checks.pages(&place.sinks, &about);
    hub.process.stop()?;
    let verdict = verify(place);
    checks.that(verdict.is_ok(), || {
        format!("{about}: {}", verdict.err().map(|trouble| trouble.to_string()).unwrap_or_default())
    });
    Ok(HubLoad {
        commits: at_end.commits - before.commits,
        entries: at_end.entries - before.entries,
        first_seen: firing,
        load,
    })
}

/// Loads a fresh Alertmanager.
pub fn peer_load(place: &Place, notifies: Notifies, batch: u32, seconds: u32) -> Result<Load> {
    let peer = Alertmanager::fresh(place, notifies)?;
    let load = wrk(place, &peer.door, alertmanager::ALERTS, &peer.process, batch, seconds);
    peer.process.kill();
    drop(place.sinks.take());
    load
}

/// Counts how often a loaded hub syncs.
pub fn hub_syncs(place: &Place, batch: u32, seconds: u32) -> Result<Option<Syncs>> {
    let hub = Hub::fresh(place)?;
    let counted = syncs::count(place, &hub, batch, seconds)?;
    hub.process.stop()?;
    Ok(counted)
}

/// Has a fresh hub hold alerts, all of them new; kills it, and starts it again.
pub fn hub_held(place: &Place, few: usize, many: usize, checks: &mut Checks) -> Result<Held> {
    let hub = Hub::fresh(place)?;
    let about = format!("{many} alerts held");
    let mut held = fill(&hub.source, hub::ALERTS, &hub.process, few, many)?;
    let counts = checks.membership(&hub, &about)?;
    checks.that(counts.firing == many as u64, || format!("{about}: {} fire", counts.firing));
    (held.listed, held.list_ms) = lists(&hub.admin, hub::ALERTS)?;
    let expected = about_first_service(many) as u64;
    checks.that(held.listed == expected, || format!("{about}: a list has {}, expected {expected}", held.listed));
    let doors = hub.doors();
    hub.process.kill();
    let hub = Hub::again(place, doors)?;
    held.ready_ms = milliseconds(hub.ready_after);
    let counts = checks.membership(&hub, &format!("{about}, after SIGKILL"))?;
    held.known_after_kill = counts.firing;
    checks.that(counts.firing == many as u64, || format!("{about}: {} are known after SIGKILL", counts.firing));
    hub.process.stop()?;
    let verdict = verify(place);
    checks.that(verdict.is_ok(), || {
        format!("{about}: {}", verdict.err().map(|trouble| trouble.to_string()).unwrap_or_default())
    });
    Ok(held)
}

/// Has a fresh Alertmanager hold the same alerts, without notifying.
pub fn peer_held(place: &Place, few: usize, many: usize) -> Result<Held> {
    let peer = Alertmanager::fresh(place, Notifies::Never)?;
    let mut held = fill(&peer.door, alertmanager::ALERTS, &peer.process, few, many)?;
    (held.listed, held.list_ms) = lists(&peer.door, alertmanager::ALERTS)?;
    peer.process.kill();
    let peer = Alertmanager::again(place)?;
    held.known_after_kill = peer.active()?;
    peer.process.kill();
    Ok(held)
}

/// Measures a fresh hub's delays from alert to page, with or without load beside.
pub fn hub_delays(place: &Place, plan: &Plan, loaded: bool) -> Result<Delays> {
    let hub = Hub::fresh(place)?;
    let delays = if loaded {
        thread::scope(|scope| {
            let load = scope.spawn(|| wrk(place, &hub.source, hub::ALERTS, &hub.process, 64, plan.seconds + 4));
            // The first pages of the services under load go out before.
            thread::sleep(Duration::from_secs(3));
            let delays = delays::measure(&hub.source, hub::ALERTS, &place.sinks, plan);
            load.join().map_or_else(|_| Ok(None), |load| load.map(Some))?;
            delays
        })?
    } else {
        delays::measure(&hub.source, hub::ALERTS, &place.sinks, plan)?
    };
    hub.process.stop()?;
    Ok(delays)
}

/// Measures a fresh Alertmanager's delays from alert to webhook.
pub fn peer_delays(place: &Place, plan: &Plan) -> Result<Delays> {
    let peer = Alertmanager::fresh(place, Notifies::Every(0, 1))?;
    let plan = Plan { services: 0..1, always_new: true, ..plan.clone() };
    let delays = delays::measure(&peer.door, alertmanager::ALERTS, &place.sinks, &plan)?;
    peer.process.kill();
    Ok(delays)
}

/// All services in turn, as many incidents a second as the budget says.
pub fn quiet_plan(seconds: u32) -> Plan {
    Plan { services: 0..SERVICES, always_new: false, a_second: 50, seconds }
}

/// The services without bulk alerts, fewer incidents a second.
pub fn loaded_plan(seconds: u32) -> Plan {
    Plan { services: BULK_SERVICES..SERVICES, always_new: false, a_second: 10, seconds }
}

fn fill(door: &Door, path: &str, process: &Process, few: usize, many: usize) -> Result<Held> {
    let mut held = Held::default();
    let mut fed = 0;
    let mut took = Duration::ZERO;
    for count in [few, many] {
        took += feed(door, path, fed..count)?;
        fed = count;
        thread::sleep(Duration::from_secs(2));
        held.memory.push((count, process.resident_mib()));
    }
    held.fed_a_second = as_float(many as u64) / took.as_secs_f64();
    Ok(held)
}

fn lists(door: &Door, path: &str) -> Result<(u64, f64)> {
    let mut took = Vec::new();
    let mut count = 0;
    for _ in 0..LISTS {
        let (listed, one) = list(door, path)?;
        count = listed;
        took.push(milliseconds(one));
    }
    took.sort_by(f64::total_cmp);
    Ok((count, took.get(LISTS / 2).copied().unwrap_or(f64::NAN)))
}

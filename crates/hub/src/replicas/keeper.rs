//! The thread that takes the lease and keeps it: nothing else can make it wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use wheelhouse_store::{Lease, StoreError};

use super::{Seen, Told};
use crate::clock::steady_now;
use crate::serve::ServeError;

/// How often a hub that stands by looks whether it may lead.
const LOOK: Duration = Duration::from_millis(200);

/// Where this hub stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It waits for its turn.
    StandsBy,
    /// It leads under this epoch.
    Leads(u64),
    /// It led, and does not any more; or it was told to stop while it waited.
    Over,
}

/// The thread, and what it says.
pub(super) struct Keeper {
    standing: watch::Receiver<Standing>,
    release: Arc<watch::Sender<bool>>,
    thread: std::thread::JoinHandle<()>,
}

impl Keeper {
    /// Makes or upgrades the schema, and waits for the lease from then on.
    ///
    /// # Errors
    /// When the database cannot be reached or is another release's.
    pub(super) async fn start(mut lease: Lease, stopped: watch::Receiver<bool>) -> Result<(Self, Seen), ServeError> {
        let (leader, seen) = watch::channel(None);
        let (standing, stands) = watch::channel(Standing::StandsBy);
        let (release, released) = watch::channel(false);
        let prepared = tokio::task::spawn_blocking(move || lease.prepare().map(|()| lease)).await;
        let mut lease = prepared.map_err(std::io::Error::other)??;
        let thread = std::thread::Builder::new().name("lease".into()).spawn(move || {
            let leader = Arc::new(leader);
            let Some(epoch) = wait(&mut lease, &leader, &[&stopped, &released]) else {
                standing.send_replace(Standing::Over);
                return;
            };
            standing.send_replace(Standing::Leads(epoch));
            keep(&mut lease, epoch, &leader, &released);
            standing.send_replace(Standing::Over);
            // Whoever does not lead gives up what nobody has taken yet as well.
            while !*released.borrow() {
                pause(LOOK);
            }
            if let Err(error) = lease.give_up(epoch) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the lease could not be given up; it runs out"
                );
            }
        })?;
        Ok((Self { standing: stands, release: Arc::new(release), thread }, seen))
    }

    /// Waits until this hub leads; nothing where it was told to stop first.
    pub(super) async fn leads(&self) -> Option<u64> {
        let mut standing = self.standing.clone();
        let decided = standing.wait_for(|standing| *standing != Standing::StandsBy).await;
        match decided.ok().as_deref() {
            Some(Standing::Leads(epoch)) => Some(*epoch),
            _ => None,
        }
    }

    /// Completes when this hub does not lead any more.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + use<> {
        let mut standing = self.standing.clone();
        async move {
            let _gone = standing.wait_for(|standing| *standing == Standing::Over).await;
        }
    }

    /// Lets the next hub lead without waiting.
    pub(super) async fn give_up(self) {
        self.release.send_replace(true);
        let _joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

/// Looks again and again until nobody has the lease.
fn wait(
    lease: &mut Lease,
    leader: &Told<Option<wheelhouse_store::Leader>>,
    over: &[&watch::Receiver<bool>],
) -> Option<u64> {
    let mut fails = false;
    while !over.iter().any(|over| *over.borrow()) {
        let looked = lease.take().and_then(|epoch| Ok((epoch, lease.leader()?)));
        match looked {
            Ok((epoch, found)) => {
                fails = false;
                leader.send_if_modified(|known| {
                    let changed = known.as_ref().map(|known| (known.epoch, known.left.is_some()))
                        != found.as_ref().map(|found| (found.epoch, found.left.is_some()));
                    *known = found;
                    changed
                });
                if epoch.is_some() {
                    return epoch;
                }
            }
            Err(error) => {
                if !fails {
                    log(&error);
                }
                fails = true;
                leader.send_replace(None);
            }
        }
        pause(LOOK);
    }
    None
}

/// Renews the lease until another hub has it, it could not be renewed in its time, or it is to be given up.
fn keep(
    lease: &mut Lease,
    epoch: u64,
    leader: &Told<Option<wheelhouse_store::Leader>>,
    released: &watch::Receiver<bool>,
) {
    let lasts = lease.lasts();
    let (mut renewed, mut next) = (steady_now(), steady_now());
    while !*released.borrow() {
        pause(LOOK.min(lasts / 10));
        if steady_now() < next {
            continue;
        }
        let begun = steady_now();
        match lease.renew(epoch) {
            Ok(true) => {
                renewed = begun;
                next = begun + lasts / 4;
            }
            Ok(false) => break,
            Err(error) => log(&error),
        }
        if steady_now().duration_since(renewed) >= lasts {
            break;
        }
    }
    leader.send_replace(None);
}

#[allow(
    clippy::disallowed_methods,
    reason = "a thread of its own, which looks at the database again and again: nobody calls it back"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn log(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the database cannot be asked who leads");
}

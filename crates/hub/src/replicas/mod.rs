//! Several hubs on one database: one leads an organisation, the others send on what they are asked, and one of them takes over.
//!
//! Who leads is said by a lease in the database, whose clock alone counts ([`Lease`]). Every commit looks whether the lease
//! is still its own, so that a hub that was stopped for a while changes nothing afterwards.

mod keeper;
mod relay;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use wheelhouse_store::{Address, Candidate, Leader, Lease, Postgres, Store};

use crate::Config;
use crate::listen::{Limits, listen};
use crate::serve::{Ground, READERS, ServeError, Started, bind, run, start};
use keeper::Keeper;

/// How a hub shares a database with others.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// The database, and the organisation in it.
    pub address: Address,
    /// Where other hubs reach this one; `http://<listen>` where absent.
    pub advertise: Option<String>,
    /// How long a leader may be silent before another hub takes over.
    pub lease: Duration,
}

/// What a hub that does not lead knows of the one that does.
type Seen = watch::Receiver<Option<Leader>>;

/// Takes its turns until `stop` completes: stands by, leads, and stands by again where another hub took over.
///
/// # Errors
/// As [`serve`](crate::serve()).
pub(crate) async fn serve(
    config: Config,
    settings: DatabaseSettings,
    started: impl Fn(&Started),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (told, stopped) = watch::channel(false);
    let turns = turns(config, &settings, &started, &stopped);
    tokio::pin!(turns);
    tokio::select! {
        ended = &mut turns => return ended,
        () = stop => {}
    }
    told.send_replace(true);
    turns.await
}

async fn turns(
    mut config: Config,
    settings: &DatabaseSettings,
    started: &impl Fn(&Started),
    stopped: &watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let (listener, address) = bind(config.listen).await?;
    config.listen = address;
    let door = listener.into_std()?;
    let candidate = Candidate {
        holder: format!("{}:{}", host(), std::process::id()),
        address: settings.advertise.clone().unwrap_or_else(|| format!("http://{address}")),
        lease: settings.lease,
    };
    while !*stopped.borrow() {
        let lease = Lease::new(settings.address.clone(), candidate.clone());
        let (keeper, seen) = Keeper::start(lease, stopped.clone()).await?;
        let (over, ending) = watch::channel(false);
        let relay = relay::router(seen, stopped.clone());
        let waiting =
            tokio::spawn(listen(TcpListener::from_std(door.try_clone()?)?, relay, Limits::of_process(), ending));
        tracing::info!(address = %address, "this hub stands by");
        let Some(epoch) = keeper.leads().await else {
            over.send_replace(true);
            let _told = waiting.await;
            return Ok(());
        };
        tracing::info!(epoch, "this hub leads the organisation from now on");
        let ground = ground(settings, epoch)?;
        let running = start(&config, ground.with_door((TcpListener::from_std(door.try_clone()?)?, address))).await?;
        over.send_replace(true);
        started(&running.started());
        let mut stopped = stopped.clone();
        let ended = keeper.ended();
        let stop = async {
            tokio::select! {
                _told = stopped.wait_for(|stopped| *stopped) => {}
                () = ended => tracing::error!(epoch, "another hub leads now, or the database cannot be reached: standing by"),
            }
        };
        let outcome = run(running, stop).await;
        keeper.give_up().await;
        outcome?;
    }
    Ok(())
}

/// The data for the hub that leads under an epoch.
fn ground(settings: &DatabaseSettings, epoch: u64) -> Result<Ground, ServeError> {
    let store = Postgres::open(settings.address.clone(), epoch, settings.lease)?;
    let readers = store.readers(READERS)?;
    Ok(Ground { store: Box::new(store) as Box<dyn Store + Send>, readers, door: None })
}

impl Ground {
    fn with_door(self, door: (TcpListener, SocketAddr)) -> Self {
        Self { door: Some(door), ..self }
    }
}

/// This machine's name, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "hub".into() } else { name.into() }
}

/// What is shared with the thread that keeps the lease.
type Told<T> = Arc<watch::Sender<T>>;

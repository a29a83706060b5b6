//! Several hubs on one database: one leads an organisation, the others send on what they are asked, and one of them takes over.
//!
//! Who leads is said by a lease in the database, whose clock alone counts ([`Lease`]). Every commit looks whether the lease
//! is still its own, so that a hub that was stopped for a while changes nothing afterwards.

mod keeper;
mod keys;
mod relay;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use wheelhouse_store::{Address, Candidate, Leader, Lease, Postgres, Readers, Store, StoreError};

use crate::Config;
use crate::listen::{Limits, listen};
use crate::serve::{GRACE, Ground, READERS, ServeError, Started, bind, make_folder, run, start};
use keeper::Keeper;
use keys::check_keys;

/// How long it waits before it tries again to stand by.
const PAUSE: Duration = Duration::from_secs(1);

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
    let mut first = true;
    while !*stopped.borrow() {
        match turn(&config, settings, (&door, &candidate), started, stopped).await {
            Ok(()) => {}
            // The database comes back, or whoever keeps it is told by the log; a first start says so and ends.
            Err(ServeError::Store(error @ StoreError::Database(_))) if !first => {
                tracing::error!(error = &error as &dyn std::error::Error, "this hub cannot stand by; it tries again");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
        first = false;
    }
    Ok(())
}

/// Stands by, and leads if its turn comes, until another hub leads or it is told to stop.
async fn turn(
    config: &Config,
    settings: &DatabaseSettings,
    (door, candidate): (&std::net::TcpListener, &Candidate),
    started: &impl Fn(&Started),
    stopped: &watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let lease = Lease::new(settings.address.clone(), candidate.clone());
    let (keeper, seen) = Keeper::start(lease, stopped.clone()).await?;
    make_folder(config)?;
    let address = settings.address.clone();
    let checked = blocking({
        let config = config.clone();
        move || check_keys(&config, &Readers::open_postgres(address, 1)?)
    })
    .await;
    if let Err(error) = checked {
        keeper.give_up().await;
        return Err(error);
    }
    let (over, ending) = watch::channel(false);
    let relay = relay::router(seen, stopped.clone());
    let waiting = tokio::spawn(listen(TcpListener::from_std(door.try_clone()?)?, relay, Limits::of_process(), ending));
    tracing::info!(address = %config.listen, "this hub stands by");
    let Some(epoch) = keeper.leads().await else {
        over.send_replace(true);
        let _in_time = tokio::time::timeout(GRACE, waiting).await;
        return Ok(());
    };
    tracing::info!(epoch, "this hub leads the organisation from now on");
    let led = lead(config, settings, (door, epoch), started, (stopped, &keeper, &over)).await;
    over.send_replace(true);
    keeper.give_up().await;
    led
}

/// Leads under an epoch until the lease is another hub's or it is told to stop.
async fn lead(
    config: &Config,
    settings: &DatabaseSettings,
    (door, epoch): (&std::net::TcpListener, u64),
    started: &impl Fn(&Started),
    (stopped, keeper, over): (&watch::Receiver<bool>, &Keeper, &watch::Sender<bool>),
) -> Result<(), ServeError> {
    let ground = blocking({
        let settings = settings.clone();
        move || ground(&settings, epoch)
    })
    .await?;
    let door = (TcpListener::from_std(door.try_clone()?)?, config.listen);
    let running = start(config, Ground { door: Some(door), ..ground }).await?;
    over.send_replace(true);
    started(&running.started());
    let enough = || {
        let (mut stopped, ended) = (stopped.clone(), keeper.ended());
        async move {
            tokio::select! {
                _told = stopped.wait_for(|stopped| *stopped) => true,
                () = ended => false,
            }
        }
    };
    let stop = async {
        if !enough().await {
            tracing::error!(epoch, "another hub leads now, or the database cannot be reached: standing by");
        }
    };
    // What needs the database may wait for it for ever; nobody else does.
    let too_long = async {
        let _told = enough().await;
        tokio::time::sleep(GRACE * 2).await;
    };
    tokio::select! {
        outcome = run(running, stop) => outcome,
        () = too_long => Err(ServeError::Deposed),
    }
}

/// Does something that blocks, away from everybody else.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServeError> + Send + 'static,
) -> Result<T, ServeError> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

/// The data for the hub that leads under an epoch.
fn ground(settings: &DatabaseSettings, epoch: u64) -> Result<Ground, ServeError> {
    let store = Postgres::open(settings.address.clone(), epoch, settings.lease)?;
    let readers = store.readers(READERS)?;
    Ok(Ground { store: Box::new(store) as Box<dyn Store + Send>, readers, door: None })
}

/// This machine's name, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "hub".into() } else { name.into() }
}

/// What is shared with the thread that keeps the lease.
type Told<T> = Arc<watch::Sender<T>>;

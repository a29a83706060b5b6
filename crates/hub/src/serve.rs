//! Starting and stopping the hub.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use wheelhouse_core::access::Owner;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{Command, What};
use wheelhouse_core::record::Actor;
use wheelhouse_core::time::Duration as Span;
use wheelhouse_store::{Loaded, Readers, Sqlite, Store, StoreError};
use wheelhouse_web::{Assets, FolderError};

use crate::authority::Doors;
use crate::backup::RESTORING;
use crate::checkpoints;
use crate::clock::wall_now;
use crate::config::Config;
use crate::deliver::{Delivery, Keys};
use crate::delivery::Secret;
use crate::files::FilesError;
use crate::hands::{self, Hands, StepSettings};
use crate::kept::{self, KeptError};
use crate::keys::{KeyError, load_or_make};
use crate::listen::{Limits, listen};
use crate::metrics::Metrics;
use crate::replicas;
use crate::repositories::{self, Adopter, Opening, adopt, in_force, open, refuse};
use crate::routes::auth_hash;
use crate::routes::{App, Bulletins, Found, Remembered, Shared, interrupt_all, keep_telling, router};
use crate::writer::{self, Fault, Handle, Settings, Signer, secret};

/// The database's file in the data folder.
pub const DATABASE: &str = "wheelhouse.db";
/// The file of the key that signs the record.
pub const RECORD_KEY: &str = "record.key";
/// The file of the key that signs calls of webhooks where no secret is given.
pub(crate) const WEBHOOK_KEY: &str = "webhook.key";
/// The file of the key that signs links in pages.
pub(crate) const LINK_KEY: &str = "link.key";
/// How long a stop waits for requests under way.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How many connections read the database.
pub(crate) const READERS: usize = 4;
/// How many finds of repositories wait to be decided about.
const MOST_FINDS: usize = 64;
/// How long resolved cases are loaded into memory at a start, at most.
const KEEP_AT_START: Span = Span::from_hours(1);

/// Why the hub does not start or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A folder cannot be made.
    #[error("cannot use the data folder {}: {source}", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The `ops/` folders cannot be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The catalog has errors and there is no earlier one.
    #[error("the catalog has errors; correct them (`wheelhouse check` shows the same)\n\n{0}")]
    Catalog(String),
    /// There is no catalog at all.
    #[error("there is no catalog yet; give the folders with it by `--ops DIR` (`wheelhouse init` writes a first one)")]
    NoCatalog,
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A checkpoint that was kept forbids to sign.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// A restore into the folder did not come to its end.
    #[error("a restore into {} was broken off; empty the folder, and restore again", .0.display())]
    Restoring(PathBuf),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The record's origin is no key name.
    #[error(
        "`{0}` cannot be the record's origin; expected a name without spaces and plus signs, such as `wheelhouse.example.org/record`"
    )]
    Origin(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; give another by `--listen`")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of the web app cannot be served.
    #[error(transparent)]
    Web(#[from] FolderError),
    /// The settings of delivery are wrong.
    #[error("{0}")]
    Delivery(String),
    /// The writer did not take its first commands.
    #[error("the hub could not start: {0}")]
    Start(#[from] Fault),
    /// It led, does not any more, and could not put down in time what it was at.
    #[error(
        "this hub does not lead any more and could not end in order what it was at; start it again, and it stands by"
    )]
    Deposed,
    /// The key signs otherwise than the record's.
    #[error(
        "the record in the database was signed with another key than {} holds; copy record.key, link.key and webhook.key from the hub that led first",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// The system failed.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// What a start has to say.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where the hub listens.
    pub address: std::net::SocketAddr,
    /// The first-start token, at the first start only.
    pub admin_token: Option<String>,
}

/// Runs the hub until `stop` completes. `started` is called once the doors are open.
pub async fn serve(
    config: Config,
    started: impl Fn(&Started),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    if let Some(database) = config.database.clone() {
        return replicas::serve(config, database, started, stop).await;
    }
    make_folder(&config)?;
    let store = Sqlite::open(config.data.join(DATABASE))?;
    let readers = store.readers(READERS)?;
    let running = start(&config, Ground { store: Box::new(store), readers, door: None }).await?;
    started(&running.started());
    run(running, stop).await
}

/// What a hub stands on.
pub(crate) struct Ground {
    /// Where its world is kept.
    pub(crate) store: Box<dyn Store + Send>,
    /// Connections that read it.
    pub(crate) readers: Readers,
    /// Where it listens, if it does already.
    pub(crate) door: Option<(TcpListener, std::net::SocketAddr)>,
}

/// A hub whose writer runs and whose doors are about to open.
pub(crate) struct Running {
    listener: TcpListener,
    address: std::net::SocketAddr,
    admin_token: Option<String>,
    app: App,
    stopping: watch::Sender<bool>,
    steps: (PathBuf, StepSettings),
    thread: JoinHandle<()>,
    outside: tokio::task::JoinHandle<()>,
}

impl Running {
    /// What there is to say about it.
    pub(crate) fn started(&self) -> Started {
        Started { address: self.address, admin_token: self.admin_token.clone() }
    }
}

/// Makes the folder for what is no part of the database.
pub(crate) fn make_folder(config: &Config) -> Result<(), ServeError> {
    let data = |source| ServeError::Data { path: config.data.clone(), source };
    // The data holds people's names and the hub's keys: a new folder is for the hub's user alone.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(data)?;
    if config.data.join(RESTORING).exists() {
        return Err(ServeError::Restoring(config.data.clone()));
    }
    Ok(())
}

/// Starts the writer on what the hub stands on.
pub(crate) async fn start(config: &Config, ground: Ground) -> Result<Running, ServeError> {
    make_folder(config)?;
    let assets = Arc::new(config.web.as_deref().map_or_else(|| Ok(Assets::built_in()), Assets::from_folder)?);
    let Ground { mut store, readers, door } = ground;
    let loaded = store.load(KEEP_AT_START)?;
    let opening = open(config, &loaded).await?;
    let catalog = opening.compiled.catalog.clone();
    let (signer, keys) = keys(config, (&loaded, &readers), &catalog)?;
    let link_key = keys.links.clone();
    let (listener, address) = opened(door, config).await?;
    let metrics = Arc::new(Metrics::new());
    let base_url = config.base_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let delivery = Delivery::new(config, base_url.clone(), keys, metrics.clone()).map_err(ServeError::Delivery)?;
    let is_new = loaded.counters.catalog.as_deref() != Some(catalog.version.as_str());
    let needs_adoption = is_new || !opening.change.dropped.is_empty();
    let has_tokens = !loaded.tokens.is_empty();
    let settings = Settings {
        store,
        catalog: in_force(&loaded, &opening.compiled),
        loaded,
        initial: (catalog, opening.compiled.authority.clone()),
        signer: signer.clone(),
        dispatcher: Box::new({
            let delivery = delivery.clone();
            move |handle| Box::new(delivery.dispatcher(handle))
        }),
        metrics: metrics.clone(),
        decide: wheelhouse_core::decide,
        advance: wheelhouse_core::advance,
    };
    let (writer, published, thread) = writer::start(settings)?;
    bring_into_force(&writer, &opening, needs_adoption).await?;
    let admin_token = if has_tokens { None } else { Some(first_token(&writer).await?) };
    let ((stopping, stopped), (written, checkpoint_written_at)) = (watch::channel(false), watch::channel(None));
    let (path, told) = (kept::own_file(config), (written, metrics.clone()));
    let outside = checkpoints::write_outside(path, readers.clone(), published.clone(), stopped.clone(), told);
    let outside = tokio::spawn(outside);
    writer.hub(by_hub(What::DoorsReady)).await?;
    let repositories = opening.repositories.clone();
    look_on(opening, &writer, &published, &stopped);
    let app = App(Arc::new(Shared {
        writer,
        published,
        readers,
        metrics,
        signer,
        link_key,
        delivery,
        base_url,
        attaching: Arc::new(Semaphore::new(1)),
        doors: Doors::default(),
        hands: Hands::new(&config.data, config.runner_silence, &config.steps),
        remembered: Remembered::default(),
        bulletins: Bulletins::default(),
        found: Found::default(),
        started_at: wall_now(),
        stopping: stopped,
        checkpoint_written_at,
        repositories,
        sends_mail: config.smtp.is_some(),
        data: config.data.clone(),
        checkpoints_lie_elsewhere: config.checkpoint_file.is_some(),
        tiles_are_public: config.public_tiles,
        assets,
    }));
    let steps = (config.data.join("steps"), config.steps.clone());
    Ok(Running { listener, address, admin_token, app, stopping, steps, thread, outside })
}

/// Puts the catalog that was found into force where that is new, and notes what was refused of it.
async fn bring_into_force(writer: &Handle, opening: &Opening, needs_adoption: bool) -> Result<(), ServeError> {
    if needs_adoption {
        adopt(writer, opening.compiled.clone(), opening.change.clone()).await?;
    }
    for refused in &opening.refused {
        refuse(writer, refused.clone()).await?;
    }
    Ok(())
}

/// Where the hub listens: already, or from now on.
async fn opened(
    door: Option<(TcpListener, std::net::SocketAddr)>,
    config: &Config,
) -> Result<(TcpListener, std::net::SocketAddr), ServeError> {
    match door {
        Some(door) => Ok(door),
        None => bind(config.listen).await,
    }
}

/// Takes the address, so that nobody else has it, and says which it is where the system chose the port.
pub(crate) async fn bind(address: std::net::SocketAddr) -> Result<(TcpListener, std::net::SocketAddr), ServeError> {
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until `stop` completes, then lets what is under way finish.
pub(crate) async fn run(running: Running, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let Running { listener, app, stopping, steps: (jobs, settings), thread, outside, .. } = running;
    let writer = app.0.writer.clone();
    interrupt_all(app.clone()).await;
    hands::take_over(&app).await;
    let told = tokio::spawn(keep_telling(app.clone()));
    tokio::spawn(hands::erase_again(app.clone()));
    let hands = tokio::spawn(hands::keep_going(app.clone(), stopping.subscribe()));
    let runners = tokio::spawn(hands::look_after(app.clone(), stopping.subscribe()));
    let steps = tokio::spawn(hands::carry_out_here(app.clone(), jobs, settings, stopping.subscribe()));
    let mut server = tokio::spawn(listen(listener, router(app), Limits::of_process(), stopping.subscribe()));
    tokio::select! {
        () = stop => {}
        ended = &mut server => ended.map_err(std::io::Error::other)?,
    }
    tracing::info!("stopping: no new requests; those under way have {} s", GRACE.as_secs());
    stopping.send_replace(true);
    if tokio::time::timeout(GRACE, &mut server).await.is_err() {
        server.abort();
    }
    // What steps came to is heard before the writer goes.
    let _ended = steps.await;
    let _idle = hands.await;
    let _unwatched = runners.await;
    writer.stop();
    let _joined = tokio::task::spawn_blocking(move || thread.join()).await;
    let _written = outside.await;
    let _told = told.await;
    Ok(())
}

/// The keys, made at the first start and kept beside the data; the record's under the origin that
/// it already has, if nothing that was kept forbids to sign under it.
fn keys(
    config: &Config,
    (loaded, readers): (&Loaded, &Readers),
    catalog: &Catalog,
) -> Result<(Arc<Signer>, Keys), ServeError> {
    let is_new = loaded.commit == 0;
    let restored = kept::lineage(readers)?.origin().map(str::to_owned);
    let origin = restored.or_else(|| config.origin.clone()).or_else(|| origin_of(loaded));
    let origin = origin.unwrap_or_else(|| format!("wheelhouse.invalid/{}", catalog.organization.name));
    let seed = load_or_make(&config.data, RECORD_KEY, is_new)?;
    let signer = Signer::new(&origin, &seed).map_err(|_| ServeError::Origin(origin))?;
    kept::check_all(config, loaded.frontier.size(), (readers, &signer.verifier()))?;
    let links = Secret::new(load_or_make(&config.data, LINK_KEY, is_new)?);
    let webhooks = match &config.webhook_secret {
        Some(secret) => Secret::new(secret.as_bytes()),
        None => Secret::new(load_or_make(&config.data, WEBHOOK_KEY, true)?),
    };
    Ok((Arc::new(signer), Keys { links, webhooks }))
}

fn by_hub(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}

/// The origin that the record already has.
fn origin_of(loaded: &Loaded) -> Option<String> {
    loaded.checkpoint.as_ref().and_then(|note| note.lines().next()).map(str::to_owned)
}

/// Lets every repository be watched, and what is found come into force.
fn look_on(
    opening: Opening,
    writer: &Handle,
    published: &watch::Receiver<Arc<writer::Published>>,
    stopped: &watch::Receiver<bool>,
) {
    let Opening { good, pending, eyes, .. } = opening;
    let (found, finds) = mpsc::channel(MOST_FINDS);
    let (writer, published, level) = (writer.clone(), published.clone(), BTreeMap::new());
    let adopter = Adopter { writer, published, good, pending, level };
    tokio::spawn(adopter.run(finds, stopped.clone()));
    // Spread over their intervals, in the same way at every start, so that they do not all ask at once.
    let all = u32::try_from(eyes.len()).unwrap_or(u32::MAX).max(1);
    for (place, eye) in (0_u32..).zip(eyes) {
        let first = eye.first_look(place, all);
        tokio::spawn(repositories::watch(eye, first, found.clone(), stopped.clone()));
    }
}

async fn first_token(handle: &Handle) -> Result<String, Fault> {
    let secret = format!("wh_{}", secret());
    let what = What::CreateToken {
        hash: auth_hash(&secret),
        owner: Owner::Bootstrap,
        description: "made at the first start".to_owned(),
        expires_at: None,
    };
    handle.hub(by_hub(what)).await?;
    Ok(secret)
}

/// Opens the readers of a data folder, for commands beside a running hub.
pub fn open_readers(data: &std::path::Path) -> Result<Readers, StoreError> {
    Readers::open(data.join(DATABASE), 1)
}

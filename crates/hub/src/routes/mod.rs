//! The hub's face on HTTP. A handler authenticates, authorises, parses, hands over, and answers.

mod affected;
mod alertmanager;
mod alertmanager_form;
mod alertmanager_silences;
mod attachments;
mod auth;
mod automations;
mod case_actions;
mod case_list;
mod cases;
mod catalog;
mod catalog_diff;
mod changes;
mod channels;
mod confirm;
mod controls;
mod doctor;
mod drill_runs;
mod drills;
mod events;
mod findings;
mod health;
mod intake;
mod judged;
mod keeping;
mod key_events;
mod live;
mod once;
mod openapi;
mod proposal;
mod record;
mod repositories;
mod respond;
mod run_list;
mod run_steps;
mod runbooks;
mod runners;
mod runs;
mod session;
mod shifts;
mod silences;
mod stats;
mod tiles;
mod tokens;
mod web;
mod webhook;

pub(crate) use auth::Caller;
pub(crate) use auth::secret_hash as auth_hash;
pub use drill_runs::interrupt_all;
pub use events::Remembered;
pub use findings::Found;
pub use live::{Bulletins, keep_telling};
pub use openapi::document as openapi_document;
pub(crate) use respond::{Failure, problem_response};

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{from_fn_with_state, map_response};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::Readers;
use wheelhouse_web::Assets;

use crate::authority::Doors;
use crate::deliver::Delivery;
use crate::delivery::Secret;
use crate::listen::{Bodies, BodyLimits, take_body};
use crate::metrics::Metrics;
use crate::repositories::Repositories;
use crate::writer::{Handle, Published, Signer};

/// The largest body that a door takes, in bytes: Prometheus sends at most 256 alerts at a time.
const LARGEST_DOOR_BODY: usize = 16 << 20;
/// The largest announcement of a push, in bytes; GitHub cuts its own at 25 MB, most are a few thousand.
const LARGEST_ANNOUNCEMENT: usize = 4 << 20;
/// The largest body of the API that is read to its end, in bytes: whoever sends more than a request
/// may have gets an answer, and not a broken connection.
const LARGEST_READ_BODY: usize = 1 << 20;

/// What handlers share.
#[derive(Clone)]
pub struct App(pub Arc<Shared>);

/// What handlers share.
pub struct Shared {
    /// The way to the writer.
    pub writer: Handle,
    /// The committed state at a glance.
    pub published: watch::Receiver<Arc<Published>>,
    /// The committed tables.
    pub readers: Readers,
    /// The hub's counts.
    pub metrics: Arc<Metrics>,
    /// Who signs checkpoints.
    pub signer: Arc<Signer>,
    /// What `check` found last in the catalog in force.
    pub found: Found,
    /// The events told last.
    pub remembered: Remembered,
    /// Where the live stream's readers hear what happens.
    pub bulletins: Bulletins,
    /// Lets one attached file at a time through to the writer.
    pub attaching: Arc<Semaphore>,
    /// What the doors were allowed, once per token and authority version.
    pub doors: Doors,
    /// What runs of runbooks need of the hub.
    pub(crate) hands: crate::hands::Hands,
    /// The ways out for messages.
    pub delivery: Delivery,
    /// The key of signed links.
    pub link_key: Secret,
    /// How people reach the hub.
    pub base_url: String,
    /// When the hub started.
    pub started_at: Timestamp,
    /// Turns true when the hub stops, so that streams end.
    pub stopping: watch::Receiver<bool>,
    /// When the checkpoint was last written outside.
    pub checkpoint_written_at: watch::Receiver<Option<Timestamp>>,
    /// The repositories of the catalog.
    pub repositories: Arc<Repositories>,
    /// Whether the hub has a mail server.
    pub sends_mail: bool,
    /// Where the hub keeps its data.
    pub data: PathBuf,
    /// Whether checkpoints are written to a place of their own, away from the data.
    pub checkpoints_lie_elsewhere: bool,
    /// The files of the web app.
    pub assets: Arc<Assets>,
    /// Whether anybody may read the checkpoint and the hashes of the record's tree.
    pub tiles_are_public: bool,
}

impl App {
    /// The committed state at a glance.
    pub fn published(&self) -> Arc<Published> {
        self.0.published.borrow().clone()
    }

    /// Runs a query on the committed tables off the async threads.
    pub async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Readers) -> Result<T, wheelhouse_store::StoreError> + Send + 'static,
    ) -> Result<T, respond::Failure> {
        let readers = self.0.readers.clone();
        match tokio::task::spawn_blocking(move || query(&readers)).await {
            Ok(result) => result.map_err(respond::Failure::from),
            Err(_) => Err(respond::Failure::stumbled()),
        }
    }
}

/// All routes.
pub fn router(app: App) -> Router {
    let headers = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    let api =
        openapi::router().layer(DefaultBodyLimit::max(LARGEST_READ_BODY)).layer(map_response(respond::in_problems));
    let said = map_response(|response| respond::in_problems_of_door(response, LARGEST_DOOR_BODY));
    let doors = alertmanager::router().merge(webhook::router().merge(events::router()).layer(said));
    let doors = doors.layer(DefaultBodyLimit::max(LARGEST_DOOR_BODY));
    let bodies = Bodies::new(BodyLimits::default(), app.0.metrics.clone());
    let announcements = repositories::doors().layer(DefaultBodyLimit::max(LARGEST_ANNOUNCEMENT));
    let router = Router::new()
        .merge(doors)
        .merge(announcements)
        .merge(api)
        .merge(health::router())
        .merge(confirm::router())
        .merge(tiles::router())
        .merge(web::router(&app.0.assets));
    let router = router.method_not_allowed_fallback(respond::no_such_method).with_state(app);
    let [sniff, referrer, cache, content] = headers.map(|(name, value)| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    });
    // Together, from the outside in: a request copies what stands below each layer that is put on by itself.
    let router = router.layer((sniff, referrer, cache, content)).fallback(respond::no_such_page);
    router.layer((from_fn_with_state(bodies, take_body), CatchPanicLayer::custom(respond::stumbled)))
}

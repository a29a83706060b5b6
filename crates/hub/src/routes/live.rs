//! The live stream: server-sent events whose id is the commit sequence.
//!
//! A reader that keeps up hears the bulletins that all hear. One that comes late or falls behind gets
//! the commits it missed folded into one event; one that asks for more than is kept, or for a commit
//! that never was, is told to start over with `reset`. Little is buffered: what changed is read from
//! the committed tables.

mod bulletin;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::record::Hash;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{FieldError, Problem, StreamEvent};

use self::bulletin::{Bulletin, Known};
pub use self::bulletin::{Bulletins, keep_telling};
use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Authority, Resource};
use crate::clock::{wait, wall_now};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// Where to start.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct From {
    /// The last commit that the reader knows; the present one where absent.
    from: Option<String>,
}

struct Reader {
    app: App,
    secret: Hash,
    expires_at: Option<Timestamp>,
    known: Known,
    /// Whether all that is committed was told, or will be by bulletins to come.
    keeps_up: bool,
    bulletins: broadcast::Receiver<Arc<Bulletin>>,
    /// The authority under which the reader was let in last.
    let_in_under: Arc<Authority>,
    stopping: watch::Receiver<bool>,
}

/// Everything that changes, as it changes.
#[utoipa::path(get, path = "/api/v1/stream", tag = "hub", params(From),
    responses((status = 200, body = StreamEvent, content_type = "text/event-stream"), (status = 422, body = Problem)))]
async fn stream(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    from: Query<From>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let commit = match resumed.as_ref().or(from.from.as_ref()) {
        None => caller.published.commit,
        Some(text) => {
            let bad = |_| Problem::from(FieldError::new("from", "expected the id of an event, a commit's number"));
            text.trim().parse().map_err(bad)?
        }
    };
    let reader = Reader {
        bulletins: app.0.bulletins.hear(),
        stopping: app.0.stopping.clone(),
        app,
        secret: caller.token.hash,
        expires_at: caller.token.expires_at,
        known: Known { commit, catalog: caller.published.catalog_mark() },
        keeps_up: false,
        let_in_under: caller.published.authority.clone(),
    };
    let events = unfold(reader, |mut reader| async move {
        let bulletin = reader.next().await?;
        Some((Ok(bulletin.event()), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("still here")))
}

/// Waits until a token expires; for ever if it does not.
async fn until(expires_at: Option<Timestamp>) {
    match expires_at {
        Some(at) => tokio::time::sleep(wait(wall_now(), at)).await,
        None => pending().await,
    }
}

impl Reader {
    /// What to tell next; nothing when the hub stops, or when the reader may not hear it any more.
    async fn next(&mut self) -> Option<Arc<Bulletin>> {
        loop {
            if *self.stopping.borrow() {
                return None;
            }
            let bulletin = if self.keeps_up { self.heard().await? } else { self.missed().await };
            let Some(bulletin) = bulletin else { continue };
            if !self.is_let_in() {
                return None;
            }
            self.known = bulletin.known.clone();
            return Some(bulletin);
        }
    }

    /// What the reader missed before it listens, if it missed anything.
    async fn missed(&mut self) -> Option<Arc<Bulletin>> {
        self.keeps_up = true;
        let commit = self.app.published().commit;
        if self.known.commit == commit {
            return None;
        }
        let is_from_elsewhere = self.known.commit > commit;
        let missed =
            if is_from_elsewhere { Bulletin::reset(&self.app) } else { Bulletin::since(&self.app, &self.known).await };
        Some(Arc::new(missed))
    }

    /// The next bulletin, if it is news; `None` around it when there will be no more.
    async fn heard(&mut self) -> Option<Option<Arc<Bulletin>>> {
        let heard = tokio::select! {
            heard = self.bulletins.recv() => heard,
            stopped = self.stopping.changed() => return stopped.ok().map(|()| None),
            () = until(self.expires_at) => return None,
        };
        match heard {
            Ok(bulletin) if bulletin.known.commit <= self.known.commit => Some(None),
            Ok(bulletin) if bulletin.after <= self.known.commit => Some(Some(bulletin)),
            Ok(_) | Err(RecvError::Lagged(_)) => {
                self.keeps_up = false;
                Some(None)
            }
            Err(RecvError::Closed) => None,
        }
    }

    /// Whether the token is still good, and its owner may still read cases.
    fn is_let_in(&mut self) -> bool {
        let published = self.app.published();
        let Some(token) = published.tokens.find(&self.secret).filter(|token| token.is_valid(wall_now())) else {
            return false;
        };
        if Arc::ptr_eq(&published.authority, &self.let_in_under) {
            return true;
        }
        self.let_in_under = published.authority.clone();
        let caller = Caller { token: token.clone(), published };
        caller.may(Action::ReadCases, Resource::Organization).is_ok()
    }
}

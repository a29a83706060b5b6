//! The live stream: server-sent events whose id is the commit sequence.
//!
//! A reader that falls behind gets the commits it missed folded into one event; one that asks for
//! more than is kept, or for a commit that never was, is told to start over with `reset`. Nothing
//! is buffered per reader: what changed is read from the committed tables.

use std::collections::BTreeSet;
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
use tokio::sync::watch;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::Hash;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{CaseSummary, FieldError, Problem, StreamEvent};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::{wait, wall_now};
use crate::writer::Published;

/// The shortest time between two events: commits in between are folded into one.
const CALM: Duration = Duration::from_millis(50);
/// The most commits that one event folds; a reader further behind starts over.
const MOST_COMMITS: usize = 10_000;
/// The most cases that one event shows; more means: start over.
const MOST_CASES: usize = 500;

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
    seen: u64,
    catalog: String,
    commits: watch::Receiver<Arc<Published>>,
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
    let seen = match resumed.as_ref().or(from.from.as_ref()) {
        None => caller.published.commit,
        Some(text) => {
            let bad = |_| Problem::from(FieldError::new("from", "expected the id of an event, a commit's number"));
            text.trim().parse().map_err(bad)?
        }
    };
    let (commits, stopping) = (app.0.published.clone(), app.0.stopping.clone());
    let catalog = caller.published.catalog.version.clone();
    let (secret, expires_at) = (caller.token.hash, caller.token.expires_at);
    let reader = Reader { app, secret, expires_at, seen, catalog, commits, stopping };
    let events = unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        let sent = Event::default().event(event.name()).id(event.commit().to_string()).json_data(&event);
        Some((Ok(sent.unwrap_or_default()), reader))
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
    /// The next event; none when the hub stops, or when the reader may not see it any more.
    async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if *self.stopping.borrow() {
                return None;
            }
            let published = self.commits.borrow_and_update().clone();
            if self.seen != published.commit && !self.is_let_in(&published) {
                return None;
            }
            let commit = published.commit;
            if self.seen > commit {
                self.seen = commit;
                return Some(StreamEvent::Reset { commit });
            }
            if self.seen < commit {
                let event = self.changed_since(self.seen).await;
                self.seen = event.commit();
                return Some(event);
            }
            tokio::select! {
                changed = self.commits.changed() => changed.ok()?,
                stopped = self.stopping.changed() => stopped.ok()?,
                () = until(self.expires_at) => return None,
            }
            tokio::time::sleep(CALM).await;
        }
    }

    /// Whether the token is still good, and its owner may still read cases.
    fn is_let_in(&self, published: &Arc<Published>) -> bool {
        let token = published.tokens.find(&self.secret).filter(|token| token.is_valid(wall_now()));
        token.is_some_and(|token| {
            let caller = Caller { token: token.clone(), published: published.clone() };
            caller.may(Action::ReadCases, Resource::Organization).is_ok()
        })
    }

    async fn changed_since(&mut self, seen: u64) -> StreamEvent {
        let changes = self.app.query(move |readers| {
            let commits = readers.changes_since(seen, MOST_COMMITS)?;
            let touched: BTreeSet<CaseId> = commits.iter().flat_map(|commit| commit.cases.iter().copied()).collect();
            let cases = if touched.len() > MOST_CASES {
                Vec::new()
            } else {
                touched.iter().filter_map(|id| readers.case(*id).transpose()).collect::<Result<Vec<_>, _>>()?
            };
            Ok((commits, touched.len(), cases))
        });
        let reset = |commit| StreamEvent::Reset { commit };
        let Ok((commits, touched, cases)) = changes.await else { return reset(self.app.published().commit) };
        let Some(last) = commits.last() else { return reset(self.app.published().commit) };
        let unbroken = commits.first().is_some_and(|first| first.commit == seen + 1);
        if !unbroken || touched > MOST_CASES || commits.len() >= MOST_COMMITS {
            return reset(self.app.published().commit);
        }
        let published = self.app.published();
        let before = std::mem::replace(&mut self.catalog, published.catalog.version.clone());
        StreamEvent::Changed {
            commit: last.commit,
            record_size: last.entries.end,
            cases: cases.iter().map(|case| CaseSummary::new(case, Some(&published.catalog))).collect(),
            catalog: before != published.catalog.version,
        }
    }
}

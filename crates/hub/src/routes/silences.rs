//! Silences: made, listed, ended, and looked at before they are made.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::kernel::{Refusal, SilenceRequest, What, fitting};
use wheelhouse_core::name::{PersonName, ServiceName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::signal::SignalNumber;
use wheelhouse_core::silence::{Silence, SilenceId, SilenceState, check, service_of};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{
    FieldError, Page, Problem, SetSilence, SilencePreview, SilenceView, SilencedSignal, decode,
};

use super::App;
use super::auth::Caller;
use super::case_actions::if_match;
use super::cases::Window;
use super::judged::{MayBeStale, judged};
use super::once::{keep_reply, mark_replayed, submit};
use super::respond::Failure;
use crate::authority::{Action, Resource, SilenceFacts};
use crate::clock::wall_now;
use crate::writer::{Answer, Fault, KeepReply};

/// How many signals one look at the world takes.
const SIGNALS_A_LOOK: usize = 10_000;
/// How many of the covered signals a preview shows.
const MOST_SHOWN: usize = 50;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(post)).routes(routes!(show)).routes(routes!(expire))
}

/// Why a silence was not made or ended.
pub enum Refused {
    /// By the kernel, or because the hub could not.
    Kernel(Fault),
    /// By the authority, or on the way.
    Other(Failure),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Kernel(fault)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Kernel(fault) => fault.into(),
            Refused::Other(failure) => failure,
        }
    }
}

impl MayBeStale for Refused {
    fn is_stale(&self) -> bool {
        match self {
            Self::Kernel(fault) => fault.is_stale(),
            Self::Other(failure) => failure.is_stale(),
        }
    }
}

/// Which silences.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// States, separated by commas: `active`, `pending`, `expired`; all where absent.
    state: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many items at most, 1 to 1,000; 100 where absent.
    limit: Option<usize>,
}

/// Whether only to look.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Dry {
    /// Makes nothing, and says what the silence would cover now.
    #[serde(default)]
    dry_run: bool,
}

/// Lists silences, the latest made first.
#[utoipa::path(get, path = "/api/v1/silences", tag = "silences", params(Filter),
    responses((status = 200, body = Page<SilenceView>), (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<SilenceView>>, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let states = states(filter.state.as_deref())?;
    let window = Window { cursor: filter.cursor, limit: filter.limit };
    let (cursor, limit) = (window.cursor()?, window.limit()?);
    let page = app.query(move |readers| readers.silences(cursor, limit)).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    let items: Vec<Silence> = page.items.into_iter().filter(|silence| states.contains(&silence.state)).collect();
    let held = held(&app, items.iter().map(|silence| silence.id).collect()).await?;
    let items = items.iter().zip(held).map(|(silence, held)| SilenceView::new(silence, held)).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// Shows a silence.
#[utoipa::path(get, path = "/api/v1/silences/{id}", tag = "silences", params(("id" = String, Path, description = "The silence, such as SIL-3")),
    responses((status = 200, body = SilenceView), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let id = silence_id(&id)?;
    let known = stored(&app, id).await?.ok_or_else(|| Refusal::NoSuchSilence(id.to_string()))?;
    let held = held(&app, vec![id]).await?.pop().unwrap_or_default();
    Ok(tagged(StatusCode::OK, SilenceView::new(&known, held)))
}

/// A silence as an answer, with the tag of its version.
fn tagged(status: StatusCode, silence: SilenceView) -> Response {
    (status, [(header::ETAG, format!("\"{}\"", silence.revision))], Json(silence)).into_response()
}

/// Makes a silence, or changes one; with `dry_run` only says what it would cover now.
#[utoipa::path(post, path = "/api/v1/silences", tag = "silences", request_body = SetSilence,
    params(Dry, ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 200, body = SilencePreview), (status = 201, body = SilenceView), (status = 403, body = Problem),
        (status = 412, body = Problem),
        (status = 422, body = Problem)))]
async fn post(
    State(app): State<App>,
    caller: Caller,
    Query(dry): Query<Dry>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let mut request = decode::<SetSilence>(&body)?.into_request(wall_now())?;
    let revision = if_match(&headers)?;
    request.seen = revision.map(updated_at);
    let changed = request.id;
    if dry.dry_run {
        return Ok(Json(preview(&app, &caller, request).await?).into_response());
    }
    let keep = keep_reply(&caller, &headers, "silence", &body, render)?;
    let (silence, replayed) = match set(&app, &caller, request, keep).await {
        Ok(silence) => (silence, false),
        Err(Refused::Other(Failure::Repeated(kept))) => {
            let name = serde_json::from_slice(&kept.body).map_err(|_| Failure::Repeated(kept))?;
            (stored(&app, name).await?.ok_or_else(Failure::stumbled)?, true)
        }
        Err(refused) => return Err(beside(&app, refused.into(), changed).await?),
    };
    let held = held(&app, vec![silence.id]).await?.pop().unwrap_or_default();
    let mut response = tagged(StatusCode::CREATED, SilenceView::new(&silence, held));
    if replayed {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// The failure with the silence as somebody else has saved it meanwhile, where that is why.
async fn beside(app: &App, failure: Failure, changed: Option<SilenceId>) -> Result<Failure, Failure> {
    match (failure, changed) {
        (Failure::Problem(problem), Some(id)) if problem.status == StatusCode::PRECONDITION_FAILED.as_u16() => {
            let known = stored(app, id).await?.ok_or_else(Failure::stumbled)?;
            let held = held(app, vec![id]).await?.pop().unwrap_or_default();
            Ok(problem.with_current(&SilenceView::new(&known, held)).into())
        }
        (failure, _) => Ok(failure),
    }
}

/// Ends a silence now; whatever it held back and still fires opens or joins a case.
#[utoipa::path(delete, path = "/api/v1/silences/{id}", tag = "silences", params(("id" = String, Path)),
    responses((status = 200, body = SilenceView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem)))]
async fn expire(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<SilenceView>, Failure> {
    let (id, seen) = (silence_id(&id)?, if_match(&headers)?.map(updated_at));
    match end(&app, &caller, id, seen).await {
        Ok(silence) => Ok(Json(SilenceView::new(&silence, (0, 0)))),
        Err(refused) => Err(beside(&app, refused.into(), Some(id)).await?),
    }
}

/// When a silence last changed, by its revision; one that no silence has stands for an instant that none has.
fn updated_at(revision: u64) -> Timestamp {
    i64::try_from(revision).map_or(Timestamp::MAX, Timestamp::from_micros)
}

/// Makes or changes a silence, if the caller may.
pub async fn set(
    app: &App,
    caller: &Caller,
    request: SilenceRequest,
    keep: Option<KeepReply>,
) -> Result<Silence, Refused> {
    let facts = facts(None, &request.matchers, request.drill);
    if let Some(id) = request.id {
        // Whoever changes a silence ends what it was.
        let known = known(app, id).await.map_err(Refused::Other)?;
        if let Some(known) = known {
            may(caller, Action::EndSilence, facts_of(&known))?;
        }
    }
    decided(app, caller, Action::SetSilence, facts, What::SetSilence(Box::new(request)), keep).await
}

/// Ends a silence, if the caller may.
pub async fn end(app: &App, caller: &Caller, id: SilenceId, seen: Option<Timestamp>) -> Result<Silence, Refused> {
    let known = known(app, id).await.map_err(Refused::Other)?;
    let Some(known) = known else {
        return Err(Refused::Kernel(Fault::Refused(Refusal::NoSuchSilence(id.to_string()))));
    };
    decided(app, caller, Action::EndSilence, facts_of(&known), What::EndSilence { silence: id, seen }, None).await
}

async fn decided(
    app: &App,
    caller: &Caller,
    action: Action,
    facts: SilenceFacts,
    what: What,
    keep: Option<KeepReply>,
) -> Result<Silence, Refused> {
    let attempt = async |judge: Caller| {
        let policies = may(&judge, action, facts.clone())?;
        submit::<Refused>(app, judge.command(policies, what.clone()), keep.clone()).await
    };
    let answer = judged(app, caller, attempt).await?;
    answer.silence.ok_or_else(|| Refused::Other(Failure::stumbled()))
}

fn may(caller: &Caller, action: Action, facts: SilenceFacts) -> Result<Vec<String>, Refused> {
    caller.may(action, Resource::Silence(facts)).map_err(Refused::Other)
}

fn facts(silence: Option<&Silence>, matchers: &[wheelhouse_core::silence::Matcher], drill: bool) -> SilenceFacts {
    let author: Option<PersonName> = silence.and_then(|silence| match &silence.author {
        Actor::Person(name) => Some(name.clone()),
        _ => None,
    });
    let service = service_of(matchers).and_then(|name| ServiceName::new(name).ok());
    SilenceFacts { id: silence.map(|silence| silence.id), service, author, drill }
}

fn facts_of(silence: &Silence) -> SilenceFacts {
    facts(Some(silence), &silence.matchers, silence.drill)
}

async fn known(app: &App, id: SilenceId) -> Result<Option<Silence>, Failure> {
    Ok(app.0.writer.read(move |world| world.silences().get(id).cloned()).await?)
}

/// A silence as committed, also one that is long over.
async fn stored(app: &App, id: SilenceId) -> Result<Option<Silence>, Failure> {
    let page = app.query(move |readers| readers.silences(id.0.checked_add(1), 1)).await?;
    Ok(page.items.into_iter().find(|silence| silence.id == id))
}

/// What is kept for a repeated request: which silence it was, and nothing that anybody wrote.
fn render(answer: &Answer) -> (u16, Vec<u8>) {
    let id = answer.silence.as_ref().map(|silence| silence.id);
    (201, serde_json::to_vec(&id).unwrap_or_default())
}

/// How many firing signals and open cases silences hold back, in order.
async fn held(app: &App, ids: Vec<SilenceId>) -> Result<Vec<(u64, u64)>, Failure> {
    let count = move |world: &wheelhouse_core::World| {
        let by = world.cases().filter_map(|case| case.silenced.as_ref());
        let names: Vec<SilenceId> = by.flat_map(|by| by.silences.iter().copied()).collect();
        let cases = |id: &SilenceId| names.iter().filter(|name| *name == id).count() as u64;
        ids.iter().map(|id| (world.signals().held_by(*id).count() as u64, cases(id))).collect()
    };
    Ok(app.0.writer.read(count).await?)
}

/// What a silence would cover now, looked at in pieces.
async fn preview(app: &App, caller: &Caller, request: SilenceRequest) -> Result<SilencePreview, Failure> {
    caller.may(Action::ReadSignals, Resource::Organization)?;
    let texts = (request.comment.as_str(), request.created_by.as_str());
    check(&request.matchers, request.starts_at, request.ends_at, wall_now(), texts).map_err(Refusal::BadSilence)?;
    let allowed = caller.may(Action::SetSilence, Resource::Silence(facts(None, &request.matchers, request.drill)));
    let mut preview = SilencePreview { allowed: allowed.is_ok(), ..SilencePreview::default() };
    let mut after = SignalNumber::default();
    loop {
        let (matchers, drill) = (request.matchers.clone(), request.drill);
        let look = move |world: &wheelhouse_core::World| {
            let last = world.signals().after(after).take(SIGNALS_A_LOOK).last().map(|(number, _)| number);
            let piece = fitting(world, drill, &matchers, after);
            let within = piece.take_while(|(number, _)| last.is_some_and(|last| *number <= last));
            let found: Vec<SilencedSignal> = within.map(|(_, active)| SilencedSignal::new(active)).collect();
            (found, last)
        };
        let (found, last) = app.0.writer.read(look).await?;
        for signal in found {
            preview.signals += 1;
            if let Some(case) = signal.case.filter(|case| !preview.cases.contains(case)) {
                preview.cases.push(case);
            }
            if preview.shown.len() < MOST_SHOWN {
                preview.shown.push(signal);
            }
        }
        match last {
            Some(last) => after = last,
            None => return Ok(preview),
        }
    }
}

fn states(words: Option<&str>) -> Result<Vec<SilenceState>, Failure> {
    let Some(words) = words.filter(|words| !words.is_empty()) else { return Ok(SilenceState::ALL.to_vec()) };
    let state = |word: &str| SilenceState::ALL.into_iter().find(|state| state.as_str() == word.trim());
    let bad = || Problem::from(FieldError::new("state", "expected active, pending or expired, separated by commas"));
    Ok(words.split(',').map(state).collect::<Option<_>>().ok_or_else(bad)?)
}

fn silence_id(text: &str) -> Result<SilenceId, Failure> {
    SilenceId::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Problem::not_found(format!("`{shown}` is not the name of a silence; expected one like SIL-3")).into()
    })
}

//! Runs of runbooks: started, worked on, ended, and looked at.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{self, Refusal, RunAction, RunRequest, What};
use wheelhouse_core::record::{Canonical, Fact, RunFact, RunHappening};
use wheelhouse_core::run::{Epoch, Run, RunId, RunStep, WorkState};
use wheelhouse_core::runbook::{RunbookName, StepId};
use wheelhouse_store::{LARGEST_PAGE, RunQuery, StoredEntry};
use wheelhouse_wire::api::{
    AttachmentView, FieldError, Page, Problem, RunDetail, RunTexts, RunView, SettleStep, StartRun, StepAttempt,
    TimelineEntry, TurnRun, decode,
};

use super::App;
use super::auth::Caller;
use super::cases::{Window, facts_of, timeline_entry};
use super::judged::judged;
use super::once::{keep_reply, mark_replayed, submit};
use super::respond::Failure;
use crate::authority::{Action, Resource, RunbookFacts};
use crate::clock::wall_now;
use crate::hands;
use crate::writer::{Answer, KeepReply};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(show))
        .routes(routes!(settle))
        .routes(routes!(turn))
        .routes(routes!(timeline))
}

/// Starts a run of the version of a runbook that is in force, for a case or by itself.
#[utoipa::path(post, path = "/api/v1/runs", tag = "runs", request_body = StartRun,
    params(("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 201, body = RunDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn start(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let request: StartRun = decode(&body)?;
    let catalog = &caller.published.catalog;
    let runbook = named(catalog, &request.runbook)?;
    if !catalog.runbooks.contains_key(&runbook) {
        return Err(unknown(&request.runbook));
    }
    let (version, case) = (request.version().map_err(Problem::from)?, request.case);
    let wanted = RunRequest {
        runbook: runbook.clone(),
        version,
        case,
        drill: request.drill,
        pace: request.pace().map_err(Problem::from)?,
        undo_on_failure: request.undo_on_failure,
        dry_run: request.dry_run,
        parameters: request.parameters.into_iter().collect(),
    };
    let keep = keep_reply(&caller, &headers, "run", &body, render)?;
    let what = What::StartRun(Box::new(wanted));
    let (run, replayed) = carry_out(&app, &caller, &runbook, case, what, keep).await?;
    let mut response = (StatusCode::CREATED, Json(detail(&app, &caller, &run).await?)).into_response();
    if replayed {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// A run with its steps.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = String, Path, description = "The run, such as RUN-12")),
    responses((status = 200, body = RunDetail), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<RunDetail>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let run = stored(&app, run_id(&id)?).await?;
    Ok(Json(detail(&app, &caller, &run).await?))
}

/// Says what became of a step, or opens it again.
#[utoipa::path(post, path = "/api/v1/runs/{id}/steps/{step}", tag = "runs", request_body = SettleStep,
    params(("id" = String, Path), ("step" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 200, body = RunDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn settle(
    State(app): State<App>,
    caller: Caller,
    Path((id, step)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let step = StepId::new(&step).map_err(|error| Problem::not_found(error.to_string()))?;
    let action = decode::<SettleStep>(&body)?.into_action(step.clone()).map_err(Problem::from)?;
    let keep = keep_reply(&caller, &headers, &format!("{id}/{step}"), &body, render)?;
    act(&app, &caller, &id, action, keep).await
}

/// Halts a run, lets it go on, has taken back what was done, or ends it.
#[utoipa::path(post, path = "/api/v1/runs/{id}/course", tag = "runs", request_body = TurnRun,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 200, body = RunDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn turn(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let action = decode::<TurnRun>(&body)?.into_action().map_err(Problem::from)?;
    let keep = keep_reply(&caller, &headers, &format!("{id}/course"), &body, render)?;
    act(&app, &caller, &id, action, keep).await
}

/// What happened in a run, oldest first.
#[utoipa::path(get, path = "/api/v1/runs/{id}/timeline", tag = "runs", params(("id" = String, Path), Window),
    responses((status = 200, body = Page<TimelineEntry>), (status = 404, body = Problem)))]
async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Page<TimelineEntry>>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let run = stored(&app, run_id(&id)?).await?;
    let (cursor, limit) = (window.cursor()?, window.limit()?);
    let page = app.query(move |readers| readers.entries_of_run(run.id, cursor, limit)).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    let items = page.items.into_iter().map(timeline_entry).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor }))
}

async fn act(
    app: &App,
    caller: &Caller,
    id: &str,
    action: RunAction,
    keep: Option<KeepReply>,
) -> Result<Response, Failure> {
    let known = stored(app, run_id(id)?).await?;
    let what = What::Run { run: known.id, action };
    let (run, replayed) = carry_out(app, caller, &known.runbook, known.case, what, keep).await?;
    let mut response = Json(detail(app, caller, &run).await?).into_response();
    if replayed {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// Judges and submits what is done to a run; gives the run, and whether the same was asked before.
async fn carry_out(
    app: &App,
    caller: &Caller,
    runbook: &RunbookName,
    case: Option<CaseId>,
    what: What,
    keep: Option<KeepReply>,
) -> Result<(Run, bool), Failure> {
    // Who may agree to a step is for the step to say.
    let answers = |action: &RunAction| matches!(action, RunAction::Approve { .. } | RunAction::Decline { .. });
    let asked = match &what {
        What::Run { action, .. } if answers(action) => Action::ApproveStep,
        _ => Action::RunRunbook,
    };
    let attempt = async |judge: Caller| {
        let policies = judge.may(asked, resource_of(app, &judge, runbook, case).await?)?;
        submit::<Failure>(app, judge.command(policies, what.clone()), keep.clone()).await
    };
    match judged(app, caller, attempt).await {
        Ok(answer) => Ok((answer.run.ok_or_else(Failure::stumbled)?, false)),
        Err(Failure::Repeated(kept)) => {
            let id = serde_json::from_slice(&kept.body).map_err(|_| Failure::Repeated(kept))?;
            Ok((stored(app, id).await?, true))
        }
        Err(failure) => Err(failure),
    }
}

/// A run of a runbook, for a case or for none, as the authority sees it.
pub(super) async fn resource_of(
    app: &App,
    judge: &Caller,
    runbook: &RunbookName,
    case: Option<CaseId>,
) -> Result<Resource, Failure> {
    let case = match case {
        Some(case) => Some(facts_of(app, case).await?),
        None => None,
    };
    Ok(Resource::Runbook(RunbookFacts::of(&judge.published.catalog, runbook, case)))
}

/// What is kept for a repeated request: which run it was, and nothing that anybody wrote.
fn render(answer: &Answer) -> (u16, Vec<u8>) {
    let id = answer.run.as_ref().map(|run| run.id);
    (200, serde_json::to_vec(&id).unwrap_or_default())
}

pub(super) async fn stored(app: &App, id: RunId) -> Result<Run, Failure> {
    let found = app.query(move |readers| readers.run(id)).await?;
    found.ok_or_else(|| Refusal::NoSuchRun(id).into())
}

async fn detail(app: &App, caller: &Caller, run: &Run) -> Result<RunDetail, Failure> {
    let catalog = &caller.published.catalog;
    let in_force = catalog.runbooks.get(&run.runbook).is_some_and(|known| known.hash == run.version);
    let texts = texts(&entries(app, run.id).await?);
    let version = hands::pinned(app, run).await.ok();
    let now = wall_now();
    let approvers = |step: &RunStep| kernel::approvers(catalog, run, step, now).into_iter().collect();
    let holders = lock_holders(app, run).await;
    let holder = |lock: &str| holders.get(lock).copied();
    let view = RunView { version: version.as_deref(), in_force, texts: &texts, approvers: &approvers, holder: &holder };
    Ok(RunDetail::new(run, &view))
}

/// Who holds the locks that steps of a run wait for; nobody where the hub is too busy to say.
async fn lock_holders(app: &App, run: &Run) -> BTreeMap<String, RunId> {
    let waits = |step: &&RunStep| step.work.as_ref().is_some_and(|work| work.state == WorkState::Locked);
    let locks = run.steps.iter().filter(waits).filter_map(|step| step.planned.automated.as_ref()?.lock.clone());
    let locks: Vec<String> = locks.collect();
    if locks.is_empty() {
        return BTreeMap::new();
    }
    let held = app.0.writer.read(move |world| {
        locks.into_iter().filter_map(|lock| world.lock_holder(&lock).map(|run| (lock, run))).collect()
    });
    held.await.unwrap_or_default()
}

async fn entries(app: &App, id: RunId) -> Result<Vec<StoredEntry>, Failure> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = app.query(move |readers| readers.entries_of_run(id, cursor, LARGEST_PAGE)).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// The leases of a step that there were, as the record has them.
pub(super) async fn leases(app: &App, id: RunId, wanted: &StepId) -> Result<Vec<Epoch>, Failure> {
    let leased = |entry: &StoredEntry| match Canonical::parse(&entry.canonical).ok()?.fact {
        Fact::Run(RunFact { what: RunHappening::Leased { step, epoch, .. }, .. }) if step == *wanted => Some(epoch),
        _ => None,
    };
    Ok(entries(app, id).await?.iter().filter_map(leased).collect())
}

/// The leases of all steps of all runs of a case.
pub(super) async fn leases_of_case(app: &App, case: CaseId) -> Result<Vec<Epoch>, Failure> {
    let mut query = RunQuery { case: Some(case), limit: LARGEST_PAGE, ..RunQuery::default() };
    let mut leases = Vec::new();
    loop {
        let asked = query.clone();
        let page = app.query(move |readers| readers.runs(&asked)).await?;
        for run in &page.items {
            leases.extend(leases_of(app, run.id).await?);
        }
        query.cursor = page.next.map(RunId);
        if query.cursor.is_none() {
            return Ok(leases);
        }
    }
}

/// The leases of all steps of a run.
pub(super) async fn leases_of(app: &App, run: RunId) -> Result<Vec<Epoch>, Failure> {
    Ok(hands::leases(&entries(app, run).await?))
}

/// What was said in a run, as far as it was not erased.
fn texts(entries: &[StoredEntry]) -> RunTexts {
    let mut texts = RunTexts::default();
    for entry in entries {
        let Ok(Canonical { fact: Fact::Run(part), at, .. }) = Canonical::parse(&entry.canonical) else { continue };
        let body: wheelhouse_core::record::Body =
            entry.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let field = |name: &str| body.get(name).cloned();
        match part.what {
            RunHappening::Started { .. } => {
                texts.title = field("title");
                let parameters = field("parameters").and_then(|json| serde_json::from_str(&json).ok());
                texts.parameters = parameters.unwrap_or_default();
            }
            RunHappening::StepSettled { step, .. } | RunHappening::StepReopened { step } => {
                texts.steps.insert(step, (field("title"), field("text")));
            }
            RunHappening::FileAttached { ref step, .. } => {
                if let Some(file) = AttachmentView::of(&Fact::Run(part.clone()), Some(&body)) {
                    texts.files.entry(step.clone()).or_default().push(file);
                }
            }
            what => {
                if let (Some(step), Some(attempt)) = (what.step(), StepAttempt::of(at, &what, &body)) {
                    texts.attempts.entry(step.clone()).or_default().push(attempt);
                }
            }
        }
    }
    texts
}

/// The runbook of a name, or of a stem that only one has.
pub(super) fn named(catalog: &Catalog, text: &str) -> Result<RunbookName, Failure> {
    if text.contains('/') {
        return RunbookName::parse(text)
            .map_err(|bad| Problem::from(FieldError::new("runbook", bad.to_string())).into());
    }
    let mut fitting = catalog.runbooks.keys().filter(|name| name.stem() == text);
    match (fitting.next(), fitting.next()) {
        (Some(name), None) => Ok(name.clone()),
        (Some(one), Some(other)) => {
            let expected = format!("expected one runbook; {one} and {other} are both called `{text}`");
            Err(Problem::from(FieldError::new("runbook", expected)).into())
        }
        (None, _) => Err(unknown(text)),
    }
}

fn unknown(text: &str) -> Failure {
    let shown: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    Problem::not_found(format!("the catalog has no runbook `{shown}`; `wheelhouse runbook list` shows all")).into()
}

pub(super) fn run_id(text: &str) -> Result<RunId, Failure> {
    RunId::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Problem::not_found(format!("`{shown}` is not the name of a run; expected one like RUN-12")).into()
    })
}

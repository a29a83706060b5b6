//! Steps of runs that machines carry out: what with, and what they say.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::run::{Epoch, RunId};
use wheelhouse_core::runbook::StepId;
use wheelhouse_runner::Stream;
use wheelhouse_wire::api::{OutputGap, OutputPiece, Problem, StepInputView, StepOutput};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use super::runs::{leases, run_id, stored};
use crate::authority::{Action, Resource};
use crate::hands;

/// The longest time that is waited for more output, in seconds.
const LONGEST_WAIT: u64 = 20;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(input)).routes(routes!(output))
}

/// Which part of a step's output.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Part {
    /// The attempt: the number of its lease.
    attempt: u64,
    /// The number of the first piece; 0 where absent.
    #[serde(default)]
    from: u64,
    /// How many seconds to wait where there is nothing yet and it still runs; at most 20.
    #[serde(default)]
    wait: u64,
}

/// What a step is carried out with, or would be now: what people agree to.
#[utoipa::path(get, path = "/api/v1/runs/{id}/steps/{step}/input", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path)),
    responses((status = 200, body = StepInputView), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn input(
    State(app): State<App>,
    caller: Caller,
    Path((id, step)): Path<(String, String)>,
) -> Result<Json<StepInputView>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let (run, step) = (run_id(&id)?, step_id(&step)?);
    let not_now = |why: String| Failure::from(Problem::conflict("not_known", why));
    let known = match hands::known(&app, run).await {
        Some(known) => Some(known),
        // Of what was only tried out it is to be seen afterwards what it would have been.
        None => match stored(&app, run).await? {
            over if over.dry_run => hands::about(&app, over, None).await,
            _ => None,
        },
    };
    let over = || not_now(format!("{run} is over, so nothing of it is carried out any more"));
    let known = known.ok_or_else(over)?.map_err(not_now)?;
    let planned = known.runbook.step(&step).ok_or_else(|| missing(run, &step))?;
    let input = hands::input_of(&known.run, &known.runbook, planned, &known.given).map_err(not_now)?;
    Ok(Json(StepInputView {
        digest: input.digest().to_string(),
        version: input.version.to_string(),
        does: input.does.to_owned(),
        interpreter: input.interpreter,
        script: input.script,
        environment: input.environment,
        items: input.items,
        secrets: input.secrets,
        cwd: input.cwd,
        runner: input.runner,
        event: input.event,
    }))
}

/// What a step says, or said: redacted, its beginning and its end.
#[utoipa::path(get, path = "/api/v1/runs/{id}/steps/{step}/output", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path), Part),
    responses((status = 200, body = StepOutput), (status = 404, body = Problem)))]
async fn output(
    State(app): State<App>,
    caller: Caller,
    Path((id, step)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Json<StepOutput>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let (run, step) = (run_id(&id)?, step_id(&step)?);
    let epoch = Epoch(part.attempt);
    // A lease belongs to one step: nobody reads another one's output under a wrong name.
    let of_step = leases(&app, stored(&app, run).await?.id, &step).await?;
    if !of_step.contains(&epoch) {
        return Err(Problem::not_found(format!("step `{step}` of {run} has no attempt {epoch}")).into());
    }
    let patience = Duration::from_secs(part.wait.min(LONGEST_WAIT));
    let said = app.0.hands.outputs.read(epoch, part.from, patience).await.map_err(|error| {
        tracing::warn!(%run, %error, "what a step said cannot be read");
        Failure::stumbled()
    })?;
    let stream = |stream: Stream| match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    };
    let piece = |chunk: wheelhouse_runner::Chunk| OutputPiece {
        seq: chunk.seq,
        stream: stream(chunk.stream).to_owned(),
        at_us: chunk.at_us,
        text: chunk.text,
    };
    Ok(Json(StepOutput {
        attempt: epoch.0,
        pieces: said.chunks.into_iter().map(piece).collect(),
        gaps: said
            .gaps
            .iter()
            .map(|gap| OutputGap { dropped_bytes: gap.dropped_bytes, from: gap.from_seq, to: gap.to_seq })
            .collect(),
        next: said.next,
        live: said.live,
    }))
}

fn step_id(text: &str) -> Result<StepId, Failure> {
    StepId::new(text).map_err(|error| Problem::not_found(error.to_string()).into())
}

fn missing(run: RunId, step: &StepId) -> Failure {
    Problem::not_found(format!("{run} has no step `{step}`")).into()
}

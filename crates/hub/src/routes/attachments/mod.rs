//! Files that people attach to cases, and to steps of runs that are for no case: what both have in common.
//!
//! Whatever somebody attaches is hostile until shown otherwise: a browser shows only images that begin as
//! such, and everything else is a download of no type at all, which nothing runs.

mod case;
mod run;

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use wheelhouse_core::attachment::{Attachment, Blob, FileName, Home, LARGEST, MediaType};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{CaseAction, Command, RunAction, What};
use wheelhouse_core::run::Run;
use wheelhouse_core::runbook::StepId;
use wheelhouse_store::WhichAttachment;
use wheelhouse_wire::api::{AttachmentView, FieldError, Problem, TimelineEntry};
use wheelhouse_wire::disposition;

use super::auth::Caller;
use super::cases::{self, timeline_entry, unreadable};
use super::judged::judged;
use super::once::{keep_reply, mark_replayed, submit};
use super::respond::Failure;
use super::{App, runs};
use crate::authority::Action;
use crate::writer::{Answer, KeepReply};

/// What a browser may do with a file: show it if it is an image, and nothing else.
const NOTHING_RUNS: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// What a file is served as that no browser shows.
const NO_TYPE: &str = "application/octet-stream";

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(case::router()).merge(run::router())
}

/// What is said of a file beside its bytes. `Content-Disposition` may say the same: `filename`, `description` and
/// `text`, or with `*` in any script (RFC 8187), and keeps it out of the logs of proxies.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Its name; paths and what misleads are taken out of it.
    name: Option<String>,
    /// What there is to see, in one line of at most 1,000 bytes.
    description: Option<String>,
    /// A note that comes with it, of at most 4,000 bytes.
    text: Option<String>,
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
struct FileBytes(#[expect(dead_code, reason = "only described")] String);

/// How a file is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Whether an image is to be a download as well.
    #[serde(default)]
    download: bool,
}

/// What a file is to hang on.
enum Target {
    Case(CaseId),
    Step { run: Box<Run>, step: StepId },
}

impl Target {
    fn home(&self) -> Home {
        match self {
            Self::Case(case) => Home::Case(*case),
            Self::Step { run, .. } => Home::Run(run.id),
        }
    }

    /// The operation that a key of a repeated request belongs to.
    fn operation(&self) -> String {
        match self {
            Self::Case(case) => format!("attach {case}"),
            Self::Step { run, step } => format!("attach {}/{step}", run.id),
        }
    }

    /// Whether somebody may attach to it; by which policies.
    async fn judge(&self, app: &App, judge: &Caller) -> Result<Vec<String>, Failure> {
        match self {
            Self::Case(case) => judge.may(Action::Note, cases::resource_of(app, *case).await?),
            Self::Step { run, .. } => {
                let resource = runs::resource_of(app, judge, &run.runbook, run.case).await?;
                judge.may(Action::RunRunbook, resource)
            }
        }
    }

    fn what(&self, attachment: Arc<Attachment>) -> What {
        match self {
            Self::Case(case) => What::Case { case: *case, revision: None, action: CaseAction::Attach(attachment) },
            Self::Step { run, step } => {
                What::Run { run: run.id, action: RunAction::Attach { step: step.clone(), attachment } }
            }
        }
    }
}

/// Attaches a file, and answers with its line of the timeline.
async fn attach(
    app: &App,
    caller: &Caller,
    target: &Target,
    (said, headers, body): (Said, &HeaderMap, Body),
) -> Result<Response, Failure> {
    // Whoever may not is told so before anything of the body is read.
    target.judge(app, caller).await?;
    let attachment = Arc::new(taken(said.or(headers)?, headers, body).await?);
    let request = serde_json::to_vec(&(attachment.body(), attachment.blob.sha256())).unwrap_or_default();
    let keep = keep_reply(caller, headers, &target.operation(), &request, render)?;
    // One at a time goes to the writer, so that no batch has more than one file's bytes to write. The permit stays
    // with what is submitted, also where whoever asked does not wait for the answer.
    let permit = app.0.attaching.clone().acquire_owned().await.map_err(|_| Failure::stumbled())?;
    let permit = Arc::new(permit);
    let attempt = async |judge: Caller| {
        let policies = target.judge(app, &judge).await?;
        let command = judge.command(policies, target.what(Arc::clone(&attachment)));
        handed_over(app, command, keep.clone(), &permit).await
    };
    let (number, commit) = match judged(app, caller, attempt).await {
        Ok(answer) => (Attached::of(&answer).number, Some(answer.commit)),
        Err(Failure::Repeated(kept)) => match serde_json::from_slice::<Attached>(&kept.body) {
            Ok(attached) => (attached.number, None),
            Err(_) => return Err(Failure::Repeated(kept)),
        },
        Err(failure) => return Err(failure),
    };
    created(app, target.home(), number, commit).await
}

/// Submits a command in a task of its own, which holds on to the permit.
async fn handed_over(
    app: &App,
    command: Command,
    keep: Option<KeepReply>,
    permit: &Arc<OwnedSemaphorePermit>,
) -> Result<Answer, Failure> {
    let (app, permit) = (app.clone(), Arc::clone(permit));
    let submitted = tokio::spawn(async move {
        let answer = submit::<Failure>(&app, command, keep).await;
        drop(permit);
        answer
    });
    submitted.await.map_err(|_| Failure::stumbled())?
}

/// The files that hang on something, as their lines of the timeline; erased ones are not among them.
async fn listed(app: &App, home: Home) -> Result<Vec<TimelineEntry>, Failure> {
    let entries = app.query(move |readers| readers.attachments(home)).await?;
    entries.into_iter().map(timeline_entry).collect()
}

/// The answer to a request for a file, by its number or its SHA-256.
async fn served(app: &App, home: Home, file: &str, wanted: &Wanted, headers: &HeaderMap) -> Result<Response, Failure> {
    let number = file.parse().map(WhichAttachment::Number);
    let which = number.or_else(|_| file.parse().map(WhichAttachment::Hash)).map_err(|_| absent(home))?;
    let stored = app.query(move |readers| readers.attachment(home, which)).await?.ok_or_else(|| absent(home))?;
    let seq = stored.seq;
    let attachment = timeline_entry(stored)?.attachment.ok_or_else(|| unreadable(seq))?;
    let tag = format!("\"{}\"", attachment.sha256);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known =
        |tags: &str| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*");
    if known.into_iter().any(is_known) {
        return Ok(answer(StatusCode::NOT_MODIFIED, &attachment, &tag, wanted.download, Body::empty()));
    }
    let sha256 = attachment.sha256.parse().map_err(|_| unreadable(seq))?;
    let bytes = app.query(move |readers| readers.blob(sha256)).await?.ok_or_else(|| absent(home))?;
    Ok(answer(StatusCode::OK, &attachment, &tag, wanted.download, Body::from(bytes)))
}

/// An answer with a file, or with nothing where it is known.
fn answer(status: StatusCode, file: &AttachmentView, tag: &str, download: bool, body: Body) -> Response {
    let is_shown = file.shown && !download;
    let headers = [
        (header::CONTENT_TYPE, if file.shown { file.media_type.clone() } else { NO_TYPE.to_owned() }),
        (header::CONTENT_DISPOSITION, disposition::written(if is_shown { "inline" } else { "attachment" }, &file.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, NOTHING_RUNS.to_owned()),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
        // Kept by the browser of whoever may see it, and asked for again, so that what is erased is gone there too.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, tag.to_owned()),
    ];
    (status, headers, body).into_response()
}

/// The file as it was sent, with what is said of it.
async fn taken(said: Said, headers: &HeaderMap, body: Body) -> Result<Attachment, Failure> {
    let declared =
        headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let bytes = read(body).await?;
    // Hashing 5 MiB takes as long as a hundred requests.
    let hashed = tokio::task::spawn_blocking(move || {
        let media_type = MediaType::of(declared.as_deref(), &bytes);
        media_type.map(|media_type| (media_type, Blob::new(bytes)))
    });
    let hashed = hashed.await.map_err(|_| Failure::stumbled())?;
    let (media_type, blob) =
        hashed.map_err(|bad| Problem::from(FieldError::new("Content-Type", format!("expected {bad}"))))?;
    let name = FileName::clean(said.name.as_deref().unwrap_or_default());
    Ok(Attachment { name, media_type, description: said.description, text: said.text, blob: Arc::new(blob) })
}

/// Reads a body that is no larger than a file may be.
async fn read(body: Body) -> Result<Vec<u8>, Failure> {
    let too_large = || {
        let words = format!("the file is too large: expected at most {LARGEST} bytes ({} MiB)", LARGEST >> 20);
        Problem::new(413, "too_large", words + "; keep large files elsewhere and link them")
    };
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(too_large().into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(body.size_hint().lower()).unwrap_or(0));
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::new(400, "broken", "the request broke off"))?;
        if bytes.len() + piece.len() > LARGEST {
            return Err(too_large().into());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

impl Said {
    /// The same with what `Content-Disposition` says beside it.
    fn or(self, headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(value) = headers.get(header::CONTENT_DISPOSITION) else { return Ok(self) };
        let bad = |bad: disposition::BadDisposition| FieldError::new("Content-Disposition", bad.to_string());
        let mut said = disposition::parameters(value.as_bytes()).map_err(|error| Problem::from(bad(error)))?;
        Ok(Self {
            name: self.name.or_else(|| said.remove("filename")),
            description: self.description.or_else(|| said.remove("description")),
            text: self.text.or_else(|| said.remove("text")),
        })
    }
}

/// What is kept of the answer, to be given again.
#[derive(Serialize, Deserialize)]
struct Attached {
    number: u32,
}

impl Attached {
    /// The number of the file that was attached last: a file hangs on a case, or on a run for none.
    fn of(answer: &Answer) -> Self {
        let of_case = answer.case.as_ref().map(|case| case.attachments);
        let of_run = answer.run.as_ref().map(|run| run.attachments);
        Self { number: of_case.or(of_run).map_or(0, |attachments| attachments.last) }
    }
}

fn render(answer: &Answer) -> (u16, Vec<u8>) {
    (201, serde_json::to_vec(&Attached::of(answer)).unwrap_or_default())
}

/// The answer: the line of the timeline. One without a commit was given before.
async fn created(app: &App, home: Home, number: u32, commit: Option<u64>) -> Result<Response, Failure> {
    let which = WhichAttachment::Number(number);
    let stored = app.query(move |readers| readers.attachment(home, which)).await?.ok_or_else(|| absent(home))?;
    let collection = match home {
        Home::Case(_) => "cases",
        Home::Run(_) => "runs",
    };
    let place = format!("/api/v1/{collection}/{home}/attachments/{number}");
    let line = timeline_entry(stored)?;
    let mut response = (StatusCode::CREATED, [(header::LOCATION, place)], Json(line)).into_response();
    match commit {
        Some(commit) => drop(response.headers_mut().insert("wheelhouse-commit", commit.into())),
        None => mark_replayed(&mut response),
    }
    Ok(response)
}

fn absent(home: Home) -> Failure {
    let kind = match home {
        Home::Case(_) => "case",
        Home::Run(_) => "run",
    };
    let words = format!("{home} has no such file, or it was erased; `wheelhouse {kind} attachments {home}` lists them");
    Problem::not_found(words).into()
}

//! Reading cases.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::case::{Case, CaseId, runbooks};
use wheelhouse_core::notify::{Message, MessageState};
use wheelhouse_core::record::Canonical;
use wheelhouse_store::{MemberQuery, Readers, StoredEntry};
use wheelhouse_wire::api::{CaseDetail, FieldError, Member, Page, Problem, TimelineEntry, Told, Waits};

use super::auth::Caller;
use super::respond::Failure;
use super::{App, changes, proposal};
use crate::authority::{Action, CaseFacts, Resource};

/// How many items a page has where the request does not say.
const USUAL_PAGE: usize = 100;
/// The most items of a page.
const LARGEST_PAGE: usize = 1_000;
/// The longest text that is searched for, in bytes.
const LONGEST_SEARCH: usize = 200;
/// How many of a case's signals are asked for their runbook.
const SIGNALS_ASKED: usize = 100;

/// What one may do to a case.
const DEEDS: [Action; 13] = [
    Action::Acknowledge,
    Action::Note,
    Action::SetSeverity,
    Action::Assign,
    Action::SetRole,
    Action::Page,
    Action::Update,
    Action::Mitigate,
    Action::Resolve,
    Action::Reopen,
    Action::Link,
    Action::RecordMiss,
    Action::EraseTexts,
];

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(timeline)).routes(routes!(told)).routes(routes!(members))
}

/// Where a page starts and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where the page before ended: its `next_cursor`.
    pub cursor: Option<String>,
    /// How many items at most, 1 to 1,000; 100 where absent.
    pub limit: Option<usize>,
}

/// Shows a case.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path, description = "The case, such as INC-17")),
    responses((status = 200, body = CaseDetail), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let tag = format!("\"{}\"", case.revision);
    Ok(([(header::ETAG, tag)], Json(detail(&app, &caller, case).await?)).into_response())
}

/// What happened, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/timeline", tag = "cases", params(("id" = String, Path), Window),
    responses((status = 200, body = Page<TimelineEntry>), (status = 404, body = Problem)))]
async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    window: Query<Window>,
) -> Result<Json<Page<TimelineEntry>>, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let (id, cursor, limit) = (case.id, window.cursor()?, window.limit()?);
    let page = app.query(move |readers| readers.timeline(id, cursor, limit)).await?;
    let items: Result<Vec<_>, Failure> = page
        .items
        .into_iter()
        .map(|stored| {
            let key = case.key_events.contains(&stored.seq);
            Ok(TimelineEntry { key, ..timeline_entry(stored)? })
        })
        .collect();
    Ok(Json(Page { items: items?, next_cursor: page.next.map(|next| next.to_string()) }))
}

/// Who was told what, when and why; and who was not, and why not.
#[utoipa::path(get, path = "/api/v1/cases/{id}/told", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Page<Told>), (status = 404, body = Problem)))]
async fn told(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<Page<Told>>, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let id = case.id;
    let (messages, not_told) = app.query(move |readers| Ok((readers.messages(id)?, readers.not_told(id)?))).await?;
    let gates = app.0.delivery.channels().gates();
    let told = |message: &Message| {
        let waiting = gates.waiting(message.id).filter(|_| message.state == MessageState::Queued);
        let waits = waiting.map(|waiting| Waits {
            because: waiting.to_string(),
            until: waiting.wait.until.into(),
            destination: waiting.destination.to_string(),
        });
        Told { waits, ..Told::from(message) }
    };
    let not_told = not_told.iter().map(Told::from).chain(case.missed.iter().map(Told::from));
    let items = messages.iter().map(told).chain(not_told).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Which signals of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MemberFilter {
    /// Words that must all be found: `name=value` in that label, anything else in any label or annotation.
    q: Option<String>,
    /// Only those that fire, or only those that have ended.
    firing: Option<bool>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many items at most, 1 to 1,000; 100 where absent.
    limit: Option<usize>,
}

/// The signals of a case, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/members", tag = "cases", params(("id" = String, Path), MemberFilter),
    responses((status = 200, body = Page<Member>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    filter: Query<MemberFilter>,
) -> Result<Json<Page<Member>>, Failure> {
    let id = readable(&app, &caller, &id).await?.id;
    let text = filter.q.clone().filter(|text| !text.trim().is_empty());
    if text.as_ref().is_some_and(|text| text.len() > LONGEST_SEARCH) {
        return Err(Problem::from(FieldError::new("q", format!("expected at most {LONGEST_SEARCH} bytes"))).into());
    }
    let (cursor, limit) = (cursor(filter.cursor.as_deref())?, limit(filter.limit)?);
    let query = MemberQuery { text, firing: filter.firing, cursor, limit };
    let page = app.query(move |readers| readers.members_like(id, &query)).await?;
    let items = page.items.iter().map(Member::from).collect();
    Ok(Json(Page { items, next_cursor: page.next.map(|next| next.to_string()) }))
}

/// The case with what a person looks at first.
pub async fn detail(app: &App, caller: &Caller, case: Case) -> Result<CaseDetail, Failure> {
    let id = case.id;
    let read = move |readers: &Readers| {
        Ok((readers.messages(id)?, readers.not_told(id)?, readers.members(id, None, SIGNALS_ASKED)?.items))
    };
    let (messages, not_told, members) = app.query(read).await?;
    let catalog = &caller.published.catalog;
    let proposal = proposal::of_case(app, caller, &case).await?;
    let detail = CaseDetail::new(&case, Some(catalog), &messages, &not_told);
    let changes = changes::before_case(app, caller, &case).await?;
    let service = case.service.as_ref().and_then(|name| catalog.services.get(name));
    let signals = members.iter().map(|member| &member.signal);
    let runbooks = runbooks(catalog, service, signals).iter().map(Into::into).collect();
    let may = |action: &Action| caller.may(*action, Resource::Case(CaseFacts::from(&case))).is_ok();
    let may = DEEDS.into_iter().filter(may).map(|action| action.as_str().to_owned()).collect();
    Ok(CaseDetail { proposal, changes, runbooks, may, ..detail })
}

/// Reads the name of a case in a path.
pub fn case_id(text: &str) -> Result<CaseId, Failure> {
    CaseId::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Problem::not_found(format!("`{shown}` is not the name of a case; expected one like INC-17")).into()
    })
}

/// An entry as timelines show it.
pub fn timeline_entry(stored: StoredEntry) -> Result<TimelineEntry, Failure> {
    let canonical = Canonical::parse(&stored.canonical).map_err(|_| unreadable(stored.seq))?;
    let body = stored.body.as_deref().map(serde_json::from_slice).transpose().map_err(|_| unreadable(stored.seq))?;
    Ok(TimelineEntry::new(canonical, body))
}

/// The case as the authority sees it.
pub async fn resource_of(app: &App, id: CaseId) -> Result<Resource, Failure> {
    Ok(Resource::Case(facts_of(app, id).await?))
}

/// What the authority may know of a case.
pub async fn facts_of(app: &App, id: CaseId) -> Result<CaseFacts, Failure> {
    let case = app.query(move |readers| readers.case(id)).await?;
    let case = case.ok_or(wheelhouse_core::kernel::Refusal::NoSuchCase(id))?;
    Ok(CaseFacts::from(&case))
}

/// The case of that name, where the caller may read it.
pub async fn readable(app: &App, caller: &Caller, id: &str) -> Result<Case, Failure> {
    let id = case_id(id)?;
    let case = app.query(move |readers| readers.case(id)).await?;
    let case = case.ok_or(wheelhouse_core::kernel::Refusal::NoSuchCase(id))?;
    caller.may(Action::ReadCases, Resource::Case(CaseFacts::from(&case)))?;
    Ok(case)
}

/// The failure of an entry that the record has and nobody can read.
pub fn unreadable(seq: u64) -> Failure {
    tracing::error!(seq, "an entry of the record cannot be read");
    Problem::fault(format!("entry {seq} of the record cannot be read; run `wheelhouse record verify`")).into()
}

impl Window {
    /// The cursor, if one is given.
    pub fn cursor(&self) -> Result<Option<u64>, Failure> {
        cursor(self.cursor.as_deref())
    }

    /// The page's length.
    pub fn limit(&self) -> Result<usize, Failure> {
        limit(self.limit)
    }
}

/// Reads where the page before ended.
pub fn cursor(text: Option<&str>) -> Result<Option<u64>, Failure> {
    let bad = |_| Problem::from(FieldError::new("cursor", "expected the `next_cursor` of the page before"));
    Ok(text.map(str::parse).transpose().map_err(bad)?)
}

/// Reads how many items a page may have.
pub fn limit(limit: Option<usize>) -> Result<usize, Failure> {
    match limit.unwrap_or(USUAL_PAGE) {
        limit @ 1..=LARGEST_PAGE => Ok(limit),
        _ => Err(Problem::from(FieldError::new("limit", format!("expected 1 to {LARGEST_PAGE}"))).into()),
    }
}

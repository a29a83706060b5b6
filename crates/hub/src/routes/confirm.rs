//! Signed links in pages: a page that shows the incident and asks to confirm. Looking changes
//! nothing; only the button does.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use wheelhouse_core::access::Owner;
use wheelhouse_core::kernel::{CaseAction, Command, Refusal, What};
use wheelhouse_core::record::{Actor, Canonical, Fact};
use wheelhouse_wire::api::TimelineEntry;
use wheelhouse_wire::render;

use super::App;
use super::cases::resource_of;
use super::judged::in_force;
use super::respond::Failure;
use crate::authority::{Action, Decision, Request};
use crate::clock::wall_now;
use crate::delivery::link::{BadLink, Link, verify};
use crate::writer::{Fault, Published};

/// How many entries one look at the tables takes.
const ENTRIES_A_LOOK: usize = 1_000;

pub fn router() -> Router<App> {
    Router::new().route("/p/{token}", get(look).post(confirm))
}

async fn look(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    let link = match verify(&app.0.link_key, &token, wall_now()) {
        Ok(link) => link,
        Err(bad) => return Ok(refused(&app, bad)),
    };
    page(&app, &link, &token, None).await
}

async fn confirm(State(app): State<App>, Path(token): Path<String>, body: String) -> Result<Response, Failure> {
    let link = match verify(&app.0.link_key, &token, wall_now()) {
        Ok(link) => link,
        Err(bad) => return Ok(refused(&app, bad)),
    };
    // Only the form's own button counts: whatever else posts here (a scanner of links, a retry) asks again.
    if !body.split('&').any(|field| field == "confirm=yes") {
        return page(&app, &link, &token, None).await;
    }
    let resource = &resource_of(&app, link.message.case).await?;
    let attempt = async |published: Arc<Published>| {
        let (principal, resource) = (Owner::Person(link.person.clone()), resource.clone());
        let policies = match published.authority.decide(&Request { principal, action: Action::Acknowledge, resource }) {
            Decision::Allowed { policies } => policies,
            Decision::Denied { why } => return Ok(why),
        };
        let what = What::Case { case: link.message.case, revision: None, action: CaseAction::Acknowledge };
        let actor = Actor::Person(link.person.clone());
        let command = Command { actor, policies, judged_under: Some(published.adoptions), what };
        app.0.writer.person(command, None).await.map(|_| "Acknowledged. Nobody else is paged for it.".to_owned())
    };
    match in_force(&app, attempt).await {
        Ok(words) => page(&app, &link, &token, Some(&words)).await,
        Err(Fault::Refused(refusal)) => page(&app, &link, &token, Some(&refusal.to_string())).await,
        Err(fault) => Err(fault.into()),
    }
}

/// The page of a link: it asks, or says in `words` what came of it.
async fn page(app: &App, link: &Link, token: &str, words: Option<&str>) -> Result<Response, Failure> {
    let id = link.message.case;
    let found = app.query(move |readers| {
        let Some(case) = readers.case(id)? else { return Ok(None) };
        let mut entries = Vec::new();
        let mut cursor = None;
        loop {
            let page = readers.timeline(id, cursor, ENTRIES_A_LOOK)?;
            entries.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(Some((case, entries))),
            }
        }
    });
    let (case, entries) = found.await?.ok_or(Refusal::NoSuchCase(id))?;
    let story = entries.iter().filter_map(|stored| {
        let canonical = Canonical::parse(&stored.canonical).ok().filter(|canonical| is_story(&canonical.fact))?;
        let body = stored.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
        Some(TimelineEntry::new(canonical, body))
    });
    let timeline: Vec<TimelineEntry> = story.collect();
    let catalog = app.published().catalog.clone();
    let person = catalog.people.get(link.person.as_str());
    let view = render::LinkView {
        case: &case,
        timeline: &timeline,
        person: person.map_or(link.person.as_str(), |person| &person.display_name),
        time_zone: person.and_then(|person| person.time_zone.as_deref()),
        post_to: &format!("/p/{token}"),
        case_url: &format!("{}/cases/{id}", app.0.base_url),
        now: wall_now(),
    };
    Ok(html(StatusCode::OK, words.map_or_else(|| render::confirm_page(&view), |words| render::done_page(&view, words))))
}

/// What somebody who was just woken wants to read: not each message's way through its channel.
const fn is_story(fact: &Fact) -> bool {
    !matches!(
        fact,
        Fact::MessageAccepted { .. }
            | Fact::EscalationSet { .. }
            | Fact::EscalationStepped { .. }
            | Fact::AcknowledgementExtended { .. }
            | Fact::NotTold { .. }
    )
}

fn refused(app: &App, bad: BadLink) -> Response {
    let (status, reason) = match bad {
        BadLink::Expired => (StatusCode::GONE, render::Unusable::Expired),
        BadLink::Forged | BadLink::Malformed => (StatusCode::NOT_FOUND, render::Unusable::NotOurs),
    };
    html(status, render::expired_page(reason, &app.0.base_url))
}

fn html(status: StatusCode, page: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

//! Channels: how they stand, and whether a contact works.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::catalog::{Catalog, Contact, nearest};
use wheelhouse_core::kernel::{Command, Outcome, What};
use wheelhouse_core::notify::{ContactKind, Recipient};
use wheelhouse_wire::api::{
    ChannelState, ChannelView, Page, Problem, TestContact, TestReport, Tested, TestedContact, Time, decode,
};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::steady_now;
use crate::delivery::gate::Breaker;
use crate::delivery::{Channels, Standing};
use crate::writer::secret;

/// How much of a secret name a test carries: enough to tell tests apart.
const KEY_LENGTH: usize = 12;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(test))
}

/// Lists the ways out: channels of the catalog, the mail server, and every host that webhooks went to.
#[utoipa::path(get, path = "/api/v1/channels", tag = "channels", responses((status = 200, body = Page<ChannelView>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<ChannelView>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let (channels, catalog) = (app.0.delivery.channels().clone(), caller.published.catalog.clone());
    // Secrets are looked for on the disk.
    let listed = tokio::task::spawn_blocking(move || views(&channels, &catalog)).await;
    let items = listed.map_err(|_| Failure::stumbled())?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Sends a message that is marked as a test through the real channel, says what the other side
/// answered, and writes both down.
#[utoipa::path(post, path = "/api/v1/channels/test", tag = "channels", request_body = TestContact,
    responses((status = 200, body = TestReport), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn test(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Json<TestReport>, Failure> {
    let tested = decode::<TestContact>(&body)?.into_tested()?;
    let catalog = caller.published.catalog.clone();
    let (contacts, recipient, whom, resource) = what(&tested, &catalog)?;
    let policies = caller.may(Action::TestContact, resource)?;
    let key =
        format!("test-{}", secret().chars().filter(char::is_ascii_alphanumeric).take(KEY_LENGTH).collect::<String>());
    let by = caller.actor().to_string();
    let mut report = TestReport { test: key.clone(), contacts: Vec::new() };
    for (number, contact) in contacts.iter().enumerate() {
        let (key, started) = (format!("{key}-{}", number + 1), steady_now());
        let delivery = &app.0.delivery;
        let outcome = delivery.test(&key, &by, &whom, contact, &catalog).await;
        let channel = match contact {
            Contact::Channel { channel, .. } => Some(channel.clone()),
            Contact::Email(_) | Contact::Webhook(_) => None,
        };
        let destination =
            delivery.channels().destination(contact, channel.as_ref().and_then(|name| catalog.channels.get(name)));
        report.contacts.push(TestedContact {
            contact_kind: ContactKind::from(contact),
            destination: destination.name.to_string(),
            accepted: matches!(outcome, Outcome::Accepted { .. }),
            answer: outcome.answer().to_owned(),
            seconds: steady_now().duration_since(started).as_secs_f64(),
        });
        // It has happened, whatever catalog is in force by now.
        let what = What::Tested { recipient: recipient.clone(), contact: ContactKind::from(contact), channel, outcome };
        let command = Command { actor: caller.actor(), policies: policies.clone(), judged_under: None, what };
        app.0.writer.person(command, None).await?;
    }
    Ok(Json(report))
}

/// What is tried: the contacts, whose they are, in words, and as the authority sees them.
type Trial = (Vec<Contact>, Option<Recipient>, String, Resource);

fn what(tested: &Tested, catalog: &Catalog) -> Result<Trial, Problem> {
    match tested {
        Tested::Recipient(recipient) => {
            let (kind, name, known) = match recipient {
                Recipient::Person(name) => ("person", name.as_str(), names(catalog.people.keys().map(|k| k.as_str()))),
                Recipient::Team(name) => ("team", name.as_str(), names(catalog.teams.keys().map(|k| k.as_str()))),
                Recipient::Audience(name) => {
                    ("audience", name.as_str(), names(catalog.audiences.keys().map(|k| k.as_str())))
                }
            };
            if !known.contains(&name) {
                return Err(unknown(kind, name, &known));
            }
            let contacts = recipient.contacts(catalog).to_vec();
            if contacts.is_empty() {
                return Err(Problem::new(
                    422,
                    "invalid",
                    format!("{recipient} has no contacts; add some to the catalog"),
                ));
            }
            let (person, team) = match recipient {
                Recipient::Person(name) => (Some(name.clone()), None),
                Recipient::Team(name) => (None, Some(name.clone())),
                Recipient::Audience(_) => (None, None),
            };
            let resource = Resource::Contacts { name: recipient.to_string(), person, team };
            Ok((contacts, Some(recipient.clone()), recipient.to_string(), resource))
        }
        Tested::Channel(name, to) => {
            let known = names(catalog.channels.keys().map(|k| k.as_str()));
            let channel = catalog.channels.get(name).ok_or_else(|| unknown("channel", name.as_str(), &known))?;
            if to.is_empty() && channel.needs_recipient() {
                let detail = format!("channel `{name}` needs to know whom to reach; give `to`");
                return Err(Problem::new(422, "invalid", detail));
            }
            let contact = Contact::Channel { channel: name.clone(), to: to.as_str().into() };
            let whom = if to.is_empty() { format!("channel {name}") } else { format!("{to} by channel {name}") };
            let team = Some(channel.team.clone());
            Ok((vec![contact], None, whom, Resource::Contacts { name: format!("channel {name}"), person: None, team }))
        }
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect()
}

fn unknown(kind: &str, name: &str, known: &[&str]) -> Problem {
    let meant = nearest(name, known.iter().copied());
    let advice = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    Problem::new(422, "invalid", format!("the catalog has no {kind} `{name}`{advice}"))
}

fn views(channels: &Channels, catalog: &Catalog) -> Vec<ChannelView> {
    let mut standings = channels.gates().standings();
    let mut views = Vec::new();
    for channel in catalog.channels.values() {
        let name = format!("channel {}", channel.name);
        let standing = take(&mut standings, &name);
        let missing: Vec<String> = channel
            .secrets()
            .iter()
            .filter_map(|secret| channels.secrets().read(secret).err())
            .map(|why| why.to_string())
            .collect();
        let view = view(name, channel.kind(), standing);
        views.push(ChannelView {
            channel: Some(channel.name.to_string()),
            team: Some(channel.team.to_string()),
            summary: channel.summary.clone(),
            per_minute: Some(channel.per_minute),
            state: if missing.is_empty() { view.state } else { ChannelState::Unusable },
            missing_secrets: missing,
            ..view
        });
    }
    if let Some(relay) = channels.relay() {
        let standing = take(&mut standings, relay);
        views.push(view(relay.to_owned(), "mail", standing));
    }
    for standing in standings {
        views.push(view(standing.destination.to_string(), "webhook", Some(standing)));
    }
    views
}

fn take(standings: &mut Vec<Standing>, name: &str) -> Option<Standing> {
    let index = standings.iter().position(|standing| &*standing.destination == name)?;
    Some(standings.remove(index))
}

fn view(destination: String, kind: &str, standing: Option<Standing>) -> ChannelView {
    let (state, failures, next) = match standing.as_ref().map(|standing| standing.breaker) {
        None => (ChannelState::Unused, 0, None),
        Some(Breaker::Open { failures }) => (ChannelState::Works, failures, None),
        Some(Breaker::Resting { failures, until, .. }) => (ChannelState::Fails, failures, Some(until)),
        Some(Breaker::Probing { failures, .. }) => (ChannelState::Tried, failures, None),
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let last = standing.as_ref().and_then(|standing| standing.last.clone());
    ChannelView {
        destination,
        channel: None,
        kind: kind.to_owned(),
        team: None,
        summary: None,
        state,
        failures,
        next_try_at: next.map(Time),
        waiting: standing.as_ref().map_or(0, |standing| count(standing.waiting)),
        accepted: standing.as_ref().map_or(0, |standing| standing.accepted),
        failed: standing.as_ref().map_or(0, |standing| standing.failed),
        last_at: last.as_ref().map(|(at, _)| Time(*at)),
        last_answer: last.map(|(_, answer)| answer.to_string()),
        per_minute: None,
        missing_secrets: Vec::new(),
    }
}

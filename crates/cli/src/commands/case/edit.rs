//! Whatever changes a case.

use serde::Serialize;
use serde_json::Value;
use wheelhouse_core::case::CaseId;
use wheelhouse_wire::api::{
    Acknowledge, Assign, CaseDetail, LinkRequest, LinkView, Mitigate, Note, OpenCase, PageRequest, PartyKind, Reopen,
    Resolve, SetRole, SetSeverity, Time, Update,
};

use super::super::{Answer, Context, who};
use super::{missed, segment, texts};
use crate::args::{self, CaseCommand};
use crate::client::{Client, read};
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Look, clean, relative};

/// Runs a command that changes a case.
pub fn run(command: &CaseCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let value = match command {
        CaseCommand::Open(options) => open(options, &client)?,
        CaseCommand::Ack { id } => act(&client, *id, "acknowledge", &Acknowledge {})?,
        CaseCommand::Note { id, text } => act(&client, *id, "notes", &Note { text: texts::text(text)? })?,
        CaseCommand::Severity { id, severity } => act(&client, *id, "severity", &SetSeverity { severity: *severity })?,
        CaseCommand::Assign(options) => assign(options, &client)?,
        CaseCommand::Role { id, role, person, .. } => {
            act(&client, *id, "roles", &SetRole { role: *role, person: person.clone() })?
        }
        CaseCommand::Page { id, who } => {
            let kinds = [PartyKind::Team, PartyKind::Person, PartyKind::Schedule];
            let target = who::find(&client, who, &kinds)?;
            act(&client, *id, "pages", &PageRequest { target })?
        }
        CaseCommand::Update { id, text } => act(&client, *id, "updates", &Update { text: texts::text(text)? })?,
        CaseCommand::Mitigate { id, at } => {
            act(&client, *id, "mitigate", &Mitigate { at: past(at.as_ref(), &context.look)? })?
        }
        CaseCommand::Link(options) => link(options, &client)?,
        CaseCommand::Unlink { id, other } => unlink(*id, other, &client)?,
        CaseCommand::Resolve { id, text, at } => {
            let at = past(at.as_ref(), &context.look)?;
            act(&client, *id, "resolve", &Resolve { at, text: texts::optional(text.as_ref())? })?
        }
        CaseCommand::Reopen { id, text } => {
            act(&client, *id, "reopen", &Reopen { text: texts::optional(text.as_ref())? })?
        }
        CaseCommand::List(_)
        | CaseCommand::Show { .. }
        | CaseCommand::Told { .. }
        | CaseCommand::Attach(_)
        | CaseCommand::Attachments { .. }
        | CaseCommand::Download(_)
        | CaseCommand::Missed(_)
        | CaseCommand::Actions(_) => {
            return super::run(command, context);
        }
    };
    let unknown = matches!(command, CaseCommand::Assign(_)).then(|| missed::lines_of_unknown(&value)).flatten();
    let mut answer = answer(value, &context.look)?;
    if let Some(lines) = unknown.filter(|_| !context.look.json()) {
        answer.text.push_str(&lines);
    }
    Ok(answer)
}

fn act(client: &Client, id: CaseId, action: &str, request: &impl Serialize) -> Result<Value, Failure> {
    client.post(&["cases", &segment(id), action], request)
}

fn open(options: &args::Open, client: &Client) -> Result<Value, Failure> {
    let request = OpenCase {
        title: options.title.clone(),
        text: texts::optional(options.text.as_ref())?,
        service: options.service.clone(),
        severity: options.severity,
        drill: options.drill,
    };
    client.post(&["cases"], &request)
}

fn assign(options: &args::Assign, client: &Client) -> Result<Value, Failure> {
    let mut request = Assign { service: options.service.clone(), ..Assign::default() };
    match &options.who {
        None => request.nobody = true,
        Some(who) => {
            let party = who::find(client, who, &[PartyKind::Person, PartyKind::Team])?;
            match party.kind {
                PartyKind::Team => request.team = party.name,
                _ if options.service.is_some() => {
                    return Err(Failure::cannot_run("--service goes with a team, which takes over; this is a person")
                        .help("assign it to the service's team first"));
                }
                _ => request.person = party.name,
            }
        }
    }
    act(client, options.id, "assign", &request)
}

fn link(options: &args::Link, client: &Client) -> Result<Value, Failure> {
    let case = CaseId::parse(&options.other);
    let is_address = ["http://", "https://"].iter().any(|scheme| options.other.starts_with(scheme));
    if case.is_none() && !is_address {
        return Err(Failure::cannot_run(format!("`{}` is neither a case nor an address", options.other))
            .help("write a case such as INC-9, or an address such as https://example.org/page"));
    }
    let url = if case.is_none() { Some(options.other.clone()) } else { None };
    act(client, options.id, "links", &LinkRequest { relation: options.relation, case, url })
}

/// Takes away whatever links the two, which the case itself knows best.
fn unlink(id: CaseId, other: &str, client: &Client) -> Result<Value, Failure> {
    let case: CaseDetail = read(client.get(&["cases", &segment(id)], &[])?)?;
    let named = CaseId::parse(other);
    let is_meant = |link: &&LinkView| match named {
        Some(named) => link.case == Some(named),
        None => link.url.as_deref() == Some(other),
    };
    let Some(link) = case.links.iter().find(is_meant) else {
        return Err(Failure::cannot_run(format!("{id} is not linked to `{other}`"))
            .help(format!("`wheelhouse case show {id}` lists its links")));
    };
    let request = LinkRequest { relation: link.relation, case: link.case, url: link.url.clone() };
    act(client, id, "unlink", &request)
}

/// An instant that must have been.
fn past(at: Option<&Moment>, look: &Look) -> Result<Option<Time>, Failure> {
    let Some(at) = at else { return Ok(None) };
    let at = at.resolve(look.now, &look.zone).map_err(|error| Failure::cannot_run(format!("--at: {error}")))?;
    if at > look.now {
        return Err(Failure::cannot_run(format!("--at: {} is still to come ({at})", relative(at, look.now)))
            .help("for a time of yesterday write `yesterday 14:05`"));
    }
    Ok(Some(Time(at)))
}

fn answer(value: Value, look: &Look) -> Result<Answer, Failure> {
    if look.json() {
        return Ok(Answer::json(&value));
    }
    let CaseDetail { summary, .. } = read(value)?;
    let owner = summary.owner.map(|owner| format!(", owner {}", clean(&owner))).unwrap_or_default();
    let drill = if summary.drill { ", drill" } else { "" };
    let mut text = format!(
        "{} {}, {}{owner}{drill}: {}\n",
        summary.id,
        clean(&summary.state),
        summary.severity,
        clean(&summary.title)
    );
    if let Some(next) = summary.next_step {
        let when = next.due_at.map(|at| format!("{}, ", relative(at.0, look.now))).unwrap_or_default();
        text.push_str(&format!("next: {when}{}\n", clean(&next.words)));
    }
    Ok(Answer::text(text))
}

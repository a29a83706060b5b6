//! `channel`: how messages leave, and whether a contact works.

use serde_json::Value;
use wheelhouse_wire::api::{ChannelState, ChannelView, TestContact, TestReport};

use super::{Answer, Context};
use crate::args::{ChannelCommand, ChannelTest};
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::{Cell, Look, Table, Tone, cell, relative, span, toned};

/// Lists channels, or tries a contact.
pub fn run(command: &ChannelCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        ChannelCommand::List => list(context),
        ChannelCommand::Test(options) => test(options, context),
    }
}

fn list(context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["channels"], &[], usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let channels: Vec<ChannelView> = read(Value::Array(items))?;
    let mut answer = Answer::text(table(&channels, &context.look));
    for why in channels.iter().flat_map(|channel| &channel.missing_secrets) {
        answer = answer.note(why.clone());
    }
    if channels.is_empty() {
        answer =
            answer.note("the hub has no mail server and the catalog no channels; see `--smtp` and `kind: Channel`");
    }
    Ok(answer)
}

/// Sent once: a test that is sent again would be two.
fn test(options: &ChannelTest, context: &Context<'_>) -> Result<Answer, Failure> {
    let request = TestContact {
        person: options.person.clone(),
        team: options.team.clone(),
        audience: options.audience.clone(),
        channel: options.channel.clone(),
        to: options.to.clone(),
    };
    let value = context.client()?.post_once(&["channels", "test"], &request)?;
    let report: TestReport = read(value.clone())?;
    let all_accepted = report.contacts.iter().all(|contact| contact.accepted);
    let exit = if all_accepted { Exit::Ok } else { Exit::Refused };
    if context.look.json() {
        return Ok(Answer::json(&value).exit(exit));
    }
    let mut table = Table::new(&["DESTINATION", "RESULT", "TOOK", "ANSWER"]).right(2);
    for contact in &report.contacts {
        let result = if contact.accepted { toned("accepted", Tone::Good) } else { toned("not accepted", Tone::Alarm) };
        table.row([cell(&contact.destination), result, cell(span(contact.seconds)), cell(&contact.answer)]);
    }
    Ok(Answer::text(table.render(&context.look)).note(format!("the messages are marked {}", report.test)).exit(exit))
}

fn table(channels: &[ChannelView], look: &Look) -> String {
    let headings = ["DESTINATION", "KIND", "STATE", "WAITING", "ACCEPTED", "FAILED", "LAST", "ANSWER"];
    let mut table = Table::new(&headings).right(3).right(4).right(5);
    for channel in channels {
        let last = channel.last_at.map(|at| relative(at.0, look.now));
        table.row([
            cell(&channel.destination),
            cell(&channel.kind),
            state(channel, look),
            cell(channel.waiting.to_string()),
            cell(channel.accepted.to_string()),
            cell(channel.failed.to_string()),
            cell(last.unwrap_or_default()),
            cell(channel.last_answer.as_deref().unwrap_or_default()),
        ]);
    }
    table.render(look)
}

fn state(channel: &ChannelView, look: &Look) -> Cell {
    match (channel.state, channel.next_try_at) {
        (ChannelState::Unused, _) => toned("unused", Tone::Faint),
        (ChannelState::Works, _) if channel.failures > 0 => {
            toned(format!("works, {} failed in a row", channel.failures), Tone::Warning)
        }
        (ChannelState::Works, _) => toned("works", Tone::Good),
        (ChannelState::Fails, Some(next)) => {
            toned(format!("fails ({}×), next try {}", channel.failures, relative(next.0, look.now)), Tone::Alarm)
        }
        (ChannelState::Fails, None) => toned("fails", Tone::Alarm),
        (ChannelState::Tried, _) => toned("failed, being tried", Tone::Warning),
        (ChannelState::Unusable, _) => toned("a secret is missing", Tone::Alarm),
    }
}

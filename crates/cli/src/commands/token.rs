//! `token`: making, listing and revoking tokens.

use serde_json::Value;
use wheelhouse_wire::api::{CreateToken, IssuedToken, Party, PartyKind, Time, Token, TokenState};

use super::who::shown;
use super::{Answer, Context};
use crate::args::{TokenCommand, TokenCreate};
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::{Look, Table, Tone, cell, exact, relative, toned};

/// Makes, lists or revokes tokens.
pub fn run(command: &TokenCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        TokenCommand::Create(options) => create(options, context),
        TokenCommand::List => list(context),
        TokenCommand::Revoke { id } => revoke(id, context),
    }
}

/// Only the secret goes to standard output, so that scripts can keep it.
fn create(options: &TokenCreate, context: &Context<'_>) -> Result<Answer, Failure> {
    let look = &context.look;
    let owner = match (&options.person, &options.source, &options.runner) {
        (Some(person), _, _) => party(PartyKind::Person, person),
        (None, Some(source), _) => party(PartyKind::Source, source),
        (None, None, Some(runner)) => party(PartyKind::Runner, runner),
        (None, None, None) => {
            return Err(Failure::cannot_run("whose token is it? Give --person, --source or --runner"));
        }
    };
    let request = CreateToken {
        owner,
        description: options.description.clone(),
        expires_at: options.expires.map(|length| Time(look.now + length.0)),
    };
    // Asked once: the hub makes another token each time, and only its last secret would be seen.
    let value = context.client()?.post_once(&["tokens"], &request)?;
    if look.json() {
        return Ok(Answer::json(&value));
    }
    let IssuedToken { token, secret } = read(value)?;
    let until = match token.expires_at {
        Some(at) => format!("until {}", exact(at.0, &look.zone)),
        None => "without end".to_owned(),
    };
    Ok(Answer::text(format!("{secret}\n")).note(format!(
        "{} for {}, good {until}; the secret is shown this once",
        token.id,
        shown(&token.owner)
    )))
}

fn list(context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["tokens"], &[], usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let tokens: Vec<Token> = read(Value::Array(items))?;
    Ok(Answer::text(table(&tokens, &context.look)))
}

fn revoke(id: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(Failure::new(
            Exit::CannotRun,
            format!("`{id}` is not the name of a token; expected one such as tok-7"),
        )
        .help("`wheelhouse token list` lists tokens"));
    }
    let value = context.client()?.delete(&["tokens", &id.to_ascii_lowercase()])?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let token: Token = read(value)?;
    Ok(Answer::text(format!("{} of {} is revoked\n", token.id, shown(&token.owner))))
}

fn table(tokens: &[Token], look: &Look) -> String {
    let mut table = Table::new(&["TOKEN", "OWNER", "STATE", "MADE", "BY", "ENDS", "FOR"]);
    for token in tokens {
        let state = match token.state {
            TokenState::Valid => toned("valid", Tone::Good),
            TokenState::Expired => toned("expired", Tone::Faint),
            TokenState::Revoked => toned("revoked", Tone::Faint),
        };
        let ends = token.expires_at.map_or_else(|| "never".to_owned(), |at| relative(at.0, look.now));
        table.row([
            cell(&token.id),
            cell(shown(&token.owner)),
            state,
            cell(relative(token.created_at.0, look.now)),
            cell(shown(&token.created_by)),
            cell(ends),
            cell(&token.description),
        ]);
    }
    table.render(look)
}

fn party(kind: PartyKind, name: &str) -> Party {
    Party { kind, name: Some(name.to_owned()) }
}

//! Tokens.

use super::{Command, Plan, Refusal, What, people::not_in_catalog, text_body};
use crate::Context;
use crate::access::{Owner, Token};
use crate::record::{Body, Entry, Fact};
use crate::time::Timestamp;
use crate::world::World;

/// The longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 200;
/// The role that keeps tokens.
const ADMINISTRATOR: &str = "administrator";

/// Makes or revokes a token.
pub(super) fn decide(world: &World, command: &Command, cx: &Context) -> Result<Plan, Refusal> {
    match &command.what {
        What::CreateToken { hash, owner, description, expires_at } => {
            known_owner(world, owner)?;
            if description.len() > LONGEST_DESCRIPTION || description.chars().any(char::is_control) {
                let expected = alloc::format!("one line of at most {LONGEST_DESCRIPTION} bytes");
                return Err(Refusal::Invalid { field: "description", expected });
            }
            if expires_at.is_some_and(|at| at <= cx.now) {
                return Err(Refusal::Invalid { field: "expires_at", expected: "an instant in the future".into() });
            }
            let token = world.next_token();
            let fact = Fact::TokenCreated { token, hash: *hash, owner: owner.clone(), expires_at: *expires_at };
            let entries = alloc::vec![entry(command, cx, fact, text_body("description", description))];
            Ok(Plan { entries, token: Some(token), ..Plan::default() })
        }
        What::RevokeToken { token } => match world.tokens().get(token) {
            None => Err(Refusal::NoSuchToken(alloc::format!("{token}"))),
            Some(known) if known.revoked_at.is_some() => Ok(Plan { token: Some(*token), ..Plan::default() }),
            Some(known) if makes_tokens(world, known) && !others_make_tokens(world, known, cx.now) => {
                Err(Refusal::LastMaker(*token))
            }
            Some(_) => {
                let entries = alloc::vec![entry(command, cx, Fact::TokenRevoked { token: *token }, None)];
                Ok(Plan { entries, token: Some(*token), ..Plan::default() })
            }
        },
        _ => Ok(Plan::default()),
    }
}

/// Whether tokens for others can be made with it, as far as the hub's own policies say.
fn makes_tokens(world: &World, token: &Token) -> bool {
    match &token.owner {
        Owner::Bootstrap => true,
        Owner::Source(_) | Owner::Runner(_) => false,
        Owner::Person(person) => world.catalog().is_some_and(|catalog| {
            catalog.people.contains_key(person)
                && catalog
                    .teams
                    .values()
                    .any(|team| team.members.contains(person) && team.roles.iter().any(|role| role == ADMINISTRATOR))
        }),
    }
}

/// Whether another good token makes tokens as well.
fn others_make_tokens(world: &World, token: &Token, now: Timestamp) -> bool {
    let mut others = world.tokens().values().filter(|other| other.id != token.id && other.is_valid(now));
    others.any(|other| makes_tokens(world, other))
}

fn known_owner(world: &World, owner: &Owner) -> Result<(), Refusal> {
    let Some(catalog) = world.catalog() else {
        return if matches!(owner, Owner::Bootstrap) { Ok(()) } else { Err(Refusal::NoCatalog) };
    };
    match owner {
        Owner::Person(name) if !catalog.people.contains_key(name) => {
            Err(not_in_catalog("person", name.as_str(), catalog.people.keys().map(|k| k.as_str())))
        }
        Owner::Source(name) if !catalog.sources.contains_key(name) => {
            Err(not_in_catalog("source", name.as_str(), catalog.sources.keys().map(|k| k.as_str())))
        }
        Owner::Runner(name) if !catalog.runners.contains_key(name) => {
            Err(not_in_catalog("runner", name.as_str(), catalog.runners.keys().map(|k| k.as_str())))
        }
        _ => Ok(()),
    }
}

fn entry(command: &Command, cx: &Context, fact: Fact, body: Option<Body>) -> Entry {
    let policies = command.policies.clone();
    Entry { policies, body, ..Entry::new(cx.now, command.actor.clone(), fact) }
}

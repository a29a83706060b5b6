//! How silences, changes and tokens follow from entries. No rule is evaluated here.

use alloc::string::String;

use super::{Changes, World};
use crate::access::Token;
use crate::change::Change;
use crate::record::{Entry, Fact};
use crate::silence::{Silence, SilenceState};

impl World {
    /// Follows an entry about a token.
    pub(super) fn apply_token(&mut self, entry: &Entry, changes: &mut Changes) {
        match &entry.fact {
            Fact::TokenCreated { token, hash, owner, expires_at } => {
                let description = entry.body.as_ref().and_then(|body| body.get("description")).cloned();
                self.last_token = (*token).max(self.last_token);
                let row = Token {
                    id: *token,
                    hash: *hash,
                    owner: owner.clone(),
                    description: description.unwrap_or_default(),
                    created_by: entry.actor.clone(),
                    created_at: entry.at,
                    expires_at: *expires_at,
                    revoked_at: None,
                };
                self.tokens.insert(*token, row);
                changes.tokens.push(*token);
            }
            Fact::TokenRevoked { token } => {
                if let Some(row) = self.tokens.get_mut(token) {
                    row.revoked_at = Some(entry.at);
                    changes.tokens.push(*token);
                }
            }
            _ => {}
        }
    }

    /// Follows an entry about a silence.
    pub(super) fn apply_silence(&mut self, entry: &Entry, changes: &mut Changes) {
        let at = entry.at;
        let changed = match &entry.fact {
            Fact::SilenceSet { silence, .. } => {
                let known = self.silences.get(*silence).cloned();
                if let Some(silence) = set(known, entry) {
                    self.silences.put(silence);
                }
                self.last_silence = (*silence).max(self.last_silence);
                silence
            }
            Fact::SilenceStarted { silence } => {
                self.silences.change(*silence, |silence| silence.state = SilenceState::Active);
                silence
            }
            Fact::SilenceEndsSoon { silence, .. } => {
                self.silences.change(*silence, |silence| silence.warned = true);
                silence
            }
            Fact::SilenceEnded { silence } => {
                self.silences.change(*silence, |silence| {
                    silence.starts_at = silence.starts_at.min(at);
                    silence.ends_at = silence.ends_at.min(at);
                    silence.updated_at = at;
                    silence.state = SilenceState::Expired;
                });
                silence
            }
            _ => return,
        };
        changes.silence = Some(*changed);
    }

    /// Follows an entry about a change.
    pub(super) fn apply_change(&mut self, entry: &Entry, changes: &mut Changes) {
        let Fact::ChangeTold { change, of, service, at, key } = &entry.fact else {
            return;
        };
        let text = |field| text(entry, field);
        let told = Change {
            number: *change,
            kind: *of,
            service: service.clone(),
            named: text("service"),
            title: text("title"),
            text: text("text"),
            version: text("version"),
            by: text("by"),
            url: text("url"),
            at: *at,
            told_at: entry.at,
            told_by: entry.actor.clone(),
            key: *key,
            drill: entry.drill,
        };
        self.last_change = self.last_change.max(*change);
        self.changes.insert(told.clone());
        changes.change = Some(told);
    }
}

/// The silence that an entry makes; nothing if the entry makes none.
pub(crate) fn silence_of(entry: &Entry) -> Option<Silence> {
    set(None, entry)
}

/// The silence that an entry sets, made anew or changed in place.
fn set(known: Option<Silence>, entry: &Entry) -> Option<Silence> {
    let Fact::SilenceSet { silence, matchers, starts_at, ends_at, .. } = &entry.fact else {
        return None;
    };
    let state = if *starts_at <= entry.at { SilenceState::Active } else { SilenceState::Pending };
    let (author, made_at) = known.map_or((entry.actor.clone(), entry.at), |known| (known.author, known.made_at));
    Some(Silence {
        id: *silence,
        drill: entry.drill,
        state,
        matchers: matchers.clone(),
        starts_at: *starts_at,
        ends_at: *ends_at,
        author,
        created_by: text(entry, "created_by"),
        comment: text(entry, "comment"),
        made_at,
        updated_at: entry.at,
        warned: false,
    })
}

fn text(entry: &Entry, field: &str) -> String {
    entry.body.as_ref().and_then(|body| body.get(field)).cloned().unwrap_or_default()
}

//! Doors are authorised once per token and authority version, not once per signal.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use wheelhouse_core::access::{Owner, TokenId};
use wheelhouse_core::name::SourceName;

use super::{Action, Authority, Decision, Request, Resource};

/// The most answers that are kept; past it all are forgotten and asked anew.
const MOST_KEPT: usize = 4_096;

/// Remembers who may knock at which door.
///
/// It speaks of authority only: whether a token is still valid must be checked before each use.
#[derive(Debug, Default)]
pub struct Doors {
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    version: Arc<str>,
    answers: HashMap<(TokenId, SourceName), Arc<Decision>>,
}

impl Doors {
    /// Whether the holder of a token may send signals as `source`, under the present authority.
    pub fn decide(&self, authority: &Authority, token: TokenId, owner: &Owner, source: &SourceName) -> Arc<Decision> {
        let key = (token, source.clone());
        {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            if kept.version == *authority.version()
                && let Some(answer) = kept.answers.get(&key)
            {
                return Arc::clone(answer);
            }
        }
        let resource = Resource::Source(source.clone());
        let request = Request { principal: owner.clone(), action: Action::SendSignals, resource };
        let answer = Arc::new(authority.decide(&request));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.version != *authority.version() {
            kept.version = Arc::clone(authority.version());
            kept.answers.clear();
        }
        if kept.answers.len() >= MOST_KEPT {
            kept.answers.clear();
        }
        kept.answers.insert(key, Arc::clone(&answer));
        answer
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).answers.len()
    }

    /// Whether no answer is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

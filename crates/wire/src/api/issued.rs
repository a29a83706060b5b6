//! Tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::access;
use wheelhouse_core::kernel::What;
use wheelhouse_core::record::Hash;
use wheelhouse_core::time::Timestamp;

use super::{Party, Problem, Time};

/// A token, without its secret, which nobody keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its name: `tok-7`.
    pub id: String,
    /// Whose it is.
    pub owner: Party,
    /// What it is for.
    pub description: String,
    /// Whether it opens anything.
    pub state: TokenState,
    /// Who made it.
    pub created_by: Party,
    /// When.
    pub created_at: Time,
    /// When it ends; never where null.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// Whether a token opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It does.
    Valid,
    /// It has ended.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A token that was made just now, with its secret, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// The token.
    pub token: Token,
    /// The secret to send as `Authorization: Bearer`.
    pub secret: String,
}

/// Makes a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// Whose it is: a person or a source.
    pub owner: Party,
    /// What it is for, in one line of at most 200 bytes.
    #[serde(default)]
    pub description: String,
    /// When it ends; never where absent.
    #[serde(default)]
    pub expires_at: Option<Time>,
}

impl Token {
    /// What is said of a token at `now`.
    pub fn new(token: &access::Token, now: Timestamp) -> Self {
        let state = match token.revoked_at {
            Some(_) => TokenState::Revoked,
            None if token.is_valid(now) => TokenState::Valid,
            None => TokenState::Expired,
        };
        Self {
            id: token.id.to_string(),
            owner: Party::from(&token.owner),
            description: token.description.clone(),
            state,
            created_by: Party::from(&token.created_by),
            created_at: token.created_at.into(),
            expires_at: token.expires_at.map(Time),
            revoked_at: token.revoked_at.map(Time),
        }
    }
}

impl CreateToken {
    /// What is asked for; `hash` is the SHA-256 of the secret that the hub drew.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_what(self, hash: Hash) -> Result<What, Problem> {
        Ok(What::CreateToken {
            hash,
            owner: self.owner.owner("owner")?,
            description: self.description,
            expires_at: self.expires_at.map(|at| at.0),
        })
    }
}

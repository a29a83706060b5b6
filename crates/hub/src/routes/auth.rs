//! Who is asking, and may they.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use wheelhouse_core::access::{Owner, Token};
use wheelhouse_core::kernel::{Command, What};
use wheelhouse_core::record::{Actor, Hash};
use wheelhouse_wire::api::Problem;

use super::respond::Failure;
use super::{App, session};
use crate::authority::{Action, Decision, Request, Resource};
use crate::clock::wall_now;
use crate::writer::Published;

/// Whoever sent a request with a valid token, and the state that it is judged under.
pub struct Caller {
    /// The token.
    pub token: Token,
    /// The committed state at the time.
    pub published: Arc<Published>,
}

impl Caller {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.token.owner.actor()
    }

    /// Whose the token is.
    pub fn owner(&self) -> &Owner {
        &self.token.owner
    }

    /// The policies that allow it, or a problem that says what is missing.
    pub fn may(&self, action: Action, resource: Resource) -> Result<Vec<String>, Failure> {
        let request = Request { principal: self.token.owner.clone(), action, resource };
        match self.published.authority.decide(&request) {
            Decision::Allowed { policies } => Ok(policies),
            Decision::Denied { why } => Err(Problem::forbidden(why).into()),
        }
    }

    /// The same caller under a later state; to be asked again by whoever waits.
    ///
    /// # Errors
    /// 401 where the token opens nothing any more.
    pub fn again(&self, published: Arc<Published>) -> Result<Self, Failure> {
        match published.tokens.find(&self.token.hash).filter(|token| token.is_valid(wall_now())) {
            Some(token) => Ok(Self { token: token.clone(), published: published.clone() }),
            None => Err(unauthenticated("the token was revoked or has expired; ask for a new one")),
        }
    }

    /// A command that was allowed by `policies`.
    pub fn command(&self, policies: Vec<String>, what: What) -> Command {
        Command { actor: self.actor(), policies, judged_under: Some(self.published.adoptions), what }
    }
}

/// The SHA-256 of a secret, which is all that is kept of it.
pub fn secret_hash(secret: &str) -> Hash {
    Hash(Sha256::digest(secret.as_bytes()).into())
}

/// Whose a secret is.
///
/// # Errors
/// 401 where the hub does not know it, or it opens nothing any more.
pub fn known(app: &App, secret: &str) -> Result<Caller, Failure> {
    let published = app.published();
    let token = published.tokens.find(&secret_hash(secret)).cloned();
    match token {
        Some(token) if token.is_valid(wall_now()) => Ok(Caller { token, published }),
        Some(_) => Err(unauthenticated("the token was revoked or has expired; ask for a new one")),
        None => {
            Err(unauthenticated("the hub does not know this token; check for a typing error or a token of another hub"))
        }
    }
}

fn unauthenticated(detail: &str) -> Failure {
    Problem::unauthenticated(detail).into()
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let secret = header.to_str().ok().and_then(|value| {
                let (scheme, secret) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
            });
            return known(app, secret.ok_or_else(|| unauthenticated("expected `Authorization: Bearer wh_…`"))?);
        }
        match session::secret(&parts.method, &parts.headers)? {
            Some(secret) => known(app, secret),
            None => Err(unauthenticated(
                "no token was sent; expected `Authorization: Bearer wh_…` (`wheelhouse token create` makes one)",
            )),
        }
    }
}

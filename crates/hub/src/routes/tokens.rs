//! Tokens.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::access::{self, TokenId};
use wheelhouse_core::kernel::{Refusal, What};
use wheelhouse_wire::api::{CreateToken, IssuedToken, Page, Problem, Token, decode};

use super::App;
use super::auth::{Caller, secret_hash};
use super::judged::judged;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::writer::secret;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(create)).routes(routes!(revoke))
}

/// Lists the tokens that the caller may see; never their secrets.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, body = Page<Token>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<Token>>, Failure> {
    let (tokens, now) = (app.query(|readers| readers.tokens()).await?, wall_now());
    let all = caller.may(Action::ReadTokens, Resource::Organization).is_ok();
    let may_see = |token: &&access::Token| {
        let resource = Resource::Token { owner: token.owner.clone() };
        all || caller.may(Action::ReadTokens, resource).is_ok()
    };
    let items = tokens.iter().filter(may_see).map(|token| Token::new(token, now)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Makes a token. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = CreateToken,
    responses((status = 201, body = IssuedToken), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<(StatusCode, Json<IssuedToken>), Failure> {
    let request: CreateToken = decode(&body)?;
    let secret = format!("wh_{}", secret());
    let what = request.into_what(secret_hash(&secret))?;
    let What::CreateToken { owner, .. } = &what else { return Err(Failure::stumbled()) };
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::CreateToken, Resource::Token { owner: owner.clone() })?;
        app.0.writer.person(judge.command(policies, what.clone()), None).await.map_err(Failure::from)
    };
    let answer = judged(&app, &caller, attempt).await?;
    let token = committed(&app, answer.token).await?;
    Ok((StatusCode::CREATED, Json(IssuedToken { token: Token::new(&token, wall_now()), secret })))
}

/// Revokes a token at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path, description = "The token, such as tok-7")),
    responses((status = 200, body = Token), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<Token>, Failure> {
    let unknown = || Failure::from(Refusal::NoSuchToken(id.chars().take(60).collect()));
    let id = TokenId::parse(&id).ok_or_else(unknown)?;
    let token =
        app.query(|readers| readers.tokens()).await?.into_iter().find(|token| token.id == id).ok_or_else(unknown)?;
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::RevokeToken, Resource::Token { owner: token.owner.clone() })?;
        let command = judge.command(policies, What::RevokeToken { token: id });
        app.0.writer.person(command, None).await.map_err(Failure::from)
    };
    let answer = judged(&app, &caller, attempt).await?;
    Ok(Json(Token::new(&committed(&app, answer.token).await?, wall_now())))
}

async fn committed(app: &App, id: Option<TokenId>) -> Result<access::Token, Failure> {
    let tokens = app.query(|readers| readers.tokens()).await?;
    tokens.into_iter().find(|token| Some(token.id) == id).ok_or_else(Failure::stumbled)
}

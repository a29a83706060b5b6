//! Answers: JSON or text where all went well, and what a person can do where not.

use reqwest::StatusCode;
use reqwest::header::{LOCATION, RETRY_AFTER};
use serde_json::Value;
use wheelhouse_wire::api::Problem;

use super::send::Answered;
use crate::failure::{Exit, Failure};

/// The JSON of a good answer.
pub(super) fn json(answered: Answered) -> Result<Value, Failure> {
    let answered = good(answered)?;
    serde_json::from_slice(&answered.body).map_err(|_| stranger(&answered))
}

/// The text of a good answer.
pub(super) fn text(answered: Answered) -> Result<String, Failure> {
    let answered = good(answered)?;
    String::from_utf8(answered.body).map_err(|_| {
        Failure::new(Exit::Unreachable, format!("{} answered with something that is no text", answered.url))
    })
}

/// The bytes of a good answer.
pub(super) fn bytes(answered: Answered) -> Result<Vec<u8>, Failure> {
    Ok(good(answered)?.body)
}

fn good(answered: Answered) -> Result<Answered, Failure> {
    if answered.status.is_success() {
        return Ok(answered);
    }
    if answered.status.is_redirection() {
        return Err(redirected(&answered));
    }
    match serde_json::from_slice::<Problem>(&answered.body) {
        Ok(problem) => Err(refused(&answered, problem)),
        Err(_) => Err(stranger(&answered)),
    }
}

/// A problem as the hub tells it, with the way out.
fn refused(answered: &Answered, problem: Problem) -> Failure {
    let exit = match answered.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::NotAuthorised,
        status if status.is_server_error() => Exit::Unreachable,
        _ => Exit::Refused,
    };
    let mut failure = match problem.errors.as_slice() {
        [] | [_] => Failure::new(exit, problem.detail),
        errors => errors.iter().fold(Failure::new(exit, "the hub refused the request"), |failure, error| {
            failure.detail(format!("`{}`: {}", error.field, error.detail))
        }),
    };
    match answered.status {
        StatusCode::UNAUTHORIZED => failure = how_to_authenticate(failure, answered.had_token),
        StatusCode::FORBIDDEN => {
            failure = failure.help("ask somebody whose teams may, or an administrator for the role");
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            let wait = answered.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            failure = failure.help(match wait.and_then(|wait| wait.parse::<u32>().ok()) {
                Some(seconds) => format!("try again in {seconds} s"),
                None => "try again".to_owned(),
            });
        }
        _ => {}
    }
    failure
}

/// Says how to come by a token.
fn how_to_authenticate(failure: Failure, had_token: bool) -> Failure {
    if had_token {
        return failure
            .help("check --token-file, --token or WHEELHOUSE_TOKEN, and that --url names the hub that issued it");
    }
    failure
        .help("give your token as --token-file FILE or WHEELHOUSE_TOKEN")
        .help("an administrator makes one: `wheelhouse token create --person NAME`; a hub prints its first one when it first starts")
}

/// A redirect is not followed: the token would go where nobody decided it should.
fn redirected(answered: &Answered) -> Failure {
    let to = answered.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
    Failure::new(Exit::Unreachable, format!("{} redirects to {to}", answered.url))
        .help("give the hub's own address as --url or WHEELHOUSE_URL")
}

/// Somebody answered who does not speak as a hub does.
fn stranger(answered: &Answered) -> Failure {
    let url = &answered.url;
    let failure = Failure::new(Exit::Unreachable, format!("{url} answered {}, and not as a hub does", answered.status));
    let start: String = String::from_utf8_lossy(&answered.body).chars().take(200).collect();
    let failure = match start.trim() {
        "" => failure,
        start => failure.detail(format!("it says: {start}")),
    };
    failure.help("is --url or WHEELHOUSE_URL the hub's address, and the hub as new as this program?")
}

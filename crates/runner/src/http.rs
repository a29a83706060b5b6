//! A step that asks something over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, Url};
use serde_json::Value;

use crate::Started;
use crate::chunk::Stream;
use crate::drive::{drive, with_causes};
use crate::outcome::End;
use crate::output::Output;
use crate::runner::{Done, Execution};
use crate::step::HttpStep;

/// How long it may take to be connected.
const CONNECT: Duration = Duration::from_secs(10);
/// How much of an answer becomes an output.
const OUTPUT: usize = 16 << 10;

/// Sends the request, and looks whether the answer is the expected one.
pub(crate) fn run(execution: &Execution<'_>, http: &HttpStep, output: &mut Output<'_>) -> Done {
    let (client, request) = match prepare(execution, http) {
        Ok(prepared) => prepared,
        Err(why) => return Done::not_started(why),
    };
    let at_us = execution.runner.clock.wall_us();
    output.started(&Started { at_us, step: None, guard: None, keeper: None });
    let done = match drive(execution, ask(&client, request, http.max_answer_bytes)) {
        Ok(Ok(answer)) => judge(execution, http, &answer, output),
        Ok(Err(Problem::NotSent(why))) => return Done::not_started(why),
        Ok(Err(Problem::Broken(why))) => Done::of(End::Unknown { why }),
        Ok(Err(Problem::Refused(why))) => Done::of(End::Failed { why }),
        Err(end) => Done::of(end),
    };
    Done { started_at_us: Some(at_us), ..done }
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

/// Why there is no answer.
enum Problem {
    /// Nobody has seen the request.
    NotSent(String),
    /// Somebody may have seen it.
    Broken(String),
    /// There is one, and it is not to be taken.
    Refused(String),
}

fn prepare(execution: &Execution<'_>, http: &HttpStep) -> Result<(Client, Request), String> {
    let url = Url::parse(&http.url).map_err(|error| format!("url: {error}\n  = help: `https://host/path`"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err("url: it must begin with http:// or https://, and must not hold a user or a password\n  = help: send credentials in a header, from a secret".to_owned());
    }
    let method = Method::from_bytes(http.method.to_ascii_uppercase().as_bytes())
        .map_err(|_invalid| format!("method: `{}` is none", http.method.escape_debug()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &http.headers {
        let (value, secret) = fill(value, execution).map_err(|why| format!("headers.{name}: {why}"))?;
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_invalid| format!("headers.{name}: no header has such a name"))?;
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_invalid| format!("headers.{name}: a header cannot hold such a value"))?;
        value.set_sensitive(secret);
        headers.append(key, value);
    }
    let client = Client::builder()
        .no_proxy()
        .connect_timeout(CONNECT)
        .redirect(policy(http.redirects))
        .user_agent(concat!("wheelhouse-runner/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| with_causes(&error))?;
    let mut request = client.request(method, url).headers(headers);
    if let Some(body) = &http.body {
        request = request.body(body.clone());
    }
    let request = request.build().map_err(|error| with_causes(&error))?;
    Ok((client, request))
}

/// Follows redirects only to where the request was sent in the first place: its headers may hold secrets.
fn policy(most: u8) -> Policy {
    if most == 0 {
        return Policy::none();
    }
    Policy::custom(move |attempt| {
        let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if !same {
            attempt.error("the answer leads to another origin, which is not followed")
        } else if attempt.previous().len() > usize::from(most) {
            attempt.error("the answer leads on more often than the step allows")
        } else {
            attempt.follow()
        }
    })
}

/// Replaces `${NAME}` by the step's secrets; says whether there was one.
fn fill(value: &str, execution: &Execution<'_>) -> Result<(String, bool), String> {
    let known = execution.step.secrets.iter().zip(&execution.given.secrets);
    let known: BTreeMap<&str, _> = known.map(|(wanted, (_, secret))| (wanted.name.as_str(), secret)).collect();
    let (mut filled, mut rest, mut any) = (String::new(), value, false);
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, behind) = behind.split_once('}').ok_or("a `${` is not closed")?;
        let secret = known.get(name).ok_or_else(|| format!("the step has no secret `{name}`"))?;
        filled += before;
        filled += secret.text().ok_or_else(|| format!("the secret `{name}` is no text"))?;
        (rest, any) = (behind, true);
    }
    Ok((filled + rest, any))
}

async fn ask(client: &Client, request: Request, most: u64) -> Result<Answer, Problem> {
    let mut response = client.execute(request).await.map_err(|error| {
        let why = with_causes(&error);
        if error.is_connect() {
            Problem::NotSent(why)
        } else if error.is_redirect() {
            Problem::Refused(why)
        } else {
            Problem::Broken(format!("the request was sent, and no answer came: {why}"))
        }
    })?;
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(Answer { status: response.status().as_u16(), body }),
            Err(error) => {
                return Err(Problem::Broken(format!(
                    "the answer {} breaks off: {}",
                    response.status(),
                    with_causes(&error)
                )));
            }
        }
        if body.len() as u64 > most {
            return Err(Problem::Refused(format!("the answer {} has more than {most} bytes", response.status())));
        }
    }
}

fn judge(execution: &Execution<'_>, http: &HttpStep, answer: &Answer, output: &mut Output<'_>) -> Done {
    output.take(Stream::Stdout, &answer.body, execution.elapsed());
    let body = String::from_utf8_lossy(&answer.body);
    let expected = if http.expect_status.is_empty() {
        (200..300).contains(&answer.status)
    } else {
        http.expect_status.contains(&answer.status)
    };
    let end = if !expected {
        let wanted: Vec<String> = http.expect_status.iter().map(u16::to_string).collect();
        let wanted = if wanted.is_empty() { "200 to 299".to_owned() } else { wanted.join(", ") };
        End::Failed { why: format!("the answer has status {}; expected was {wanted}", answer.status) }
    } else if http.expect_body.as_ref().is_some_and(|text| !body.contains(text.as_str())) {
        End::Failed {
            why: format!("the answer has status {}, and its body does not contain what was expected", answer.status),
        }
    } else {
        End::Succeeded
    };
    let mut done = Done::of(end);
    let mut outputs = BTreeMap::from([("status".to_owned(), Value::from(answer.status))]);
    if body.len() <= OUTPUT {
        outputs.insert("body".to_owned(), Value::from(body.into_owned()));
    }
    done.outputs = Ok(outputs);
    done
}

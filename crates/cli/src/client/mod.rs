//! The client of a running hub: its public HTTP API, and nothing else.

mod answers;
mod send;

pub use send::Payload;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Certificate, Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::args::Global;
use crate::failure::{Exit, Failure};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a file may take to be sent or fetched.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// How long the hub may take to verify its whole record.
const LONG_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// The largest file with a token, in bytes.
const LARGEST_TOKEN: usize = 4_096;
/// The most items that one page may hold.
const LARGEST_PAGE: usize = 500;

/// A hub as seen by somebody with a token.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: Url,
    token: Option<HeaderValue>,
}

/// What was found of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The items, in the hub's order.
    pub items: Vec<Value>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

impl Client {
    /// A client of the hub that the global options name.
    ///
    /// # Errors
    /// When the address, the token or the certificates cannot be used.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        let base = address(&global.url)?;
        let token = token(global)?;
        let mut http = reqwest::blocking::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wheelhouse/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &global.ca_file {
            for certificate in certificates(path)? {
                http = http.add_root_certificate(certificate);
            }
        }
        let http = http
            .build()
            .map_err(|error| Failure::cannot_run(format!("cannot prepare connections: {}", send::root(&error))))?;
        Ok(Self { http, base, token })
    }

    /// The same client of another hub.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn at(self, url: &str) -> Result<Self, Failure> {
        Ok(Self { base: address(url)?, ..self })
    }

    /// Fetches JSON.
    pub fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        answers::json(self.send(&Method::GET, path, query, None, TIMEOUT)?)
    }

    /// Fetches text.
    pub fn text(&self, path: &[&str]) -> Result<String, Failure> {
        answers::text(self.send(&Method::GET, path, &[], None, TIMEOUT)?)
    }

    /// Fetches text, with options in the query.
    pub fn text_of(&self, path: &[&str], query: &[(&str, String)]) -> Result<String, Failure> {
        answers::text(self.send(&Method::GET, path, query, None, TIMEOUT)?)
    }

    /// Fetches a list page by page, until `most` items or its end.
    pub fn list(&self, path: &[&str], query: &[(&str, String)], most: usize) -> Result<Listed, Failure> {
        let mut listed = Listed::default();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page: Page = read(self.get(path, &query)?)?;
            listed.items.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() || listed.items.len() >= most {
                listed.more = cursor.is_some() || listed.items.len() > most;
                listed.items.truncate(most);
                return Ok(listed);
            }
        }
    }

    /// Asks for a change. A connection that is lost on the way is tried once more, under the same
    /// idempotency key: the change happens once.
    pub fn post(&self, path: &[&str], request: &impl Serialize) -> Result<Value, Failure> {
        let body = body(request)?;
        answers::json(self.send(&Method::POST, path, &[], Some(body), TIMEOUT)?)
    }

    /// Hands over a file, under a key as [`post`](Self::post) does.
    pub fn upload(&self, path: &[&str], file: Payload) -> Result<Value, Failure> {
        answers::json(self.send(&Method::POST, path, &[], Some(file), UPLOAD_TIMEOUT)?)
    }

    /// Fetches a file.
    pub fn download(&self, path: &[&str]) -> Result<Vec<u8>, Failure> {
        answers::bytes(self.send(&Method::GET, path, &[], None, UPLOAD_TIMEOUT)?)
    }

    /// Asks for something that changes nothing, with options in the query.
    pub fn post_query(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        request: &impl Serialize,
    ) -> Result<Value, Failure> {
        let body = body(request)?;
        answers::json(self.send(&Method::POST, path, query, Some(body), TIMEOUT)?)
    }

    /// Asks for something that the hub does not recognise when asked again, so that it is asked once.
    pub fn post_once(&self, path: &[&str], request: &impl Serialize) -> Result<Value, Failure> {
        let body = body(request)?;
        answers::json(self.send_once(&Method::POST, path, Some(body))?)
    }

    /// Asks for something that changes nothing and may take long.
    pub fn post_long(&self, path: &[&str]) -> Result<Value, Failure> {
        answers::json(self.send(&Method::POST, path, &[], None, LONG_TIMEOUT)?)
    }

    /// Asks for a change that may take long; asked again it changes nothing more.
    pub fn post_patiently(&self, path: &[&str], request: &impl Serialize) -> Result<Value, Failure> {
        let body = body(request)?;
        answers::json(self.send(&Method::POST, path, &[], Some(body), LONG_TIMEOUT)?)
    }

    /// Removes something.
    pub fn delete(&self, path: &[&str]) -> Result<Value, Failure> {
        answers::json(self.send(&Method::DELETE, path, &[], None, TIMEOUT)?)
    }
}

/// How many items to ask for in one page, where `most` are wanted.
pub fn page_size(most: usize) -> String {
    most.clamp(1, LARGEST_PAGE).to_string()
}

/// Reads an answer as a type of the API.
///
/// # Errors
/// When the hub is of a version with another API.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::new(Exit::Unreachable, format!("the hub's answer is not understood: {error}")).help(concat!(
            "this is wheelhouse ",
            env!("CARGO_PKG_VERSION"),
            "; `wheelhouse status` tells the hub's version"
        ))
    })
}

/// A page whose items are left as they are.
#[derive(serde::Deserialize)]
struct Page {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

fn body(request: &impl Serialize) -> Result<Payload, Failure> {
    let json = |bytes| Payload { media_type: "application/json", disposition: None, bytes };
    serde_json::to_vec(request)
        .map(json)
        .map_err(|error| Failure::cannot_run(format!("the request cannot be written: {error}")))
}

/// Reads the hub's address.
///
/// # Errors
/// When it is not the address of a hub.
pub fn address(text: &str) -> Result<Url, Failure> {
    let bad = |what: &str| {
        Failure::cannot_run(format!("`{text}` is not a hub's address: {what}"))
            .help("give it as --url or WHEELHOUSE_URL, such as http://127.0.0.1:8480")
    };
    let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("expected http:// or https://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("it names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The address is not repeated: it holds a password.
        return Err(Failure::cannot_run("the hub's address holds a user name or password")
            .help("who you are is said by a token: --token-file or WHEELHOUSE_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("expected no `?` and no `#`"));
    }
    Ok(url)
}

/// The token that the options name, if they name one.
///
/// # Errors
/// When what they name cannot be read, or is no token.
pub fn token(global: &Global) -> Result<Option<HeaderValue>, Failure> {
    let (token, whence) = match (&global.token_file, &global.token) {
        (Some(path), _) => (token_file(path)?, path.display().to_string()),
        (None, Some(token)) => (token.clone(), "--token or WHEELHOUSE_TOKEN".to_owned()),
        (None, None) => return Ok(None),
    };
    let token = token.trim();
    if token.is_empty() {
        return Ok(None);
    }
    let visible = token.bytes().all(|b| b.is_ascii_graphic());
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    match value {
        Ok(mut value) if visible => {
            value.set_sensitive(true);
            Ok(Some(value))
        }
        _ => Err(Failure::cannot_run(format!("what {whence} holds is no token; expected one word, wh_…"))
            .help("copy it again, without spaces and line breaks")),
    }
}

fn token_file(path: &PathBuf) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::cannot_run(format!("cannot read the token in {}: {error}", path.display())))?;
    if text.len() > LARGEST_TOKEN {
        let message = format!("{} is too large for a token", path.display());
        return Err(Failure::cannot_run(message).help("expected a file with one word, wh_…"));
    }
    Ok(text)
}

/// The certificates in a PEM file.
///
/// # Errors
/// When it cannot be read, or holds none.
pub fn certificates(path: &PathBuf) -> Result<Vec<Certificate>, Failure> {
    let failed = |what: String| {
        Failure::cannot_run(format!("cannot use the certificates in {}: {what}", path.display()))
            .help("expected a PEM file with one or more certificates")
    };
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| failed(send::root(&error)))?;
    if found.is_empty() {
        return Err(failed("it holds none".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;

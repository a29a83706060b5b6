//! The hub's HTTP API, as somebody with a token uses it.

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

/// Whoever holds a token; or nobody, where it is empty.
#[derive(Clone)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: String,
    pub token: String,
}

/// An answer of the hub.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    /// A client of the hub at `base`.
    pub fn new(base: &str, token: &str) -> Self {
        let http = reqwest::blocking::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        Self { http, base: base.to_owned(), token: token.to_owned() }
    }

    /// The same hub, with another token.
    pub fn with(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request to be sent; `path` begins with `/`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Reads a page of the API, whatever the answer.
    pub fn look(&self, path: &str) -> Answer {
        sent(self.request(Method::GET, path)).unwrap()
    }

    /// Reads what must be there.
    pub fn get(&self, path: &str) -> Value {
        self.look(path).success()
    }

    /// Posts JSON, whatever the answer.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body, &[]).unwrap()
    }

    /// Posts JSON with headers; the hub may be gone.
    pub fn try_post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Result<Answer, reqwest::Error> {
        let mut request =
            self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        sent(request)
    }

    /// Sends alerts through Alertmanager's door.
    pub fn alert(&self, alerts: &[Value]) {
        let answer = self.post("/in/alertmanager/api/v2/alerts", &Value::Array(alerts.to_vec()));
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }

    /// The items of all pages of a list.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let page = self.get(&format!("{path}{next}"));
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{separator}cursor={cursor}"),
                None => return items,
            }
        }
    }

    /// The cases of a service, newest first.
    pub fn cases_of(&self, service: &str) -> Vec<Value> {
        self.all(&format!("/api/v1/cases?service={service}"))
    }
}

impl Answer {
    /// The body of an answer that says yes.
    pub fn success(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{} {}: {error}", self.status, self.text))
    }

    /// A header as text; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends a request and reads the whole answer.
pub fn sent(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text()? })
}

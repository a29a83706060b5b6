//! What Alertmanager answers, to the byte.

use super::go::push_json;

/// The most bytes of a body that are read; Alertmanager has no limit.
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// An answer: a status and a body, which is JSON unless it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, to be sent as `application/json`; no content type where it is empty.
    pub body: String,
}

impl Reply {
    /// Everything was taken: 200 with an empty body.
    pub const fn taken() -> Self {
        Self { status: 200, body: String::new() }
    }

    /// Some alerts were refused: 400 with a bare JSON string.
    pub fn refused(errors: &[String]) -> Self {
        Self::words(400, &errors.join("; "))
    }

    /// A bare JSON string.
    pub fn words(status: u16, words: &str) -> Self {
        let mut body = String::with_capacity(words.len() + 3);
        push_json(&mut body, words, false);
        body.push('\n');
        Self { status, body }
    }

    /// JSON that was written already.
    pub(super) const fn json(body: String) -> Self {
        Self { status: 200, body }
    }

    /// An error of the layer in front of the API: `{"code":…,"message":"…"}`.
    pub fn error(status: u16, code: u16, message: &str) -> Self {
        let mut body = format!("{{\"code\":{code},\"message\":");
        push_json(&mut body, message, true);
        body.push('}');
        Self { status, body }
    }

    /// A body that cannot be read.
    pub(super) fn unreadable(because: &str) -> Self {
        Self::error(400, 400, &format!("parsing alerts body from \"\" failed, because {because}"))
    }

    /// A path that is not served, below `/api/v2`.
    pub fn no_such_path(path: &str) -> Self {
        Self::error(404, 404, &format!("path {path} was not found"))
    }

    /// A path that is not served, outside of `/api/v2`; plain text, as Go's server writes it.
    pub const NO_SUCH_PAGE: &'static str = "404 page not found\n";

    /// A method that a path does not have.
    pub fn no_such_method(method: &str, allowed: &str) -> Self {
        Self::error(405, 405, &format!("method {method} is not allowed, but [{allowed}] are"))
    }

    /// A silence to be changed is not there.
    pub fn no_such_silence() -> Self {
        Self::words(404, "silence not found")
    }

    /// A silence to be looked at is not there: 404 without a body.
    pub const fn no_silence_to_show() -> Self {
        Self { status: 404, body: String::new() }
    }
}

/// Looks at the header `Content-Type` of a request with a body; without a body it does not count.
///
/// # Errors
/// The answer to send where it is not JSON: 415.
pub fn check_content_type(header: Option<&str>, body: &[u8]) -> Result<(), Reply> {
    if body.is_empty() {
        return Ok(());
    }
    let header = header.map(str::trim).filter(|header| !header.is_empty()).unwrap_or("application/octet-stream");
    let media_type = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type == "application/json" {
        return Ok(());
    }
    if media_type.contains([',', ' ']) {
        let because = "mime: unexpected content after media subtype";
        let message = format!("parsing Content-Type header from \"{header}\" failed, because {because}");
        return Err(Reply::error(400, 400, &message));
    }
    let message = format!("unsupported media type \"{media_type}\", only [application/json] are allowed");
    Err(Reply::error(415, 415, &message))
}

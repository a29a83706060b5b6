//! From the bytes of a request to its type.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::Problem;
use crate::not_json::words;

/// The largest request that is read, in bytes.
pub const LARGEST_REQUEST: usize = 64 * 1024;

/// Reads a request.
///
/// # Errors
/// 413 where it is too large, 400 where it is not JSON, 422 where it is not the JSON expected.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    decode_at_most(body, LARGEST_REQUEST)
}

/// Reads a request that may have another size.
///
/// # Errors
/// As [`decode`].
pub fn decode_at_most<T: DeserializeOwned>(body: &[u8], most: usize) -> Result<T, Problem> {
    if body.len() > most {
        let detail = format!("the request has {} bytes; expected at most {most}", body.len());
        return Err(Problem::new(413, "too_large", detail));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Problem::new(422, "invalid", format!("the request does not fit: {}", words(&error))),
        Category::Io | Category::Syntax | Category::Eof => {
            Problem::new(400, "not_json", format!("the request is not JSON: {}", words(&error)))
        }
    })
}

/// Reads a request all of whose fields may be absent; nothing at all is taken as `{}`.
///
/// # Errors
/// As [`decode`].
pub fn decode_or_default<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { decode(body) }
}

//! Grafana's signature: HMAC-SHA256 in hexadecimal over the body, or over `TIMESTAMP:` and the body.
//! What it signs is put together here; the hub, which has the secret, computes.

use wheelhouse_core::time::{Duration, Timestamp};

/// How far the signed instant may lie from the hub's clock.
pub const MOST_SKEW: Duration = Duration::from_minutes(5);

/// A signature as it came in headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The digest.
    pub digest: [u8; 32],
    /// The instant that was signed with the body, as it was written.
    pub timestamp: Option<String>,
}

impl Signature {
    /// Reads the headers `X-Grafana-Alerting-Signature` and, where one is configured, its timestamp's.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub fn parse(signature: &str, timestamp: Option<&str>, now: Timestamp) -> Result<Self, &'static str> {
        let signature = signature.trim();
        let mut digest = [0; 32];
        if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("expected 64 hexadecimal digits");
        }
        for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
            let pair = signature.get(at..at + 2).unwrap_or_default();
            *byte = u8::from_str_radix(pair, 16).map_err(|_| "expected 64 hexadecimal digits")?;
        }
        if let Some(text) = timestamp {
            let seconds: i64 = text.trim().parse().map_err(|_| "expected a timestamp in seconds since 1970")?;
            let skew = now.since(Timestamp::from_seconds(seconds)).as_micros().saturating_abs();
            if skew > MOST_SKEW.as_micros() {
                return Err("the signed instant lies more than five minutes from the hub's clock");
            }
        }
        Ok(Self { digest, timestamp: timestamp.map(|text| text.trim().to_owned()) })
    }
}

/// The bytes that a signature is over.
pub fn body_to_sign(timestamp: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 24);
    if let Some(timestamp) = timestamp {
        bytes.extend_from_slice(timestamp.as_bytes());
        bytes.push(b':');
    }
    bytes.extend_from_slice(body);
    bytes
}

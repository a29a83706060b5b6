//! The signature on webhook calls (docs/webhooks.md).

use hmac::{Hmac, Mac};
use sha2::Sha256;
use wheelhouse_core::time::Timestamp;

use super::Secret;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "Wheelhouse-Signature";

/// The value of the signature header: `t=<seconds>,v1=<hex>`, where the latter is the HMAC-SHA256
/// (RFC 2104) over the decimal seconds, a full stop and the body.
pub fn signature(key: &Secret, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_micros().div_euclid(1_000_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let code: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '1795400000.{"a":1}' | openssl dgst -sha256 -hmac key`.
    #[test]
    fn signatures_are_what_openssl_computes() {
        let signed = signature(&Secret::new("key"), Timestamp::from_seconds(1_795_400_000), br#"{"a":1}"#);
        assert_eq!(signed, "t=1795400000,v1=9c40a3986773cc173250046ba3fc1f59c4fc2c36af6c2487ed4d57e5b6c0c18b");
    }
}

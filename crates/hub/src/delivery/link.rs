//! Links in pages: they show one case to one person for a while, without a token.
//!
//! The token in a link is base64url (RFC 4648 §5, without padding) of the payload followed by the
//! first 16 bytes of its HMAC-SHA256. The payload is text: `v1 INC-17/m3 dana 1795400000`, the
//! last word being when it ends, in seconds since 1970.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wheelhouse_core::case::MessageId;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::time::Timestamp;

use super::Secret;

/// How many bytes of the code a link carries.
const CODE_BYTES: usize = 16;
/// The longest token, in characters.
const LONGEST_TOKEN: usize = 256;
/// What a payload begins with; part of what is signed, so that no other signature passes for a link.
const VERSION: &str = "v1";

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The page it came with, and thereby the case.
    pub message: MessageId,
    /// Who was paged.
    pub person: PersonName,
    /// When it ends, in whole seconds.
    pub expires_at: Timestamp,
}

/// Why a link is not honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It was not made with this hub's key, or was altered.
    #[error("the link was not made by this hub, or was altered; use the one in your latest page")]
    Forged,
    /// It has ended.
    #[error("the link has expired; use the one in your latest page, or `wheelhouse case show`")]
    Expired,
    /// It is no link at all.
    #[error("this is not a whole link; copy all of it from the page")]
    Malformed,
}

/// Makes the token of a link.
pub fn sign(key: &Secret, link: &Link) -> String {
    let seconds = link.expires_at.as_micros().div_euclid(1_000_000);
    let mut bytes = format!("{VERSION} {} {} {seconds}", link.message, link.person).into_bytes();
    let code = mac(key, &bytes).finalize().into_bytes();
    bytes.extend(code.iter().take(CODE_BYTES));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the token of a link that has not ended at `now`. The code is compared in constant time,
/// before anything else is believed.
pub fn verify(key: &Secret, token: &str, now: Timestamp) -> Result<Link, BadLink> {
    if token.len() > LONGEST_TOKEN {
        return Err(BadLink::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Malformed)?;
    let (payload, code) = bytes.split_last_chunk::<CODE_BYTES>().ok_or(BadLink::Malformed)?;
    mac(key, payload).verify_truncated_left(code).map_err(|_| BadLink::Forged)?;
    let link = read(payload).ok_or(BadLink::Malformed)?;
    if now >= link.expires_at { Err(BadLink::Expired) } else { Ok(link) }
}

fn read(payload: &[u8]) -> Option<Link> {
    let mut words = std::str::from_utf8(payload).ok()?.split(' ');
    if words.next()? != VERSION {
        return None;
    }
    let message = MessageId::parse(words.next()?)?;
    let person = PersonName::new(words.next()?).ok()?;
    let expires_at = Timestamp::from_seconds(words.next()?.parse().ok()?);
    words.next().is_none().then_some(Link { message, person, expires_at })
}

fn mac(key: &Secret, payload: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(b"wheelhouse link\n");
    mac.update(payload);
    mac
}

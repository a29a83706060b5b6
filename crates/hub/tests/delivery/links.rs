//! Signed links in pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use wheelhouse_core::case::{CaseId, CaseKind, MessageId};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_hub::delivery::Secret;
use wheelhouse_hub::delivery::link::{BadLink, Link, sign, verify};

use crate::NOW;

fn key() -> Secret {
    Secret::new([7; 32])
}

fn link() -> Link {
    Link {
        message: MessageId::parse("INC-17/m3").unwrap(),
        person: PersonName::new("dana").unwrap(),
        expires_at: NOW + Duration::from_hours(24),
    }
}

#[test]
fn a_link_says_what_was_signed_until_it_expires() {
    let token = sign(&key(), &link());
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{token}");
    assert_eq!(verify(&key(), &token, NOW), Ok(link()));
    let end = link().expires_at;
    assert_eq!(verify(&key(), &token, end - Duration::from_micros(1)), Ok(link()));
    assert_eq!(verify(&key(), &token, end), Err(BadLink::Expired));
}

#[test]
fn a_link_of_another_hub_is_forged_and_a_cut_one_malformed() {
    let token = sign(&key(), &link());
    assert_eq!(verify(&Secret::new([8; 32]), &token, NOW), Err(BadLink::Forged));
    assert_eq!(verify(&key(), "", NOW), Err(BadLink::Malformed));
    assert_eq!(verify(&key(), "abc", NOW), Err(BadLink::Malformed));
    assert_eq!(verify(&key(), "…", NOW), Err(BadLink::Malformed));
    assert_eq!(verify(&key(), &format!("{token}="), NOW), Err(BadLink::Malformed));
    assert_eq!(verify(&key(), &"A".repeat(100_000), NOW), Err(BadLink::Malformed));
    assert_eq!(verify(&key(), &"A".repeat(64), NOW), Err(BadLink::Forged));
}

prop_compose! {
    fn any_link()(
        kind in prop::sample::select(CaseKind::ALL.to_vec()),
        case in 1..1_000_000_000_000_000_000u64,
        number in any::<u32>(),
        person in "[a-z0-9][a-z0-9._-]{0,62}",
        seconds in 0..253_402_214_400i64,
    ) -> Link {
        Link {
            message: MessageId { case: CaseId { kind, number: case }, number },
            person: PersonName::new(&person).unwrap(),
            expires_at: Timestamp::from_seconds(seconds),
        }
    }
}

proptest! {
    #[test]
    fn every_link_reads_back(link in any_link()) {
        let token = sign(&key(), &link);
        let before = link.expires_at - Duration::from_seconds(1);
        prop_assert_eq!(verify(&key(), &token, before), Ok(link));
    }

    /// One changed bit anywhere, in what is signed or in the code, and the link is not honoured.
    #[test]
    fn no_bit_can_be_changed(link in any_link(), place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = URL_SAFE_NO_PAD.decode(sign(&key(), &link)).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert_eq!(verify(&key(), &token, Timestamp::EPOCH), Err(BadLink::Forged));
    }

    /// No other character anywhere gives a link that is honoured, not even one that means the same.
    #[test]
    fn no_character_can_be_changed(link in any_link(), place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]") {
        let token = sign(&key(), &link);
        let place = place.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != token);
        prop_assert!(verify(&key(), &changed, Timestamp::EPOCH).is_err());
    }

    /// What is cut off or put on is noticed.
    #[test]
    fn nothing_can_be_cut_off_or_put_on(link in any_link(), cut in 1..200usize, more in "[A-Za-z0-9_-]{1,8}") {
        let token = sign(&key(), &link);
        let kept = token.len().saturating_sub(cut);
        prop_assert!(verify(&key(), &token[..kept], Timestamp::EPOCH).is_err());
        let longer = format!("{token}{more}");
        prop_assert!(verify(&key(), &longer, Timestamp::EPOCH).is_err());
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        prop_assert!(verify(&key(), &text, NOW).is_err());
    }
}

//! No spelling of a secret gets through, however a stream is cut.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use wheelhouse_runner::redact::{Redactor, Secrets};
use wheelhouse_runner::secret::Secret;

fn secrets(values: &[&[u8]]) -> Arc<Secrets> {
    let values: Vec<(String, Secret)> =
        values.iter().enumerate().map(|(at, value)| (format!("s{at}"), Secret::new(*value))).collect();
    Secrets::new(values.iter().map(|(name, value)| (name.as_str(), value))).unwrap()
}

/// Redacts a text that comes in pieces of these lengths.
fn redacted(secrets: &Arc<Secrets>, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut redactor = Redactor::new(Arc::clone(secrets));
    let (mut clean, mut rest) = (Vec::new(), text);
    for &cut in cuts.iter().cycle().take(text.len() + 1) {
        let (piece, behind) = rest.split_at(cut.clamp(1, 1 << 20).min(rest.len()));
        redactor.push(piece, &mut clean);
        rest = behind;
    }
    redactor.push(rest, &mut clean);
    redactor.finish(&mut clean);
    clean
}

/// Every spelling that a test can make on its own, with something around it.
fn spellings(secret: &[u8], before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    let around = [before, secret, after].concat();
    let mut all = vec![secret.to_vec(), around.clone()];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        all.extend([engine.encode(&around).into_bytes(), engine.encode([before, secret].concat()).into_bytes()]);
        let folded: Vec<u8> =
            engine.encode(&around).bytes().collect::<Vec<_>>().chunks(19).collect::<Vec<_>>().join(&b"\r\n   "[..]);
        all.push(folded);
    }
    let hex = |upper: bool, between: &str| {
        let mut form = String::new();
        for byte in &around {
            let _ = if upper { write!(form, "{byte:02X}{between}") } else { write!(form, "{byte:02x}{between}") };
        }
        form.into_bytes()
    };
    all.extend([hex(false, ""), hex(true, ""), hex(false, " "), hex(true, ":")]);
    let percent: String = secret.iter().map(|byte| format!("%{byte:02X}")).collect();
    all.push(percent.into_bytes());
    if let Ok(text) = std::str::from_utf8(secret) {
        all.push(serde_json::to_vec(text).unwrap());
    }
    all
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

/// Whether a secret can be read out of what came through, by decoding every run of characters at every place.
fn leaks(clean: &[u8], secret: &[u8]) -> bool {
    if holds(clean, secret) {
        return true;
    }
    let joined: Vec<u8> = clean.iter().copied().filter(|byte| !b" \r\n\t:".contains(byte)).collect();
    let hex: Vec<u8> = joined.to_ascii_lowercase();
    let spelled: String = secret.iter().fold(String::new(), |mut form, byte| {
        let _ = write!(form, "{byte:02x}");
        form
    });
    if holds(&hex, spelled.as_bytes()) {
        return true;
    }
    let letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    joined.split(|byte| !letters(byte)).any(|run| {
        let run: Vec<u8> = run
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            })
            .collect();
        (0..4.min(run.len())).any(|skip| {
            let part = &run[skip..];
            let whole = &part[..part.len() - usize::from(part.len() % 4 == 1)];
            let engine = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::GeneralPurposeConfig::new()
                    .with_decode_allow_trailing_bits(true)
                    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
            );
            engine.decode(whole).is_ok_and(|bytes| holds(&bytes, secret))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_gets_through_at_any_alignment_or_cut(
        secret in prop_oneof![
            vec(any::<u8>().prop_map(|byte| if byte < 0x21 { byte + 0x41 } else { byte }), 8..40),
            "[!-~äß€]{8,40}".prop_map(String::into_bytes),
        ],
        before in vec(any::<u8>(), 0..7),
        after in vec(any::<u8>(), 0..7),
        noise in "[a-zA-Z0-9 .,:/\n]{0,30}",
        cuts in vec(1_usize..40, 1..12),
    ) {
        let secrets = secrets(&[&secret]);
        for spelling in spellings(&secret, &before, &after) {
            let text = [noise.as_bytes(), b" <", &spelling, b"> ", noise.as_bytes()].concat();
            let clean = redacted(&secrets, &text, &cuts);
            prop_assert!(holds(&clean, b"[secret:s0]"), "{:?} in {:?}", String::from_utf8_lossy(&spelling), String::from_utf8_lossy(&clean));
            prop_assert!(!leaks(&clean, &secret), "{:?}", String::from_utf8_lossy(&clean));
            // What stands before and behind comes through as it is.
            prop_assert!(clean.starts_with([noise.as_bytes(), b" <"].concat().as_slice()));
            prop_assert!(clean.ends_with([b"> ", noise.as_bytes()].concat().as_slice()));
        }
    }

    #[test]
    fn how_a_stream_is_cut_makes_no_difference(
        text in vec(prop_oneof![Just(b"abcabcabd".to_vec()), Just(b"bcabd".to_vec()), Just(b"YWJjYWJj".to_vec()), "[abcd \n]{0,6}".prop_map(String::into_bytes)], 0..20),
        cuts in vec(1_usize..9, 1..20),
    ) {
        let secrets = secrets(&[b"abcabcabd", b"cabdab", b"abcabd"]);
        let text = text.concat();
        let whole = redacted(&secrets, &text, &[1 << 20]);
        let cut = redacted(&secrets, &text, &cuts);
        for secret in [b"abcabcabd".as_slice(), b"cabdab", b"abcabd"] {
            prop_assert!(!holds(&whole, secret) && !holds(&cut, secret));
        }
        // Places that lie one behind the other may be one replacement or two; everything else is the same.
        let words = |clean: &[u8]| {
            let text = String::from_utf8(clean.to_vec()).unwrap();
            let mut text = text.replace("[secret:s1]", "[secret:s0]").replace("[secret:s2]", "[secret:s0]");
            while text.contains("[secret:s0][secret:s0]") {
                text = text.replace("[secret:s0][secret:s0]", "[secret:s0]");
            }
            text
        };
        prop_assert_eq!(words(&whole), words(&cut));
    }

    #[test]
    fn text_without_secrets_comes_through_as_it_is(text in vec(any::<u8>(), 0..400), cuts in vec(1_usize..50, 1..5)) {
        let secrets = secrets(&[b"\x01never-in-there\x02"]);
        prop_assert_eq!(redacted(&secrets, &text, &cuts), text);
    }
}

#[test]
fn only_what_may_become_a_secret_is_held_back() {
    let secrets = secrets(&[b"password-1234"]);
    let mut redactor = Redactor::new(Arc::clone(&secrets));
    let mut clean = Vec::new();
    redactor.push(b"enter the pass", &mut clean);
    assert_eq!((clean.as_slice(), redactor.held()), (b"enter the ".as_slice(), 4));
    redactor.push(b"port: ", &mut clean);
    assert_eq!((clean.as_slice(), redactor.held()), (b"enter the passport: ".as_slice(), 0));
    redactor.push(b"password-123", &mut clean);
    assert_eq!(redactor.held(), 12);
    redactor.push(b"4!", &mut clean);
    assert_eq!((clean.as_slice(), redactor.redacted()), (b"enter the passport: [secret:s0]!".as_slice(), 1));
}

#[test]
fn a_long_beginning_at_the_end_is_replaced_and_a_short_one_is_not() {
    let secrets = secrets(&[b"password-1234"]);
    assert_eq!(redacted(&secrets, b"it is password-12", &[3]), b"it is [secret:s0]");
    assert_eq!(redacted(&secrets, b"it is pass", &[3]), b"it is pass");
}

#[test]
fn secrets_within_and_across_each_other_go_together() {
    let secrets = secrets(&[b"abcdefgh", b"efghijkl", b"bcdefg"]);
    let clean = redacted(&secrets, b"x abcdefghijkl y bcdefg z", &[1]);
    let text = String::from_utf8(clean).unwrap();
    assert!(!["ab", "cd", "ef", "gh", "ij", "kl"].iter().any(|part| text.contains(part)), "{text}");
    assert!(text.starts_with("x [secret:s") && text.ends_with("] z"), "{text}");
}

#[test]
fn what_is_held_back_is_bounded() {
    let secrets = secrets(&[b"password-1234"]);
    let mut redactor = Redactor::new(secrets);
    let mut clean = Vec::new();
    // The beginning of a folded spelling, and then blanks without end.
    redactor.push(b"cGFzc3dvcm", &mut clean);
    for _ in 0..100 {
        redactor.push(&[b' '; 1000], &mut clean);
        assert!(redactor.held() < 2_000, "{}", redactor.held());
    }
}

#[test]
fn values_of_json_are_redacted_by_their_texts() {
    let secrets = secrets(&[b"hunter2-hunter2", b"123456789"]);
    let value = serde_json::json!({"hunter2-hunter2": ["x hunter2-hunter2", 123456789, 5, null, true]});
    let clean = serde_json::json!({"[secret:s0]": ["x [secret:s0]", "[secret:s1]", 5, null, true]});
    assert_eq!(secrets.redact_value(value), clean);
}

#[test]
fn secrets_that_are_too_short_or_too_long_are_refused() {
    let refused = |value: &[u8]| Secrets::new([("pw", &Secret::new(value))]).unwrap_err().to_string();
    assert!(refused(b"12345\n").starts_with("the secret `pw` is shorter than 6 bytes"));
    assert!(refused(&[b'x'; 17 << 10]).starts_with("the secret `pw` is longer than 16384 bytes"));
    let long = Secret::new([b'y'; 12 << 10]);
    let error = Secrets::new([("a", &long), ("b", &long), ("c", &long)]).unwrap_err().to_string();
    assert!(error.starts_with("the step's secrets are longer than 32768 bytes together"));
}

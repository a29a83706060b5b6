//! Checkpoints against notes that another implementation signed, and against damaged ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::checkpoint::{assemble, parse};
use super::*;
use alloc::string::{String, ToString};
use std::format;

/// Made with the crates `signed_note` 0.2 and `tlog_tiles` 0.2, from the Ed25519 secret key of 32
/// bytes 0x42, over a tree whose root is the leaf hash of `harbor`.
const NOTE: &str = "\
wheelhouse.example.org/record
3
qAgT9Or8/BanFgKhA6j9mj5hUHAUH9efpA3qsj2kN2A=

— wheelhouse.example.org/record mGPz6UnXUEebMGlPM6xmI7ZrTjrVW1UfKWQ62/TTInx9iYvaIzvZug17tqLVTPzES9jDQUuF9opo6qhg7jV/6E8+pw4=
";
const VERIFIER: &str = "wheelhouse.example.org/record+9863f3e9+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS";
const PUBLIC_KEY: [u8; 32] = [
    33, 82, 248, 209, 155, 121, 29, 36, 69, 50, 66, 225, 95, 46, 171, 108, 183, 207, 250, 123, 106, 94, 211, 0, 151,
    150, 14, 6, 152, 129, 219, 18,
];
const NAME: &str = "wheelhouse.example.org/record";

fn body_of(note: &str) -> &str {
    &note[..note.find("\n\n").unwrap() + 1]
}

#[test]
fn another_implementations_note_is_read_and_written_to_the_byte() {
    let (checkpoint, signatures) = parse(NOTE.as_bytes()).unwrap();
    assert_eq!(checkpoint, Checkpoint::new(NAME, 3, leaf_hash(b"harbor")).unwrap());
    assert_eq!(checkpoint.body(), body_of(NOTE));
    assert_eq!(signatures.len(), 1);
    let line = &signatures[0];
    assert_eq!((line.name(), line.key_hash(), line.signature().len()), (NAME, key_hash(NAME, &PUBLIC_KEY), 64));
    let again = assemble(&checkpoint.body(), NAME, line.key_hash(), line.signature()).unwrap();
    assert_eq!(again, NOTE);
}

#[test]
fn another_implementation_reads_our_body() {
    for size in [0, 1, 255, 1_000_000, MAX_LEAVES] {
        let ours = Checkpoint::new(NAME, size, leaf_hash(&size.to_be_bytes())).unwrap();
        let theirs = tlog_tiles::Checkpoint::from_bytes(ours.body().as_bytes()).unwrap();
        assert_eq!(
            (theirs.origin(), theirs.size(), theirs.hash().0, theirs.extension()),
            (ours.origin(), ours.size(), ours.root().0, "")
        );
        assert_eq!(theirs.to_bytes(), ours.body().as_bytes());
        assert_eq!(Checkpoint::parse_body(&ours.body()).unwrap(), ours);
    }
}

#[test]
fn signatures_of_other_keys_and_kinds_are_kept_in_order() {
    let witness = SignatureLine::new("witness.example.net", KeyHash([1, 2, 3, 4]), &[9; 72]).unwrap();
    let (_, signatures) = parse(format!("{NOTE}{witness}").as_bytes()).unwrap();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[1], witness);
}

#[test]
fn damaged_notes_are_refused_with_the_place() {
    let line = NOTE.lines().last().unwrap();
    let body = body_of(NOTE);
    let root = body.lines().last().unwrap();
    let change = |from: &str, to: &str| NOTE.replacen(from, to, 1);
    let size = |text: &str| BadCheckpoint::Size(text.into());
    let cases: &[(String, BadCheckpoint)] = &[
        (String::new(), BadCheckpoint::Unsigned),
        (body.into(), BadCheckpoint::Unsigned),
        (format!("{body}\n"), BadCheckpoint::Unsigned),
        (NOTE.trim_end().into(), BadCheckpoint::Unended),
        (change("\n3\n", "\n"), BadCheckpoint::TooFewLines),
        (change("\n3\n", "\n03\n"), size("03")),
        (change("\n3\n", "\n+3\n"), size("+3")),
        (change("\n3\n", "\n-3\n"), size("-3")),
        (change("\n3\n", "\n 3\n"), size(" 3")),
        (change("\n3\n", "\n\n"), size("")),
        (change("\n3\n", "\n4611686018427387905\n"), size("4611686018427387905")),
        (change("\n3\n", "\n18446744073709551616\n"), size("18446744073709551616")),
        (change(root, &root[..43]), BadCheckpoint::Root(root[..43].into())),
        (change("kN2A=", "kN2B="), BadCheckpoint::Root(root.replace("kN2A", "kN2B"))),
        (change(root, "aGFyYm9y"), BadCheckpoint::Root("aGFyYm9y".into())),
        (change("\n\n", "\nextension\n\n"), BadCheckpoint::Extension),
        (change("\n\n", "\n\n\n"), BadCheckpoint::Extension),
        (NOTE.replacen(NAME, "", 1), BadCheckpoint::Origin),
        (NOTE.replacen(NAME, &"o".repeat(256), 1), BadCheckpoint::Origin),
        (change("\n3\n", "\r\n3\n"), BadCheckpoint::NotText),
        (change("— ", "- "), BadCheckpoint::SignatureLine { number: 1 }),
        (change("— wheel", "—  wheel"), BadCheckpoint::SignatureLine { number: 1 }),
        (change("— wheel", "— wh+eel"), BadCheckpoint::SignatureLine { number: 1 }),
        (change("pw4=", "pw4"), BadCheckpoint::SignatureLine { number: 1 }),
        (format!("{NOTE}{line}"), BadCheckpoint::Unended),
        (format!("{NOTE}— name AQIDBA==\n"), BadCheckpoint::SignatureLine { number: 2 }),
        (format!("{NOTE}{}", format!("{line}\n").repeat(100)), BadCheckpoint::TooManySignatures),
        (NOTE.repeat(3_000), BadCheckpoint::TooLong { found: NOTE.len() * 3_000 }),
    ];
    for (note, expected) in cases {
        assert_eq!(parse(note.as_bytes()).unwrap_err(), *expected, "{note:.300}");
    }
    assert_eq!(parse(b"\xff\n\n"), Err(BadCheckpoint::NotText));
}

#[test]
fn no_changed_byte_gives_the_same_checkpoint_and_signatures() {
    let good = parse(NOTE.as_bytes()).unwrap();
    for place in 0..NOTE.len() {
        for bit in 0..8 {
            let mut note = NOTE.as_bytes().to_vec();
            note[place] ^= 1 << bit;
            if let Ok(read) = parse(&note) {
                assert_ne!(read, good, "bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let key = key_hash(NAME, &PUBLIC_KEY);
    let body = body_of(NOTE);
    assert_eq!(assemble(body, "two words", key, &[1]), Err(BadCheckpoint::KeyName));
    assert_eq!(assemble(body, "", key, &[1]), Err(BadCheckpoint::KeyName));
    assert_eq!(assemble(body, NAME, key, &[]), Err(BadCheckpoint::EmptySignature));
    assert_eq!(assemble(body.trim_end(), NAME, key, &[1]), Err(BadCheckpoint::Unended));
    for origin in ["", "two\nlines", "bell\u{7}"] {
        assert_eq!(Checkpoint::new(origin, 0, empty_root()), Err(BadCheckpoint::Origin));
    }
}

#[test]
fn a_verifier_key_is_written_and_read() {
    let key = VerifierKey::new(NAME, PUBLIC_KEY).unwrap();
    assert_eq!(key.to_string(), VERIFIER);
    assert_eq!(VERIFIER.parse(), Ok(key));
}

#[test]
fn damaged_verifier_keys_are_refused() {
    let cases = [
        ("", BadCheckpoint::VerifierKey),
        ("name", BadCheckpoint::VerifierKey),
        ("name+9863f3e9", BadCheckpoint::VerifierKey),
        (&VERIFIER.replace("9863f3e9", "9863F3E9"), BadCheckpoint::VerifierKey),
        (&VERIFIER.replace("9863f3e9", "9863f3e"), BadCheckpoint::VerifierKey),
        (&VERIFIER.replace("9863f3e9", "9863f3e8"), BadCheckpoint::KeyHashDiffers),
        (&VERIFIER.replace("wheelhouse", "wheelhorse"), BadCheckpoint::KeyHashDiffers),
        (&VERIFIER.replace("ASFS", "AiFS"), BadCheckpoint::KeyType(2)),
        (&VERIFIER.replace("ASFS", "ASFT"), BadCheckpoint::KeyHashDiffers),
        (&VERIFIER[..VERIFIER.len() - 4], BadCheckpoint::VerifierKey),
        (&VERIFIER.replacen("wheelhouse.example.org/record", "", 1), BadCheckpoint::KeyName),
        (&format!("name+00000000+{}", "A".repeat(4_000)), BadCheckpoint::VerifierKey),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<VerifierKey>(), Err(expected), "{text}");
    }
}

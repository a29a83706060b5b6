//! The kept inputs, one folder a target, and the words that the formats are made of.

use std::fs;
use std::path::PathBuf;

/// Words of the formats in libFuzzer's form: one quoted text a line.
const WORDS: &str = include_str!("../words.dict");

/// Where the inputs of a target lie.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The kept inputs of a target with their names, in the order of the names.
pub fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder(target);
    let listed = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<(String, Vec<u8>)> = listed
        .map(|entry| {
            let entry = entry.expect("the corpus is kept in files with names that are text");
            (
                entry.file_name().into_string().expect("the corpus is kept in files with names that are text"),
                fs::read(entry.path()).expect("the corpus is kept in files with names that are text"),
            )
        })
        .collect();
    inputs.sort();
    inputs
}

/// The words of the formats.
pub fn words() -> Vec<Vec<u8>> {
    WORDS.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"')).map(unescaped).collect()
}

/// A text as libFuzzer writes it in its lists of words: `\\`, `\"` and `\xNN`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        if let Some(digits) = after.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&digits[..2], 16).expect("two hexadecimal digits follow `\\x`"));
            rest = &digits[2..];
        } else {
            bytes.extend_from_slice(&after.as_bytes()[..1]);
            rest = &after[1..];
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

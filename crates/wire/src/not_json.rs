//! What is said of JSON that cannot be read: the reader quotes it, and it may be long.

/// The most characters of the reader's words.
const LONGEST_WORDS: usize = 600;

/// What the reader says is wrong, and where, cut to a length.
pub(crate) fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.len() <= LONGEST_WORDS {
        return text;
    }
    let start: String = text.chars().take(LONGEST_WORDS).collect();
    format!("{start}… at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_long_text_is_not_repeated_whole_and_its_place_is_said() {
        let long = format!("\n\"{}\"", "ä".repeat(100_000));
        let said = words(&serde_json::from_str::<u8>(&long).unwrap_err());
        assert!(said.chars().count() < 700 && said.contains("… at line 2 column"), "{said}");
        let short = words(&serde_json::from_str::<u8>("[").unwrap_err());
        assert_eq!(short.matches("line 1").count(), 1, "{short}");
    }
}

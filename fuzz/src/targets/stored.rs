//! What lies in tables: packed pairs and journals.

use wheelhouse_core::signal::Pairs;
use wheelhouse_store::{Journal, PackedJournal};

/// Names with values, packed.
pub fn pairs(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(pairs) = Pairs::from_packed(&text) else { return };
    assert_eq!(pairs.as_str(), text);
    assert_eq!(pairs.iter().collect::<Pairs>(), pairs, "equal maps have two packed forms");
    for (name, value) in pairs.iter() {
        assert_eq!(pairs.get(name), Some(value));
    }
    let json = serde_json::to_string(&pairs).expect("what was read can be written and read again");
    assert_eq!(serde_json::from_str::<Pairs>(&json).expect("what was read can be written and read again"), pairs);
    let _ = pairs.to_string();
}

/// The frames of one commit, compressed.
pub fn journals(input: &[u8]) {
    let packed = PackedJournal { salt: [7; 32], frames: input.to_vec() };
    match packed.unpack() {
        Ok(frames) => {
            let again = Journal { salt: [7; 32], frames: frames.clone() }
                .pack()
                .expect("what was read can be written and read again");
            assert_eq!(again.unpack(), Ok(frames));
        }
        Err(words) => assert!(words.len() < 4_096, "{words}"),
    }
}

//! What a command said, held against what a page shows of it.

/// Words that the day of the test decides, such as who is on call: each stands for any other of its group.
pub type Alike = &'static [&'static [&'static str]];

/// Units in which times are shown.
const UNITS: [&str; 7] = ["μs", "ms", "s", "min", "h", "d", "w"];

/// Holds an answer against what is shown of it: line by line and word by word, without empty lines and without regard to
/// the width of columns.
///
/// A line `…` stands for any lines, the word for any words, and within a word for any characters. Instants, lengths of
/// time and the versions of repositories are whatever they are, but must stand where they are shown. Where nothing is shown,
/// anything may be said.
pub fn compare(shown: &[String], said: &str, alike: Alike) -> Result<(), String> {
    let lines: Vec<Vec<String>> = words_of(said.lines(), alike);
    let wanted: Vec<Vec<String>> = words_of(shown.iter().map(String::as_str), alike);
    if wanted.is_empty()
        || fits(&wanted, &lines, &|wanted, line| fits(wanted, line, &|wanted, word| globs(wanted, word)))
    {
        return Ok(());
    }
    Err(format!("---- is shown to say\n{}\n---- and says\n{said}", shown.join("\n")))
}

fn words_of<'l>(lines: impl Iterator<Item = &'l str>, alike: Alike) -> Vec<Vec<String>> {
    lines.map(|line| words(line, alike)).filter(|words| !words.is_empty()).collect()
}

/// The words of a line; those that differ from day to day are named after what they are.
fn words(line: &str, alike: Alike) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let bare = word.trim_matches([',', ';', '.', ':', '(', ')']);
        let is_number = |word: &String| word.parse::<u64>().is_ok();
        let named = if let Some(them) = alike.iter().find(|them| them.contains(&bare)) {
            word.replace(bare, &format!("(one of {})", them[0]))
        } else if is_version(bare) {
            word.replace(bare, "(version)")
        } else if is_time(bare) {
            word.replace(bare, "(instant)")
        } else if UNITS.contains(&bare) && words.last().is_some_and(is_number) {
            words.pop();
            word.replace(bare, "(length)")
        } else {
            word.to_owned()
        };
        match (words.last().map(String::as_str), named.as_str()) {
            // One hour and two minutes are a length as well.
            (Some("(length)"), named) if named.starts_with("(length)") => words.pop(),
            (Some("just"), now) if now.starts_with("now") => {
                words.pop();
                words.push("(length)".to_owned());
                words.push(now.replace("now", "ago"));
                continue;
            }
            _ => None,
        };
        words.push(named);
    }
    words
}

fn is_version(word: &str) -> bool {
    word.len() >= 12 && word.chars().all(|digit| digit.is_ascii_hexdigit())
}

/// A time of the clock or a date, alone or together.
fn is_time(word: &str) -> bool {
    let is_made_of = |others: &[char]| {
        let mut parts = word.split(others);
        parts.clone().count() >= 2
            && parts.all(|part| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_made_of(&[':']) || (word.matches('-').count() == 2 && is_made_of(&['-', ':', 'T', 'Z', '.']))
}

/// Whether a list is what is wanted, in which `…` stands for any number of items.
fn fits<W: IsRest, I>(wanted: &[W], items: &[I], one: &dyn Fn(&W, &I) -> bool) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return items.is_empty() };
    if first.is_rest() {
        return (0..=items.len()).any(|skipped| fits(rest, &items[skipped..], one));
    }
    items.split_first().is_some_and(|(item, items)| one(first, item) && fits(rest, items, one))
}

/// Whether a word is what is wanted, in which `…` stands for any characters.
fn globs(wanted: &str, word: &str) -> bool {
    let Some((before, after)) = wanted.split_once('…') else { return wanted == word };
    word.strip_prefix(before).is_some_and(|rest| {
        let mut tails = rest.char_indices().map(|(at, _)| &rest[at..]).chain([""]);
        tails.any(|tail| globs(after, tail))
    })
}

trait IsRest {
    /// Whether this stands for whatever comes.
    fn is_rest(&self) -> bool;
}

impl IsRest for String {
    fn is_rest(&self) -> bool {
        self == "…"
    }
}

impl IsRest for Vec<String> {
    fn is_rest(&self) -> bool {
        self.len() == 1 && self.iter().all(IsRest::is_rest)
    }
}

#[test]
fn what_is_said_must_be_what_is_shown() {
    let holds = |shown: &[&str], said: &str| {
        let shown: Vec<String> = shown.iter().map(|line| (*line).to_owned()).collect();
        compare(&shown, said, &[&["dana"], &["ines", "paul"]]).is_ok()
    };
    let said = "CASE   OPENED\nINC-1  1 h 2 min ago  paul, at 06:27:42\n\nin force  890d973f3f4e\nlast";
    assert!(holds(&["CASE OPENED", "INC-1   just now   ines, at 05:00:00", "in force 0123456789ab", "last"], said));
    assert!(holds(&["CASE …", "…", "last"], said) && holds(&["CASE", "…"], "CASE") && holds(&[], said));
    for wrong in [
        &["CASE OPENED", "INC-2 … 06:27:42", "…"][..],
        &["CASE OPENED", "…", "in force here", "last"],
        &["CASE OPENED", "…", "in force …"],
        &["CASE OPENED", "INC-1 7 ago paul, at 06:27:42", "…"],
        &["CASE OPENED", "INC-1 just now dana, at 06:27:42", "…"],
        &["…", "another"],
    ] {
        assert!(!holds(wrong, said), "{wrong:?}");
    }
    assert!(globs("127.0.0.1:…", "127.0.0.1:25") && !globs("127.0.0.1:…x", "127.0.0.1:25"));
}

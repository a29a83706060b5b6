//! Names of files, as they may be shown and written to a disk.

use alloc::string::String;
use core::fmt;

/// The longest name, in bytes: with room for a ` (2)` that somebody's disk may add.
const LONGEST: usize = 200;
/// The longest ending that is kept when a name is shortened, in bytes.
const LONGEST_ENDING: usize = 16;
/// What a file is called that came without a name.
const UNNAMED: &str = "attachment";

/// The name of a file: never a path, never empty, at most 200 bytes, without what a screen does not show or shows
/// in another order, and without what some disk or shell takes for something else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Makes a name of whatever was given: the part behind the last slash, cleaned and shortened.
    pub fn clean(given: &str) -> Self {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let cleaned: String = last.chars().filter(|c| !is_hidden(*c)).map(harmless).collect();
        // Leading dots hide a file, trailing ones vanish on some disks, a leading dash is an option of a command.
        let trimmed = cleaned.trim_end_matches(is_edge).trim_start_matches(|c| c == '-' || is_edge(c));
        let stem = trimmed.split('.').next().unwrap_or_default();
        Self(match trimmed {
            "" => UNNAMED.into(),
            name if is_device(stem.trim_end()) => shortened(&alloc::format!("_{name}")),
            name => shortened(name),
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Whether a screen shows nothing for it, or shows what follows in another order: `gnp.exe` could look like
/// `exe.png`.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Whether it may not stand at the end of a name.
fn is_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

/// What some disk or shell takes for something else becomes an underscore.
const fn harmless(c: char) -> char {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '`' | '$' => '_',
        other => other,
    }
}

/// Cuts a name that is too long before its ending.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.into();
    }
    let ending = name.rfind('.').map(|at| name.split_at(at).1).filter(|ending| ending.len() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let mut end = LONGEST - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let (start, _) = name.split_at(end);
    alloc::format!("{}{ending}", start.trim_end_matches(is_edge))
}

/// Whether Windows takes a name without its ending for a device.
fn is_device(stem: &str) -> bool {
    let numbered = |name: &str| {
        let (kind, number) = (name.get(..3), name.get(3..));
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("com") || kind.eq_ignore_ascii_case("lpt"))
            && number.is_some_and(|number| number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    ["con", "prn", "aux", "nul"].iter().any(|device| stem.eq_ignore_ascii_case(device)) || numbered(stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[track_caller]
    fn becomes(given: &str, expected: &str) {
        assert_eq!(FileName::clean(given).as_str(), expected, "{given:?}");
    }

    #[test]
    fn good_names_stay() {
        for name in
            ["graph.png", "Bildschirmfoto 2026-11-23 um 02.14.png", "ログ.txt", "a", "x.tar.gz", "naïve – 2.csv"]
        {
            becomes(name, name);
        }
    }

    #[test]
    fn a_path_is_no_name() {
        becomes("../../etc/passwd", "passwd");
        becomes("C:\\Users\\dana\\graph.png", "graph.png");
        becomes("/", "attachment");
        becomes("..", "attachment");
        becomes("", "attachment");
        becomes("...\u{202e}", "attachment");
    }

    #[test]
    fn what_hides_or_misleads_goes() {
        becomes("invoice\u{202e}gnp.exe", "invoicegnp.exe");
        becomes("a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png");
        becomes("nul\0l.txt", "null.txt");
        becomes("zero\u{200b}width\u{feff}.png", "zerowidth.png");
        becomes(".bashrc", "bashrc");
        becomes("-rf.txt", "rf.txt");
        becomes("-.-.bashrc", "bashrc");
        becomes("\"><img src=x onerror=alert(1)>.svg", "___img src=x onerror=alert(1)_.svg");
        becomes("CON.txt", "_CON.txt");
        becomes("com1", "_com1");
        becomes("comet.png", "comet.png");
    }

    #[test]
    fn a_long_name_keeps_its_ending_and_its_characters_whole() {
        let long = FileName::clean(&("ü".repeat(400) + ".png")).to_string();
        assert!(long.len() <= LONGEST && long.ends_with("ü.png"), "{long}");
        let odd = FileName::clean(&("a.".to_string() + &"b".repeat(400))).to_string();
        assert_eq!(odd.len(), LONGEST);
        let dotted = FileName::clean(&("a".repeat(198) + &".".repeat(200) + &"b".repeat(30))).to_string();
        assert_eq!(dotted, "a".repeat(198));
    }
}

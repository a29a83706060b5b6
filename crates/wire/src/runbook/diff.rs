//! Two texts, line by line.

use similar::{ChangeTag, TextDiff};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;
/// The most lines of both texts that are compared one by one; longer texts are compared as wholes.
const MOST_LINES: usize = 10_000;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// What became of it.
    pub change: TextChange,
    /// The line without its end.
    pub text: String,
    /// Its number in the older text, from 1.
    pub before: Option<u32>,
    /// Its number in the newer text, from 1.
    pub after: Option<u32>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextChange {
    /// It is in both.
    Same,
    /// It is only in the older one.
    Removed,
    /// It is only in the newer one.
    Added,
}

impl TextChange {
    /// `same`, `removed` or `added`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }
}

/// Stretches of lines that differ, each with up to three lines around it. Empty where the texts are the same.
pub fn text_changes(before: &str, after: &str) -> Vec<Vec<LineChange>> {
    if before.lines().count() + after.lines().count() > MOST_LINES {
        return as_wholes(before, after);
    }
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(CONTEXT);
    let of = |ops: &Vec<similar::DiffOp>| {
        let changes = ops.iter().flat_map(|op| diff.iter_changes(op));
        changes
            .map(|change| LineChange {
                change: match change.tag() {
                    ChangeTag::Equal => TextChange::Same,
                    ChangeTag::Delete => TextChange::Removed,
                    ChangeTag::Insert => TextChange::Added,
                },
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
                before: change.old_index().map(number),
                after: change.new_index().map(number),
            })
            .collect()
    };
    groups.iter().map(of).collect()
}

/// The comparison as a unified diff without its head.
pub fn unified(groups: &[Vec<LineChange>]) -> String {
    let mut text = String::new();
    for group in groups {
        let old: Vec<u32> = group.iter().filter_map(|line| line.before).collect();
        let new: Vec<u32> = group.iter().filter_map(|line| line.after).collect();
        let first = |numbers: &[u32]| numbers.first().copied().unwrap_or(0);
        text.push_str(&format!("@@ -{},{} +{},{} @@\n", first(&old), old.len(), first(&new), new.len()));
        for line in group {
            text.push(match line.change {
                TextChange::Same => ' ',
                TextChange::Removed => '-',
                TextChange::Added => '+',
            });
            text.push_str(&line.text);
            text.push('\n');
        }
    }
    text
}

/// Without what begins and ends both, everything went and everything came.
fn as_wholes(before: &str, after: &str) -> Vec<Vec<LineChange>> {
    if before == after {
        return Vec::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let removed = old.iter().enumerate().take(old.len() - tail).skip(head).map(|(at, line)| LineChange {
        change: TextChange::Removed,
        text: (*line).to_owned(),
        before: Some(number(at)),
        after: None,
    });
    let added = new.iter().enumerate().take(new.len() - tail).skip(head).map(|(at, line)| LineChange {
        change: TextChange::Added,
        text: (*line).to_owned(),
        before: None,
        after: Some(number(at)),
    });
    vec![removed.chain(added).collect()]
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_what_is_around_them() {
        let groups = text_changes("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n");
        assert_eq!(unified(&groups), "@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n+E\n f\n");
        assert!(text_changes("a\n", "a\n").is_empty());
    }

    #[test]
    fn very_long_texts_are_compared_as_wholes() {
        let long = |middle: &str| format!("head\n{}{}", middle.repeat(6_000), "tail\n");
        let groups = text_changes(&long("x\n"), &long("y\n"));
        let lines: Vec<&LineChange> = groups.iter().flatten().collect();
        assert_eq!(lines.len(), 12_000);
        assert!(lines.iter().all(|line| line.change != TextChange::Same));
    }
}

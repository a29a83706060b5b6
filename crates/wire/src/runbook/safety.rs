//! What may not be carried out as it stands: what is to be filled in by hand, and what was copied from a terminal.

use std::ops::Range;

/// Languages in which people show what a terminal looked like.
const TRANSCRIPTS: [&str; 7] = ["console", "shell-session", "terminal", "text", "txt", "output", "plaintext"];
/// The longest word between `<` and `>` that is taken for something to be filled in.
const LONGEST: usize = 80;

/// Why a fence cannot be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// Where in the script; empty where it is the script as a whole.
    pub at: Range<usize>,
    /// Why.
    pub because: String,
    /// What to do.
    pub help: &'static str,
}

/// Why a script cannot be carried out as it stands, if it cannot.
pub(super) fn unfit(language: &str, script: &str) -> Option<Unfit> {
    if TRANSCRIPTS.contains(&language) {
        let because = format!("`{language}` shows what a terminal looked like");
        return Some(Unfit { at: 0..0, because, help: "name the program that reads it, such as `sh`" });
    }
    if script.trim().is_empty() {
        return Some(Unfit {
            at: 0..0,
            because: "it is empty".into(),
            help: "write what is to be done into the fence",
        });
    }
    prompt(script).or_else(|| angle(script)).or_else(|| braces(script))
}

/// A word in capitals that looks as if it were to be filled in, and is set nowhere in the script.
pub(super) fn likely(script: &str) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, word) in words(script, is_word) {
        let capitals = word.contains('_')
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let before = script.get(..at).unwrap_or_default();
        let after = script.get(at + word.len()..).unwrap_or_default();
        let is_used = before.ends_with(['$', '{', '-', '.', '/', '%', '@', '\'', '\\'])
            || before.ends_with("${#")
            || after.starts_with(['=', ':', '.', '(', '\'']);
        let is_set = [format!("{word}="), format!("${word}"), format!("${{{word}")];
        if capitals && !is_used && !word.ends_with('_') && !is_set.iter().any(|set| script.contains(set.as_str())) {
            return Some(word);
        }
    }
    None
}

fn words(text: &str, is_word: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text.get(rest..)?.find(is_word)?;
        let tail = text.get(start..)?;
        let end = start + tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        rest = end;
        Some((start, text.get(start..end)?))
    })
}

/// `$ ls`, `root@host:~# ls`, `>>> 1`: a prompt, and perhaps the output below it.
fn prompt(script: &str) -> Option<Unfit> {
    let mut offset = 0;
    for line in script.split_inclusive('\n') {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let length =
            ["$ ", "% ", ">>> ", "PS> "].iter().find(|mark| words.starts_with(**mark)).map(|mark| mark.len() - 1);
        let length = length.or_else(|| somebody_at_host(words));
        if let Some(length) = length {
            let at = offset + indent..offset + indent + length;
            let because = "a line begins with a prompt".to_owned();
            return Some(Unfit { at, because, help: "take the prompts away, and the output that follows them" });
        }
        offset += line.len();
    }
    None
}

/// The length of `dana@host:~$` at the beginning of a line.
fn somebody_at_host(line: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let rest = line.trim_start_matches('[');
    let (name, rest) = rest.split_once('@')?;
    let host = rest.find(|c| !is_name(c)).filter(|end| *end > 0)?;
    let path = rest.get(host..)?;
    let end = path.find(['$', '#']).filter(|end| *end <= LONGEST)?;
    let between = path.get(..end)?;
    let fits = !name.is_empty() && name.chars().all(is_name) && between.starts_with([':', ' ', ']']);
    let ends = path.get(end + 1..).is_some_and(|after| after.is_empty() || after.starts_with([' ', '\n']));
    (fits && ends).then(|| line.len() - path.len() + end + 1)
}

/// `<namespace>`. A redirection has a space behind its `<`, and markup closes what it opens.
fn angle(script: &str) -> Option<Unfit> {
    for (at, _) in script.match_indices('<') {
        let rest = script.get(at + 1..)?;
        let Some(end) = rest.find(['>', '<', '\n']).filter(|end| *end <= LONGEST) else { continue };
        let (word, after) = (rest.get(..end)?, rest.get(end..)?);
        let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && !word.ends_with(' ')
            && word.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '|' | ':'));
        let is_operator = script.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || c == '<');
        let name = word.split([' ', ':']).next().unwrap_or_default();
        let is_closed = script.contains(&format!("</{name}"));
        if after.starts_with('>') && is_word && !is_closed && !(is_operator && word.contains(' ')) {
            let because = format!("`<{word}>` is to be filled in by hand");
            return Some(Unfit { at: at..at + end + 2, because, help: PARAMETER });
        }
    }
    None
}

/// `{{ .node }}`.
fn braces(script: &str) -> Option<Unfit> {
    let start = script.find("{{")?;
    let rest = script.get(start..)?;
    let end = rest.find("}}")? + 2;
    let shown: String = rest.get(..end)?.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let because = format!("`{shown}` is a template, and nothing is put into a script");
    Some(Unfit { at: start..start + end, because, help: PARAMETER })
}

const PARAMETER: &str = "declare a parameter, and read it from the environment: `\"$WH_NAME\"`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_prompts_are_never_carried_out() {
        for script in [
            "kubectl -n <namespace> get pods",
            "ssh <node-name>",
            "ssh <the name of the node>",
            "echo {{ .Values.x }}",
            "echo {{x}}",
            "$ kubectl get nodes",
            "ls\n  $ kubectl get nodes\nNAME  STATUS\n",
            "dana@bastion:~$ ls",
            "[root@db01 ~]# ls",
            ">>> import os",
            "",
            "  \n",
        ] {
            assert!(unfit("sh", script).is_some(), "{script}");
        }
        assert!(unfit("console", "ls").is_some());
    }

    #[test]
    fn scripts_are_left_alone() {
        for script in [
            "cat < in > out",
            "cat <<EOF\nx\nEOF",
            "diff <(ls a) <(ls b)",
            "[ 1 -lt 2 ] && echo \"$WH_NODE\" \"${WH_NODE}\"",
            "# a comment\nls",
            "curl -d '<job>x</job>' http://localhost",
            "mail ops@example.org < report",
            "select 1 where a<b and c>d",
            "while read -r line; do echo \"$line\"; done < list",
            "echo $((1<2))",
        ] {
            assert_eq!(unfit("sh", script), None, "{script}");
        }
    }

    #[test]
    fn words_in_capitals_are_looked_at_twice() {
        assert_eq!(likely("ssh NODE_NAME uptime"), Some("NODE_NAME"));
        for script in
            ["ssh \"$NODE_NAME\"", "NODE_NAME=a; ssh $NODE_NAME", "ls", "export A_B=1", "kill -SIG_X 1", "ssh NODE"]
        {
            assert_eq!(likely(script), None, "{script}");
        }
    }
}

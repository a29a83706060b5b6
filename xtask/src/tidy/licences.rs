//! Every dependency has a licence that `deny.toml` allows.

use super::finding::Finding;
use super::metadata::Package;
use super::tree::Tree;

/// Where the allowed licences stand.
const LIST: &str = "deny.toml";

/// Finds packages whose licence is not allowed.
pub fn forbidden(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let (allowed, line) = tree.text(LIST).map(allowed).unwrap_or_default();
    if allowed.is_empty() {
        let help = "write `allow = [ … ]` below `[licenses]`";
        return vec![Finding::new(LIST, 1, "no licence is allowed", help)];
    }
    let refused = packages.iter().filter_map(|package| {
        let licence = package.license.as_deref().unwrap_or("no licence");
        let what = format!("`{}` {} has a licence that is not allowed: {licence}", package.name, package.version);
        let help = "take another crate, or allow the licence here and say why";
        (!satisfied(licence, &allowed)).then(|| Finding::new(LIST, line, what, help))
    });
    refused.collect()
}

/// The allowed licences, and the line where their list begins.
fn allowed(text: &str) -> (Vec<&str>, usize) {
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != "[licenses]");
    let Some((number, _)) = lines.find(|(_, line)| line.starts_with("allow = [")) else {
        return (Vec::new(), 0);
    };
    let entries = lines.map(|(_, line)| line.trim()).take_while(|line| !line.starts_with(']'));
    (entries.filter_map(|line| line.strip_prefix('"')?.split('"').next()).collect(), number + 1)
}

/// Whether one may use what stands under `expression` with the `allowed` licences alone. An
/// expression that cannot be read is not satisfied. (SPDX specification, annex D; crates wrote `/`
/// for `OR` before it.)
fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut terms = Terms { words: spaced.split_whitespace().collect(), allowed };
    terms.words.reverse();
    terms.either() == Some(true) && terms.words.is_empty()
}

/// What is left of an expression, the next word last.
struct Terms<'a> {
    words: Vec<&'a str>,
    allowed: &'a [&'a str],
}

impl Terms<'_> {
    fn either(&mut self) -> Option<bool> {
        let mut result = self.both()?;
        while self.take("OR") {
            result |= self.both()?;
        }
        Some(result)
    }

    fn both(&mut self) -> Option<bool> {
        let mut result = self.one()?;
        while self.take("AND") {
            result &= self.one()?;
        }
        Some(result)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let result = self.either()?;
            return self.take(")").then_some(result);
        }
        let mut licence = self.words.pop().filter(|word| !matches!(*word, "AND" | "OR" | "WITH" | ")"))?.to_owned();
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.words.pop()?);
        }
        Some(self.allowed.contains(&licence.as_str()))
    }

    fn take(&mut self, word: &str) -> bool {
        let next = self.words.last() == Some(&word);
        if next {
            self.words.pop();
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_satisfied_by_one_side_of_or_and_both_sides_of_and() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
        for good in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "MIT AND Apache-2.0", "(GPL-3.0 OR MIT) AND Apache-2.0"] {
            assert!(satisfied(good, &allowed), "{good}");
        }
        assert!(satisfied("Apache-2.0 WITH LLVM-exception", &allowed));
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "MIT WITH something", "", "MIT OR", "(MIT", "MIT MIT", "no licence"] {
            assert!(!satisfied(bad, &allowed), "{bad}");
        }
    }
}

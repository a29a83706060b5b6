//! Names that a catalog knows, and the name that somebody probably meant.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::model::Catalog;

/// The names that a catalog defines: what one repository needs to know of the others.
///
/// As JSON it is the `catalog.json` of `check --with`:
/// `{"version":"…","organization":"harbor","names":{"Team":["noc","payments"],…}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNames {
    /// The version of the catalog they were taken from.
    pub version: String,
    /// The name of its organisation.
    pub organization: String,
    /// The names by kind.
    pub names: BTreeMap<Kind, BTreeSet<String>>,
}

impl KnownNames {
    /// Takes the names of a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        fn texts<'a, N: ToString + 'a>(names: impl Iterator<Item = &'a N>) -> BTreeSet<String> {
            names.map(ToString::to_string).collect()
        }
        Self {
            version: catalog.version.clone(),
            organization: catalog.organization.name.clone(),
            names: BTreeMap::from([
                (Kind::Organization, BTreeSet::from([catalog.organization.name.clone()])),
                (Kind::Team, texts(catalog.teams.keys())),
                (Kind::Person, texts(catalog.people.keys())),
                (Kind::Service, texts(catalog.services.keys())),
                (Kind::Schedule, texts(catalog.schedules.keys())),
                (Kind::Escalation, texts(catalog.escalations.keys())),
                (Kind::Audience, texts(catalog.audiences.keys())),
                (Kind::Rule, texts(catalog.rules.iter().map(|rule| &rule.name))),
                (Kind::Source, texts(catalog.sources.keys())),
                (Kind::Drill, texts(catalog.drills.keys())),
                (Kind::Channel, texts(catalog.channels.keys())),
                (Kind::Automation, texts(catalog.automations.iter().map(|automation| &automation.name))),
                (Kind::Runner, texts(catalog.runners.keys())),
            ]),
        }
    }

    /// Whether a name is known.
    pub fn contains(&self, kind: Kind, name: &str) -> bool {
        self.names.get(&kind).is_some_and(|names| names.contains(name))
    }
}

/// The candidate that was probably meant by `word`, if one is close enough: at most one slip for
/// every three characters, and at least one. Of equally close ones the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST_COMPARED).collect();
    let allowed = (word.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().take(LONGEST_COMPARED).collect();
        if letters.len().abs_diff(word.len()) > allowed {
            continue;
        }
        let slips = distance(&word, &letters);
        if slips <= allowed && best.is_none_or(|(fewest, _)| slips < fewest) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer words are compared by their beginnings.
const LONGEST_COMPARED: usize = 80;

/// How many slips turn one word into the other: a character too many, too few, wrong (case alone
/// does not count), or two neighbours swapped. Optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let same = |x: char, y: char| x == y || x.eq_ignore_ascii_case(&y);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, &x) in a.iter().enumerate() {
        let mut current = Vec::with_capacity(b.len() + 1);
        current.push(row + 1);
        let mut left = row + 1;
        let mut previous: Option<char> = None;
        for (column, &y) in b.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut slips =
                (at(&above, column) + usize::from(!same(x, y))).min(at(&above, column + 1) + 1).min(left + 1);
            if let (Some(up), Some(previous)) = (row.checked_sub(1).and_then(|row| a.get(row)), previous)
                && same(x, previous)
                && same(*up, y)
            {
                slips = slips.min(at(&before, column - 1) + 1);
            }
            current.push(slips);
            left = slips;
            previous = Some(y);
        }
        before = core::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let names = ["payments", "ledger", "noc", "portal"];
        assert_eq!(nearest("paymnets", names), Some("payments"));
        assert_eq!(nearest("payment", names), Some("payments"));
        assert_eq!(nearest("Noc", names), Some("noc"));
        assert_eq!(nearest("nco", names), Some("noc"));
        assert_eq!(nearest("warehouse", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest("x", []), None);
    }
}

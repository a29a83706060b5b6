//! Which names there are, and whether a name stands for something.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::draft::Drafts;
use super::super::finding::{Code, Finding, Level};
use super::super::kind::Kind;
use super::super::known::{KnownNames, nearest};
use super::super::limits::MOST_DOCUMENTS;
use super::super::place::Place;
use super::Mode;

/// How many findings look for the name that was meant, which takes time.
const MOST_ADVISED: usize = 1_000;
/// How many names a message lists.
const MOST_LISTED: usize = 8;

/// The names that the documents define, and those that the rest of the catalog is known to define.
pub struct Names<'a> {
    defined: BTreeMap<(Kind, &'a str), Place>,
    known: Option<&'a KnownNames>,
    /// How grave it is if a name stands for nothing.
    level: Level,
}

impl<'a> Names<'a> {
    /// Collects the names; finds names defined twice and a missing or second organization.
    pub fn index(drafts: &'a Drafts, mode: &'a Mode, findings: &mut Vec<Finding>) -> Self {
        let mut names: Vec<_> = drafts.names().collect();
        names.sort_by_key(|(kind, name)| (*kind, name.place));
        if let Some((_, excess)) = names.get(MOST_DOCUMENTS) {
            findings.push(
                Finding::error(Code::TooMany, excess.place, format!("more than {MOST_DOCUMENTS} documents"))
                    .help("split the catalog over several hubs"),
            );
        }
        let mut defined = BTreeMap::new();
        let mut organization: Option<Place> = None;
        for (kind, name) in names {
            if kind == Kind::Organization {
                match organization {
                    None => organization = Some(name.place),
                    Some(first) => findings.push(second_organization(name.place, first)),
                }
                defined.entry((kind, name.value.as_str())).or_insert(name.place);
                continue;
            }
            if let Some(first) = defined.get(&(kind, name.value.as_str())) {
                findings.push(defined_twice(kind, &name.value, name.place, *first));
            } else {
                defined.insert((kind, name.value.as_str()), name.place);
            }
        }
        if organization.is_none() && matches!(mode, Mode::Whole) {
            findings.push(no_organization());
        }
        let (known, level) = match mode {
            Mode::Whole => (None, Level::Error),
            Mode::Alone { known: None } => (None, Level::Warning),
            Mode::Alone { known: Some(known) } => (Some(known), Level::Error),
        };
        Self { defined, known, level }
    }

    /// Finds out whether `name` stands for something of `kind`; says so in `findings` if not.
    pub fn resolve(&self, kind: Kind, name: &str, place: Place, findings: &mut Vec<Finding>) {
        if self.has(kind, name) {
            return;
        }
        let noun = kind.noun(1);
        let message = match self.level {
            Level::Error => format!("{noun} `{name}` does not exist"),
            Level::Warning => format!("{noun} `{name}` is not defined here"),
        };
        let finding = Finding { level: self.level, ..Finding::error(Code::Unresolved, place, message) };
        let help = if findings.len() < MOST_ADVISED {
            self.advice(kind, name)
        } else {
            format!("define it, or name another {noun}")
        };
        findings.push(finding.label(format!("no {noun} has this name")).help(help));
    }

    /// Whether `name` stands for something of `kind`.
    pub fn has(&self, kind: Kind, name: &str) -> bool {
        self.defined.contains_key(&(kind, name)) || self.known.is_some_and(|known| known.contains(kind, name))
    }

    /// The names of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let known = self.known.and_then(|known| known.names.get(&kind));
        self.defined
            .keys()
            .filter(move |(of, _)| *of == kind)
            .map(|(_, name)| *name)
            .chain(known.into_iter().flatten().map(String::as_str))
    }

    /// Whether no name is defined elsewhere.
    pub fn knows_all(&self) -> bool {
        self.level == Level::Error
    }

    fn advice(&self, kind: Kind, name: &str) -> String {
        if let Some(meant) = nearest(name, self.of(kind)) {
            return format!("did you mean `{meant}`?");
        }
        if let Some(other) = Kind::ALL.into_iter().find(|other| self.has(*other, name)) {
            let (exists, wanted) = (other.noun(1), kind.noun(1));
            return format!("`{name}` is {} {exists}; name {} {wanted} here", other.article(), kind.article());
        }
        if self.level == Level::Warning {
            return "to check the names of other repositories, pass their catalog with `--with`".into();
        }
        let mut all: Vec<&str> = self.of(kind).collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() || all.len() > MOST_LISTED {
            return format!("define it with `kind: {kind}` and `name: {name}`, or name another {}", kind.noun(1));
        }
        match all.as_slice() {
            [only] => format!("the only {} is `{only}`", kind.noun(1)),
            all => format!("the {} are {}", kind.noun(all.len()), listed(all)),
        }
    }
}

/// Lists names as `a`, `b` and `c`.
pub fn listed(names: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push_str(if index + 1 == names.len() { " and " } else { ", " });
        }
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
    text
}

fn no_organization() -> Finding {
    Finding { place: None, ..Finding::error(Code::NoOrganization, Place::default(), "the catalog has no organization") }
        .help("add one document with `kind: Organization`, a `name`, a `default_team` and a `fallback`")
}

fn second_organization(place: Place, first: Place) -> Finding {
    Finding::error(Code::SecondOrganization, place, "the catalog has more than one organization")
        .label("a second one")
        .related(first, "the first one is here")
        .help("keep one of them; a hub serves one organization")
}

fn defined_twice(kind: Kind, name: &str, place: Place, first: Place) -> Finding {
    Finding::error(Code::DuplicateName, place, format!("{} `{name}` is defined twice", kind.noun(1)))
        .label("defined again here")
        .related(first, "first defined here")
        .help("rename one of them, or make them one document")
}

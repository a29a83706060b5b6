//! Single values: words of the domain, and who is meant.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use wheelhouse_core::case::{CaseId, CaseKind, Relation, Role, Severity};
use wheelhouse_core::catalog::Kind;
use wheelhouse_core::change::ChangeKind;
use wheelhouse_core::name::is_name;
use wheelhouse_wire::api::PartyKind;

/// Reads the name of a case.
pub fn case_id(text: &str) -> Result<CaseId, String> {
    CaseId::parse(text).ok_or_else(|| "expected the name of a case, such as INC-17".to_owned())
}

/// A closed set of words; clap names the nearest, and shells complete them.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $all:expr, $word:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> impl TypedValueParser<Value = $type> {
            PossibleValuesParser::new($all.map($word)).map(|word| {
                $all.into_iter().find(|value| $word(*value) == word).expect("the word is one of these")
            })
        }
    )*};
}

words! {
    /// A severity.
    severity: Severity = Severity::ALL, Severity::as_str;
    /// A kind of case.
    case_kind: CaseKind = CaseKind::ALL, CaseKind::as_str;
    /// A role in handling a case.
    role: Role = Role::ALL, Role::as_str;
    /// How two cases belong together.
    relation: Relation = Relation::ALL, relation_word;
    /// A kind of change.
    change_kind: ChangeKind = ChangeKind::ALL, ChangeKind::as_str;
    /// A kind of catalog document.
    kind: Kind = Kind::ALL, Kind::as_str;
}

/// A relation as it is written on a command line.
const fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::CausedBy => "caused-by",
        Relation::Causes => "causes",
        Relation::DuplicateOf => "duplicate-of",
        Relation::Related => "related",
    }
}

/// Somebody as they are named on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// `payments`: whatever has that name.
    Named(String),
    /// `team:payments`.
    Exactly(PartyKind, String),
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            None => (None, text),
            Some(("team", name)) => (Some(PartyKind::Team), name),
            Some(("person", name)) => (Some(PartyKind::Person), name),
            Some(("schedule", name)) => (Some(PartyKind::Schedule), name),
            Some(_) => return Err("expected a name, or team:NAME, person:NAME or schedule:NAME".to_owned()),
        };
        if !is_name(name) {
            return Err("expected a name of lower-case letters, digits, `-`, `_` and `.`".to_owned());
        }
        Ok(match kind {
            None => Self::Named(name.to_owned()),
            Some(kind) => Self::Exactly(kind, name.to_owned()),
        })
    }
}

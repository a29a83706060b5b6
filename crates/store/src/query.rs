//! What readers ask for and what they get.

use wheelhouse_core::case::{CaseId, CaseKind, Severity};
use wheelhouse_core::name::{PersonName, ServiceName, TeamName};
use wheelhouse_core::record::Hash;
use wheelhouse_core::time::Timestamp;

/// The most items on one page, whatever is asked for.
pub const LARGEST_PAGE: usize = 1_000;

/// Which cases to list. An empty list, or nothing, means: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseQuery {
    /// In one of these states.
    pub states: Vec<CaseState>,
    /// Of one of these severities.
    pub severities: Vec<Severity>,
    /// About this service.
    pub service: Option<ServiceName>,
    /// Handled by this team.
    pub team: Option<TeamName>,
    /// Of one of these kinds.
    pub kinds: Vec<CaseKind>,
    /// Made for exercise, or not.
    pub drill: Option<bool>,
    /// With this text in the title, whatever the case of ASCII letters.
    pub text: Option<String>,
    /// That this person owns, or had a part in.
    pub person: Option<PersonName>,
    /// Opened at this instant or later.
    pub opened_from: Option<Timestamp>,
    /// Opened before this instant.
    pub opened_until: Option<Timestamp>,
    /// In which order.
    pub order: CaseOrder,
    /// Where the page before ended (`Page::next`), in the same order.
    pub cursor: Option<u64>,
    /// How many; at most [`LARGEST_PAGE`].
    pub limit: usize,
}

/// The order of a list of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseOrder {
    /// The last opened first.
    #[default]
    Newest,
    /// The first opened first.
    Oldest,
    /// The worst first, and of these the last opened.
    Severity,
}

impl CaseOrder {
    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "newest" => Some(Self::Newest),
            "oldest" => Some(Self::Oldest),
            "severity" => Some(Self::Severity),
            _ => None,
        }
    }
}

/// The word for where a case stands, without who brought it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseState {
    /// Nobody has acknowledged it.
    Open,
    /// Somebody works on it.
    Acknowledged,
    /// The harm has stopped.
    Mitigated,
    /// It is over.
    Resolved,
}

impl CaseState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Acknowledged, Self::Mitigated, Self::Resolved];

    /// `open`, `acknowledged`, `mitigated` or `resolved`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A part of a list.
///
/// A page may hold fewer items than asked for, even none, while `next` says that there is more: a
/// page looks at a limited number of rows, however rare what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the page after this one; absent at the end.
    pub next: Option<u64>,
}

/// An entry as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its index in the log, from 0.
    pub seq: u64,
    /// The commit that wrote it.
    pub commit: u64,
    /// The canonical bytes, what the leaf commits to.
    pub canonical: Vec<u8>,
    /// The body's canonical bytes, unless it has none or it was erased.
    pub body: Option<Vec<u8>>,
    /// The salt of the body's digest; absent where the body is.
    pub salt: Option<[u8; 32]>,
    /// The leaf's hash.
    pub leaf: Hash,
}

/// What a commit did, for those who follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its sequence.
    pub commit: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Its entries: from the first to before the last.
    pub entries: std::ops::Range<u64>,
    /// The cases whose rows changed.
    pub cases: Vec<CaseId>,
}

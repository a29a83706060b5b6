//! From drafts to a catalog, or to everything that is wrong with them.

mod automations;
mod build;
mod channels;
mod check;
mod check_drills;
mod check_responses;
mod coverage;
mod cycles;
mod matching;
mod names;
mod reach;
mod repositories;
mod rules;
mod runbooks;
mod runners;
mod taking;
mod values;
mod ways;

use alloc::string::String;
use alloc::vec::Vec;

use super::draft::Drafts;
use super::finding::{Finding, Level};
use super::known::KnownNames;
use super::model::Catalog;
use super::version::Summary;
use crate::time::Timestamp;

pub use channels::missing_secrets;
pub(crate) use names::listed;

/// What is compiled.
#[derive(Clone, Debug)]
pub struct Input {
    /// What the documents say.
    pub drafts: Drafts,
    /// The version of the sources they come from ([`super::version`]).
    pub version: String,
    /// Whether they are all there is.
    pub mode: Mode,
    /// The instant from which on schedules are looked at for gaps; they are not looked at without it.
    pub now: Option<Timestamp>,
    /// The repository of each file, in order of file; where empty, all files are of one.
    pub repositories: Vec<String>,
}

/// Whatever looks wrong and keeps nothing from working.
fn warn(drafts: &Drafts, whole: bool, now: Option<Timestamp>, findings: &mut Vec<Finding>) {
    let people = reach::People::of(drafts);
    reach::warn(drafts, &people, whole, findings);
    ways::warn(drafts, findings);
    cycles::warn(&drafts.services, findings);
    matching::ambiguous(drafts, findings);
    let services: Vec<&str> = drafts.services.iter().map(|service| service.name.value.as_str()).collect();
    let rules = rules::in_order(drafts);
    rules::warn(&rules, (whole && drafts.is_whole()).then_some(services.as_slice()), findings);
    if whole {
        runners::unreached(drafts, findings);
        matching::unmatched(drafts, &rules, findings);
    }
    if let Some(now) = now {
        coverage::warn(drafts, &people, now, findings);
    }
}

/// Whether the documents are all there is.
#[derive(Clone, Debug)]
pub enum Mode {
    /// They are: the organization must be there and every name must resolve.
    Whole,
    /// They are one repository's part.
    Alone {
        /// The names that the rest defines. A name that neither part defines is an error with it, and a
        /// warning without.
        known: Option<KnownNames>,
    },
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The catalog; only if the documents are all there is and no finding is an error.
    pub catalog: Option<Catalog>,
    /// Everything that is wrong or looks wrong, in order of place; what has no place comes first.
    pub findings: Vec<Finding>,
    /// How many documents of each kind were read.
    pub summary: Summary,
}

/// Compiles a catalog. Deterministic: the same input gives the same catalog and the same findings.
pub fn compile(input: Input) -> Compiled {
    let Input { drafts, version, mode, now, repositories } = input;
    let summary = Summary::of_drafts(&drafts);
    let mut findings = Vec::new();
    let names = names::Names::index(&drafts, &mode, &mut findings);
    check::check(&drafts, &names, &mut findings);
    channels::check(&drafts, &names, &mut findings);
    runbooks::check(&drafts, &names, &mut findings);
    automations::check(&drafts, &names, matches!(mode, Mode::Whole), &mut findings);
    runners::check(&drafts, &names, &mut findings);
    repositories::check(&drafts, &repositories, &names, &mut findings);
    warn(&drafts, matches!(mode, Mode::Whole), now, &mut findings);
    findings.sort_by(|a, b| (a.place, a.level, a.code, &a.message).cmp(&(b.place, b.level, b.code, &b.message)));
    findings.dedup();
    let usable = matches!(mode, Mode::Whole)
        && drafts.is_whole()
        && findings.iter().all(|finding| finding.level != Level::Error);
    let catalog = if usable { build::build(drafts, version) } else { None };
    Compiled { catalog, findings, summary }
}

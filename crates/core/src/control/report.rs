//! The report: per control, what claims it and what the record shows of it at an instant.

use alloc::string::String;
use alloc::vec::Vec;

use super::claim::{Claim, Claimant, Sources, claims};
use super::evidence::{Evidence, Execution, Judged, ScriptRuns};
use crate::catalog::Catalog;
use crate::time::Timestamp;

/// How far what claims a control goes to show it, from the least on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It exists, and was never carried out to its end.
    Exists,
    /// It was carried out to its end, longer ago than is recent for it.
    Ran,
    /// It was carried out to its end, recently.
    RanRecently,
}

/// A control with everything that claims it.
#[derive(Clone, Debug)]
pub struct Control<'e> {
    /// Its name.
    pub name: String,
    /// What claims it, in order of name; at least one.
    pub held: Vec<Held<'e>>,
}

/// Something that claims a control, with what the record shows of it.
#[derive(Clone, Debug)]
pub struct Held<'e> {
    /// The claim.
    pub claim: Claim,
    /// How far it goes.
    pub standing: Standing,
    /// What was judged of this very version, where that was said.
    pub judged: Option<&'e Judged>,
    /// How often it was carried out to its end, and how often ended before it, in any version.
    pub counts: [u64; 2],
    /// The last execution that reached its end.
    pub last: Option<&'e Execution>,
    /// The last executions, the latest first.
    pub executions: Vec<&'e Execution>,
    /// Of each script, in the order of the claim's: how often this version of it was carried out.
    pub scripts: Vec<ScriptRuns>,
}

impl Standing {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Ran => "ran",
            Self::RanRecently => "ran_recently",
        }
    }
}

/// What the evidence shows at an instant about everything that a catalog claims, by control. The catalog must be the
/// one in force then, and the evidence must end there.
pub fn report<'e>(catalog: &Catalog, sources: &Sources, evidence: &'e Evidence, at: Timestamp) -> Vec<Control<'e>> {
    let mut controls: Vec<Control<'e>> = Vec::new();
    for claim in claims(catalog, sources) {
        let name = claim.control.clone();
        let held = held(claim, evidence, at);
        match controls.last_mut().filter(|last| last.name == name) {
            Some(control) => control.held.push(held),
            None => controls.push(Control { name, held: alloc::vec![held] }),
        }
    }
    controls
}

fn held<'e>(claim: Claim, evidence: &'e Evidence, at: Timestamp) -> Held<'e> {
    let last = evidence.last(claim.by, &claim.name);
    let version = claim.version.as_ref().filter(|_| claim.by == Claimant::Runbook);
    let standing = match last {
        None => Standing::Exists,
        Some(last) if last.ended_at + claim.recent >= at => Standing::RanRecently,
        Some(_) => Standing::Ran,
    };
    let runs = |step| version.map(|version| evidence.script(&claim.name, version, step)).unwrap_or_default();
    let scripts = claim.scripts.iter().map(|script| runs(&script.step));
    Held {
        standing,
        judged: version.and_then(|version| evidence.judged(&claim.name, version)),
        counts: evidence.counts(claim.by, &claim.name),
        last,
        executions: evidence.executions(claim.by, &claim.name),
        scripts: scripts.collect(),
        claim,
    }
}

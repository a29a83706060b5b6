//! Claims: what says that it helps to prove a control.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::catalog::Catalog;
use crate::runbook::{Runbook, RunbookHash, StepId, owners};
use crate::time::Duration;

/// How long ago is recent, for what says nothing of how often it is exercised: 90 days.
pub const RECENT: Duration = Duration::from_hours(90 * 24);

/// What claims a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claimant {
    /// A runbook.
    Runbook,
}

/// Something that says it helps to prove a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The control.
    pub control: String,
    /// What claims it.
    pub by: Claimant,
    /// Its name: `payments/drain-node`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The teams that keep it.
    pub owners: Vec<String>,
    /// The file that says so, as the whole catalog knows it.
    pub path: String,
    /// The hash of that file.
    pub version: RunbookHash,
    /// How long ago is recent for it.
    pub recent: Duration,
    /// What machines carry out in it.
    pub scripts: Vec<Script>,
}

/// What a machine carries out in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The step.
    pub step: StepId,
    /// The hash of the script to the letter.
    pub hash: RunbookHash,
}

impl Claimant {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runbook => "runbook",
        }
    }
}

/// Everything in a catalog that claims a control, in order of control and name. A name counts once, however often a
/// file says it.
pub fn claims(catalog: &Catalog) -> Vec<Claim> {
    let mut claims: Vec<Claim> = catalog.runbooks.values().flat_map(|runbook| of_runbook(catalog, runbook)).collect();
    claims.sort_by(|one, other| (&one.control, one.by, &one.name).cmp(&(&other.control, other.by, &other.name)));
    claims
}

fn of_runbook(catalog: &Catalog, runbook: &Runbook) -> Vec<Claim> {
    let controls: BTreeSet<&str> = runbook.front.controls.iter().map(|name| name.trim()).collect();
    let scripts = runbook.steps.iter().filter_map(|step| {
        step.block().map(|block| Script { step: step.id.clone(), hash: RunbookHash::of(&block.script) })
    });
    let scripts: Vec<Script> = scripts.collect();
    let claim = |control: &str| Claim {
        control: control.to_string(),
        by: Claimant::Runbook,
        name: runbook.name.to_string(),
        title: runbook.title.clone(),
        owners: owners(catalog, runbook).iter().map(ToString::to_string).collect(),
        path: runbook.path.clone(),
        version: runbook.hash.clone(),
        recent: runbook.front.drill_every.unwrap_or(RECENT),
        scripts: scripts.clone(),
    };
    controls.into_iter().filter(|name| !name.is_empty()).map(claim).collect()
}

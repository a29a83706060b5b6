//! Claims: what says that it helps to prove a control.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::automation::Automation;
use crate::catalog::Catalog;
use crate::name::AutomationName;
use crate::runbook::{Runbook, RunbookHash, StepId, owners};
use crate::time::Duration;

/// How long ago is recent, for what says nothing of how often it is exercised: 90 days.
pub const RECENT: Duration = Duration::from_hours(90 * 24);

/// What claims a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claimant {
    /// A runbook.
    Runbook,
    /// A runbook that begins by itself when something happens.
    Automation,
}

/// The files that define automations, by name: the path, and the hash of what is in it. A runbook is its own file.
pub type Sources = BTreeMap<AutomationName, (String, RunbookHash)>;

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
    /// The hash of that file; absent where nobody knows the file.
    pub version: Option<RunbookHash>,
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
            Self::Automation => "automation",
        }
    }
}

/// Everything in a catalog that claims a control, in order of control and name. A name counts once, however often a
/// file says it.
pub fn claims(catalog: &Catalog, sources: &Sources) -> Vec<Claim> {
    let runbooks = catalog.runbooks.values().flat_map(|runbook| of_runbook(catalog, runbook));
    let automations = catalog.automations.iter().flat_map(|automation| of_automation(automation, sources));
    let mut claims: Vec<Claim> = runbooks.chain(automations).collect();
    claims.sort_by(|one, other| (&one.control, one.by, &one.name).cmp(&(&other.control, other.by, &other.name)));
    claims
}

fn of_runbook(catalog: &Catalog, runbook: &Runbook) -> Vec<Claim> {
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
        version: Some(runbook.hash.clone()),
        recent: runbook.front.drill_every.unwrap_or(RECENT),
        scripts: scripts.clone(),
    };
    once(&runbook.front.controls).into_iter().map(claim).collect()
}

fn of_automation(automation: &Automation, sources: &Sources) -> Vec<Claim> {
    let source = sources.get(&automation.name);
    let claim = |control: &str| Claim {
        control: control.to_string(),
        by: Claimant::Automation,
        name: automation.name.to_string(),
        title: automation.summary.clone().unwrap_or_default(),
        owners: alloc::vec![automation.team.to_string()],
        path: source.map(|(path, _)| path.clone()).unwrap_or_default(),
        version: source.map(|(_, hash)| hash.clone()),
        recent: RECENT,
        scripts: Vec::new(),
    };
    once(&automation.controls).into_iter().map(claim).collect()
}

/// The controls of a list, each once.
fn once(controls: &[String]) -> BTreeSet<&str> {
    controls.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect()
}

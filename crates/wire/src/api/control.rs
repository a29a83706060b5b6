//! Controls: what claims each, and what the record shows of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::control as core;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::runbook::{Doubt, Judgement};

use super::time::seconds;
use super::{Party, Time};

/// What the record shows at an instant about everything that claims a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ControlReport {
    /// The instant. What came later is not in it.
    pub at: Time,
    /// The version of the catalog that was in force then; null before the first.
    pub catalog: Option<String>,
    /// The entry of the record that put it into force.
    pub catalog_entry: Option<u64>,
    /// The controls, by name. Whether one is met is for people to say.
    pub controls: Vec<Control>,
}

/// A control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// How much claims it.
    pub exist: usize,
    /// How much of that was ever carried out to its end.
    pub ran: usize,
    /// How much of that recently.
    pub ran_recently: usize,
    /// What claims it.
    pub claims: Vec<ControlClaim>,
}

/// Something that says it helps to prove a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ControlClaim {
    /// `runbook` or `automation`.
    pub kind: String,
    /// Its name: `payments/drain-node`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The teams that keep it.
    pub owners: Vec<String>,
    /// The file that says so.
    pub path: String,
    /// The SHA-256 of that file; null where it is not known.
    pub version: Option<String>,
    /// `exists`, `ran` or `ran_recently`.
    pub standing: String,
    /// How long ago is recent for it: as often as it says that it is exercised, else 90 days.
    pub recent_seconds: f64,
    /// Where this version came from.
    pub origin: Option<ControlOrigin>,
    /// Who changed it since the version before, as far as the hub knows them; empty where it came with its repository.
    pub changed_by: Vec<String>,
    /// Whether it may run: `trusted`, `approved` or `quarantined`; null where it came with its repository and never
    /// changed.
    pub judgement: Option<String>,
    /// Who approved this version, where that was needed.
    pub approved_by: Option<Party>,
    /// The entry that says so.
    pub judgement_entry: Option<u64>,
    /// How often it was carried out to its end, in any version.
    pub completed: u64,
    /// How often it was ended before that.
    pub ended_early: u64,
    /// The last execution that reached its end.
    pub last: Option<ControlExecution>,
    /// The last executions, the latest first; at most 100.
    pub executions: Vec<ControlExecution>,
    /// What machines carry out in it.
    pub scripts: Vec<ControlScript>,
}

/// Where a version of a file came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControlOrigin {
    /// Since when the hub had it.
    pub at: Time,
    /// The entry of the record that put it into force.
    pub entry: u64,
    /// The commit; the digest of the folder's content where it was no git repository.
    pub revision: Option<String>,
    /// Who made that commit, which need not be the one that changed the file; null for folders, or where it was erased.
    pub author: Option<String>,
    /// How it is signed; null for folders.
    pub signature: Option<String>,
}

/// One time that something was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControlExecution {
    /// The run.
    pub run: String,
    /// The version of the runbook that it was pinned to.
    pub version: String,
    /// Whether that is the version that claims the control; null for automations.
    pub this_version: Option<bool>,
    /// The case that it was for.
    #[schema(value_type = Option<super::CaseIdText>)]
    pub case: Option<wheelhouse_core::case::CaseId>,
    /// Whether it was for exercise.
    pub drill: bool,
    /// Who started it.
    pub by: Party,
    /// When.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Time,
    /// How: `completed` and others.
    pub how: String,
    /// How many of its steps were done.
    pub done: usize,
    /// How many were left out.
    pub skipped: usize,
    /// How many were tried in vain.
    pub failed: usize,
    /// The entries of the record that say when it began and how it ended. `/api/v1/record/entries/{seq}/proof` proves
    /// that they are in it.
    pub entries: [u64; 2],
}

/// What a machine carries out in a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControlScript {
    /// The step.
    pub step: String,
    /// The SHA-256 of the script.
    pub hash: String,
    /// How often it was carried out to a good end, by runs of this version that are over.
    pub times: u64,
    /// When last.
    pub last: Option<Time>,
    /// The entry that ended the last of these runs.
    pub entry: Option<u64>,
}

impl Control {
    /// A control; `origin` finds where the version of a claim came from.
    pub fn new(control: &core::Control<'_>, origin: impl Fn(&core::Claim) -> Option<ControlOrigin>) -> Self {
        let reached = |least: core::Standing| control.held.iter().filter(|held| held.standing >= least).count();
        Self {
            name: control.name.clone(),
            exist: control.held.len(),
            ran: reached(core::Standing::Ran),
            ran_recently: reached(core::Standing::RanRecently),
            claims: control.held.iter().map(|held| ControlClaim::new(held, origin(&held.claim))).collect(),
        }
    }
}

impl ControlClaim {
    fn new(held: &core::Held<'_>, origin: Option<ControlOrigin>) -> Self {
        let claim = &held.claim;
        let execution = |one: &&core::Execution| ControlExecution::new(one, claim);
        let word = |judged: &core::Judged| match judged.judgement {
            Judgement::Trusted { .. } => "trusted",
            Judgement::Quarantined { .. } => "quarantined",
            Judgement::Approved { .. } => "approved",
            Judgement::Gone { .. } => "gone",
        };
        let approved = held.judged.filter(|judged| matches!(judged.judgement, Judgement::Approved { .. }));
        let scripts = claim.scripts.iter().zip(&held.scripts).map(|(script, runs)| ControlScript {
            step: script.step.to_string(),
            hash: script.hash.to_string(),
            times: runs.times,
            last: runs.last.map(Time),
            entry: runs.entry,
        });
        let [completed, ended_early] = held.counts;
        Self {
            kind: claim.by.as_str().to_owned(),
            name: claim.name.clone(),
            title: claim.title.clone(),
            owners: claim.owners.clone(),
            path: claim.path.clone(),
            version: claim.version.as_ref().map(ToString::to_string),
            standing: held.standing.as_str().to_owned(),
            recent_seconds: seconds(claim.recent),
            origin,
            changed_by: held.judged.map(changed_by).unwrap_or_default(),
            judgement: held.judged.map(|judged| word(judged).to_owned()),
            approved_by: approved.map(|judged| Party::from(&judged.by)),
            judgement_entry: held.judged.map(|judged| judged.entry),
            completed,
            ended_early,
            last: held.last.as_ref().map(execution),
            executions: held.executions.iter().map(execution).collect(),
            scripts: scripts.collect(),
        }
    }
}

/// The people of whom a judgement knows that they changed the version.
fn changed_by(judged: &core::Judged) -> Vec<String> {
    let doubtful = |doubts: &[Doubt]| doubts.iter().filter_map(|doubt| doubt.person.clone()).collect();
    let people: BTreeSet<PersonName> = match &judged.judgement {
        Judgement::Trusted { by, .. } => by.iter().cloned().collect(),
        Judgement::Quarantined { doubts, .. } | Judgement::Approved { doubts } => doubtful(doubts),
        Judgement::Gone { .. } => BTreeSet::new(),
    };
    people.iter().map(ToString::to_string).collect()
}

impl ControlExecution {
    fn new(one: &core::Execution, claim: &core::Claim) -> Self {
        let [done, skipped, failed] = one.steps;
        Self {
            run: one.run.to_string(),
            version: one.version.to_string(),
            this_version: (claim.by == core::Claimant::Runbook).then(|| claim.version.as_ref() == Some(&one.version)),
            case: one.case,
            drill: one.drill,
            by: Party::from(&one.by),
            started_at: Time(one.started_at),
            ended_at: Time(one.ended_at),
            how: one.how.as_str().to_owned(),
            done,
            skipped,
            failed,
            entries: [one.started_in, one.ended_in],
        }
    }
}

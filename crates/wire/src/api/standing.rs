//! Where versions of runbooks stand: they may run, or they are quarantined until somebody approves them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::record::VersionFact;
use wheelhouse_core::runbook::{Judgement, Standing, Trust};
use wheelhouse_core::time::Timestamp;

use super::{Party, Time};

/// Where the newest version of a runbook stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookStanding {
    /// `trusted`, `quarantined` or `approved`. What is quarantined cannot be run.
    pub state: String,
    /// The version that it is about.
    pub version: String,
    /// Since when.
    pub since: Time,
    /// Why, in one line.
    pub why: String,
    /// Who changed it, in the words of the commits; absent where none tells.
    pub author: Option<String>,
    /// What is, or was, doubted about it.
    pub doubts: Vec<String>,
    /// While it is quarantined: whoever holds one of these roles, and had no part in it, can approve it.
    pub approvers: Vec<String>,
    /// The version that was trusted before, while this one is quarantined.
    pub trusted: Option<String>,
    /// Who approved it.
    pub approved_by: Option<Party>,
    /// What they had to say about it.
    pub text: Option<String>,
}

/// The wish to let a quarantined version run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveVersion {
    /// What there is to say about it, at most 64 KiB.
    #[serde(default)]
    pub text: Option<String>,
}

impl RunbookStanding {
    /// Where a version stands; nothing for a runbook that is gone.
    pub fn of(standing: &Standing, catalog: &Catalog, now: Timestamp) -> Option<Self> {
        let (doubts, approvers, trusted) = match &standing.judgement {
            Judgement::Gone { .. } => return None,
            Judgement::Trusted { .. } => (Vec::new(), Vec::new(), None),
            Judgement::Approved { doubts } => (doubts.clone(), Vec::new(), None),
            Judgement::Quarantined { doubts, mandate } => {
                (doubts.clone(), mandate.approvers(catalog, doubts, now), mandate.version.clone())
            }
        };
        let approved = matches!(standing.judgement, Judgement::Approved { .. });
        Some(Self {
            state: word(&standing.judgement).to_owned(),
            version: standing.version.to_string(),
            since: Time(standing.at),
            why: why(&standing.judgement),
            author: standing.author.clone(),
            doubts: doubts.iter().map(ToString::to_string).collect(),
            approvers: approvers.iter().map(ToString::to_string).collect(),
            trusted: trusted.map(|version| version.to_string()),
            approved_by: approved.then(|| Party::from(&standing.by)),
            text: standing.text.clone(),
        })
    }
}

const fn word(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Trusted { .. } => "trusted",
        Judgement::Quarantined { .. } => "quarantined",
        Judgement::Approved { .. } => "approved",
        Judgement::Gone { .. } => "gone",
    }
}

fn why(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Trusted { how: Trust::Editors, by } => {
            let by: Vec<&str> = by.iter().map(|person| person.as_str()).collect();
            format!("changed by {}, who may change it", by.join(" and "))
        }
        Judgement::Trusted { how: Trust::Unattributed, .. } => {
            "changed in a folder, which does not tell who did it; nobody said who may".into()
        }
        Judgement::Trusted { how: Trust::Restored, .. } => "it is the last trusted version again".into(),
        Judgement::Quarantined { doubts, .. } => doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Judgement::Approved { .. } => "somebody who may has approved it".into(),
        Judgement::Gone { .. } => "the catalog no longer has it".into(),
    }
}

/// What an entry says of a version, in one line; `by` says who did it.
pub(super) fn told(part: &VersionFact, by: &str) -> String {
    let (name, version) = (&part.runbook, part.version.short());
    match &part.judgement {
        judgement @ Judgement::Trusted { .. } => format!("version {version} of {name} may run: {}", why(judgement)),
        judgement @ Judgement::Quarantined { .. } => {
            format!("version {version} of {name} is quarantined: {}", why(judgement))
        }
        Judgement::Approved { .. } => format!("version {version} of {name} was approved{by}"),
        Judgement::Gone { .. } => format!("the runbook {name} left the catalog"),
    }
}

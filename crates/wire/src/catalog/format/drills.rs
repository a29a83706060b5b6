//! Drills.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_core::catalog::{self as core, CueDraft, Document, Drafts, DrillDraft, ExpectationDraft, Kind};
use wheelhouse_core::drill::Expected;
use wheelhouse_core::name::{AudienceName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::Recipient;

use super::places::At;
use super::scalars::{AnyName, Length, Named, TargetField};
use super::{Fields, Plain};

/// An outage that is played on purpose, and what is to follow from it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Drill")]
pub(in super::super) struct DrillFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// Whose signals they look like, for rules that ask for the source.
    #[serde(default)]
    source: Option<At<Named<SourceName>>>,
    /// The signals, each with how long after the start it is sent.
    signals: At<Vec<At<CueFields>>>,
    /// What is to follow, and what must not.
    expect: At<Vec<At<ExpectationFields>>>,
}

/// One signal of a drill.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cue")]
pub(in super::super) struct CueFields {
    /// How long after the start it is sent, at most 8h.
    at: At<Length>,
    /// What identifies it.
    labels: At<BTreeMap<String, String>>,
    /// What explains it, such as its `summary`.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    /// Whether it tells the end of what an earlier one with the same labels began.
    #[serde(default)]
    resolved: bool,
}

/// One thing that is to follow, or must not. Names exactly one of `opened`, `not_opened`, `paged`,
/// `not_paged`, `told`, `not_told` and `resolved`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expectation")]
pub(in super::super) struct ExpectationFields {
    /// An incident of this service opens.
    #[serde(default)]
    opened: Option<Named<ServiceName>>,
    /// No incident of this service opens.
    #[serde(default)]
    not_opened: Option<Named<ServiceName>>,
    /// A page reaches the person, whoever is on call, or somebody of the team.
    #[serde(default)]
    paged: Option<TargetField>,
    /// No page goes there.
    #[serde(default)]
    not_paged: Option<TargetField>,
    /// A notice reaches the team or audience, or somebody on its behalf.
    #[serde(default)]
    told: Option<ToldField>,
    /// No notice goes there.
    #[serde(default)]
    not_told: Option<ToldField>,
    /// Every incident of this service is over, and there was one.
    #[serde(default)]
    resolved: Option<Named<ServiceName>>,
    /// Only what incidents of this service cause counts.
    #[serde(default)]
    of: Option<At<Named<ServiceName>>>,
    /// How long after the start of the drill it has to have happened; until the drill's end unless said.
    #[serde(default)]
    within: Option<At<Length>>,
}

/// Somebody to tell.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`{team: …}` or `{audience: …}`")]
#[schemars(rename = "Told")]
pub(in super::super) enum ToldField {
    /// A team.
    Team(Named<TeamName>),
    /// An audience.
    Audience(Named<AudienceName>),
}

impl Plain for ToldField {
    type Core = Recipient;
    fn plain(self) -> Recipient {
        match self {
            Self::Team(name) => Recipient::Team(name.0),
            Self::Audience(name) => Recipient::Audience(name.0),
        }
    }
}

impl Plain for CueFields {
    type Core = CueDraft;
    fn plain(self) -> CueDraft {
        CueDraft {
            at: self.at.plain(),
            labels: self.labels.plain(),
            annotations: self.annotations,
            resolved: self.resolved,
        }
    }
}

impl Plain for ExpectationFields {
    type Core = ExpectationDraft;
    fn plain(self) -> ExpectationDraft {
        let what = [
            self.opened.plain().map(Expected::Opened),
            self.not_opened.plain().map(Expected::NotOpened),
            self.paged.plain().map(Expected::Paged),
            self.not_paged.plain().map(Expected::NotPaged),
            self.told.plain().map(Expected::Told),
            self.not_told.plain().map(Expected::NotTold),
            self.resolved.plain().map(Expected::Resolved),
        ];
        ExpectationDraft {
            what: what.into_iter().flatten().collect(),
            of: self.of.plain(),
            within: self.within.plain(),
        }
    }
}

impl Fields for DrillFields {
    const KIND: Kind = Kind::Drill;
    const REQUIRED: &'static [&'static str] = &["name", "team", "signals", "expect"];
    type Draft = DrillDraft;

    fn draft(self) -> (core::At<String>, DrillDraft) {
        let draft = DrillDraft {
            team: self.team.plain(),
            summary: self.summary.plain(),
            source: self.source.plain(),
            signals: self.signals.plain(),
            expect: self.expect.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<DrillDraft>> {
        &mut drafts.drills
    }
}

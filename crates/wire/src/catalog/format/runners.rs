//! Runners.

use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_core::catalog::{self as core, Document, Drafts, Kind, RunnerDraft};
use wheelhouse_core::name::TeamName;

use super::places::{At, OneOrMany};
use super::scalars::{AnyName, Named};
use super::{Fields, Plain};

/// A machine that carries out automated steps near the systems they touch.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Runner")]
pub(in super::super) struct RunnerFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// What it reaches, as `runner=` of a step asks for it, such as `zone=dmz`. With labels it takes only steps that
    /// ask for some of them, without any only steps that ask for nothing.
    #[serde(default)]
    labels: OneOrMany<At<String>>,
}

impl Fields for RunnerFields {
    const KIND: Kind = Kind::Runner;
    const REQUIRED: &'static [&'static str] = &["name", "team"];
    type Draft = RunnerDraft;

    fn draft(self) -> (core::At<String>, RunnerDraft) {
        let draft = RunnerDraft { team: self.team.plain(), summary: self.summary.plain(), labels: self.labels.plain() };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<RunnerDraft>> {
        &mut drafts.runners
    }
}

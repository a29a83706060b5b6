//! Steps about what surrounds cases: silences, changes, drills that are over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use wheelhouse_core::World;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::change::{ChangeKind, ChangeReport};
use wheelhouse_core::kernel::{Command, HeldDrill, SilenceRequest, What};
use wheelhouse_core::name::{DrillName, ServiceName, SourceName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::silence::{Matcher, SilenceId};
use wheelhouse_core::time::Timestamp;

use super::file::{Length, Step};

/// What somebody wants to be silenced.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SilenceStep {
    /// The silence to change, which keeps its start; a new one where absent.
    pub id: Option<SilenceId>,
    /// Labels that a signal must have.
    pub labels: BTreeMap<String, String>,
    /// Labels whose values a regular expression must fit, all of each.
    pub like: BTreeMap<String, String>,
    /// How long from now it starts; at once where absent.
    #[serde(rename = "in")]
    pub ahead: Length,
    /// How long it lasts from there, or from now where it is changed.
    #[serde(rename = "for")]
    pub lasts: Length,
    /// What it is for.
    pub comment: String,
    /// Whether it is for exercise.
    pub drill: bool,
}

/// A change that is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeStep {
    /// What kind of change it is.
    pub of: ChangeKind,
    /// The service it was made to.
    pub service: ServiceName,
    /// Which version came into service.
    #[serde(default)]
    pub version: String,
    /// What was done, in one line.
    #[serde(default)]
    pub title: String,
    /// What tells it apart from others of the same sender.
    pub key: Option<String>,
    /// How long ago it was done.
    #[serde(default)]
    pub ago: Length,
    /// Whether it is for exercise.
    #[serde(default)]
    pub drill: bool,
}

/// A drill that is over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillStep {
    /// Which.
    pub drill: DrillName,
    /// How long ago it began.
    pub began: Length,
    /// How many expectations were met.
    #[serde(default)]
    pub met: u32,
    /// How many were not.
    #[serde(default)]
    pub missed: u32,
    /// The cases that it caused.
    #[serde(default)]
    pub cases: BTreeSet<CaseId>,
    /// What was expected and found.
    #[serde(default)]
    pub text: String,
}

/// What a step asks for around cases, if it does; a change without `by:` is told by source `ci`.
///
/// Says what is wrong with the step.
pub(super) fn command(step: &Step, world: &World, now: Timestamp) -> Option<Result<Command, String>> {
    let what = match (&step.silence, step.unsilence, &step.change, &step.held) {
        (Some(silence), ..) => request(silence, step, world, now).map(|request| What::SetSilence(Box::new(request))),
        (_, Some(silence), ..) => Ok(What::EndSilence { silence, seen: None }),
        (_, _, Some(change), _) => Ok(What::Change(report(change, now).into())),
        (.., Some(held)) => Ok(What::HoldDrill(Box::new(over(held, now)))),
        _ => return None,
    };
    let actor = match (&step.by, &step.change) {
        (Some(person), _) => Ok(Actor::Person(person.clone())),
        (None, Some(_)) => Ok(Actor::Source(SourceName::new("ci").expect("`ci` is a name"))),
        (None, None) => Err(format!("the step at {} needs `by:`", step.at)),
    };
    let made = what.and_then(|what| Ok(Command { actor: actor?, policies: Vec::new(), judged_under: None, what }));
    Some(made)
}

fn request(silence: &SilenceStep, step: &Step, world: &World, now: Timestamp) -> Result<SilenceRequest, String> {
    let equal = silence.labels.iter().map(|(name, value)| Matcher::new(name, value, false, false));
    let like = silence.like.iter().map(|(name, value)| Matcher::new(name, value, true, false));
    let matchers = equal.chain(like).collect::<Result<Vec<_>, _>>();
    let known = silence.id.and_then(|id| world.silences().get(id));
    let from = now + silence.ahead.0;
    Ok(SilenceRequest {
        id: silence.id,
        matchers: matchers.map_err(|error| format!("the silence at {}: {error}", step.at))?,
        starts_at: known.map_or(from, |known| known.starts_at),
        ends_at: from + silence.lasts.0,
        comment: silence.comment.clone(),
        created_by: step.by.as_ref().map(ToString::to_string).unwrap_or_default(),
        drill: silence.drill,
        seen: None,
    })
}

fn report(change: &ChangeStep, now: Timestamp) -> ChangeReport {
    ChangeReport {
        kind: change.of,
        key: change.key.clone(),
        services: vec![change.service.to_string()],
        must_be_known: false,
        title: change.title.clone(),
        text: String::new(),
        version: change.version.clone(),
        by: String::new(),
        url: String::new(),
        at: now - change.ago.0,
        drill: change.drill,
    }
}

fn over(held: &DrillStep, now: Timestamp) -> HeldDrill {
    HeldDrill {
        drill: held.drill.clone(),
        started_at: now - held.began.0,
        met: held.met,
        missed: held.missed,
        cases: held.cases.clone(),
        account: held.text.clone(),
        run: None,
    }
}

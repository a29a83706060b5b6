//! Schedules and escalations.

use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_core::catalog::{
    self as core, Document, Drafts, EscalationDraft, Kind, LayerDraft, OverrideDraft, ScheduleDraft, StepDraft,
};
use wheelhouse_core::name::{PersonName, TeamName};

use super::places::{At, OneOrMany};
use super::scalars::{AnyName, Length, LocalTime, Named, SeverityWord, TargetField, Turn};
use super::{Fields, Plain};

/// Says at every instant who is on call. Has either one `rotation` or several `layers`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Schedule")]
pub(in super::super) struct ScheduleFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// The IANA time zone whose wall clock decides the hand-offs, such as `Europe/Vienna`.
    time_zone: At<String>,
    /// The one rotation of a simple schedule.
    #[serde(default)]
    rotation: Option<At<LayerFields>>,
    /// Several rotations; a later one covers an earlier one wherever it applies.
    #[serde(default)]
    layers: Option<At<Vec<At<LayerFields>>>>,
    /// Exceptions; they cover every layer, and a later one covers an earlier one.
    #[serde(default)]
    overrides: Vec<At<OverrideFields>>,
}

/// People who take turns.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Layer")]
pub(in super::super) struct LayerFields {
    /// The people in order; the first has the first turn.
    people: At<Vec<At<Named<PersonName>>>>,
    /// The local date and time at which the first turn starts; hand-offs keep its time of day.
    start: At<LocalTime>,
    /// The length of a turn on the wall clock: `12h`, `1d`, `1w`, `1mo`.
    every: At<Turn>,
    /// From this local date and time on the rotation applies; its start unless said.
    #[serde(default)]
    from: Option<At<LocalTime>>,
    /// Until this local date and time it applies; without end unless said.
    #[serde(default)]
    until: Option<At<LocalTime>>,
}

/// One person instead of whoever the layers name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Override")]
pub(in super::super) struct OverrideFields {
    /// Who is on call instead.
    person: At<Named<PersonName>>,
    /// From this local date and time on.
    from: At<LocalTime>,
    /// Until this local date and time.
    until: At<LocalTime>,
}

impl Plain for LayerFields {
    type Core = LayerDraft;
    fn plain(self) -> LayerDraft {
        LayerDraft {
            people: self.people.plain(),
            start: self.start.plain(),
            every: self.every.plain(),
            from: self.from.plain(),
            until: self.until.plain(),
        }
    }
}

impl Plain for OverrideFields {
    type Core = OverrideDraft;
    fn plain(self) -> OverrideDraft {
        OverrideDraft { person: self.person.plain(), from: self.from.plain(), until: self.until.plain() }
    }
}

impl Fields for ScheduleFields {
    const KIND: Kind = Kind::Schedule;
    const REQUIRED: &'static [&'static str] = &["name", "team", "time_zone"];
    type Draft = ScheduleDraft;

    fn draft(self) -> (core::At<String>, ScheduleDraft) {
        let draft = ScheduleDraft {
            team: self.team.plain(),
            time_zone: self.time_zone.plain(),
            rotation: self.rotation.plain(),
            layers: self.layers.plain(),
            overrides: self.overrides.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<ScheduleDraft>> {
        &mut drafts.schedules
    }
}

/// Who is paged, in what order, until somebody acknowledges.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Escalation")]
pub(in super::super) struct EscalationFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that keeps it.
    team: At<Named<TeamName>>,
    /// The least severe case that is paged; less severe ones send the owning team a notice. `sev4` unless said.
    #[serde(default)]
    from: Option<SeverityWord>,
    /// The steps in order, at least one.
    steps: At<Vec<StepFields>>,
    /// How many further rounds follow the first before the organisation's fallback; 1 unless said, at most 100.
    #[serde(default)]
    #[schemars(range(max = 100))]
    repeat: Option<At<u32>>,
    /// How long an acknowledgement holds without any sign of work; the organisation's unless said.
    #[serde(default)]
    acknowledgement_timeout: Option<At<Length>>,
}

/// One step of an escalation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(in super::super) struct StepFields {
    /// How long after the step before, or the start of the round, it comes due; 0 unless said, at most 1w.
    #[serde(default)]
    after: Option<At<Length>>,
    /// Who is paged: a target or a list of targets.
    page: At<OneOrMany<At<TargetField>>>,
}

impl Plain for StepFields {
    type Core = StepDraft;
    fn plain(self) -> StepDraft {
        StepDraft { after: self.after.plain(), page: self.page.plain() }
    }
}

impl Fields for EscalationFields {
    const KIND: Kind = Kind::Escalation;
    const REQUIRED: &'static [&'static str] = &["name", "team", "steps"];
    type Draft = EscalationDraft;

    fn draft(self) -> (core::At<String>, EscalationDraft) {
        let draft = EscalationDraft {
            team: self.team.plain(),
            from: self.from.plain(),
            steps: self.steps.plain(),
            repeat: self.repeat.plain(),
            acknowledgement_timeout: self.acknowledgement_timeout.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<EscalationDraft>> {
        &mut drafts.escalations
    }
}

//! Automations.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected};
use serde_json::Value;
use wheelhouse_core::automation::{ApprovalDraft, AutomationDraft, Day, LimitsDraft, Mode, WindowDraft};
use wheelhouse_core::catalog::{self as core, Document, Drafts, Kind};
use wheelhouse_core::name::{RoleName, TeamName};

use super::places::{At, OneOrMany};
use super::rules::PatternField;
use super::scalars::{AnyName, Length, Named};
use super::{Fields, Plain};

/// A runbook that begins by itself when something happens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Automation")]
pub(in super::super) struct AutomationFields {
    /// Its name.
    name: At<AnyName>,
    /// The team that answers for it, and on whose authority it acts.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// Whether it acts: `shadow` (it notes what it would have done) unless said, or `live`.
    #[serde(default)]
    mode: Option<ModeWord>,
    /// Which events it is about: an event pattern over what the hub decided.
    when: At<PatternField>,
    /// What must hold beside that: an expression in CEL.
    #[serde(default, rename = "if")]
    condition: Option<At<String>>,
    /// What it runs.
    then: ThenFields,
    /// How long it leaves a target alone after it began something about it, at most 1w; needed where it is live.
    #[serde(default)]
    cooldown: Option<At<Length>>,
    /// How often it may begin something.
    #[serde(default)]
    limits: LimitsFields,
    /// When it stops by itself.
    #[serde(default)]
    breaker: BreakerFields,
    /// How deep it may follow from other automations; 3 unless said, which is the most.
    #[serde(default)]
    chain: Option<At<u32>>,
    /// When it may begin something; always unless said.
    #[serde(default)]
    windows: OneOrMany<At<WindowFields>>,
    /// The IANA time zone of the windows; UTC unless said.
    #[serde(default)]
    time_zone: Option<At<String>>,
    /// Who must agree before it begins something, and from when on.
    #[serde(default)]
    approval: Option<At<ApprovalFields>>,
    /// The controls that its executions help to prove.
    #[serde(default)]
    controls: OneOrMany<At<String>>,
}

/// What an automation runs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Then")]
struct ThenFields {
    /// The runbook: `REPOSITORY/STEM`, or the stem alone where only one has it.
    runbook: At<String>,
    /// Parameters of the runbook with their values.
    #[serde(default)]
    with: BTreeMap<String, At<AnyValue>>,
    /// Parameters of the runbook with expressions in CEL that give their values.
    #[serde(default)]
    from: BTreeMap<String, At<String>>,
}

/// How often an automation may begin something.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limits")]
struct LimitsFields {
    /// About one target; 3 unless said, at most 200.
    #[serde(default)]
    target: Option<At<u32>>,
    /// In all; 10 unless said, at most 200.
    #[serde(default)]
    all: Option<At<u32>>,
    /// Within how long; 1h unless said, 1m to 24h.
    #[serde(default)]
    within: Option<At<Length>>,
}

/// When an automation stops by itself.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Breaker")]
struct BreakerFields {
    /// After how many runs in a row that went wrong; 3 unless said.
    #[serde(default)]
    failures: Option<At<u32>>,
    /// How long it then rests; 1h unless said, 1m to 1w.
    #[serde(default)]
    rest: Option<At<Length>>,
}

/// A time of the week.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Window")]
struct WindowFields {
    /// The days on which it begins; every day unless said.
    #[serde(default)]
    days: Vec<DayWord>,
    /// When it begins: `08:00`.
    from: ClockTime,
    /// When it ends; on the next day where it is not after the beginning.
    until: ClockTime,
}

/// Who must agree before an automation begins something.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AutomationApproval")]
struct ApprovalFields {
    /// From when on; always unless said.
    #[serde(default)]
    above: Option<AboveFields>,
    /// Who may agree: a team, a schedule (whoever is on call), or a role that teams give.
    role: At<Named<RoleName>>,
    /// How many must; 1 unless said, at most 10.
    #[serde(default)]
    count: Option<At<u32>>,
    /// How long they are waited for; 30m unless said, 1m to 24h.
    #[serde(default)]
    within: Option<At<Length>>,
}

/// Beyond what people must agree, by what depends on the target.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Above")]
struct AboveFields {
    /// More services than this, the target counted.
    #[serde(default)]
    services: Option<At<u32>>,
    /// A service of a more critical tier than this.
    #[serde(default)]
    tier: Option<At<u32>>,
}

/// Whether an automation acts.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum ModeWord {
    /// It notes what it would have done.
    Shadow,
    /// It acts.
    Live,
}

/// A day of the week.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum DayWord {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Plain for DayWord {
    type Core = Day;
    fn plain(self) -> Day {
        match self {
            Self::Mon => Day::Monday,
            Self::Tue => Day::Tuesday,
            Self::Wed => Day::Wednesday,
            Self::Thu => Day::Thursday,
            Self::Fri => Day::Friday,
            Self::Sat => Day::Saturday,
            Self::Sun => Day::Sunday,
        }
    }
}

/// A time of day.
struct ClockTime(Time);

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a time of day\nwrite it as `\"08:00\"`, in quotes";
        let text = String::deserialize(from)?;
        let read = || {
            let (hour, minute) = text.split_once(':')?;
            let number = |part: &str| (part.len() == 2).then(|| part.parse::<i8>().ok()).flatten();
            Time::new(number(hour)?, number(minute)?, 0, 0).ok()
        };
        read().map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &EXPECTED))
    }
}

impl JsonSchema for ClockTime {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ClockTime".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"})
    }
}

/// Any value.
struct AnyValue(Value);

impl Plain for AnyValue {
    type Core = Value;
    fn plain(self) -> Value {
        self.0
    }
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(Self)
    }
}

impl JsonSchema for AnyValue {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "AnyValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean", "array"]})
    }
}

impl Plain for WindowFields {
    type Core = WindowDraft;
    fn plain(self) -> WindowDraft {
        WindowDraft { days: self.days.plain(), from: self.from.0, until: self.until.0 }
    }
}

impl Plain for ApprovalFields {
    type Core = ApprovalDraft;
    fn plain(self) -> ApprovalDraft {
        let above = self.above.is_some();
        let (services, tier) = self.above.map_or((None, None), |above| (above.services.plain(), above.tier.plain()));
        ApprovalDraft {
            above,
            services,
            tier,
            role: self.role.plain(),
            count: self.count.plain(),
            within: self.within.plain(),
        }
    }
}

impl Fields for AutomationFields {
    const KIND: Kind = Kind::Automation;
    const REQUIRED: &'static [&'static str] = &["name", "team", "when", "then"];
    type Draft = AutomationDraft;

    fn draft(self) -> (core::At<String>, AutomationDraft) {
        let mode = match self.mode {
            None | Some(ModeWord::Shadow) => Mode::Shadow,
            Some(ModeWord::Live) => Mode::Live,
        };
        let draft = AutomationDraft {
            team: self.team.plain(),
            summary: self.summary.plain(),
            mode,
            when: self.when.plain(),
            condition: self.condition.plain(),
            runbook: self.then.runbook.plain(),
            with: self.then.with.plain(),
            from: self.then.from.plain(),
            cooldown: self.cooldown.plain(),
            limits: LimitsDraft {
                target: self.limits.target.plain(),
                all: self.limits.all.plain(),
                within: self.limits.within.plain(),
            },
            failures: self.breaker.failures.plain(),
            rest: self.breaker.rest.plain(),
            chain: self.chain.plain(),
            windows: self.windows.plain(),
            time_zone: self.time_zone.plain(),
            approval: self.approval.plain(),
            controls: self.controls.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<AutomationDraft>> {
        &mut drafts.automations
    }
}

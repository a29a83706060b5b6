//! What a scenario file says.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};
use wheelhouse_core::case::{CaseId, Relation, Role, Severity};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::name::{AudienceName, PersonName, ScheduleName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::{ContactKind, Recipient};
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::{Duration, Timestamp};

use super::around::{ChangeStep, DrillStep, SilenceStep};
use super::automations::AutomationStep;
use super::machines::AttemptStep;
use super::runs::{OpenStep, SettleStep, StartStep, StopStep};

/// A story: what happens at which time, and what may be left when it ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in one line.
    pub title: String,
    /// When it begins (RFC 3339); every other time counts from here.
    pub start: Instant,
    /// How channels behave; the first rule that fits decides. Without one, mail is accepted after a second.
    #[serde(default)]
    pub delivery: Vec<Delivery>,
    /// What happens, in order of time.
    pub steps: Vec<Step>,
    /// When it ends; with its last step where absent.
    pub until: Option<Length>,
    /// Open cases and messages under way that may be left at the end; exactly these must be.
    #[serde(default)]
    pub leaves: Vec<String>,
}

/// How channels behave towards one recipient for some time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The recipient as transcripts name it: `dana`, `team noc`, `audience finance-leadership`.
    pub to: String,
    /// Which kind of contact; any where absent.
    pub contact: Option<ContactKind>,
    /// From when on.
    #[serde(default)]
    pub from: Length,
    /// Until when (exclusive).
    pub until: Option<Length>,
    /// How long an attempt takes.
    pub takes: Option<Length>,
    /// Whether and how attempts fail.
    pub fails: Option<Failure>,
    /// What the channel says.
    pub answer: Option<String>,
}

/// How an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Trying again may help.
    Temporarily,
    /// It does not.
    Permanently,
    /// The channel takes it and does not say what became of it.
    Unknown,
    /// The channel is left alone until the rule ends: a page takes the next contact, anything else waits.
    Held,
}

/// One thing that happens. Exactly one of its fields beside `at` and `by` says what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// When.
    pub at: Length,
    /// Who, for what people do.
    pub by: Option<PersonName>,
    /// A source tells something.
    pub signal: Option<Told>,
    /// A person reports trouble.
    pub report: Option<ReportStep>,
    /// A person takes a case.
    pub ack: Option<CaseId>,
    /// A person writes a note.
    pub note: Option<Text>,
    /// A person says how bad it is.
    pub severity: Option<SeverityStep>,
    /// A person gives a case an owner, or another team.
    pub assign: Option<AssignStep>,
    /// A person gives a role.
    pub role: Option<RoleStep>,
    /// A person asks somebody to help.
    pub page: Option<PageStep>,
    /// A person writes an update.
    pub update: Option<Text>,
    /// A person says that the harm has stopped.
    pub mitigate: Option<Ending>,
    /// A person says that it is over.
    pub resolve: Option<Ending>,
    /// A person says that it was not over.
    pub reopen: Option<Ending>,
    /// A person links something.
    pub link: Option<LinkStep>,
    /// A person takes a link away.
    pub unlink: Option<LinkStep>,
    /// A person says that somebody affected was not told.
    pub missed: Option<MissedStep>,
    /// A person silences something.
    pub silence: Option<SilenceStep>,
    /// A person ends a silence.
    pub unsilence: Option<SilenceId>,
    /// Somebody tells of a change.
    pub change: Option<ChangeStep>,
    /// A person does something about an automation, or about a run that one started.
    pub automation: Option<AutomationStep>,
    /// A person says how a drill went that is over.
    pub held: Option<DrillStep>,
    /// A person starts a run of a runbook.
    pub start: Option<StartStep>,
    /// A person says what became of a step of a run.
    pub settle: Option<SettleStep>,
    /// A person opens a settled step of a run again.
    pub open_again: Option<OpenStep>,
    /// A person ends a run.
    pub stop: Option<StopStep>,
    /// A runner takes the step that has waited longest, and says how it went.
    pub attempt: Option<AttemptStep>,
    /// Another catalog comes into force: the name of a folder beside `scenario.yaml`.
    pub catalog: Option<String>,
    /// The hub goes down or comes up again.
    pub hub: Option<HubStep>,
    /// The clock jumps ahead.
    pub clock: Option<Length>,
}

/// What a source tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Who tells it.
    #[serde(default = "prometheus")]
    pub source: SourceName,
    /// What identifies it; `severity` says how bad it is.
    pub labels: BTreeMap<String, String>,
    /// What explains it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Whether it ended instead of firing.
    #[serde(default)]
    pub resolved: bool,
    /// Whether it is an exercise.
    #[serde(default)]
    pub drill: bool,
    /// How far ahead the sender names an end, each time; without end where absent.
    pub holds: Option<Length>,
    /// How often it is told again.
    pub every: Option<Length>,
    /// For how long it is told again.
    #[serde(rename = "for")]
    pub lasts: Option<Length>,
}

fn prometheus() -> SourceName {
    SourceName::new("prometheus").expect("`prometheus` is a name")
}

/// A person's report.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportStep {
    /// In one line.
    pub title: String,
    /// More.
    pub text: Option<String>,
    /// The service, if known.
    pub service: Option<ServiceName>,
    /// How bad, if said.
    pub severity: Option<Severity>,
    /// Whether it is an exercise.
    #[serde(default)]
    pub drill: bool,
}

/// A text about a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The case.
    pub case: CaseId,
    /// The text.
    pub text: String,
}

/// How bad a case is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityStep {
    /// The case.
    pub case: CaseId,
    /// How bad.
    pub to: Severity,
}

/// Who gets a case: a team, else the person, else nobody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignStep {
    /// The case.
    pub case: CaseId,
    /// The owner.
    pub person: Option<PersonName>,
    /// The team.
    pub team: Option<TeamName>,
    /// The service, where it became known.
    pub service: Option<ServiceName>,
}

/// Who gets a role; nobody where the person is absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleStep {
    /// The case.
    pub case: CaseId,
    /// The role.
    pub role: Role,
    /// Who.
    pub person: Option<PersonName>,
}

/// Who is asked to help.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageStep {
    /// The case.
    pub case: CaseId,
    /// A person.
    pub person: Option<PersonName>,
    /// Every member of a team.
    pub team: Option<TeamName>,
    /// Whoever is on call.
    pub schedule: Option<ScheduleName>,
}

impl PageStep {
    /// Who is named, if anybody.
    pub fn target(&self) -> Option<Target> {
        let schedule = self.schedule.clone().map(Target::Schedule);
        let person = self.person.clone().map(Target::Person);
        schedule.or(person).or_else(|| self.team.clone().map(Target::Team))
    }
}

/// How a case ends or turns out not to have ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// The case.
    pub case: CaseId,
    /// How long ago, where it was not just now.
    pub ago: Option<Length>,
    /// What there is to say.
    pub text: Option<String>,
}

/// What is linked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkStep {
    /// The case.
    pub case: CaseId,
    /// How the other thing belongs to it.
    pub relation: Relation,
    /// Another case.
    pub to: Option<CaseId>,
    /// Or an address.
    pub url: Option<String>,
}

/// Who was not told: a team, else an audience.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissedStep {
    /// The case.
    pub case: CaseId,
    /// The team.
    pub team: Option<TeamName>,
    /// The audience.
    pub audience: Option<AudienceName>,
    /// The service through which they were affected.
    pub service: Option<ServiceName>,
    /// What there is to say.
    pub text: Option<String>,
}

impl MissedStep {
    /// Who is named, if anybody.
    pub fn recipient(&self) -> Option<Recipient> {
        let team = self.team.clone().map(Recipient::Team);
        team.or_else(|| self.audience.clone().map(Recipient::Audience))
    }
}

/// What happens to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubStep {
    /// It stops at once.
    Down,
    /// It starts from its tables; its doors are ready ten seconds later.
    Up,
}

/// An instant as a file writes it: RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct Instant(pub Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let instant: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(Timestamp::from_jiff(instant)))
    }
}

/// A length of time as a file writes it: `90s`, `10m`, `1h30m`, `2d`, `500ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub Duration);

impl Length {
    /// Reads a length.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut millis) = (text, 0i64);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, after) = rest.split_at_checked(digits)?;
            let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(letters)?;
            let each = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            millis = millis.checked_add(number.parse::<i64>().ok()?.checked_mul(each)?)?;
            rest = after;
        }
        (!text.is_empty()).then_some(Self(Duration::from_millis(millis)))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let expected =
            || serde::de::Error::custom(format!("`{text}` is not a length of time such as `10m` or `1h30m`"));
        Self::parse(&text).ok_or_else(expected)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Scenario {
    /// Reads a scenario, with every repetition of a signal as a step of its own, in order of time.
    ///
    /// Says what cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scenario: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut steps = Vec::new();
        for step in scenario.steps {
            let repetition = step.signal.as_ref().and_then(|told| Some((told.every?, told.lasts?)));
            steps.push(step.clone());
            let Some((every, lasts)) = repetition else { continue };
            if every.0 <= Duration::ZERO {
                return Err(format!("the signal at {}: `every` must be longer than nothing", step.at));
            }
            let mut after = every.0;
            while after <= lasts.0 {
                steps.push(Step { at: Length(step.at.0 + after), ..step.clone() });
                after = after + every.0;
            }
        }
        steps.sort_by_key(|step| step.at);
        scenario.steps = steps;
        Ok(scenario)
    }
}

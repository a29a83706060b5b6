//! Whether a drill went as expected.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Drill, Expectation, Expected};
use crate::case::{Case, CaseId, State};
use crate::catalog::{Catalog, Target};
use crate::name::PersonName;
use crate::notify::{Message, MessageState, Purpose, Recipient};
use crate::oncall::on_call_at;
use crate::time::{Duration, Timestamp};

/// A case that the drill caused, with its messages.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The case.
    pub case: Case,
    /// Its messages.
    pub messages: Vec<Message>,
}

/// What became of one expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What was expected.
    pub expectation: Expectation,
    /// Whether it is met.
    pub met: bool,
    /// What was found.
    pub found: Found,
}

impl Judgement {
    /// Whether it can no longer be met at `now`, in a drill that began at `started_at`: its time is up, or what
    /// must not happen has happened.
    pub fn is_missed(&self, started_at: Timestamp, now: Timestamp) -> bool {
        let is_late = self.expectation.within.is_some_and(|within| now > started_at + within);
        let happened = matches!(self.found, Found::Happened { .. });
        !self.met && if self.expectation.what.is_absence() { happened } else { is_late }
    }
}

/// What was found of what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "found")]
pub enum Found {
    /// It happened.
    Happened {
        /// How long after the start.
        after: Duration,
        /// To whom, where that is somebody.
        who: Option<Recipient>,
        /// In which case.
        case: CaseId,
    },
    /// It was decided, and nothing reached anybody yet.
    NotDelivered {
        /// To whom.
        who: Recipient,
        /// In which case.
        case: CaseId,
        /// What the channel said last.
        answer: Option<String>,
    },
    /// A case of the service is still open.
    StillOpen {
        /// Which.
        case: CaseId,
    },
    /// It did not happen.
    Nothing,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Happened { after, who: Some(who), case } => write!(f, "{who} after {after} ({case})"),
            Self::Happened { after, who: None, case } => write!(f, "after {after} ({case})"),
            Self::NotDelivered { who, case, answer: Some(answer) } => {
                write!(f, "{who} was not reached ({case}): {answer}")
            }
            Self::NotDelivered { who, case, answer: None } => write!(f, "{who} was not reached yet ({case})"),
            Self::StillOpen { case } => write!(f, "{case} is still open"),
            Self::Nothing => f.write_str("it did not happen"),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Expected::Opened(service) => write!(f, "an incident of {service} opens")?,
            Expected::NotOpened(service) => write!(f, "no incident of {service} opens")?,
            Expected::Paged(target) => write!(f, "{} is paged", crate::record::Named(target))?,
            Expected::NotPaged(target) => write!(f, "{} is not paged", crate::record::Named(target))?,
            Expected::Told(who) => write!(f, "{who} is told")?,
            Expected::NotTold(who) => write!(f, "{who} is not told")?,
            Expected::Resolved(service) => write!(f, "every incident of {service} is over")?,
        }
        if let Some(service) = &self.of {
            write!(f, " because of {service}")?;
        }
        self.within.map_or(Ok(()), |within| write!(f, " within {within}"))
    }
}

/// What became of everything that a drill expects, in its order. `seen` are the cases that its signals joined,
/// `catalog` the one in force; messages decided before `started_at` do not count.
pub fn judge(drill: &Drill, catalog: &Catalog, started_at: Timestamp, seen: &[Seen]) -> Vec<Judgement> {
    let judging = Judging { catalog, started_at, seen };
    drill.expect.iter().map(|expectation| judging.one(expectation)).collect()
}

struct Judging<'a> {
    catalog: &'a Catalog,
    started_at: Timestamp,
    seen: &'a [Seen],
}

impl Judging<'_> {
    fn one(&self, expectation: &Expectation) -> Judgement {
        let found = match &expectation.what {
            Expected::Opened(service) | Expected::NotOpened(service) => {
                let opened = self.seen.iter().filter(|seen| seen.case.service.as_ref() == Some(service));
                let first =
                    opened.filter_map(|seen| Some((seen.case.instants.opened.as_ref()?.at, seen.case.id))).min();
                first.map_or(Found::Nothing, |(at, case)| self.happened(at, None, case))
            }
            Expected::Paged(target) | Expected::NotPaged(target) => self.first(expectation, |message| {
                let person = match (&message.purpose, &message.recipient) {
                    (Purpose::Page, Recipient::Person(person)) => person,
                    _ => return false,
                };
                self.stands_for(target, person, message.queued_at)
            }),
            Expected::Told(who) | Expected::NotTold(who) => self.first(expectation, |message| match &message.purpose {
                Purpose::Told { on_behalf_of, .. } => message.recipient == *who || on_behalf_of.as_ref() == Some(who),
                _ => false,
            }),
            Expected::Resolved(service) => self.resolved(service),
        };
        let in_time = match &found {
            Found::Happened { after, .. } => expectation.within.is_none_or(|within| *after <= within),
            _ => false,
        };
        // What must not happen must not even be on its way.
        let met = if expectation.what.is_absence() { found == Found::Nothing } else { in_time };
        Judgement { expectation: expectation.clone(), met, found }
    }

    fn resolved(&self, service: &crate::name::ServiceName) -> Found {
        let mut last = Found::Nothing;
        let mut last_at = Timestamp::EPOCH;
        for seen in self.seen.iter().filter(|seen| seen.case.service.as_ref() == Some(service)) {
            match seen.case.state {
                State::Resolved { at, .. } if at >= last_at => {
                    last_at = at;
                    last = self.happened(at, None, seen.case.id);
                }
                State::Resolved { .. } => {}
                _ => return Found::StillOpen { case: seen.case.id },
            }
        }
        last
    }

    /// The first message that fits and was accepted, else one that was not delivered.
    fn first(&self, expectation: &Expectation, fits: impl Fn(&Message) -> bool) -> Found {
        let of = |seen: &&Seen| expectation.of.is_none() || seen.case.service == expectation.of;
        let fitting: Vec<(&Message, CaseId)> = self
            .seen
            .iter()
            .filter(of)
            .flat_map(|seen| seen.messages.iter().map(|message| (message, seen.case.id)))
            .filter(|(message, _)| message.queued_at >= self.started_at && fits(message))
            .collect();
        let accepted = fitting.iter().filter_map(|(message, case)| Some((message.accepted_at?, *message, *case)));
        if let Some((at, message, case)) = accepted.min_by_key(|(at, message, _)| (*at, message.id)) {
            return self.happened(at, Some(message.recipient.clone()), case);
        }
        let wanted = fitting.iter().find(|(message, _)| message.state != MessageState::Withdrawn);
        wanted.map_or(Found::Nothing, |(message, case)| Found::NotDelivered {
            who: message.recipient.clone(),
            case: *case,
            answer: message.answer.as_ref().map(ToString::to_string),
        })
    }

    fn happened(&self, at: Timestamp, who: Option<Recipient>, case: CaseId) -> Found {
        Found::Happened { after: at.since(self.started_at), who, case }
    }

    /// Whether paging the person at that instant was paging the target.
    fn stands_for(&self, target: &Target, person: &PersonName, at: Timestamp) -> bool {
        match target {
            Target::Person(name) => name == person,
            Target::Team(name) => self.catalog.teams.get(name).is_some_and(|team| team.members.contains(person)),
            Target::Schedule(name) => {
                let schedule = self.catalog.schedules.get(name);
                schedule.and_then(|schedule| on_call_at(schedule, at)).is_some_and(|shift| shift.person == *person)
            }
        }
    }
}

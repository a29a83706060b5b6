//! What a run wants people for.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Course, Pace, Run, WorkState};
use crate::runbook::StepId;
use crate::time::Timestamp;

/// What a run wants a person for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// To agree to a step.
    Approval,
    /// To say what became of a step of which nobody knows it.
    Verdict,
    /// To let it go on: it is halted.
    Resume,
    /// To do a step, where it moves on by itself and has come to one of people.
    Step,
}

impl Want {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Verdict => "verdict",
            Self::Resume => "resume",
            Self::Step => "step",
        }
    }

    /// What somebody is asked for, behind the run's name: `RUN-7` *asks for agreement*.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approval => "asks for agreement",
            Self::Verdict => "asks what became of a step",
            Self::Resume => "is halted",
            Self::Step => "waits at a step of people",
        }
    }
}

/// One thing that a run wants people for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// What.
    pub want: Want,
    /// At which step; none where it is about the whole run.
    pub step: Option<StepId>,
    /// Until when, where there is an end to it.
    pub until: Option<Timestamp>,
}

impl Run {
    /// What it wants people for, in order of its steps.
    pub fn asks(&self) -> Vec<Ask> {
        if self.ended.is_some() {
            return Vec::new();
        }
        let at_work = self.steps.iter().filter_map(|step| Some((&step.planned.id, step.work.as_ref()?)));
        let mut asks: Vec<Ask> = at_work
            .filter_map(|(step, work)| match work.state {
                WorkState::Asking { until } => Some((Want::Approval, step, Some(until))),
                WorkState::Unknown => Some((Want::Verdict, step, None)),
                _ => None,
            })
            .map(|(want, step, until)| Ask { want, step: Some(step.clone()), until })
            .collect();
        if self.course.is_paused() {
            asks.push(Ask { want: Want::Resume, step: None, until: None });
        }
        let turn = self.turn_of_people().cloned();
        asks.extend(turn.map(|step| Ask { want: Want::Step, step: Some(step), until: None }));
        asks
    }

    /// What it wants people for, each kind once.
    pub fn wants(&self) -> impl Iterator<Item = Want> {
        let asks = self.asks();
        let all = [Want::Approval, Want::Verdict, Want::Resume, Want::Step];
        all.into_iter().filter(move |want| asks.iter().any(|ask| ask.want == *want))
    }

    /// The step of people at which a run that moves by itself has come to stand.
    fn turn_of_people(&self) -> Option<&StepId> {
        let next = match self.course {
            Course::Onward if self.pace == Pace::ByItself => {
                self.steps.iter().find(|step| !step.planned.only_undoes && step.settled.is_none())
            }
            Course::Undoing if self.in_hands().next().is_none() => {
                self.to_take_back().map(|(_, back)| back).find(|back| back.settled.is_none())
            }
            _ => None,
        };
        next.filter(|step| step.planned.automated.is_none()).map(|step| &step.planned.id)
    }
}

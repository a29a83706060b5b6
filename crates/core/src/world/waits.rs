//! Steps of runs that wait for events.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wheelhouse_patterns::PatternId;

use super::World;
use crate::automation::{Event, Listening};
use crate::run::{Awaited, Run, RunId, WorkState};
use crate::runbook::StepId;

/// A step by the index that it has in its run.
type Place = (RunId, usize);

/// The steps that wait for events, with their patterns ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Waits {
    by_place: BTreeMap<Place, (PatternId, Awaited)>,
    listening: Listening<Place>,
}

impl Clone for Waits {
    fn clone(&self) -> Self {
        let mut own = Self::default();
        for (place, (_, awaited)) in &self.by_place {
            own.add(*place, awaited);
        }
        own
    }
}

impl Waits {
    /// Follows where a run stands; one that is over, or gone, waits for nothing.
    pub(super) fn follow(&mut self, run: &Run) {
        let awaited = |index: usize| match &run.steps.get(index)?.work.as_ref()?.state {
            WorkState::Waiting { event, .. } if run.ended.is_none() => event.as_deref(),
            _ => None,
        };
        let known = self.by_place.range((run.id, 0)..=(run.id, usize::MAX));
        let over: Vec<Place> = known.filter(|((_, index), _)| awaited(*index).is_none()).map(|(at, _)| *at).collect();
        for place in over {
            if let Some((id, _)) = self.by_place.remove(&place) {
                self.listening.remove(id);
            }
        }
        for index in 0..run.steps.len() {
            if let Some(awaited) = awaited(index).filter(|_| !self.by_place.contains_key(&(run.id, index))) {
                self.add((run.id, index), awaited);
            }
        }
    }

    fn add(&mut self, place: Place, awaited: &Awaited) {
        // There are fewer of them than can be asked together, by the rules under which they begin.
        if let Ok(id) = self.listening.add(&awaited.pattern, place) {
            self.by_place.insert(place, (id, awaited.clone()));
        }
    }
}

impl World {
    /// How many steps wait for events.
    pub fn awaited(&self) -> usize {
        self.waits.by_place.len()
    }

    /// What steps wait for.
    pub(crate) const fn awaiting(&self) -> &Listening<(RunId, usize)> {
        &self.waits.listening
    }

    /// The steps that wait for an event of this kind about whatever it is about, in order of run.
    pub(crate) fn waiting_for_event(&self, event: &Event) -> Vec<(RunId, StepId)> {
        let mut places: Vec<Place> = self.waits.listening.matching(event).into_iter().copied().collect();
        places.sort_unstable();
        let step = |(run, index): Place| {
            let known = self.run(run)?;
            let step = known.steps.get(index)?;
            let fits = match &step.work.as_ref()?.state {
                WorkState::Waiting { event: Some(awaited), .. } => {
                    !awaited.of_case || (known.case.is_some() && known.case == event.case)
                }
                _ => false,
            };
            (fits && known.drill == event.drill).then(|| (run, step.planned.id.clone()))
        };
        places.into_iter().filter_map(step).collect()
    }
}

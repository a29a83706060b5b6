//! What happens next to a case unless somebody does something.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{Case, EscalationProgress, State};
use wheelhouse_core::catalog::{Catalog, Target};
use wheelhouse_core::escalation::ahead;
use wheelhouse_core::record::{Actor, Named};

use super::{Party, Time};

/// What happens next unless somebody does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextStep {
    /// When; null where it waits for a person.
    pub due_at: Option<Time>,
    /// What.
    pub words: String,
    /// Whom an escalation's step names; empty where it is no step.
    #[serde(default)]
    pub targets: Vec<Party>,
    /// Who these are at that instant, if nothing changes until then.
    #[serde(default)]
    pub people: Vec<String>,
}

impl NextStep {
    /// What happens next to a case: its escalation, else the lapse of its acknowledgement, else the
    /// second look at what a person resolved.
    pub(super) fn of(case: &Case, catalog: Option<&Catalog>) -> Option<Self> {
        if let Some(progress) = &case.escalation {
            let words = escalation_words(progress, catalog);
            let ahead = catalog.and_then(|catalog| ahead(catalog, case));
            let (targets, people) = ahead.map_or_else(Default::default, |ahead| {
                let people = ahead.people.iter().map(ToString::to_string).collect();
                (ahead.targets.iter().map(Party::from).collect(), people)
            });
            if progress.parked {
                let words = format!("{words} could not be carried out and waits for a person");
                return Some(Self { targets, people, ..Self::of_words(None, words) });
            }
            return Some(Self { targets, people, ..Self::of_words(Some(progress.due_at.into()), words) });
        }
        if let Some(step) = Self::of_storm(case) {
            return Some(step);
        }
        if let Some(silenced) = &case.silenced {
            let names: Vec<String> = silenced.silences.iter().map(ToString::to_string).collect();
            let words = format!("silenced by {}: somebody is paged if it still fires then", names.join(", "));
            return Some(Self::of_words(Some(silenced.until.into()), words));
        }
        let (due_at, words) = match (case.acknowledgement_lapses_at, case.recheck_at, &case.state) {
            (Some(at), _, State::Acknowledged { by: Actor::Person(person), .. }) => {
                (at, format!("the acknowledgement by {person} lapses unless there is a sign of work"))
            }
            (Some(at), _, _) => (at, "the acknowledgement lapses unless there is a sign of work".to_owned()),
            (None, Some(at), _) => (at, "it is opened again if its signals still fire".to_owned()),
            (None, None, _) => return None,
        };
        Some(Self::of_words(Some(due_at.into()), words))
    }
}

impl NextStep {
    const fn of_words(due_at: Option<Time>, words: String) -> Self {
        Self { due_at, words, targets: Vec::new(), people: Vec::new() }
    }

    /// What happens next to a symptom that nobody has taken, and to a case that is quiet for now.
    fn of_storm(case: &Case) -> Option<Self> {
        if let Some(symptom) = case.symptom.filter(|_| case.state.wants_acknowledgement()) {
            let (due_at, root) = (symptom.release_at.map(Time), symptom.root);
            let words = match due_at {
                Some(_) => format!("it is paged for unless it ends: {root}, which brought it about, is over"),
                None => format!("it waits for {root}, which brought it about; nobody is paged for it meanwhile"),
            };
            return Some(Self::of_words(due_at, words));
        }
        let over_at = case.flapping?.over_at.filter(|_| case.acknowledgement_lapses_at.is_none())?;
        Some(Self::of_words(Some(over_at.into()), "it is over unless it fires again".to_owned()))
    }
}

/// `step 2 of 3 of payments, schedule payments-secondary`.
fn escalation_words(progress: &EscalationProgress, catalog: Option<&Catalog>) -> String {
    let targets =
        |targets: &[Target]| targets.iter().map(|target| Named(target).to_string()).collect::<Vec<_>>().join(" and ");
    let Some(name) = &progress.escalation else {
        let fallback = catalog.map(|catalog| format!(", {}", Named(&catalog.organization.fallback)));
        return format!("the organisation's fallback{}", fallback.unwrap_or_default());
    };
    let step = progress.step.saturating_add(1);
    let mut words = format!("step {step}");
    let escalation = catalog.and_then(|catalog| catalog.escalations.get(name));
    if let Some(escalation) = escalation {
        words += &format!(" of {}", escalation.steps.len());
    }
    words += &format!(" of {name}");
    if progress.round > 0 {
        words += &format!(", round {}", progress.round.saturating_add(1));
    }
    let index = usize::try_from(progress.step).unwrap_or(usize::MAX);
    if let Some(step) = escalation.and_then(|escalation| escalation.steps.get(index)) {
        words += &format!(", {}", targets(&step.page));
    }
    words
}

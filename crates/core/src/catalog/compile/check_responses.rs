//! Schedules and escalations: whatever makes them unusable.

use alloc::format;

use super::super::draft::{Document, EscalationDraft, LayerDraft, ScheduleDraft};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::limits;
use super::check::Check;
use super::values;

impl Check<'_> {
    pub(super) fn schedule(&mut self, document: &Document<ScheduleDraft>) {
        let says = &document.body;
        self.name(Kind::Team, &says.team);
        values::check_zone(&says.time_zone, self.findings);
        match (&says.rotation, &says.layers) {
            (Some(rotation), Some(layers)) => self.findings.push(
                Finding::error(
                    Code::Conflict,
                    layers.place,
                    "a schedule has one `rotation` or several `layers`, not both",
                )
                .label("and layers here")
                .related(rotation.place, "a rotation here")
                .help("make the rotation the first of the layers"),
            ),
            (None, None) if !document.partial => self.findings.push(
                Finding::error(
                    Code::MissingField,
                    document.name.place,
                    format!("schedule `{}` has neither a `rotation` nor `layers`", document.name.value),
                )
                .label("nobody takes turns")
                .help("add `rotation: {people: […], start: 2026-01-05T09:00, every: 1w}`"),
            ),
            _ => {}
        }
        if let Some(layers) = &says.layers {
            values::check_some("layers", layers.value.len(), document.partial, layers.place, self.findings);
            values::check_count("layers", layers.value.len(), limits::MOST_LAYERS, layers.place, self.findings);
        }
        let layers = says.layers.iter().flat_map(|layers| &layers.value);
        layers.chain(&says.rotation).for_each(|layer| self.layer(&layer.value, document.partial));
        let place = document.name.place;
        values::check_count("overrides", says.overrides.len(), limits::MOST_OVERRIDES, place, self.findings);
        for exception in says.overrides.iter().map(|exception| &exception.value) {
            self.name(Kind::Person, &exception.person);
            values::check_year(&exception.from, self.findings);
            values::check_year(&exception.until, self.findings);
            values::check_order(&exception.from, &exception.until, self.findings);
        }
    }

    fn layer(&mut self, says: &LayerDraft, partial: bool) {
        let people = &says.people;
        values::check_some("people", people.value.len(), partial, people.place, self.findings);
        values::check_count("people", people.value.len(), limits::MOST_TURNS, people.place, self.findings);
        self.people(&people.value);
        values::check_year(&says.start, self.findings);
        values::check_period(&says.every, self.findings);
        for date in says.from.iter().chain(&says.until) {
            values::check_year(date, self.findings);
        }
        if let Some(until) = &says.until {
            let from = says.from.as_ref().filter(|from| from.value > says.start.value).unwrap_or(&says.start);
            values::check_order(from, until, self.findings);
        }
    }

    pub(super) fn escalation(&mut self, document: &Document<EscalationDraft>) {
        let says = &document.body;
        self.name(Kind::Team, &says.team);
        let steps = &says.steps;
        values::check_some("steps", steps.value.len(), document.partial, steps.place, self.findings);
        values::check_count("steps", steps.value.len(), limits::MOST_STEPS, steps.place, self.findings);
        for step in &steps.value {
            let page = &step.page;
            values::check_bounds("`after`", step.after.as_ref(), limits::STEP_AFTER, self.findings);
            values::check_some("targets", page.value.len(), document.partial, page.place, self.findings);
            values::check_count("targets", page.value.len(), limits::MOST_STEPS, page.place, self.findings);
            page.value.iter().for_each(|target| self.target(target));
        }
        if let Some(repeat) = says.repeat.as_ref().filter(|repeat| repeat.value > limits::MOST_ROUNDS) {
            let finding = Finding::error(Code::OutOfRange, repeat.place, "`repeat` is out of range");
            let label = format!("expected 0 to {}", limits::MOST_ROUNDS);
            self.findings.push(finding.label(label).help("after the rounds the organisation's fallback is paged"));
        }
        let timeout = says.acknowledgement_timeout.as_ref();
        values::check_bounds("`acknowledgement_timeout`", timeout, limits::ACKNOWLEDGEMENT_TIMEOUT, self.findings);
    }
}

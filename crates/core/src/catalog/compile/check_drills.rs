//! Drills: whatever makes them unplayable.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::super::draft::{CueDraft, Document, DrillDraft, ExpectationDraft};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::limits;
use super::super::model::Target;
use super::super::place::{At, Place};
use super::check::Check;
use super::values;
use crate::drill::{Expected, LABEL};
use crate::notify::Recipient;

impl Check<'_> {
    pub(super) fn drill(&mut self, document: &Document<DrillDraft>) {
        let says = &document.body;
        self.name(Kind::Team, &says.team);
        values::check_summary(says.summary.as_ref(), self.findings);
        if let Some(source) = &says.source {
            self.name(Kind::Source, source);
        }
        let signals = &says.signals;
        values::check_some("signals", signals.value.len(), document.partial, signals.place, self.findings);
        values::check_count("signals", signals.value.len(), limits::MOST_CUES, signals.place, self.findings);
        signals.value.iter().for_each(|cue| self.cue(cue));
        self.ends(&signals.value);
        let expect = &says.expect;
        values::check_some("expectations", expect.value.len(), document.partial, expect.place, self.findings);
        values::check_count("expectations", expect.value.len(), limits::MOST_EXPECTATIONS, expect.place, self.findings);
        expect.value.iter().for_each(|expectation| self.expectation(expectation, document.partial));
    }

    fn cue(&mut self, cue: &At<CueDraft>) {
        let says = &cue.value;
        values::check_bounds("`at`", Some(&says.at), limits::DRILL, self.findings);
        let labels = &says.labels;
        values::check_some("labels", labels.value.len(), false, labels.place, self.findings);
        values::check_count("labels", labels.value.len(), limits::MOST_LABELS, labels.place, self.findings);
        values::check_count("annotations", says.annotations.len(), limits::MOST_NOTES, cue.place, self.findings);
        for (name, value) in labels.value.iter().chain(&says.annotations) {
            if !is_label_name(name) {
                let message = format!("`{}` is not the name of a label", values::shown(name));
                let finding = Finding::error(Code::BadName, labels.place, message);
                let help = "use letters, digits and `_`, not starting with a digit, as Prometheus does";
                self.findings.push(finding.label("a name in here").help(help));
            }
            values::check_length("a value", value, limits::LONGEST_TEXT, labels.place, self.findings);
        }
        if labels.value.contains_key(LABEL) {
            let finding = Finding::error(Code::Conflict, labels.place, format!("the label `{LABEL}` is the hub's own"));
            let help = "leave it out: the hub puts the drill's name there, so that its signals are known everywhere";
            self.findings.push(finding.label("set in here").help(help));
        }
    }

    /// What ends must have begun.
    fn ends(&mut self, cues: &[At<CueDraft>]) {
        let mut in_order: alloc::vec::Vec<&At<CueDraft>> = cues.iter().collect();
        in_order.sort_by_key(|cue| cue.value.at.value);
        let mut firing: BTreeMap<&BTreeMap<String, String>, bool> = BTreeMap::new();
        for cue in in_order {
            let labels = &cue.value.labels;
            if cue.value.resolved && firing.get(&labels.value) != Some(&true) {
                let message = "a signal ends that does not fire at that time";
                let finding = Finding::error(Code::BadValue, cue.place, message).label("ends here");
                let help = "add a signal with exactly these labels, earlier and without `resolved: true`";
                self.findings.push(finding.help(help));
            }
            firing.insert(&labels.value, !cue.value.resolved);
        }
    }

    fn expectation(&mut self, expectation: &At<ExpectationDraft>, partial: bool) {
        let (says, place) = (&expectation.value, expectation.place);
        values::check_bounds("`within`", says.within.as_ref(), limits::DRILL, self.findings);
        if let Some(of) = &says.of {
            self.name(Kind::Service, of);
        }
        if says.what.len() > 1 || (says.what.is_empty() && !partial) {
            let message = match says.what.len() {
                0 => "an expectation names nothing".into(),
                count => format!("an expectation names {count} things"),
            };
            let finding = Finding::error(Code::Conflict, place, message).label("expected exactly one");
            let help =
                "name one of `opened`, `not_opened`, `paged`, `not_paged`, `told`, `not_told` and `resolved` in each";
            self.findings.push(finding.help(help));
        }
        for what in &says.what {
            self.expected(what, place);
        }
        let absent = says.what.iter().any(Expected::is_absence);
        if let Some(within) = says.within.as_ref().filter(|_| absent) {
            let message = "what must not happen must not happen until the end of the drill";
            let finding = Finding::error(Code::Conflict, within.place, message).label("a limit that means nothing");
            self.findings.push(finding.help("leave `within` out"));
        }
    }

    fn expected(&mut self, what: &Expected, place: Place) {
        let (kind, name) = match what {
            Expected::Opened(service) | Expected::NotOpened(service) | Expected::Resolved(service) => {
                (Kind::Service, service.as_str())
            }
            Expected::Paged(target) | Expected::NotPaged(target) => match target {
                Target::Schedule(name) => (Kind::Schedule, name.as_str()),
                Target::Person(name) => (Kind::Person, name.as_str()),
                Target::Team(name) => (Kind::Team, name.as_str()),
            },
            Expected::Told(who) | Expected::NotTold(who) => match who {
                Recipient::Person(name) => (Kind::Person, name.as_str()),
                Recipient::Team(name) => (Kind::Team, name.as_str()),
                Recipient::Audience(name) => (Kind::Audience, name.as_str()),
            },
        };
        self.name(kind, &At::new(name, place));
    }
}

/// Whether Prometheus takes it as the name of a label.
fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= crate::name::LONGEST
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

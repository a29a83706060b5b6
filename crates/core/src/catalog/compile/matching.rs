//! Services to which no signal leads, and signals for which two services compete.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wheelhouse_patterns::Domain;

use super::super::draft::{ActionDraft, Document, Drafts, RuleDraft, ServiceDraft};
use super::super::finding::{Code, Finding};
use super::super::place::{At, Place};
use super::values::shown;
use crate::signal::domain;

/// A label set, and whose it is.
type Set<'d> = (&'d Document<ServiceDraft>, &'d At<BTreeMap<String, String>>);

/// Warns of label sets of which another service's always wins.
///
/// A signal goes to the first service by name of which a set fits. So a set is in vain if one of an
/// earlier service asks for no more than it does.
pub fn ambiguous(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let mut services: Vec<&Document<ServiceDraft>> = drafts.services.iter().collect();
    services.sort_by_key(|service| &service.name.value);
    // Every set by its first label: a set that asks for no more shares it.
    let mut by_first: BTreeMap<(&str, &str), Vec<Set<'_>>> = BTreeMap::new();
    for service in services {
        for set in &service.body.matches {
            let labels = set.value.iter().map(|(label, value)| (label.as_str(), value.as_str()));
            let mut before = labels.clone().filter_map(|label| by_first.get(&label)).flatten();
            let winner = before.find(|(other, wide)| {
                other.name.value != service.name.value
                    && wide.value.iter().all(|(label, value)| set.value.get(label) == Some(value))
            });
            if let Some(winner) = winner {
                findings.push(in_vain((service, set), *winner));
            } else if let Some(first) = labels.clone().next() {
                by_first.entry(first).or_default().push((service, set));
            }
        }
    }
}

fn in_vain((service, set): Set<'_>, (winner, wide): Set<'_>) -> Finding {
    let (name, other) = (&service.name.value, &winner.name.value);
    let labels = labels_of(&set.value);
    let label = if set.value == wide.value {
        format!("`{other}` has the same labels and comes first by name")
    } else {
        format!("`{other}` asks for fewer of these labels and comes first by name")
    };
    Finding::warning(
        Code::AmbiguousMatch,
        set.place,
        format!("signals with {labels} go to `{other}`, never to `{name}` by these labels"),
    )
    .label(label)
    .related(wide.place, format!("`{other}` matches here"))
    .help("give one of them a label that only its signals have, or send the label `service`")
}

/// Labels as people write them: `job=api, env=prod`.
pub(super) fn labels_of(labels: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (label, value) in labels.iter().take(4) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&format!("`{}={}`", shown(label), shown(value)));
    }
    text
}

/// Warns of services to which no signal can lead, because rules take all of theirs elsewhere.
///
/// The label `service` leads to every service, so a service is out of reach only if a rule that matches
/// *all* of its signals drops them or gives them to another, and no rule before it, nor any that names
/// the service, can match.
pub fn unmatched(drafts: &Drafts, rules: &[&Document<RuleDraft>], findings: &mut Vec<Finding>) {
    // Only a rule that asks for nothing but the service can take all of a service's signals.
    let but_for_service = |path: &str| match path {
        "service" | "labels.service" => Domain::Words { words: &[], optional: false },
        path => domain(path, None),
    };
    let takes =
        |rule: &&Document<RuleDraft>| leads(rule) != Way::Own && rule.body.when.value.matches_all(&but_for_service);
    if !rules.iter().any(takes) {
        return;
    }
    for service in drafts.services.iter().filter(|service| !service.partial) {
        if let Some(rule) = taker(service, rules) {
            findings.push(out_of_reach(service, rule));
        }
    }
}

/// Where a rule leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way<'r> {
    Nowhere,
    /// To the service that the signal's labels name.
    Own,
    To(&'r str),
}

fn leads(rule: &Document<RuleDraft>) -> Way<'_> {
    match &rule.body.then {
        ActionDraft::Drop => Way::Nowhere,
        ActionDraft::Incident { service: None, .. } => Way::Own,
        ActionDraft::Incident { service: Some(service), .. } => Way::To(service.value.as_str()),
    }
}

/// The rule that takes all signals of a service elsewhere, if nothing leads to the service.
fn taker<'r>(service: &Document<ServiceDraft>, rules: &[&'r Document<RuleDraft>]) -> Option<&'r Document<RuleDraft>> {
    let name = [service.name.value.as_str()];
    let by_label_only = service.body.matches.is_empty();
    let own = |path: &str| match path {
        "service" => Domain::Words { words: &name, optional: false },
        "labels.service" if by_label_only => Domain::Words { words: &name, optional: false },
        path => domain(path, None),
    };
    let mut taken = None;
    for rule in rules {
        let when = &rule.body.when.value;
        match leads(rule) {
            Way::To(to) if to == service.name.value => return None,
            Way::Own if taken.is_none() && when.impossible_at(&own).is_none() => return None,
            Way::Own => {}
            Way::Nowhere | Way::To(_) if taken.is_none() && when.matches_all(&own) => taken = Some(*rule),
            Way::Nowhere | Way::To(_) => {}
        }
    }
    taken
}

fn out_of_reach(service: &Document<ServiceDraft>, rule: &Document<RuleDraft>) -> Finding {
    let name = &service.name.value;
    let what = match leads(rule) {
        Way::To(other) => format!("gives all of its signals to `{other}`"),
        Way::Own | Way::Nowhere => "drops all of its signals".into(),
    };
    let place: Place = rule.body.when.place;
    Finding::warning(Code::UnmatchedService, service.name.place, format!("no signal can lead to service `{name}`"))
        .label(format!("rule `{}` {what}", rule.name.value))
        .related(place, "matches whatever belongs to the service")
        .help("narrow the rule, or remove the service if nothing watches it any more")
}

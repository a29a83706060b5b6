//! What a repository may not take although nobody's document says so: secrets that the operator keeps
//! for others, and signals that would lead to services of others.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use super::super::draft::{CharterDraft, Document, Drafts, ServiceDraft};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::place::{At, Place};
use super::channels;
use super::matching::labels_of;

/// What the organisation lets each repository do, by its name.
pub type Charters<'d> = BTreeMap<&'d str, &'d At<CharterDraft>>;
/// A label set, and whose it is.
type Set<'d> = (&'d Document<ServiceDraft>, &'d At<BTreeMap<alloc::string::String, alloc::string::String>>);

/// Refuses secrets that the organisation does not let a repository use. Whoever writes a channel says
/// where its secrets are sent, so naming one is having it.
pub fn secrets<'d>(
    drafts: &'d Drafts,
    charters: &Charters<'d>,
    guest: &dyn Fn(Place) -> Option<&'d str>,
    findings: &mut Vec<Finding>,
) {
    for document in &drafts.channels {
        let Some(repository) = guest(document.name.place) else { continue };
        let Some(charter) = charters.get(repository) else { continue };
        let Some(channel) = channels::build(document) else { continue };
        let lent: BTreeSet<&str> = charter.value.secrets.iter().map(|name| name.value.as_str()).collect();
        for secret in channel.secrets().iter().filter(|secret| !lent.contains(secret.as_str())) {
            let message = format!("repository `{repository}` may not use the secret `{secret}`");
            let finding = Finding::error(Code::NotYours, document.name.place, message)
                .label("this channel would send it to an address of its own")
                .related(charter.place, "what the organisation lets it define")
                .help(format!(
                    "let the organisation add `secrets: [{secret}]` to this entry, or keep the channel itself"
                ));
            findings.push(finding);
        }
    }
}

/// Refuses label sets that take signals from a service of another repository's team.
///
/// A signal goes to the first service by name of which a set fits. So a set takes from that of a later
/// service if it asks for the same labels, for fewer of them, or for more beside all of them. Sets
/// that merely can fit the same signal are left alone: neither is the other's.
pub fn signals<'d>(
    drafts: &'d Drafts,
    charters: &Charters<'d>,
    guest: &dyn Fn(Place) -> Option<&'d str>,
    findings: &mut Vec<Finding>,
) {
    let sets = || drafts.services.iter().flat_map(|service| service.body.matches.iter().map(move |set| (service, set)));
    let mut with: BTreeMap<(&str, &str), Vec<Set<'d>>> = BTreeMap::new();
    for (service, set) in sets() {
        for (label, value) in &set.value {
            with.entry((label, value)).or_default().push((service, set));
        }
    }
    for (service, set) in sets() {
        let Some(repository) = guest(service.name.place) else { continue };
        let Some(charter) = charters.get(repository).filter(|charter| !owns_services(charter)) else { continue };
        let is_own =
            |other: &Document<ServiceDraft>| charter.value.teams.iter().any(|team| team.value == other.body.team.value);
        let labels = set.value.iter().map(|(label, value)| (label.as_str(), value.as_str()));
        let candidates = labels.filter_map(|label| with.get(&label)).flatten();
        let taken = candidates.filter(|(other, theirs)| {
            service.name.value < other.name.value && !is_own(other) && are_comparable(&set.value, &theirs.value)
        });
        if let Some(taken) = taken.min_by_key(|(other, theirs)| (&other.name.value, theirs.place)) {
            findings.push(takes(repository, charter, (service, set), *taken));
        }
    }
}

/// Whether one asks for all that the other asks for.
fn are_comparable<K: Ord, V: PartialEq>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> bool {
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    few.iter().all(|(label, value)| many.get(label) == Some(value))
}

fn owns_services(charter: &At<CharterDraft>) -> bool {
    charter.value.kinds.iter().any(|word| Kind::parse(&word.value) == Some(Kind::Service))
}

fn takes(repository: &str, charter: &At<CharterDraft>, (service, set): Set<'_>, (other, theirs): Set<'_>) -> Finding {
    let (name, victim, labels) = (&service.name.value, &other.name.value, labels_of(&set.value));
    let message = format!("repository `{repository}` may not take signals of service `{victim}`");
    Finding::error(Code::NotYours, set.place, message)
        .label(format!("signals with {labels} would go to `{name}`, which comes first by name"))
        .related(theirs.place, format!("`{victim}` of team `{}` matches here", other.body.team.value))
        .related(charter.place, "what the organisation lets it define")
        .help("ask for a label that only its own signals have, or send the label `service`")
}

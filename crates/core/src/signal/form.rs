//! What patterns can find in a signal, known without one.

use wheelhouse_patterns::Domain;

/// The paths that every signal may have beside `labels.*` and `annotations.*`, as people list them.
pub const PATHS: [&str; 7] = ["source", "adapter", "status", "severity", "service", "summary", "drill"];

const STATUSES: [&str; 2] = ["firing", "resolved"];
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// What the normalised form of a signal may hold at `path`.
///
/// It says no more than [`super::Normalised`] keeps; with `services`, a service is one of these.
pub fn domain<'d>(path: &str, services: Option<&'d [&'d str]>) -> Domain<'d> {
    if path.starts_with("labels.") || path.starts_with("annotations.") {
        return Domain::Text { optional: true };
    }
    match path {
        "source" | "adapter" | "summary" => Domain::Text { optional: false },
        "status" => Domain::Words { words: &STATUSES, optional: false },
        "severity" => Domain::Words { words: &SEVERITIES, optional: false },
        "service" => match services {
            Some(words) => Domain::Words { words, optional: true },
            None => Domain::Text { optional: true },
        },
        "drill" => Domain::Bool,
        _ => Domain::Nothing,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use wheelhouse_patterns::{FlatEvent, Leaf};

    use super::super::{Adapter, Normalised, PairsBuilder, Signal, Status};
    use super::{Domain, PATHS, domain};
    use crate::case::Urgency;
    use crate::name::SourceName;
    use crate::time::Timestamp;

    #[test]
    fn every_value_of_a_signal_lies_in_the_domain_of_its_path() {
        let pairs = || {
            let mut pairs = PairsBuilder::with_capacity(16);
            pairs.push("job", "api");
            pairs.finish()
        };
        for urgency in [Urgency::Critical, Urgency::Error, Urgency::Warning, Urgency::Info] {
            for status in [Status::Firing { until: None }, Status::Resolved { at: Timestamp::EPOCH }] {
                let signal = Signal {
                    source: SourceName::new("prometheus").unwrap(),
                    adapter: Adapter::Alertmanager,
                    drill: false,
                    labels: pairs(),
                    annotations: pairs(),
                    url: "".into(),
                    urgency,
                    started_at: Timestamp::EPOCH,
                    status,
                };
                let services = ["ledger"];
                let form = Normalised { signal: &signal, service: Some("ledger") };
                for path in PATHS.iter().copied().chain(["labels.job", "annotations.job"]) {
                    let leaf = form.leaf(path).unwrap();
                    let fits = match (domain(path, Some(&services)), leaf) {
                        (Domain::Words { words, .. }, Leaf::String(text)) => words.contains(&text),
                        (Domain::Text { .. }, Leaf::String(_)) | (Domain::Bool, Leaf::Bool(_)) => true,
                        _ => false,
                    };
                    assert!(fits, "{path}: {leaf:?}");
                }
            }
        }
    }
}

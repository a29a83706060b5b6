//! Where a signal belongs, by rules and service matching.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Normalised, Signal};
use crate::case::Severity;
use crate::catalog::{Action, Catalog, Service};
use crate::name::{RepositoryName, RuleName, ServiceName, SourceName, TeamName};

/// What one catalog says about one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// The hash of the signal's identity, computed off the writer's path.
    pub identity_hash: u64,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept in the journal and nothing happens.
    Drop {
        /// The rule that said so.
        rule: RuleName,
    },
    /// It opens or joins an incident.
    Incident {
        /// Which signals share one incident.
        group: Group,
        /// The service, if one was found.
        service: Option<ServiceName>,
        /// Who handles it.
        team: TeamName,
        /// How bad an incident it makes.
        severity: Severity,
        /// The rule that said so; absent where the defaults did.
        rule: Option<RuleName>,
        /// Whether the incident resolves by itself with its last signal.
        resolve: bool,
    },
}

/// What one open incident is about. Drill and real are kept apart beside this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// A service.
    Service(ServiceName),
    /// What a source tells under one alert's name that matches no service.
    Unmatched {
        /// The source.
        source: SourceName,
        /// The alert's name; empty where it has none.
        alert: alloc::string::String,
    },
    /// A report that matches no service: each is an incident of its own, by the signal's number.
    Report(u64),
    /// The hub itself: a kind of fault.
    Hub(alloc::string::String),
    /// A repository of the catalog, whose new version was refused.
    Repository(RepositoryName),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "service {service}"),
            Self::Unmatched { source, alert } if alert.is_empty() => write!(f, "source {source}, no service"),
            Self::Unmatched { source, alert } => write!(f, "source {source}, alert {alert}, no service"),
            Self::Report(number) => write!(f, "report {number}"),
            Self::Hub(fault) => write!(f, "hub: {fault}"),
            Self::Repository(name) => write!(f, "repository {name}"),
        }
    }
}

/// Where a signal belongs, by rules and service matching. Pure; runs in parallel, before the writer.
pub fn route(catalog: &Catalog, signal: &Signal) -> Routing {
    let matched = service_of(catalog, signal);
    let normalised = Normalised { signal, service: matched.map(|service| service.name.as_str()) };
    let rule = catalog.rules.first_match(&normalised);
    let identity_hash = signal.identity_hash();
    let (service, severity, resolve) = match rule.map(|rule| (&rule.name, &rule.action)) {
        Some((name, Action::Drop)) => {
            return Routing { identity_hash, verdict: Verdict::Drop { rule: name.clone() } };
        }
        Some((_, Action::Incident { severity, service, resolve })) => {
            let named = service.as_ref().and_then(|name| catalog.services.get(name));
            (named.or(matched), *severity, *resolve)
        }
        None => (matched, None, true),
    };
    let tier = service.map_or(3, |service| service.tier);
    Routing {
        identity_hash,
        verdict: Verdict::Incident {
            group: service.map_or_else(|| unmatched(signal), |service| Group::Service(service.name.clone())),
            service: service.map(|service| service.name.clone()),
            team: service.map_or(&catalog.organization.default_team, |service| &service.team).clone(),
            severity: severity.unwrap_or(Severity::of(signal.urgency, tier)),
            rule: rule.map(|rule| rule.name.clone()),
            resolve,
        },
    }
}

/// Where a signal belongs of which the rules could not be asked: with those who take what nobody
/// else does, as bad as its sender says.
pub fn route_without_rules(catalog: &Catalog, signal: &Signal) -> Routing {
    Routing {
        identity_hash: signal.identity_hash(),
        verdict: Verdict::Incident {
            group: unmatched(signal),
            service: None,
            team: catalog.organization.default_team.clone(),
            severity: Severity::of(signal.urgency, 3),
            rule: None,
            resolve: true,
        },
    }
}

/// The group of a signal that matches no service: nothing is known but who told it and its name.
fn unmatched(signal: &Signal) -> Group {
    let alert = signal.labels.get("alertname").unwrap_or_default();
    Group::Unmatched { source: signal.source.clone(), alert: alert.into() }
}

/// The service a signal is about: the one named by its label `service`, else the first by name
/// whose `match` fits.
pub fn service_of<'a>(catalog: &'a Catalog, signal: &Signal) -> Option<&'a Service> {
    let named = signal.labels.get("service").and_then(|name| catalog.services.get(name));
    named.or_else(|| {
        catalog.services.values().find(|service| {
            service.matches.iter().any(|labels| {
                !labels.is_empty() && labels.iter().all(|(name, value)| signal.labels.get(name) == Some(value.as_str()))
            })
        })
    })
}

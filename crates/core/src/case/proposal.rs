//! Proposals: what a catalog should say so that a miss does not happen again, as lines to commit.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::catalog::{Catalog, Kind};
use crate::name::{AudienceName, ServiceName, TeamName};
use crate::notify::{Recipient, addressees};
use crate::time::Timestamp;

/// What a catalog should say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "says")]
pub enum Proposal {
    /// A service depends on another.
    Dependency {
        /// The team whose service it is.
        team: TeamName,
        /// The service, where it is known; else one of these, or one that is not in the catalog yet.
        of: Vec<ServiceName>,
        /// What it depends on.
        on: ServiceName,
    },
    /// An audience must know about a service's incidents.
    Stakeholder {
        /// The service.
        of: ServiceName,
        /// Who must know.
        audience: AudienceName,
        /// From which severity on.
        from: Severity,
        /// What the service depends on, where the catalog does not say that either.
        on: Option<ServiceName>,
    },
    /// A team or an audience can be reached, or by another contact than now.
    Contact {
        /// Who.
        recipient: Recipient,
        /// Whether the contacts that the catalog has do not work.
        broken: bool,
    },
    /// A service exists and finds its signals.
    Service {
        /// The team that handles it.
        team: TeamName,
        /// Its name, where the signals tell it.
        name: Option<ServiceName>,
        /// Labels that all of the case's signals have.
        labels: BTreeMap<String, String>,
    },
}

impl Proposal {
    /// Whether a catalog says so at `now`. What only a person can tell is never met.
    pub fn is_met(&self, catalog: &Catalog, now: Timestamp) -> bool {
        match self {
            Self::Dependency { team, of, on } => {
                let theirs = catalog.services.values().filter(|one| one.team == *team);
                let meant = |one: &&crate::catalog::Service| of.len() != 1 || of.contains(&one.name);
                theirs.filter(meant).any(|one| one.depends_on.iter().any(|edge| edge.service == *on))
            }
            Self::Stakeholder { of, audience, from, on } => catalog.services.get(of).is_some_and(|service| {
                let told = |one: &crate::catalog::Stakeholder| one.audience == *audience && from.reaches(one.from);
                let depends = |on: &ServiceName| service.depends_on.iter().any(|edge| edge.service == *on);
                service.stakeholders.iter().any(told) && on.as_ref().is_none_or(depends)
            }),
            Self::Contact { broken: true, .. } => false,
            Self::Contact { recipient, broken: false } => !addressees(catalog, recipient, now).is_empty(),
            Self::Service { name, labels, .. } => {
                let named = name.as_ref().is_some_and(|name| catalog.services.contains_key(name));
                let found = |set: &BTreeMap<String, String>| {
                    !set.is_empty() && set.iter().all(|(label, value)| labels.get(label) == Some(value))
                };
                named || catalog.services.values().any(|service| service.matches.iter().any(found))
            }
        }
    }

    /// The document that should say so: its kind, and its name where it has one yet.
    pub fn document(&self) -> (Kind, Option<&str>) {
        match self {
            Self::Dependency { of, .. } => match of.as_slice() {
                [one] => (Kind::Service, Some(one.as_str())),
                _ => (Kind::Service, None),
            },
            Self::Stakeholder { of, .. } => (Kind::Service, Some(of.as_str())),
            Self::Contact { recipient: Recipient::Team(name), .. } => (Kind::Team, Some(name.as_str())),
            Self::Contact { recipient: Recipient::Audience(name), .. } => (Kind::Audience, Some(name.as_str())),
            Self::Contact { recipient: Recipient::Person(name), .. } => (Kind::Person, Some(name.as_str())),
            Self::Service { .. } => (Kind::Service, None),
        }
    }

    /// The lines to commit, as YAML. What the hub cannot know stands in capitals.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        // Writing to a string does not fail.
        let _ = match self {
            Self::Dependency { team, of, on } => dependency_lines(&mut lines, team, of, on),
            Self::Stakeholder { of, audience, from, on } => {
                let mut write = write!(lines, "kind: Service\nname: {of}\n");
                if let Some(on) = on {
                    write = write.and_then(|()| write!(lines, "depends_on:\n  - {on}\n"));
                }
                write.and_then(|()| write!(lines, "stakeholders:\n  - {{audience: {audience}, from: {from}}}\n"))
            }
            Self::Contact { recipient, .. } => {
                let (kind, name) = self.document();
                let name = name.map_or_else(|| recipient.to_string(), Into::into);
                write!(lines, "kind: {kind}\nname: {name}\ncontacts:\n  - {{email: ADDRESS}}\n")
            }
            Self::Service { team, name, labels } => service_lines(&mut lines, team, name.as_ref(), labels),
        };
        lines
    }
}

fn dependency_lines(lines: &mut String, team: &TeamName, of: &[ServiceName], on: &ServiceName) -> fmt::Result {
    match of {
        [one] => write!(lines, "kind: Service\nname: {one}\n")?,
        [] => write!(lines, "kind: Service\nname: NAME\nteam: {team}\n")?,
        several => {
            let names: Vec<&str> = several.iter().map(ServiceName::as_str).collect();
            write!(lines, "kind: Service\nname: NAME  # the one of these that calls {on}: {}\n", names.join(", "))?;
        }
    }
    write!(lines, "depends_on:\n  - {on}  # or {{service: {on}, strength: soft}}, where it only works worse without\n")
}

fn service_lines(
    lines: &mut String,
    team: &TeamName,
    name: Option<&ServiceName>,
    labels: &BTreeMap<String, String>,
) -> fmt::Result {
    write!(lines, "kind: Service\nname: {}\nteam: {team}\n", name.map_or("NAME", ServiceName::as_str))?;
    if labels.is_empty() {
        return Ok(());
    }
    lines.push_str("match:\n  labels:\n");
    for (label, value) in labels {
        writeln!(lines, "    {}: {}", quoted(label), quoted(value))?;
    }
    Ok(())
}

/// A text that YAML reads back as the same text, on one line. JSON strings are YAML (YAML 1.2 §1.3).
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let is_plain = text.bytes().all(plain) && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    // Words and numbers that YAML takes for something else than text.
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if is_plain && !taken.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return text.to_string();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What it asks for, in one line: `payments-api should name audience press as a stakeholder from sev2 on`.
impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency { of, on, team } => match of.as_slice() {
                [one] => write!(f, "{one} should say that it depends on {on}"),
                _ => write!(f, "a service of team {team} should say that it depends on {on}"),
            },
            Self::Stakeholder { of, audience, from, on } => {
                write!(f, "{of} should name audience {audience} as a stakeholder from {from} on")?;
                on.as_ref().map_or(Ok(()), |on| write!(f, ", and say that it depends on {on}"))
            }
            Self::Contact { recipient, broken: false } => write!(f, "{recipient} should have a contact"),
            Self::Contact { recipient, broken: true } => write!(f, "{recipient} should have a contact that works"),
            Self::Service { team, name: Some(name), .. } => {
                write!(f, "{name} should be in the catalog, as a service of team {team}")
            }
            Self::Service { team, name: None, .. } => {
                write!(f, "what it is about should be in the catalog, as a service of team {team}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_yaml_would_read_otherwise_is_quoted() {
        let cases = [
            ("payments", "payments"),
            ("billing-batch_2", "billing-batch_2"),
            ("", "\"\""),
            ("true", "\"true\""),
            ("On", "\"On\""),
            ("42", "\"42\""),
            ("a: b", "\"a: b\""),
            ("say \"no\"\\", "\"say \\\"no\\\"\\\\\""),
            ("two\nlines", "\"two\\u000alines\""),
            ("größe", "\"größe\""),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
    }
}

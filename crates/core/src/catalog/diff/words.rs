//! Changes in words, each in one line.

use core::fmt;

use jiff::tz::TimeZone;

use super::super::model::{Action, Step, Strength, Target};
use super::model::{Change, Paging, Section, What};
use crate::case::{Severity, Urgency};
use crate::name::{PersonName, ServiceName};
use crate::time::{Duration, Timestamp};

/// How many names a line lists.
const MOST_LISTED: usize = 3;

/// The heading under which people read the section.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnCall => "Who is on call, in the coming 30 days",
            Self::Paged => "Who is paged",
            Self::Told => "Who is told",
            Self::Routed => "Where signals go",
            Self::Reached => "Who is reached, and who belongs to whom",
            Self::Defined => "What there is, and whose it is",
            Self::Runbooks => "Runbooks",
        })
    }
}

/// `schedule payments: Tue 24 Nov 09:00 – Wed 25 Nov 09:00: dana instead of erik`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, name) = (self.kind.noun(1), &self.name);
        match &self.what {
            What::OnCall { from, until, was, becomes, in_progress, zone } => {
                write!(f, "{noun} {name}: {}: ", Interval { from: *from, until: *until, zone })?;
                write!(f, "{} instead of {}", somebody(becomes.as_ref()), somebody(was.as_ref()))?;
                f.write_str(if *in_progress { " (from now on: the shift in progress changes hands)" } else { "" })
            }
            What::Paged { also, was, becomes } => {
                write!(f, "{} {name}", self.kind.noun(1 + also.len()))?;
                listed(f, also)?;
                write!(f, ": {becomes}; before: {was}")
            }
            What::Fallback { was, becomes } => {
                write!(f, "when an escalation is used up, {becomes} is paged instead of {was}")
            }
            What::Told { service, was, becomes, path } => told(f, noun, name, service, (*was, *becomes), path),
            What::Joins(person) => write!(f, "{noun} {name}: {person} joins"),
            What::Leaves(person) => write!(f, "{noun} {name}: {person} leaves"),
            What::RoleGiven(role) => write!(f, "{noun} {name}: its members get the role {role}"),
            What::RoleTaken(role) => write!(f, "{noun} {name}: its members lose the role {role}"),
            What::Reachable => write!(f, "{noun} {name} can be reached, and could not"),
            What::Unreachable => write!(f, "{noun} {name} can no longer be reached by any message"),
            What::Contacts => write!(f, "{noun} {name} is reached by other contacts, or in another order"),
            What::Added { team: Some(team) } => write!(f, "{noun} {name} is new, and belongs to {team}"),
            What::Added { team: None } => write!(f, "{noun} {name} is new"),
            What::Removed => write!(f, "{noun} {name} is gone"),
            What::ChangedHands { was, becomes } => write!(f, "{noun} {name} belongs to {becomes} instead of {was}"),
            What::DependsOn { on, was, becomes } => {
                let kind = |strength: Strength| if strength == Strength::Hard { "hard" } else { "soft" };
                match (was, becomes) {
                    (None, Some(now)) => write!(f, "{noun} {name} depends on {on} ({})", kind(*now)),
                    (Some(_), None) => write!(f, "{noun} {name} no longer depends on {on}"),
                    (Some(was), Some(now)) => {
                        write!(f, "{noun} {name} depends on {on} {} instead of {}", kind(*now), kind(*was))
                    }
                    (None, None) => write!(f, "{noun} {name} does not depend on {on}"),
                }
            }
            routed => self.routed(f, routed),
        }
    }
}

impl Change {
    fn routed(&self, f: &mut fmt::Formatter<'_>, what: &What) -> fmt::Result {
        let (noun, name) = (self.kind.noun(1), &self.name);
        match what {
            What::NewRule { action, before } => {
                write!(f, "rule {name} is new: what it matches {}", Does(action))?;
                if before.is_empty() {
                    return Ok(());
                }
                f.write_str("; it decides before ")?;
                for (index, rule) in before.iter().enumerate() {
                    write!(f, "{}{rule}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(", which may match the same signals")
            }
            What::RuleGone { action } => write!(f, "rule {name} is gone: what it matched {}", Did(action)),
            What::Pattern => write!(f, "rule {name} matches other signals than before"),
            What::Action { was, becomes } => {
                write!(f, "rule {name}: what it matches {}; before, it {}", Does(becomes), Did(was))
            }
            What::DecidesBefore(other) => {
                write!(f, "rule {name} decides before {other}: signals that match both go by {name}")
            }
            What::Matched { labels, was, becomes } => {
                f.write_str("signals with ")?;
                for (index, (label, value)) in labels.iter().enumerate() {
                    write!(f, "{}{label}={value}", if index > 0 { ", " } else { "" })?;
                }
                match (was, becomes) {
                    (Some(was), Some(now)) => write!(f, " belong to {now} instead of {was}"),
                    (None, Some(now)) => write!(f, " belong to {now}, and belonged to no service"),
                    (Some(was), None) => write!(f, " belong to no service, and belonged to {was}"),
                    (None, None) => f.write_str(" belong to no service"),
                }
            }
            What::Tier { was, becomes } => {
                write!(f, "{noun} {name} is of tier {becomes} instead of {was}")?;
                let opens = |tier: u8| Severity::of(Urgency::Critical, tier);
                if opens(*was) == opens(*becomes) {
                    return Ok(());
                }
                write!(f, ": a critical signal opens {} instead of {}", opens(*becomes), opens(*was))
            }
            What::DefaultTeam { was, becomes } => {
                write!(f, "what belongs to no service goes to team {becomes} instead of {was}")
            }
            What::Timeout { was, becomes } => {
                write!(f, "{noun} {name}: a signal ends {becomes} after its sender's last word, instead of {was}")
            }
            _ => Ok(()),
        }
    }
}

fn told(
    f: &mut fmt::Formatter<'_>,
    noun: &str,
    name: &str,
    service: &ServiceName,
    (was, becomes): (Option<Severity>, Option<Severity>),
    path: &[ServiceName],
) -> fmt::Result {
    match (was, becomes) {
        (None, Some(now)) => write!(f, "{noun} {name} is told of {} of {service}, and was not", Incidents(now))?,
        (Some(was), None) => {
            write!(f, "{noun} {name} is no longer told of incidents of {service} (until now of {})", Incidents(was))?;
        }
        (Some(was), Some(now)) => {
            write!(f, "{noun} {name} is told of {} of {service}, instead of {}", Incidents(now), Incidents(was))?;
        }
        (None, None) => write!(f, "{noun} {name} is not told of incidents of {service}")?,
    }
    for (index, hop) in path.iter().enumerate().filter(|_| path.len() > 1) {
        write!(f, "{}{hop}", if index > 0 { " → " } else { ", by " })?;
    }
    Ok(())
}

fn somebody(person: Option<&PersonName>) -> &str {
    person.map_or("nobody", |person| person.as_str())
}

/// ` and 12 more`, or the names.
fn listed<N: fmt::Display>(f: &mut fmt::Formatter<'_>, names: &[N]) -> fmt::Result {
    if names.len() > MOST_LISTED {
        return write!(f, " and {} more", names.len());
    }
    names.iter().try_for_each(|name| write!(f, ", {name}"))
}

/// Incidents from a severity on.
struct Incidents(Severity);

impl fmt::Display for Incidents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Severity::Sev4 => f.write_str("every incident"),
            Severity::Sev1 => f.write_str("sev1 incidents"),
            from => write!(f, "incidents from {from} on"),
        }
    }
}

/// What a rule does: `opens an incident of sev1 on ledger`.
struct Does<'a>(&'a Action);
/// What it did: `opened an incident of sev1 on ledger`.
struct Did<'a>(&'a Action);

impl fmt::Display for Does<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        action(f, self.0, ("is dropped", "opens"))
    }
}

impl fmt::Display for Did<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        action(f, self.0, ("was dropped", "opened"))
    }
}

fn action(f: &mut fmt::Formatter<'_>, action: &Action, (dropped, opens): (&str, &str)) -> fmt::Result {
    let Action::Incident { severity, service, resolve } = action else {
        return f.write_str(dropped);
    };
    write!(f, "{opens} an incident")?;
    if let Some(severity) = severity {
        write!(f, " of {severity}")?;
    }
    if let Some(service) = service {
        write!(f, " on {service}")?;
    }
    f.write_str(if *resolve { "" } else { ", which a person resolves" })
}

/// `schedule payments, after 10 min nadia and team payments (2 rounds, from sev3 on)`.
impl fmt::Display for Paging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.escalation.is_none() {
            return f.write_str("only the organisation's fallback");
        }
        for (index, Step { after, page }) in self.steps.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            if *after > Duration::ZERO {
                write!(f, "after {after} ")?;
            }
            for (index, target) in page.iter().enumerate() {
                write!(f, "{}{target}", if index > 0 { " and " } else { "" })?;
            }
        }
        let rounds = self.repeat.saturating_add(1);
        match (rounds, self.from) {
            (1, Severity::Sev4) => Ok(()),
            (1, from) => write!(f, " (from {from} on)"),
            (rounds, Severity::Sev4) => write!(f, " ({rounds} rounds)"),
            (rounds, from) => write!(f, " ({rounds} rounds, from {from} on)"),
        }
    }
}

/// `schedule payments`, `team noc`, `dana`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule(name) => write!(f, "schedule {name}"),
            Self::Team(name) => write!(f, "team {name}"),
            Self::Person(name) => write!(f, "{name}"),
        }
    }
}

/// `Tue 24 Nov 09:00 – Wed 25 Nov 09:00`, with offsets where the clocks change in between.
struct Interval<'z> {
    from: Timestamp,
    until: Timestamp,
    zone: &'z TimeZone,
}

impl fmt::Display for Interval<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zoned = |instant: Timestamp| instant.to_jiff().to_zoned(self.zone.clone());
        let (from, until) = (zoned(self.from), zoned(self.until));
        let format = if from.offset() == until.offset() { "%a %-d %b %H:%M" } else { "%a %-d %b %H:%M %:z" };
        write!(f, "{} – {}", from.strftime(format), until.strftime(format))
    }
}

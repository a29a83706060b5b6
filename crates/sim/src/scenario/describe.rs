//! An entry in words, for transcripts.

use wheelhouse_core::affected::Explained;
use wheelhouse_core::case::{CaseId, EscalationProgress, MessageId, MissReason};
use wheelhouse_core::notify::{NotTold, Purpose, Recipient};
use wheelhouse_core::record::{ContactTest, Entry, Fact, RunFact, RunHappening, Tally, VersionFact, Why};
use wheelhouse_core::{repository::ShiftChange, runbook::Judgement, runbook::Trust};

use super::transcript::clock;
use crate::tables::Tables;

/// One line: the case, what happened, and why.
pub(super) fn describe(entry: &Entry, tables: &Tables) -> String {
    let subject = entry.subject.map_or_else(|| "hub".to_string(), |case| case.to_string());
    let drill = if entry.drill { " [drill]" } else { "" };
    let words = words(entry, tables);
    let texts = entry.body.as_ref().map_or_else(Vec::new, |body| {
        let fields = ["title", "text", "answer", "description", "comment"].into_iter();
        // What was said in a run belongs to a step or a runbook, which is named as well.
        let all = if matches!(entry.fact, Fact::Run(_)) { 2 } else { 1 };
        fields.filter_map(|field| Some(format!(": {:?}", body.get(field)?))).take(all).collect()
    });
    let why = entry.why.as_ref().map(|why| format!("  — {}", because(why)));
    format!("{subject:<6}{drill} {words}{}{}", texts.concat(), why.unwrap_or_default())
}

/// Reasons that name an instant name it as the transcript does.
fn because(why: &Why) -> String {
    match why {
        Why::TriedAgain { at } => format!("tried again at {}", clock(*at)),
        Why::PerhapsTaken { at } => format!("perhaps taken; sent again, marked, at {}", clock(*at)),
        Why::SilenceEndsSoon { silence, at } => {
            format!("{silence} ends at {}; extend it, or somebody is paged for what still fires then", clock(*at))
        }
        Why::ChannelFails { until } => format!("the channel fails and is left alone until {}", clock(*until)),
        other => other.to_string(),
    }
}

#[expect(clippy::too_many_lines, reason = "a line for each fact there is")]
fn words(entry: &Entry, tables: &Tables) -> String {
    let actor = &entry.actor;
    match &entry.fact {
        Fact::CaseOpened { severity, service, team, group, detected_at, auto_resolve, .. } => {
            let service = service.as_ref().map_or_else(|| "no service".to_string(), ToString::to_string);
            let by_hand = if *auto_resolve { "" } else { ", to be resolved by a person" };
            let since = clock(*detected_at);
            format!("{actor} opened it: {severity}, {service}, team {team}, group {group}, since {since}{by_hand}")
        }
        Fact::CaseReopened => format!("{actor} reopened it"),
        Fact::SeverityChanged { from, to } => format!("{actor} changed the severity from {from} to {to}"),
        Fact::Acknowledged { lapses_at } => format!("{actor} acknowledged it, lapses at {}", clock(*lapses_at)),
        Fact::AcknowledgementLapsed => "the acknowledgement lapsed".into(),
        Fact::AcknowledgementExtended { lapses_at } => {
            format!("the acknowledgement holds on, lapses at {}", clock(*lapses_at))
        }
        Fact::OwnerSet { owner: Some(owner) } => format!("{actor} made {owner} its owner"),
        Fact::OwnerSet { owner: None } => format!("{actor} left it without owner"),
        Fact::TeamSet { team, service: None } => format!("{actor} gave it to team {team}"),
        Fact::TeamSet { team, service: Some(service) } => {
            format!("{actor} gave it to team {team}: it is about {service}")
        }
        Fact::RoleSet { role, person: Some(person) } => format!("{actor} made {person} its {}", role.as_str()),
        Fact::RoleSet { role, person: None } => format!("{actor} laid down the role {}", role.as_str()),
        Fact::Missed { recipient, reason, path, action, .. } => {
            let action = action.map(|action| format!(", see {action}"));
            let path: Vec<&str> = path.iter().map(|service| service.as_str()).collect();
            let path = if path.is_empty() { String::new() } else { format!(" ({})", path.join(" → ")) };
            let because = miss(reason);
            format!("{actor} says {recipient} was not told: {because}{path}{}", action.unwrap_or_default())
        }
        Fact::Proposed { proposal } => {
            let lines: Vec<String> = proposal.lines().lines().map(|line| format!("\n            | {line}")).collect();
            format!("proposes: {proposal}{}", lines.concat())
        }
        Fact::Noted => format!("{actor} noted"),
        Fact::FileAttached(file) => format!("{actor} attached file {}", file.number),
        Fact::Updated => format!("{actor} wrote an update"),
        Fact::Mitigated { at } => format!("{actor} mitigated it, as of {}", clock(*at)),
        Fact::Resolved { at, recheck_at } => {
            let again = recheck_at.map(|at| format!(", to be looked at again at {}", clock(at)));
            format!("{actor} resolved it, as of {}{}", clock(*at), again.unwrap_or_default())
        }
        Fact::CaseRetired => "belongs to a drill that is over".into(),
        Fact::DrillHeld(held) => format!("drill {} was held: {} met, {} missed", held.drill, held.met, held.missed),
        Fact::Rechecked => "looked at again: over".into(),
        Fact::Linked { link } => {
            let other = link.case.map(|case| case.to_string()).or_else(|| link.url.clone());
            format!("{actor} linked it: {} {}", link.relation.as_str(), other.unwrap_or_default())
        }
        Fact::KeyEventSet(set) if set.key => format!("{actor} called entry {} a key event", set.entry),
        Fact::KeyEventSet(set) => format!("{actor} called entry {} no key event any more", set.entry),
        Fact::RunErased(part) => format!("{actor} erased what was written in {}", part.run),
        Fact::RunScheduled(part) => match part.run {
            Some(run) => format!("the time of {} came: {run}", part.runbook),
            None => format!("the time of {} came, and it was not run", part.runbook),
        },
        Fact::DrillRun(run) => format!("run {} of drill {}: {:?}", run.run, run.drill, run.step),
        Fact::Run(part) => format!("{actor}: {}", run(part)),
        Fact::Automation(part) => format!("{actor}: automation {}: {}", part.automation, part.what),
        Fact::RunbookVersion(part) => version(part, &actor.to_string()),
        Fact::Unlinked { link } => {
            let other = link.case.map(|case| case.to_string()).or_else(|| link.url.clone());
            format!("{actor} took away the link: {} {}", link.relation.as_str(), other.unwrap_or_default())
        }
        Fact::SymptomSet { .. } | Fact::FlappingBegun | Fact::QuietSet { .. } => storm(&entry.fact),
        Fact::EscalationSet { .. } | Fact::EscalationStepped { .. } | Fact::EscalationParked => escalation(&entry.fact),
        Fact::MessageQueued { .. }
        | Fact::MessageAccepted { .. }
        | Fact::MessageFailed { .. }
        | Fact::MessageWithdrawn { .. }
        | Fact::NotTold { .. } => message(&entry.fact, tables),
        Fact::DoorsReady => "the doors are ready".into(),
        Fact::CatalogAdopted { shifts, .. } => adopted(shifts),
        Fact::RepositoryRefused { revision, .. } => format!("refused a version of repository {}", revision.repository),
        Fact::RepositoryRestored { repository } => format!("repository {repository} is as in force again"),
        Fact::Signals { count, dropped, ignored, silenced, cases, .. } => {
            signals(*count, [*dropped, *ignored, *silenced], cases.iter())
        }
        Fact::Signal(change) => format!("signal {change:?}"),
        Fact::ContactTested(ContactTest { contact, accepted, .. }) => {
            format!("{actor} tried {}: {}", kind(*contact), if *accepted { "accepted" } else { "not accepted" })
        }
        Fact::CaseSilenced { silences, until } => {
            let silences: Vec<String> = silences.iter().map(ToString::to_string).collect();
            format!("is silenced by {} until {}", silences.join(", "), clock(*until))
        }
        Fact::CaseUnsilenced => "is not silenced any more".into(),
        Fact::SilenceSet { .. }
        | Fact::SilenceStarted { .. }
        | Fact::SilenceEndsSoon { .. }
        | Fact::SilenceEnded { .. }
        | Fact::SignalsPlaced { .. } => silence(entry),
        Fact::ChangeTold { change, of, service, .. } => {
            let service = service.as_ref().map_or_else(|| "no known service".to_string(), ToString::to_string);
            format!("{actor} told of change {change}, a {} of {service}", of.as_str())
        }
        Fact::ChangeFound(found) => format!("change {} came {} before", found.change, found.before),
        Fact::TokenCreated { token, .. } => format!("{actor} made {token}"),
        Fact::TokenRevoked { token } => format!("{actor} revoked {token}"),
        Fact::Quarantined { .. } => "set an input aside".into(),
        Fact::HandedOver { messages } => format!("handed {} messages over", messages.len()),
        Fact::AnswersKept { answers } => format!("kept {} answers", answers.len()),
        Fact::Erased(_) => format!("{actor} erased what was written"),
        Fact::RecordRestored(restored) => format!("the record goes on as {}", restored.origin),
        Fact::HoldSet { hold } => format!("{actor} set a legal hold on {hold}"),
        Fact::HoldLifted { hold } => format!("{actor} lifted the legal hold on {hold}"),
    }
}

fn storm(fact: &Fact) -> String {
    match fact {
        Fact::SymptomSet { root: Some(root), release_at: None } => format!("is a symptom of {root}"),
        Fact::SymptomSet { root: Some(root), release_at: Some(at) } => {
            format!("is a symptom of {root} until {}", clock(*at))
        }
        Fact::SymptomSet { root: None, .. } => "stands for itself again".into(),
        Fact::FlappingBegun => "flaps".into(),
        Fact::QuietSet { over_at: Some(at) } => format!("is quiet; over at {} unless it fires again", clock(*at)),
        _ => "is not quiet any more".into(),
    }
}

/// Why somebody was missed; an instant is named as the transcript names it.
fn miss(reason: &MissReason) -> String {
    match reason {
        MissReason::TooLate { message, at } => {
            format!("m{} reached them at {}, when the harm had stopped", message.number, clock(*at))
        }
        other => other.to_string(),
    }
}

fn escalation(fact: &Fact) -> String {
    match fact {
        Fact::EscalationSet { next: Some(next) } => format!("next is {} at {}", step(next), clock(next.due_at)),
        Fact::EscalationSet { next: None } => "no step is next".into(),
        Fact::EscalationStepped { step: done, people } if people.is_empty() => format!("{} reached nobody", step(done)),
        Fact::EscalationStepped { step: done, people } => {
            let people: Vec<&str> = people.iter().map(|person| person.as_str()).collect();
            format!("{} reached {}", step(done), people.join(", "))
        }
        _ => "the escalation is parked".into(),
    }
}

fn step(progress: &EscalationProgress) -> String {
    match &progress.escalation {
        Some(name) => format!("step {} of {name}, round {}", progress.step + 1, progress.round + 1),
        None => format!("page {} of the fallback", progress.step + 1),
    }
}

fn message(fact: &Fact, tables: &Tables) -> String {
    match fact {
        Fact::MessageQueued { message, recipient, purpose, .. } => queued(*message, recipient, purpose),
        Fact::MessageAccepted { message, contact, crossed_acknowledgement, repeated, .. } => {
            let crossed = if *crossed_acknowledgement { ", crossing the acknowledgement" } else { "" };
            let repeated = if *repeated { ", perhaps for the second time" } else { "" };
            format!("{} was accepted by {}{crossed}{repeated}", named(*message, tables), kind(*contact))
        }
        Fact::MessageFailed { message, contact, retry, tried, unknown, .. } => {
            let with = contact.map_or("without a contact", kind);
            let went = match (tried, unknown) {
                (true, false) => "failed",
                (true, true) => "was perhaps taken",
                (false, _) => "was not tried",
            };
            let next = match retry {
                Some(retry) => format!("contact {} is tried next", retry.contact + 1),
                None => "it is given up".into(),
            };
            format!("{} {went} ({with}); {next}", named(*message, tables))
        }
        Fact::MessageWithdrawn { message, .. } => format!("{} was withdrawn", named(*message, tables)),
        Fact::NotTold { recipient, stage, reason, .. } => {
            format!("did not tell {recipient} ({}): {}", stage.as_str(), not_told(reason))
        }
        _ => String::new(),
    }
}

fn not_told(reason: &NotTold) -> String {
    reason.to_string()
}

fn kind(contact: wheelhouse_core::notify::ContactKind) -> &'static str {
    match contact {
        wheelhouse_core::notify::ContactKind::Email => "email",
        wheelhouse_core::notify::ContactKind::Webhook => "webhook",
        wheelhouse_core::notify::ContactKind::Channel => "channel",
    }
}

fn queued(id: MessageId, recipient: &Recipient, purpose: &Purpose) -> String {
    let number = id.number;
    match purpose {
        Purpose::Page => format!("m{number} pages {recipient}"),
        Purpose::Told { stage, on_behalf_of, digest, .. } => {
            let group = on_behalf_of.as_ref().map(|group| format!(" for {group}")).unwrap_or_default();
            let stages: Vec<&str> = digest.stages.iter().chain([stage]).map(|stage| stage.as_str()).collect();
            let ways = digest.ways.iter().map(|way| {
                let group = way.on_behalf_of.as_ref().map(|group| format!(", for {group}")).unwrap_or_default();
                format!("; also {}{group}", Explained { impact: way.impact, path: &way.path })
            });
            let ways: String = ways.collect();
            let more = if digest.more > 0 { format!("; and {} more ways", digest.more) } else { String::new() };
            format!("m{number} tells {recipient}{group} ({}){ways}{more}", stages.join(" + "))
        }
        Purpose::Informed { stage } => format!("m{number} informs {recipient} ({})", stage.as_str()),
        Purpose::Wanted { wanted, .. } => format!("m{number} asks {recipient}: {wanted}"),
        Purpose::Undeliverable { message } => {
            format!("m{number} warns {recipient}: m{} did not arrive", message.number)
        }
    }
}

/// A message, with what it is and to whom.
pub(super) fn named(id: MessageId, tables: &Tables) -> String {
    let number = id.number;
    let Some(row) = tables.messages.get(&id) else { return format!("m{number}") };
    let what = if matches!(row.purpose, Purpose::Page) { "page" } else { "notice" };
    format!("m{number}, the {what} to {},", row.recipient)
}

fn signals<'a>(
    count: u64,
    [dropped, ignored, silenced]: [u64; 3],
    cases: impl Iterator<Item = (&'a CaseId, &'a Tally)>,
) -> String {
    let mut parts = Vec::new();
    let mut rest = count.saturating_sub(dropped + ignored + silenced);
    for (case, tally) in cases {
        let counts = [
            (tally.joined, "joined"),
            (tally.released, "let go into"),
            (tally.repeated, "told again for"),
            (tally.resolved, "ended for"),
            (tally.expired, "fell silent for"),
        ];
        rest = rest.saturating_sub(counts.iter().map(|(count, _)| count).sum());
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        parts.extend(counts.map(|(count, word)| format!("{count} {word} {case}")));
    }
    let others = [
        (dropped, "dropped by a rule"),
        (ignored, "ended that did not fire"),
        (silenced, "held back"),
        (rest, "told of what is held back"),
    ];
    parts.extend(others.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    format!("signals: {}", parts.join(", "))
}

/// What was silenced, by whom and until when; what that holds back and lets go.
fn silence(entry: &Entry) -> String {
    let actor = &entry.actor;
    match &entry.fact {
        Fact::SilenceSet { silence, matchers, starts_at, ends_at, replaces } => {
            let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
            let from = if *starts_at > entry.at { format!("from {} ", clock(*starts_at)) } else { String::new() };
            let replaces = replaces.map(|old| format!(", in place of {old}")).unwrap_or_default();
            format!("{actor} set {silence} on {} {from}until {}{replaces}", matchers.join(" "), clock(*ends_at))
        }
        Fact::SilenceStarted { silence } => format!("{silence} starts"),
        Fact::SilenceEndsSoon { silence, signals: 0 } => format!("{silence} ends soon"),
        Fact::SilenceEndsSoon { silence, signals } => {
            let signals = if *signals == 1 { "1 signal".to_string() } else { format!("{signals} signals") };
            format!("{silence} ends soon and holds back {signals}")
        }
        Fact::SilenceEnded { silence } => format!("{actor} ended {silence}"),
        Fact::SignalsPlaced { runs } => {
            let runs = runs.iter().map(|run| {
                let (first, last) = (run.first.0, run.last.0);
                let which = if first == last { format!("signal {first}") } else { format!("signals {first}-{last}") };
                match (run.silence, run.case) {
                    (Some(silence), _) => format!("{which}: held back by {silence}"),
                    (None, Some(case)) => format!("{which}: let go into {case}"),
                    (None, None) => format!("{which}: let go"),
                }
            });
            runs.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    }
}

/// Another catalog, and what it means for whoever is on call.
fn adopted(shifts: &[ShiftChange]) -> String {
    let nobody = || "nobody".to_string();
    let shifts = shifts.iter().map(|change| {
        let from = change.from.as_ref().map_or_else(nobody, ToString::to_string);
        let to = change.to.as_ref().map_or_else(nobody, ToString::to_string);
        match change.held_until {
            Some(until) => {
                let (schedule, until) = (&change.schedule, clock(until));
                format!("; {from} stays on call in {schedule} until {until}, though it now names {to}")
            }
            None => format!("; {to} is on call in {} from now on, and {from} is not", change.schedule),
        }
    });
    format!("adopted a catalog{}", shifts.collect::<String>())
}

/// What happened in a run of a runbook.
fn version(part: &VersionFact, actor: &str) -> String {
    let (name, short) = (&part.runbook, part.version.short());
    match &part.judgement {
        Judgement::Trusted { how: Trust::Editors, by } => {
            let by: Vec<&str> = by.iter().map(|person| person.as_str()).collect();
            format!("version {short} of {name} by {} may run", by.join(", "))
        }
        Judgement::Trusted { how: Trust::Unattributed, .. } => {
            format!("version {short} of {name} may run, whoever made it")
        }
        Judgement::Trusted { how: Trust::Restored, .. } => format!("version {short} of {name} is back and may run"),
        Judgement::Quarantined { doubts, .. } => {
            let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
            format!("version {short} of {name} is quarantined: {}", doubts.join("; "))
        }
        Judgement::Approved { .. } => format!("{actor} approved version {short} of {name}"),
        Judgement::Gone { .. } => format!("{name} is gone"),
    }
}

fn run(part: &RunFact) -> String {
    let id = part.run;
    match &part.what {
        RunHappening::Started { runbook, steps, .. } => format!("{id} of {runbook} started, {} steps", steps.len()),
        RunHappening::StepSettled { step, how } => format!("{id}: step {step} {}", how.as_str()),
        RunHappening::StepReopened { step } => format!("{id}: step {step} opened again"),
        RunHappening::TurnCame { step } => format!("{id}: the turn of step {step} came"),
        RunHappening::Prepared { step, items: None, .. } => format!("{id}: step {step} prepared"),
        RunHappening::Prepared { step, items: Some(items), .. } => {
            format!("{id}: step {step} prepared for {items} entries")
        }
        RunHappening::ApprovalAsked { step, .. } => format!("{id}: step {step} waits for people to agree"),
        RunHappening::Approved { step, .. } => format!("{id}: agreed to step {step}"),
        RunHappening::LockWanted { step, lock } => format!("{id}: step {step} waits for lock {lock}"),
        RunHappening::LockTaken { lock } => format!("{id}: lock {lock} taken"),
        RunHappening::LockReleased { lock } => format!("{id}: lock {lock} released"),
        RunHappening::StepReady { step, .. } => format!("{id}: step {step} may be carried out"),
        RunHappening::Leased { step, attempt, runner, .. } => {
            format!("{id}: attempt {attempt} of step {step} given to runner {runner}")
        }
        RunHappening::CancelAsked { step } => format!("{id}: step {step} is to end"),
        RunHappening::AttemptEnded { step, end, .. } => format!("{id}: attempt at step {step} {}", end.as_str()),
        RunHappening::WaitsUntil { step, for_event: true, .. } => format!("{id}: step {step} waits for an event"),
        RunHappening::WaitsUntil { step, .. } => format!("{id}: step {step} waits"),
        RunHappening::EventMade { step, event } => format!("{id}: step {step} made the event {event}"),
        RunHappening::Within { step, inner } => format!("{id}: step {step} is {inner}"),
        RunHappening::FileAttached { step, number, .. } => format!("{id}: file {number} attached to step {step}"),
        RunHappening::WorkDropped { step } => format!("{id}: step {step} left alone"),
        RunHappening::Paused => format!("{id} halted"),
        RunHappening::Resumed => format!("{id} goes on"),
        RunHappening::UndoBegun => format!("{id} goes back"),
        RunHappening::Stopping => format!("{id} is to end"),
        RunHappening::Ended { how } => format!("{id} {}", how.as_str()),
    }
}

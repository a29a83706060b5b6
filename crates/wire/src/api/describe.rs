//! What happened, in one calm line for people. Addresses are never shown.

use std::fmt::Write as _;

use wheelhouse_core::case::{EscalationProgress, Link, Relation, Role};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{ContactKind, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, ContactTest, DrillHeld, Entry, Erased, Fact, SignalChange, Tally};
use wheelhouse_core::time::Duration;

use super::{Party, repository};
use super::{describe_others, describe_run, standing};

/// Says in one line what an entry tells, without its reason: `acknowledged by dana`.
#[expect(clippy::too_many_lines, reason = "a line for each fact there is")]
pub fn describe(entry: &Entry) -> String {
    let by = By(&entry.actor);
    match &entry.fact {
        Fact::DoorsReady => "the doors are open".into(),
        Fact::CatalogAdopted { version, repositories, dropped, shifts, .. } => {
            repository::adopted(version, repositories, dropped, shifts)
        }
        Fact::RepositoryRefused { revision, errors, .. } => repository::refused(revision, *errors),
        Fact::RepositoryRestored { repository } => format!("repository {repository} is again as it is in force"),
        Fact::Signal(change) => signal(change),
        Fact::Signals { count, dropped, ignored, silenced, cases, .. } => {
            signals(entry, *count, [*dropped, *ignored, *silenced], cases)
        }
        Fact::CaseOpened { severity, service, team, reported, .. } => {
            let mut words = format!("opened as {severity}");
            if let Some(service) = service {
                let _ = write!(words, " on {service}");
            }
            let _ = write!(words, " for team {team}");
            if *reported { words + &by.words() } else { words }
        }
        Fact::CaseReopened => format!("reopened{}", by.words()),
        Fact::SeverityChanged { from, to } => {
            let direction = if to < from { "raised" } else { "lowered" };
            format!("severity {direction} from {from} to {to}{}", by.words())
        }
        Fact::Acknowledged { .. } => format!("acknowledged{}", by.words()),
        Fact::AcknowledgementLapsed => "the acknowledgement lapsed".into(),
        Fact::AcknowledgementExtended { lapses_at } => {
            format!("the acknowledgement holds for another {}", lapses_at.since(entry.at))
        }
        Fact::EscalationSet { next: Some(next) } => {
            let ahead = next.due_at.since(entry.at);
            let when = if ahead > Duration::ZERO { format!("in {ahead}") } else { "now".to_owned() };
            format!("next: {}, {when}", step(next))
        }
        Fact::EscalationSet { next: None } => "nobody else will be paged".into(),
        Fact::EscalationStepped { step: done, people } => {
            format!("{} {}", step(done), reached(people))
        }
        Fact::EscalationParked => "the next step could not be carried out and is parked".into(),
        Fact::OwnerSet { owner: Some(owner) } => match &entry.actor {
            Actor::Person(person) if person == owner => format!("{owner} took ownership"),
            _ => format!("given to {owner}{}", by.words()),
        },
        Fact::OwnerSet { owner: None } => format!("has no owner any more{}", by.words()),
        Fact::TeamSet { team, service: Some(service) } => {
            format!("given to team {team}, about {service}{}", by.words())
        }
        Fact::TeamSet { team, service: None } => format!("given to team {team}{}", by.words()),
        Fact::RoleSet { role, person } => role_set(*role, person.as_ref(), &by),
        Fact::Missed { recipient, reason, .. } => {
            format!("{recipient} was affected and not told{}: {reason}", by.words())
        }
        Fact::Proposed { proposal } => format!("asks the catalog: {proposal}"),
        Fact::Noted => format!("note{}", by.words()),
        Fact::FileAttached(_) => describe_others::file(entry, &by.words()),
        Fact::Updated => format!("update for those affected{}", by.words()),
        Fact::Mitigated { at } => format!("harm stopped{}{}", since(entry, *at), by.words()),
        Fact::Resolved { at, .. } => format!("resolved{}{}", since(entry, *at), by.words()),
        Fact::CaseRetired => "belongs to a drill that is over".into(),
        Fact::DrillHeld(DrillHeld { drill, met, missed: 0, .. }) => {
            format!("drill {drill} was held: all {met} expectations met")
        }
        Fact::DrillHeld(DrillHeld { drill, met, missed, .. }) => {
            format!("drill {drill} was held: {missed} of {} expectations missed", met + missed)
        }
        Fact::Rechecked => "looked at again: nothing fires any more".into(),
        Fact::Linked { link: linked } => format!("{}{}", link(linked), by.words()),
        Fact::KeyEventSet(set) if set.key => format!("entry {} is a key event{}", set.entry, by.words()),
        Fact::KeyEventSet(set) => format!("entry {} is no key event any more{}", set.entry, by.words()),
        Fact::RunScheduled(part) => describe_run::scheduled(entry, part),
        Fact::RunErased(part) => {
            let files = if part.files == 0 { String::new() } else { format!(", {} files", part.files) };
            format!("what was written in {} was erased{}: {} texts{files}", part.run, by.words(), part.bodies)
        }
        Fact::RecordRestored(part) => describe_others::restored(part),
        Fact::DrillRun(run) => describe_others::drill_run(run, &by.words()),
        Fact::Run(part) => describe_run::run(entry, part, &by.words()),
        Fact::Automation(part) => format!("automation {}: {}{}", part.automation, part.what, by.words()),
        Fact::RunbookVersion(part) => standing::told(part, &by.words()),
        Fact::Unlinked { link: was } => format!("no longer {}{}", link(was), by.words()),
        Fact::SymptomSet { .. } | Fact::FlappingBegun | Fact::QuietSet { .. } => storm(entry),
        Fact::ContactTested(ContactTest { recipient, contact, channel: named, accepted }) => {
            let whose = recipient.as_ref().map_or_else(String::new, |recipient| format!(" of {recipient}"));
            let way = named.as_ref().map_or_else(|| channel(*contact).to_owned(), |name| format!("channel {name}"));
            let how = if *accepted { "accepted" } else { "not accepted" };
            format!("test of {way}{whose}: {how}{}", by.words())
        }
        fact @ (Fact::CaseSilenced { .. }
        | Fact::CaseUnsilenced
        | Fact::SilenceSet { .. }
        | Fact::SilenceStarted { .. }
        | Fact::SilenceEndsSoon { .. }
        | Fact::SilenceEnded { .. }) => describe_others::silence(fact, entry, &by.words()),
        fact @ (Fact::ChangeTold { .. } | Fact::ChangeFound(_)) => describe_others::change(fact, entry),
        Fact::TokenCreated { token, owner, .. } => {
            format!("token {token} made for {}{}", party(&Party::from(owner)), by.words())
        }
        Fact::TokenRevoked { token } => format!("token {token} revoked{}", by.words()),
        Fact::Quarantined { .. } => "an input made the hub stumble and was set aside".into(),
        fact @ (Fact::HandedOver { .. }
        | Fact::SignalsPlaced { .. }
        | Fact::AnswersKept { .. }
        | Fact::Erased(_)
        | Fact::HoldSet { .. }
        | Fact::HoldLifted { .. }) => keeping(fact, &by),
        fact @ (Fact::MessageQueued { .. }
        | Fact::MessageAccepted { .. }
        | Fact::MessageFailed { .. }
        | Fact::MessageWithdrawn { .. }
        | Fact::NotTold { .. }) => message(fact),
    }
}

/// What was done to the record itself.
fn keeping(fact: &Fact, by: &By<'_>) -> String {
    match fact {
        Fact::HandedOver { messages } => format!("{} handed to delivery", counted(messages.len() as u64, "message")),
        Fact::SignalsPlaced { runs } => {
            let signals = runs.iter().map(|run| run.last.0.saturating_sub(run.first.0) + 1).sum();
            format!("{} held back by a silence or let go", counted(signals, "signal"))
        }
        Fact::AnswersKept { answers } => {
            format!("{} kept for repeated requests", counted(answers.len() as u64, "answer"))
        }
        Fact::Erased(Erased { bodies, signals, journals, answers, files }) => format!(
            "what was written is erased{}: {}, {}, {}, {}, {}",
            by.words(),
            counted(*bodies, "text"),
            counted(u64::from(*files), "file"),
            counted(*signals, "signal"),
            counted(*journals, "journal"),
            counted(*answers, "kept answer")
        ),
        Fact::HoldSet { hold } => format!("legal hold on {hold} set{}", by.words()),
        Fact::HoldLifted { hold } => format!("legal hold on {hold} lifted{}", by.words()),
        _ => String::new(),
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What it is a symptom of, and how it comes and goes.
fn storm(entry: &Entry) -> String {
    match &entry.fact {
        Fact::SymptomSet { root: Some(root), release_at: None } => {
            format!("held to be a symptom of {root}: nobody is paged for it while that is worked on")
        }
        Fact::SymptomSet { root: Some(root), release_at: Some(at) } => {
            format!("a symptom of {root} that should end within {}", at.since(entry.at))
        }
        Fact::SymptomSet { root: None, .. } => "no longer held to be a symptom of another case".into(),
        Fact::FlappingBegun => "flaps: it stays open until it has been quiet for a while".into(),
        Fact::QuietSet { over_at: Some(at) } => {
            format!("quiet; over in {} unless it fires again", at.since(entry.at))
        }
        _ => "fires again".into(),
    }
}

/// What happened to a message, or why there is none.
fn message(fact: &Fact) -> String {
    match fact {
        Fact::MessageQueued { recipient, purpose, .. } => queued(recipient, purpose),
        Fact::MessageAccepted { message, recipient, contact, crossed_acknowledgement, repeated } => {
            let mut words = format!("{message} to {recipient} accepted by {}", channel(*contact));
            if *crossed_acknowledgement {
                words += ", crossing an acknowledgement";
            }
            if *repeated {
                words += ", perhaps for the second time";
            }
            words
        }
        Fact::MessageFailed { message, recipient, contact, retry, tried, unknown } => {
            let by = contact.map_or_else(String::new, |contact| format!(" by {}", channel(contact)));
            match retry {
                _ if !*tried => format!("{message} to {recipient} not sent{by}, which fails; next contact"),
                Some(_) if *unknown => format!("{message} to {recipient} perhaps accepted{by}"),
                None if *unknown => format!("{message} to {recipient} perhaps accepted{by}; given up"),
                Some(_) => format!("{message} to {recipient} not accepted{by}"),
                None => format!("{message} to {recipient} not accepted{by}; given up"),
            }
        }
        Fact::MessageWithdrawn { message, recipient } => format!("{message} to {recipient} withdrawn"),
        Fact::NotTold { recipient, reason, .. } => format!("{recipient} not told: {reason}"),
        _ => String::new(),
    }
}

/// `paged dana`, `told team benefits: opened`.
fn queued(recipient: &Recipient, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Page => format!("paged {recipient}"),
        Purpose::Told { stage, on_behalf_of: Some(group), .. } => {
            format!("told {recipient}, for {group}: {}", what(*stage))
        }
        Purpose::Told { stage, .. } => format!("told {recipient}: {}", what(*stage)),
        Purpose::Informed { stage } => format!("informed {recipient}: {}", what(*stage)),
        Purpose::Wanted { wanted, .. } => format!("asked {recipient}: {wanted}"),
        Purpose::Undeliverable { message } => {
            format!("told {recipient} that {message} reached nobody")
        }
    }
}

const fn what(stage: Stage) -> &'static str {
    stage.as_str()
}

fn signal(change: &SignalChange) -> String {
    match change {
        SignalChange::Joined { number, .. } => format!("signal {} joined", number.0),
        SignalChange::Silenced { number, silence, .. } => format!("signal {} held back by {silence}", number.0),
        SignalChange::SilencedAgain { number, silence } => format!("signal {} held back by {silence} now", number.0),
        SignalChange::Released { number, .. } => format!("signal {} joined after its silence", number.0),
        SignalChange::Repeated { number, .. } => format!("signal {} told again", number.0),
        SignalChange::Resolved { number, .. } => format!("signal {} ended", number.0),
        SignalChange::Expired { number, .. } => format!("signal {} fell silent", number.0),
        SignalChange::Dropped => "signal dropped by a rule".into(),
        SignalChange::Ignored => "end of a signal that was not firing".into(),
    }
}

/// What the signals of a commit did: to the entry's own case where it has one, else in all.
fn signals(
    entry: &Entry,
    count: u64,
    [dropped, ignored, silenced]: [u64; 3],
    cases: &std::collections::BTreeMap<wheelhouse_core::case::CaseId, Tally>,
) -> String {
    let mut all = Tally::default();
    for (_, tally) in cases.iter().filter(|(case, _)| entry.subject.is_none_or(|subject| subject == **case)) {
        all.joined += tally.joined;
        all.released += tally.released;
        all.repeated += tally.repeated;
        all.resolved += tally.resolved;
        all.expired += tally.expired;
    }
    let counts = [
        (all.joined, "joined"),
        (all.released, "joined after a silence"),
        (all.repeated, "told again"),
        (all.resolved, "ended"),
        (all.expired, "fell silent"),
        (dropped, "dropped"),
        (ignored, "ignored"),
        (silenced, "silenced"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let noun = if count == 1 { "signal" } else { "signals" };
    if parts.is_empty() { format!("{count} {noun}") } else { format!("{count} {noun}: {}", parts.join(", ")) }
}

/// `step 2 of payments`, `the organisation's fallback`.
fn step(progress: &EscalationProgress) -> String {
    let Some(escalation) = &progress.escalation else {
        return "the organisation's fallback".into();
    };
    let mut words = format!("step {} of {escalation}", progress.step.saturating_add(1));
    if progress.round > 0 {
        let _ = write!(words, ", round {}", progress.round.saturating_add(1));
    }
    words
}

fn reached(people: &[PersonName]) -> String {
    if people.is_empty() {
        return "reached nobody".into();
    }
    let names: Vec<&str> = people.iter().map(PersonName::as_str).collect();
    format!("reached {}", names.join(", "))
}

fn role_set(role: Role, person: Option<&PersonName>, by: &By<'_>) -> String {
    match person {
        Some(person) if matches!(by.0, Actor::Person(actor) if actor == person) => {
            format!("{person} took the role {}", role.as_str())
        }
        Some(person) => format!("role {} given to {person}{}", role.as_str(), by.words()),
        None => format!("role {} laid down{}", role.as_str(), by.words()),
    }
}

fn link(link: &Link) -> String {
    let relation = match link.relation {
        Relation::CausedBy => "linked as caused by",
        Relation::Causes => "linked as the cause of",
        Relation::DuplicateOf => "linked as a duplicate of",
        Relation::Related => "linked to",
    };
    match (&link.case, &link.url) {
        (Some(case), _) => format!("{relation} {case}"),
        (None, Some(url)) => format!("{relation} {url}"),
        (None, None) => relation.into(),
    }
}

/// ` since …` where the instant is not the entry's own.
fn since(entry: &Entry, at: wheelhouse_core::time::Timestamp) -> String {
    if at == entry.at { String::new() } else { format!(" since {at}") }
}

const fn channel(contact: ContactKind) -> &'static str {
    match contact {
        ContactKind::Email => "mail",
        ContactKind::Webhook => "webhook",
        ContactKind::Channel => "channel",
    }
}

fn party(party: &Party) -> String {
    let kind = super::schema::word(party.kind);
    party.name.as_ref().map_or_else(|| kind.clone(), |name| format!("{kind} {name}"))
}

/// Who did it, where that is worth a word: the hub acts by itself.
struct By<'a>(&'a Actor);

impl By<'_> {
    fn words(&self) -> String {
        match self.0 {
            Actor::Hub => String::new(),
            actor => format!(" by {actor}"),
        }
    }
}

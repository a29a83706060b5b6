//! The text of a mail, for somebody who was asleep a minute ago: what, since when, how bad, why you,
//! what next, where.

use std::fmt::Write as _;

use wheelhouse_core::affected::Explained;
use wheelhouse_core::case::{Case, CaseKind, Moment, Role, State};
use wheelhouse_core::notify::{Purpose, Stage, Wanted};
use wheelhouse_core::run::Want;
use wheelhouse_core::time::Timestamp;

use super::storm;
use super::view::{MessageView, headline, is_unseen, one_line};

/// The most of somebody's words that are repeated in a mail, in characters.
const LONGEST_WORDS: usize = 4_000;

/// The most of a change that is named in a mail, in characters.
const LONGEST_CHANGE: usize = 300;

/// Writes the text.
pub(super) fn text(view: &MessageView<'_>) -> String {
    let mut text = String::new();
    if view.case.drill {
        text.push_str("THIS IS A DRILL. Nothing real is broken.\n\n");
    }
    let _ = writeln!(text, "{}\n", headline(view.case));
    paragraph(&mut text, &standing(view));
    paragraph(&mut text, &changed(view));
    paragraph(&mut text, &why_you(view));
    if let Some(words) = view.words.map(cleaned).filter(|words| !words.is_empty()) {
        paragraph(&mut text, &words);
    }
    paragraph(&mut text, &to_commit(view));
    paragraph(&mut text, &who_has_it(view));
    paragraph(&mut text, &what_next(view));
    text.push_str("-- \n");
    let _ = writeln!(text, "{} by Wheelhouse", view.message.id);
    text
}

fn paragraph(text: &mut String, words: &str) {
    if !words.is_empty() {
        let _ = writeln!(text, "{words}\n");
    }
}

/// How bad, and since when.
fn standing(view: &MessageView<'_>) -> String {
    let case = view.case;
    let mut words = match case.id.kind {
        // How bad an incident is has no meaning for what is to be done.
        CaseKind::Action | CaseKind::Request => format!("{}", case.id),
        _ => format!("{}, {}", case.id, case.severity),
    };
    let began = began(case);
    match &case.state {
        State::Resolved { at, .. } => {
            let _ = write!(words, ", over since {}", view.clock(*at));
            if let Some(began) = began {
                let _ = write!(words, " after {}", at.since(began));
            }
        }
        state => {
            let _ = write!(words, ", {}", state.as_str());
            if let Some(began) = began {
                let _ = write!(words, ", since {} ({} ago)", view.clock(began), view.now.since(began));
            }
        }
    }
    words.push('.');
    let plural = |count: u64| if count == 1 { "signal" } else { "signals" };
    if !case.state.is_resolved() && case.firing > 0 {
        let _ = write!(words, " {} {} firing.", case.firing, plural(case.firing));
    }
    words + &storm::standing(view)
}

/// The change that came last before it, where that may be the cause.
fn changed(view: &MessageView<'_>) -> String {
    let Some(change) = view.case.changed.as_ref().filter(|_| !view.case.state.is_resolved()) else {
        return String::new();
    };
    let way = crate::api::way(&change.path, change.hard).map(|way| format!(" ({way})")).unwrap_or_default();
    let words = one_line(&change.words, LONGEST_CHANGE);
    format!("Changed {}: {words}{way}.", crate::api::ahead(change.before))
}

fn began(case: &Case) -> Option<wheelhouse_core::time::Timestamp> {
    let instant = case.instants.get(Moment::Detected).or_else(|| case.instants.get(Moment::Opened));
    instant.map(|instant| instant.at)
}

/// Why the recipient gets this, and what it means to them.
fn why_you(view: &MessageView<'_>) -> String {
    let why = view.why().map(|why| format!(": {why}")).unwrap_or_default();
    match &view.message.purpose {
        Purpose::Page => format!("You are asked to take it{why}."),
        Purpose::Told { stage, impact, path, on_behalf_of, digest } => {
            let mut words = String::new();
            for sentence in [storm::stages(digest, *stage).as_str(), storm::meaning(*stage)] {
                paragraph(&mut words, sentence);
            }
            let explained = Explained { impact: *impact, path };
            let _ = match stage {
                Stage::Resolved => write!(words, "It had meant to you: {explained}."),
                _ => write!(words, "What it means to you: {explained}."),
            };
            if let Some(group) = on_behalf_of {
                let _ = write!(words, " You hear this for {group}.");
            }
            let ways = storm::ways(digest);
            if ways.is_empty() { words } else { format!("{words}\n\n{ways}") }
        }
        Purpose::Informed { stage: Stage::Joined } => storm::meaning(Stage::Joined).to_owned(),
        Purpose::Informed { stage: Stage::Explains } => {
            format!("You need not take what you were paged for{why}.")
        }
        Purpose::Informed { .. } => format!("Your team handles it. Nobody is paged for it{why}."),
        Purpose::Wanted { wanted, until } => {
            let why = view.why().map(|why| format!(" You are asked {why}.")).unwrap_or_default();
            format!("{}{why}", wanted_for(view, wanted, *until))
        }
        Purpose::Undeliverable { message } => {
            format!("Message {message} reached nobody{why}. Please tell its recipient another way.")
        }
    }
}

/// What a person is wanted for, and what happens until then.
fn wanted_for(view: &MessageView<'_>, wanted: &Wanted, until: Option<Timestamp>) -> String {
    let until = until.map(|until| format!(", until {}", view.clock(until))).unwrap_or_default();
    match wanted {
        Wanted::Automation { automation, runbook, .. } => format!(
            "Automation {automation} asks you to agree to run {runbook}{until}. You see there what it is about, and with \
             which values. Nothing happens before."
        ),
        Wanted::Run { run, runbook, want, step } => {
            let step = step.as_ref().map_or_else(|| "a step".to_owned(), |step| format!("step {step}"));
            match want {
                Want::Approval => format!(
                    "{run} of {runbook} asks you to agree to {step}{until}. You see there what it would do, to the \
                     letter. Nothing of it happens before."
                ),
                Want::Verdict => format!(
                    "Nobody knows what became of {step} of {run} ({runbook}). Please find out, and say so: it may have \
                     happened, and nothing is done twice before."
                ),
                Want::Resume => format!(
                    "{run} of {runbook} is halted. Nothing more of it happens until somebody lets it go on, takes back \
                     what it did, or ends it."
                ),
                Want::Step => format!("{run} of {runbook} has come to {step}, which people do. It waits for that."),
            }
        }
    }
}

/// What an action asks the catalog to say, as lines to copy.
fn to_commit(view: &MessageView<'_>) -> String {
    let Some(proposal) = view.case.proposal.as_ref().filter(|_| !view.case.state.is_resolved()) else {
        return String::new();
    };
    let lines: Vec<String> = proposal.lines().lines().map(|line| format!("    {line}")).collect();
    format!("To commit to the catalog:\n\n{}\n\nWhen the hub reads it, this is done by itself.", lines.join("\n"))
}

/// Who handles it.
fn who_has_it(view: &MessageView<'_>) -> String {
    let case = view.case;
    let mut words = match (&case.owner, &case.state) {
        (_, State::Resolved { .. }) => return String::new(),
        (Some(owner), _) => format!("{} of team {} has it", view.person(owner.as_str()), case.team),
        (None, State::Open) => format!("Team {} handles it; nobody has taken it yet", case.team),
        (None, _) => format!("Team {} handles it", case.team),
    };
    for role in Role::ALL {
        if let Some(person) = case.roles.get(&role) {
            let _ = write!(words, "; {}: {}", role.as_str(), view.person(person.as_str()));
        }
    }
    words.push('.');
    words
}

/// What to do now, and where to look.
fn what_next(view: &MessageView<'_>) -> String {
    let url = view.case_url();
    match (&view.message.purpose, view.link) {
        (Purpose::Wanted { wanted, .. }, _) => {
            let answer = view.answer_url().unwrap_or_default();
            let shell = match wanted {
                Wanted::Run { run, want: Want::Approval, step: Some(step), .. } => format!("run input {run} {step}"),
                Wanted::Run { run, .. } => format!("run show {run}"),
                Wanted::Automation { automation, .. } => format!("automation show {automation}"),
            };
            format!("Answer:   {answer}\nLook:     {url}\nShell:    wheelhouse {shell}")
        }
        (Purpose::Page, Some(link)) if !view.case.state.is_resolved() => {
            format!("Take it:  {link}\nLook:     {url}\nShell:    wheelhouse case ack {}", view.case.id)
        }
        (Purpose::Page, None) if !view.case.state.is_resolved() => {
            format!("Look:     {url}\nShell:    wheelhouse case ack {}", view.case.id)
        }
        (Purpose::Told { stage, .. }, _) if *stage != Stage::Resolved => {
            format!("You need not answer; you will hear how it goes on.\nLook:     {url}")
        }
        _ => format!("Look:     {url}"),
    }
}

/// Somebody's words without what cannot be seen, and not without end.
fn cleaned(words: &str) -> String {
    let seen = words.replace("\r\n", "\n");
    let mut kept: String =
        seen.chars().filter(|c| *c == '\n' || *c == '\t' || !is_unseen(*c)).take(LONGEST_WORDS).collect();
    if seen.chars().count() > LONGEST_WORDS {
        kept.push('…');
    }
    kept.trim().to_owned()
}

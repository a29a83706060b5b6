//! What a message is written from, and its subject.

use jiff::tz::TimeZone;
use wheelhouse_core::case::{Case, CaseKind};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::notify::{Message, Purpose, Recipient, Stage, Wanted};
use wheelhouse_core::run::Want;
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::Timestamp;

/// The longest title in a subject, in characters.
const LONGEST_TITLE: usize = 140;

/// Everything that a message is written from.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    /// The message.
    pub message: &'a Message,
    /// The case it is about, as it is now.
    pub case: &'a Case,
    /// The catalog, for how people write their names and in which zone they live.
    pub catalog: &'a Catalog,
    /// What somebody wrote: the update, or how the case was solved.
    pub words: Option<&'a str>,
    /// Where the hub is, without a slash at the end: `https://hub.example.org`.
    pub hub_url: &'a str,
    /// The signed address at which a page is answered.
    pub link: Option<&'a str>,
    /// The domain in message ids.
    pub domain: &'a str,
    /// The present instant.
    pub now: Timestamp,
}

impl MessageView<'_> {
    /// Where the case is shown.
    pub(super) fn case_url(&self) -> String {
        format!("{}/cases/{}", self.hub_url.trim_end_matches('/'), self.case.id)
    }

    /// Where what the recipient is wanted for is answered, in messages that ask for something but to take a case.
    pub(super) fn answer_url(&self) -> Option<String> {
        let Purpose::Wanted { wanted, .. } = &self.message.purpose else { return None };
        let page = match wanted {
            Wanted::Run { run, .. } => format!("runs/{run}"),
            Wanted::Automation { automation, .. } => format!("automations/{automation}"),
        };
        Some(format!("{}/{page}", self.hub_url.trim_end_matches('/')))
    }

    /// Why the message was decided, in words.
    pub(super) fn why(&self) -> Option<String> {
        self.message.why.as_ref().map(ToString::to_string)
    }

    /// What there is to tell, where the message tells of a stage.
    pub(super) const fn stage(&self) -> Option<Stage> {
        match &self.message.purpose {
            Purpose::Told { stage, .. } | Purpose::Informed { stage } => Some(*stage),
            Purpose::Page | Purpose::Undeliverable { .. } | Purpose::Wanted { .. } => None,
        }
    }

    /// An instant on the recipient's own clock, else in UTC: `Mon 23 Nov 02:10 UTC`.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        let zone = match &self.message.recipient {
            Recipient::Person(name) => self.catalog.people.get(name).and_then(|person| person.time_zone.as_deref()),
            Recipient::Team(_) | Recipient::Audience(_) => None,
        };
        clock(at, zone)
    }

    /// How a person of the catalog is written.
    pub(super) fn person<'n>(&'n self, name: &'n str) -> &'n str {
        self.catalog.people.get(name).map_or(name, |person| person.display_name.as_str())
    }
}

/// An instant on the clock of a zone, else in UTC.
pub(super) fn clock(at: Timestamp, zone: Option<&str>) -> String {
    let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%a %-d %b %H:%M %Z").to_string()
}

/// The subject of a mail: `[INC-17 sev1] payments-api: 5xx above 20 %`.
pub fn subject(view: &MessageView<'_>) -> String {
    let case = view.case;
    let standing = match (view.stage(), case.state.is_resolved()) {
        (Some(Stage::Resolved), _) | (Some(Stage::Update), true) => "resolved",
        _ if matches!(case.id.kind, CaseKind::Action | CaseKind::Request) => case.id.kind.as_str(),
        _ => case.severity.as_str(),
    };
    let news = match (&view.message.purpose, view.stage()) {
        (Purpose::Wanted { wanted, .. }, _) if is_about_it_alone(view, wanted) => format!("{}: ", asked(wanted)),
        (Purpose::Wanted { wanted, .. }, _) => format!("{wanted}: "),
        (Purpose::Undeliverable { message }, _) => format!("{message} reached nobody: "),
        (Purpose::Page, _) if case.flapping.is_some() => "comes and goes: ".to_owned(),
        (Purpose::Page, _) if case.reopened > 0 => "again: ".to_owned(),
        (_, Some(Stage::Update)) => "update: ".to_owned(),
        (_, Some(Stage::SeverityChanged)) => format!("now {}: ", case.severity),
        (_, Some(Stage::Reopened)) => "reopened: ".to_owned(),
        (_, Some(Stage::Flapping)) => "comes and goes: ".to_owned(),
        (_, Some(Stage::GoesOn)) => "goes on: ".to_owned(),
        (_, Some(Stage::Joined)) => "something new: ".to_owned(),
        (_, Some(Stage::Explains)) => "explains a page to you: ".to_owned(),
        (_, Some(Stage::Opened | Stage::Resolved) | None) => String::new(),
    };
    let drill = if case.drill { "[DRILL] " } else { "" };
    format!("{drill}[{} {standing}] {news}{}", case.id, headline(case))
}

/// Whether the case was opened for nothing but what the recipient is asked for: its title says all of it.
fn is_about_it_alone(view: &MessageView<'_>, wanted: &Wanted) -> bool {
    let whose = match wanted {
        Wanted::Run { run, .. } => format!("{run} "),
        Wanted::Automation { automation, .. } => format!("automation {automation} "),
    };
    matches!(view.case.group, Group::Hub(_)) && view.case.title.starts_with(&whose)
}

/// What a person is asked for, where the rest is said anyway.
const fn asked(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Run { want: Want::Approval, .. } | Wanted::Automation { .. } => "your agreement",
        Wanted::Run { .. } => "you are wanted",
    }
}

/// What a case is about, with its service in front unless the title names it.
pub(super) fn headline(case: &Case) -> String {
    let title = one_line(&case.title, LONGEST_TITLE);
    match &case.service {
        Some(service) if !title.contains(service.as_str()) => format!("{service}: {title}"),
        _ => title,
    }
}

/// A foreign text as one line of at most `longest` characters. What could end a header, hide or turn
/// text around becomes a space.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let words = text.split(|c: char| c.is_whitespace() || is_unseen(c)).filter(|word| !word.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(longest) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(longest.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// Characters that are not seen but change what is: controls, separators, and marks of direction.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

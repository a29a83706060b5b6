//! A message in short: what chats, push services and templates are written from.

use std::borrow::Cow;

use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::Variable;
use wheelhouse_core::notify::{Purpose, Stage};
use wheelhouse_core::time::Timestamp;

use super::headers::checked;
use super::text;
use super::view::{MessageView, headline, one_line, subject};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// A message in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// The message's name: `INC-17/m3`.
    pub message: String,
    /// The message in one line.
    pub subject: String,
    /// The message in full.
    pub text: String,
    /// The case's name; empty for a test.
    pub case: String,
    /// What it is about, in one line.
    pub title: String,
    /// How bad it is; none for a test.
    pub severity: Option<Severity>,
    /// The service, if known.
    pub service: String,
    /// The team that handles it.
    pub team: String,
    /// What the message is for.
    pub purpose: &'static str,
    /// Whether what it tells of is over.
    pub is_over: bool,
    /// Whether it belongs to a drill.
    pub drill: bool,
    /// Where to see the case, or the hub.
    pub case_link: String,
    /// Where to take the case, for pages.
    pub take_link: Option<String>,
    /// Where to answer, where something else is asked.
    pub answer_link: Option<String>,
}

/// A test of a contact, for whoever gets it and for the record.
#[derive(Clone, Copy, Debug)]
pub struct TestView<'a> {
    /// The name of this test, the same for all channels.
    pub key: &'a str,
    /// Who asked for it, as people write the name.
    pub by: &'a str,
    /// Whom it should reach: `dana`, `team payments`, `channel sms`.
    pub whom: &'a str,
    /// Where the hub is.
    pub hub_url: &'a str,
    /// The present instant.
    pub now: Timestamp,
}

impl Brief {
    /// A message in short.
    pub fn new(view: &MessageView<'_>) -> Self {
        let case = view.case;
        let over = matches!(view.stage(), Some(Stage::Resolved)) || case.state.is_resolved();
        Self {
            message: view.message.id.to_string(),
            subject: subject(view),
            text: text::text(view),
            case: case.id.to_string(),
            title: headline(case),
            severity: Some(case.severity),
            service: case.service.as_ref().map(ToString::to_string).unwrap_or_default(),
            team: case.team.to_string(),
            purpose: match &view.message.purpose {
                Purpose::Page => "page",
                Purpose::Told { .. } => "told",
                Purpose::Informed { .. } => "informed",
                Purpose::Undeliverable { .. } => "undeliverable",
                Purpose::Wanted { .. } => "wanted",
            },
            is_over: over,
            drill: view.message.drill,
            case_link: view.case_url(),
            take_link: view.link.filter(|_| !over).map(str::to_owned),
            answer_link: view.answer_url(),
        }
    }

    /// A test in short.
    pub fn test(view: &TestView<'_>) -> Self {
        let (whom, by) = (one_line(view.whom, LONGEST_TITLE), one_line(view.by, LONGEST_TITLE));
        let title = format!("this is how Wheelhouse reaches {whom}");
        Self {
            message: view.key.to_owned(),
            subject: format!("[TEST] {title}"),
            text: format!(
                "THIS IS A TEST. Nothing is broken, and there is nothing to do.\n\n\
                 {by} asked at {} whether this contact of {whom} works. It does.\n\n\
                 If you did not expect this, ask {by}.\n\nLook:     {}\n-- \n{} by Wheelhouse\n",
                view.now, view.hub_url, view.key
            ),
            title,
            purpose: "test",
            case_link: view.hub_url.to_owned(),
            ..Self::default()
        }
    }

    /// What a variable of a template stands for. `to`, `message` and `repeat` belong to the attempt;
    /// the first and last of them are empty here.
    pub fn value(&self, variable: Variable) -> Cow<'_, str> {
        let yes = |is: bool| if is { "yes" } else { "" };
        Cow::Borrowed(match variable {
            Variable::To | Variable::Repeat => "",
            Variable::Message => &self.message,
            Variable::Subject => &self.subject,
            Variable::Text => &self.text,
            Variable::Link => self.link(),
            Variable::CaseLink => &self.case_link,
            Variable::Case => &self.case,
            Variable::Title => &self.title,
            Variable::Severity => self.severity.map_or("", Severity::as_str),
            Variable::Service => &self.service,
            Variable::Team => &self.team,
            Variable::Purpose => self.purpose,
            Variable::Drill => yes(self.drill),
        })
    }

    /// Where to do what it asks for, else to see the case.
    pub fn link(&self) -> &str {
        self.take_link.as_deref().or(self.answer_link.as_deref()).unwrap_or(&self.case_link)
    }

    /// Whether it asks somebody to act.
    pub fn is_page(&self) -> bool {
        matches!(self.purpose, "page" | "wanted") && !self.is_over
    }
}

/// The Message-ID of a test's mail: `<test-4f1c@hub.example.org>`.
pub fn test_message_id(key: &str, domain: &str) -> String {
    let local: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("<{local}@{}>", checked(domain))
}

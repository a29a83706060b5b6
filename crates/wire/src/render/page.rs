//! The pages behind the signed link of a page: they show the incident and ask to confirm.

use std::fmt::Write as _;

use wheelhouse_core::case::{Case, Moment, State};
use wheelhouse_core::time::Timestamp;

use super::html::{address, document, escaped};
use super::view::{clock, headline, one_line};
use crate::api::TimelineEntry;

/// How many lines of the timeline are shown: the last ones.
const LINES: usize = 10;

/// The policy to send with these pages: no script, nothing from elsewhere, no frame, forms to the hub only.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the pages are written from.
#[derive(Clone, Copy, Debug)]
pub struct LinkView<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its timeline, oldest first; the last lines are shown.
    pub timeline: &'a [TimelineEntry],
    /// Who the link was made for, as people write the name.
    pub person: &'a str,
    /// The IANA zone in which times are shown; UTC where absent.
    pub time_zone: Option<&'a str>,
    /// Where the confirmation is posted to: a path of the hub.
    pub post_to: &'a str,
    /// Where the case is shown.
    pub case_url: &'a str,
    /// The present instant.
    pub now: Timestamp,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Its time is over.
    Expired,
    /// It is not a link that the hub made.
    NotOurs,
}

/// Asks to confirm. To show it changes nothing; the form posts the field `confirm=yes`.
pub fn confirm_page(view: &LinkView<'_>) -> String {
    let mut main = opening(view);
    let ask = match &view.case.state {
        State::Open => Some(format!("Take {} as {}", view.case.id, view.person)),
        State::Acknowledged { by, .. } => Some(format!("Take {} over from {by}, as {}", view.case.id, view.person)),
        State::Mitigated { .. } | State::Resolved { .. } => None,
    };
    match ask {
        Some(words) => {
            let _ = writeln!(
                main,
                "<form method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"confirm\" value=\"yes\">\n\
                 <button type=\"submit\">{}</button>\n</form>\n\
                 <p class=\"quiet\">This stops further pages. Nothing happens before you press it.</p>",
                address(view.post_to),
                escaped(&words)
            );
        }
        None => main.push_str("<p>There is nothing left to take.</p>\n"),
    }
    close(view, main)
}

/// Says that it was done; `words` is what the hub did, in one line.
pub fn done_page(view: &LinkView<'_>, words: &str) -> String {
    let mut main = opening(view);
    let _ = writeln!(main, "<p role=\"status\"><strong>\u{2713} {}</strong></p>", escaped(&one_line(words, 300)));
    close(view, main)
}

/// Says that a link opens nothing, and what to do instead. It tells nothing about any case.
pub fn expired_page(reason: Unusable, hub_url: &str) -> String {
    let (title, words) = match reason {
        Unusable::Expired => ("This link has expired", "Links in pages hold for a limited time."),
        Unusable::NotOurs => {
            ("This link does not work", "It may have been cut off on its way. Open the whole address from the mail.")
        }
    };
    let main = format!(
        "<h1>{title}</h1>\n<p>{words}</p>\n<p>If the incident is still open, take it in <a href=\"{}\">the hub</a>, \
         or with <code>wheelhouse case ack</code> and the name in the mail's subject.</p>\n",
        address(hub_url)
    );
    document(title, &main)
}

/// What it is about and where it stands.
fn opening(view: &LinkView<'_>) -> String {
    let case = view.case;
    let mut main = String::new();
    if case.drill {
        main.push_str("<p class=\"drill\">This is a drill. Nothing real is broken.</p>\n");
    }
    let _ = writeln!(
        main,
        "<p class=\"quiet\">{}</p>\n<h1>{}</h1>\n<p><span class=\"tag\">{}</span><span class=\"tag\">{} {}</span></p>",
        case.id,
        escaped(&headline(case)),
        case.severity,
        shape(&case.state),
        case.state.as_str(),
    );
    let _ = writeln!(main, "<p>{}</p>", escaped(&standing(view)));
    main
}

/// A sign for the state, beside its word.
const fn shape(state: &State) -> &'static str {
    match state {
        State::Open => "\u{25cf}",
        State::Acknowledged { .. } => "\u{25d0}",
        State::Mitigated { .. } => "\u{25cb}",
        State::Resolved { .. } => "\u{2713}",
    }
}

fn standing(view: &LinkView<'_>) -> String {
    let case = view.case;
    let mut words = String::new();
    let began = case.instants.get(Moment::Detected).or_else(|| case.instants.get(Moment::Opened));
    if let Some(began) = began {
        let _ = write!(words, "Since {} ({} ago). ", clock(began.at, view.time_zone), view.now.since(began.at));
    }
    let _ = match &case.state {
        State::Open => write!(words, "Team {} handles it; nobody has taken it yet.", case.team),
        State::Acknowledged { by, at } => write!(words, "{by} took it at {}.", clock(*at, view.time_zone)),
        State::Mitigated { by, at } => {
            write!(words, "The harm has stopped since {}, says {by}.", clock(*at, view.time_zone))
        }
        State::Resolved { by, at } => write!(words, "It is over since {}, says {by}.", clock(*at, view.time_zone)),
    };
    words
}

/// The timeline and the way to all of it.
fn close(view: &LinkView<'_>, mut main: String) -> String {
    let skipped = view.timeline.len().saturating_sub(LINES);
    main.push_str("<ol>\n");
    for line in view.timeline.iter().skip(skipped) {
        let text =
            line.text.as_deref().map(|text| format!("<br>{}", escaped(&one_line(text, 300)))).unwrap_or_default();
        let _ = writeln!(
            main,
            "<li><time datetime=\"{}\">{}</time>{}{text}</li>",
            line.at,
            escaped(&clock(line.at.0, view.time_zone)),
            escaped(&one_line(&line.words, 300)),
        );
    }
    let _ = writeln!(main, "</ol>\n<p><a href=\"{}\">All about {}</a></p>", address(view.case_url), view.case.id);
    document(&format!("{} {}: {}", view.case.id, view.case.state.as_str(), headline(view.case)), &main)
}

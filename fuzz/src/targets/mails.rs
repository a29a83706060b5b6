//! Texts of cases in everything that is sent and shown: mails, pages, chats, webhooks.

use wheelhouse_core::case::{Case, State};
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::notify::{Lane, Message};
use wheelhouse_hub::delivery::{Content, Outgoing};
use wheelhouse_wire::api::TimelineEntry;
use wheelhouse_wire::render::{Brief, LinkView, MessageView, Rendered, confirm_page, done_page, ntfy, render, slack};

use crate::relay::{Relay, deliver};
use crate::stage::{NOW, Stage};

const HUB: &str = "https://hub.example";
/// The headers that a mail has.
const HEADERS: [&str; 13] = [
    "from",
    "to",
    "date",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "wheelhouse-message",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "wheelhouse-repeat",
];
/// The tags that a page has.
const TAGS: [&str; 21] = [
    "!doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "span", "strong", "form", "input",
    "button", "ol", "li", "time", "a", "div", "br",
];

/// Up to four texts, parted by empty lines: a summary, a description, what a person writes, a label.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut texts = text.splitn(4, "\n\n");
    let mut next = || texts.next().unwrap_or(&text);
    let mut stage = Stage::with_a_case_of(next(), next(), next());
    let words = next();
    stage.act(CaseAction::Update(words.to_owned()));
    stage.act(CaseAction::Note(words.to_owned()));
    pages(&stage, words);
    stage.act(CaseAction::Resolve { at: None, text: Some(words.to_owned()) });
    let case = stage.world.cases().next().expect("the case is there").clone();
    let messages: Vec<Message> = stage.world.messages_of(case.id).cloned().collect();
    assert!(!messages.is_empty(), "nobody was told of anything");
    for (index, message) in messages.iter().enumerate() {
        let view = view(&stage, &case, message, words);
        let (rendered, brief) = (render(&view), Brief::new(&view));
        lines(&rendered, &brief);
        if index == 0 {
            letter(message, rendered, brief);
        }
    }
    pages(&stage, words);
}

fn view<'a>(stage: &'a Stage, case: &'a Case, message: &'a Message, words: &'a str) -> MessageView<'a> {
    MessageView {
        message,
        case,
        catalog: stage.world.catalog().expect("a catalog is in force"),
        words: Some(words),
        hub_url: HUB,
        link: Some("https://hub.example/p/abc"),
        domain: "hub.example",
        now: NOW,
    }
}

/// What stands in one line stays there, and no text becomes markup.
fn lines(rendered: &Rendered, brief: &Brief) {
    let fields = rendered.headers.fields();
    for line in fields.iter().map(|(_, value)| *value).chain([&*rendered.subject, &*brief.subject, &*brief.title]) {
        assert!(!line.is_empty() && !line.chars().any(char::is_control), "{line:?}");
        assert!(line.chars().count() < 1_000, "a line of {} bytes", line.len());
    }
    assert!(rendered.text.len() < 64 << 10, "a text of {} bytes", rendered.text.len());
    for line in rendered.text.chars().filter(|c| c.is_control()) {
        assert!(matches!(line, '\n' | '\t'), "{line:?} in a text");
    }
    let chat = slack(brief, "").to_string();
    for (at, _) in chat.match_indices('<') {
        assert!(
            chat[at..].starts_with(&format!("<{HUB}/")),
            "markup in a chat: {}",
            &chat[at..chat.len().min(at + 40)]
        );
    }
    let push = ntfy(brief, "noc");
    assert!(push["title"].as_str().is_some_and(|title| !title.chars().any(char::is_control)), "{push}");
    assert!(push["click"].as_str().is_none_or(|url| url.starts_with(HUB)), "{push}");
}

/// The mail as a relay gets it has the headers that mails have, each once.
fn letter(message: &Message, rendered: Rendered, brief: Brief) {
    let outgoing = Outgoing {
        id: message.id.to_string(),
        lane: Lane::Page,
        contact: wheelhouse_core::catalog::Contact::Email("dana@quay.example".into()),
        channel: None,
        content: Content {
            subject: rendered.subject,
            text: rendered.text,
            headers: Vec::new(),
            message_id: rendered.headers.message_id,
            references: vec![rendered.headers.thread],
            json: rendered.json,
            brief,
        },
        repeated: false,
    };
    let heard = deliver(&outgoing, Relay::Decent).heard;
    let heard = String::from_utf8(heard).expect("a mail is text");
    let (_, mail) = heard.split_once("DATA\r\n").expect("the mail was handed over");
    let (mail, rest) = mail.split_once("\r\n.\r\n").expect("the mail has an end");
    assert!(rest.is_empty() || rest == "QUIT\r\n", "after the mail came {rest:?}");
    let (head, _) = mail.split_once("\r\n\r\n").expect("the head has an end");
    let mut seen = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        assert!(HEADERS.contains(&name.as_str()), "a header that no mail has: {line:?}");
        assert!(!seen.contains(&name), "a header twice: {line:?}");
        seen.push(name);
    }
}

/// The pages behind a link: only our own tags, and addresses that lead to us.
fn pages(stage: &Stage, words: &str) {
    let case = stage.world.cases().next().expect("the case is there");
    let timeline: Vec<TimelineEntry> =
        (0..).zip(&stage.entries).map(|(seq, entry)| TimelineEntry::of_entry(seq, entry)).collect();
    let view = LinkView {
        case,
        timeline: &timeline,
        person: words,
        time_zone: None,
        post_to: "/p/abc",
        case_url: "https://hub.example/cases/INC-1",
        now: NOW,
    };
    for page in [confirm_page(&view), done_page(&view, words)] {
        assert!(page.len() < 256 << 10, "a page of {} bytes", page.len());
        let (_, body) = page.split_once("</style>").expect("a page has a style");
        for tag in body.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag has an end");
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
            assert!(TAGS.contains(&name), "a tag that no page has: {tag:?}");
            assert!(tag.matches('"').count().is_multiple_of(2) && !tag.contains(" on"), "{tag:?}");
        }
        for link in body.split("href=\"").skip(1).chain(body.split("action=\"").skip(1)) {
            assert!(link.starts_with(HUB) || link.starts_with('/') || link.starts_with("#"), "{link:.60}");
        }
    }
    assert!(!matches!(case.state, State::Acknowledged { .. }), "a page that was looked at took the case");
}

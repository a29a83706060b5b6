//! The link in a page's mail.

use reqwest::Method;
use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Answer, Client, sent};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::SOON;

#[test]
fn looking_changes_nothing_and_only_the_button_acknowledges() {
    let catcher = MailCatcher::start(&[]);
    let mut hub = Hub::with_catalog(&usual(&["ledger", "portal"]), Some(catcher.smtp));
    let source = hub.client("source", "prometheus");
    let dana = hub.client("person", "dana");
    source.alert(&[alert("ledger", "Down", "1")]);
    source.alert(&[alert("portal", "Down", "2")]);
    let links = ["INC-1", "INC-2"].map(|case| link(&catcher.wait_for("dana@quay.example", case).text, &hub));
    let notice = catcher.wait_for("finance@quay.example", "INC-1");
    assert!(!notice.text.contains("/p/"), "a notice demands nothing: {}", notice.text);
    hub.wait_until_all_is_sent(SOON);

    let before = dana.get("/api/v1/cases/INC-1");
    for _ in 0..3 {
        let page = ask(&hub, Method::GET, &links[0]);
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text.contains("INC-1") && page.text.contains("method=\"post\""), "{}", page.text);
    }
    ask(&hub, Method::HEAD, &links[0]);
    let without_the_button = sent(hub.nobody().request(Method::POST, &links[0])).unwrap();
    assert!(without_the_button.text.contains("method=\"post\""), "{}", without_the_button.text);
    assert_eq!(dana.get("/api/v1/cases/INC-1"), before, "mail scanners open links");

    for tampered in tampered(&links[0]) {
        for method in [Method::GET, Method::POST] {
            let page = ask(&hub, method, &tampered);
            assert_eq!(page.status, 404, "{tampered}");
            assert!(!page.text.contains("ledger"), "a forged link shows nothing");
        }
    }
    let (half_a, half_b) = (links[0].split_at(links[0].len() / 2).0, links[1].split_at(links[1].len() / 2).1);
    assert_eq!(ask(&hub, Method::POST, &format!("{half_a}{half_b}")).status, 404);
    assert_eq!(dana.get("/api/v1/cases/INC-1"), before);

    hub.kill();
    hub.restart();
    let done = ask(&hub, Method::POST, &links[0]);
    assert_eq!(done.status, 200);
    assert!(done.text.contains("Acknowledged"), "{}", done.text);
    let after = dana.get("/api/v1/cases/INC-1");
    assert_eq!((&after["state"], &after["state_by"]["name"]), (&"acknowledged".into(), &"dana".into()));
    assert_eq!(state(&dana, "INC-2"), "open", "a link is for one case");
    let again = ask(&hub, Method::POST, &links[0]);
    assert_eq!(again.status, 200, "a second tap does no harm");
    assert_eq!(state(&dana, "INC-1"), "acknowledged");
    let timeline = dana.all("/api/v1/cases/INC-1/timeline");
    let mut acknowledged = timeline.iter().filter(|entry| entry["kind"] == "acknowledged");
    assert!(acknowledged.all(|entry| entry["actor"]["name"] == "dana"));
}

/// The path of the link in a mail.
fn link(text: &str, hub: &Hub) -> String {
    let base = format!("http://127.0.0.1:{}", hub.port());
    let words = text.split_whitespace().filter_map(|word| word.strip_prefix(&base));
    words.into_iter().find(|path| path.starts_with("/p/")).unwrap_or_else(|| panic!("no link: {text}")).to_owned()
}

/// The link with one character changed, at several places; and cut, and longer.
fn tampered(link: &str) -> Vec<String> {
    let places = [4, link.len() / 3, link.len() / 2, link.len() - 8, link.len() - 2];
    let mut all: Vec<String> = places
        .into_iter()
        .map(|place| {
            let other = if &link[place..=place] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &link[..place], &link[place + 1..])
        })
        .collect();
    all.extend([link[..link.len() - 4].to_owned(), format!("{link}AAAA"), "/p/banana".to_owned()]);
    all
}

/// Opens a link, or presses the button of its page.
fn ask(hub: &Hub, method: Method, path: &str) -> Answer {
    let request = hub.nobody().request(method.clone(), path);
    sent(if method == Method::POST { request.body("confirm=yes") } else { request }).unwrap()
}

fn state(reader: &Client, case: &str) -> Value {
    reader.get(&format!("/api/v1/cases/{case}"))["state"].clone()
}

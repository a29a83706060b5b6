//! Channels of the catalog, by a real HTTP server: chats, push services and templates.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Channel, Contact};
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::name::ChannelName;
use wheelhouse_hub::delivery::gate::Because;
use wheelhouse_hub::delivery::{Channels, Outgoing, Secret, Secrets};
use wheelhouse_wire::catalog::{Mode, compile_files};
use wheelhouse_wire::render::Brief;

use crate::{KEY, NOW, accepted, failed, http, outgoing};

/// What no answer, log or display may ever show.
const CANARY: &str = "canary-7f3a91";

/// What came in.
#[derive(Clone, Debug)]
struct Got {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

type Gots = Arc<Mutex<Vec<Got>>>;

/// A server that keeps what it gets and answers by path, saying back all it was told where it refuses.
async fn server() -> (u16, Gots) {
    let gots = Gots::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&gots));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, gots)
}

async fn answer(State(gots): State<Gots>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let said = format!("{method} {uri} {headers:?} {body}");
    gots.lock().unwrap().push(Got { method, uri: uri.clone(), headers, body });
    match uri.path() {
        path if path.starts_with("/refuse") => (StatusCode::FORBIDDEN, said).into_response(),
        "/queued" => axum::Json(json!({"status": "queued", "code": 0})).into_response(),
        "/rejected" => axum::Json(json!({"status": "rejected", "code": 7})).into_response(),
        "/not-json" => "ok".into_response(),
        "/busy" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")], "slow down").into_response(),
        _ => "ok".into_response(),
    }
}

/// The channels that a catalog's text defines.
fn defined(text: &str) -> BTreeMap<ChannelName, Channel> {
    let base = "kind: Organization\nname: harbor\ndefault_team: noc\nfallback: {team: noc}\n---\n\
                kind: Team\nname: noc\nmembers: [emil]\ncontacts: [{email: noc@harbor.example}]\n---\n\
                {kind: Person, name: emil, contacts: [{email: emil@harbor.example}]}\n---\n";
    let (catalog, report) = compile_files(vec![("ops.yaml".into(), format!("{base}{text}"))], Mode::Whole, None);
    catalog.unwrap_or_else(|| panic!("{}", report.render_text(false))).channels
}

fn keep(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn channels(secrets: &Path) -> Channels {
    Channels::new(None, http("127.0.0.0/8"), Secret::new(KEY), 8, Secrets::in_folder(secrets).unwrap())
}

fn brief() -> Brief {
    Brief {
        message: "INC-17/m3".into(),
        subject: "[INC-17 sev1] payments-api: <!channel> & *5xx* @here".into(),
        text:
            "down & out <b>\n\"quoted\" \\ back\n\nTake it:  https://hub.example/p/abc\n-- \nINC-17/m3 by Wheelhouse\n"
                .into(),
        case: "INC-17".into(),
        title: "payments-api: <!channel> & *5xx* @here <https://evil.example|click>".into(),
        severity: Some(Severity::Sev1),
        service: "payments-api".into(),
        team: "payments".into(),
        purpose: "page",
        case_link: "https://hub.example/cases/INC-17".into(),
        take_link: Some("https://hub.example/p/abc".into()),
        ..Brief::default()
    }
}

fn by(channel: &Channel, to: &str) -> Outgoing {
    let mut message = outgoing(Contact::Channel { channel: channel.name.clone(), to: to.into() });
    message.channel = Some(Arc::new(channel.clone()));
    message.content.brief = brief();
    message
}

/// Sends by the one channel that the text defines.
async fn send(text: &str, to: &str, secrets: &Path) -> (Outcome, Channels) {
    let channel = defined(text).into_values().next().unwrap();
    let channels = channels(secrets);
    let outcome = channels.send(&by(&channel, to), NOW).await.1;
    (outcome, channels)
}

#[tokio::test]
async fn a_chat_gets_what_slack_and_mattermost_both_read_and_no_markup_gets_through() {
    let (port, gots) = server().await;
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), "chat", &format!("http://127.0.0.1:{port}/services/T0/B1/{CANARY}\n"));
    let text = "kind: Channel\nname: chat\nteam: noc\ntype: slack\nurl: {secret: chat}\n";
    let (outcome, _) = send(text, "ops-room", folder.path()).await;
    accepted(&outcome);
    let got = gots.lock().unwrap()[0].clone();
    assert_eq!((got.method.as_str(), got.uri.path()), ("POST", format!("/services/T0/B1/{CANARY}").as_str()));
    let body = got.json();
    let attachment = &body["attachments"][0];
    assert_eq!(body["channel"], "ops-room");
    assert_eq!(attachment["color"], "#b3261e");
    assert_eq!(attachment["title_link"], "https://hub.example/p/abc");
    assert_eq!(attachment["actions"][0]["url"], "https://hub.example/p/abc");
    assert_eq!(attachment["actions"][0]["text"], "Take INC-17");
    assert!(body["text"].as_str().unwrap().ends_with("<https://hub.example/p/abc|Take INC-17>"));
    for field in [&attachment["title"], &attachment["fallback"], &attachment["text"]] {
        let text = field.as_str().unwrap();
        assert!(!text.contains('<') && !text.contains('>'), "{text}");
        assert!(text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").find('&').is_none(), "{text}");
        assert!(!text.contains("@here") && !text.contains("*5xx*"), "{text}");
    }
    assert_eq!(body["text"].as_str().unwrap().matches('<').count(), 1, "one link and no other markup");
}

#[tokio::test]
async fn a_phone_gets_its_topic_priority_and_link() {
    let (port, gots) = server().await;
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), "push", CANARY);
    let text = format!(
        "kind: Channel\nname: push\nteam: noc\ntype: ntfy\nurl: http://127.0.0.1:{port}/\ntoken: {{secret: push}}\n"
    );
    let (outcome, _) = send(&text, "dana-pages", folder.path()).await;
    accepted(&outcome);
    let got = gots.lock().unwrap()[0].clone();
    assert_eq!(got.headers["authorization"], format!("Bearer {CANARY}").as_str());
    let body = got.json();
    assert_eq!((&body["topic"], &body["priority"]), (&json!("dana-pages"), &json!(5)));
    assert_eq!(body["title"], brief().subject);
    assert_eq!(body["click"], "https://hub.example/p/abc");
    assert_eq!(
        body["actions"][0],
        json!({"action": "view", "label": "Take INC-17", "url": "https://hub.example/p/abc", "clear": true})
    );
    assert_eq!(body["tags"], json!(["rotating_light", "sev1", "INC-17", "payments-api"]));
    assert!(!body["message"].as_str().unwrap().contains("by Wheelhouse"));
}

#[tokio::test]
async fn templates_fill_in_without_anything_leaving_its_place() {
    let (port, gots) = server().await;
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), "sms", CANARY);
    let text = format!(
        "kind: Channel\nname: sms\nteam: noc\ntype: http\nurl: \"http://127.0.0.1:{port}/send/{{{{to}}}}?key={{{{secret:sms}}}}\"\n\
         headers: {{X-Token: \"Basic {{{{secret:sms}}}}\", X-Subject: \"{{{{subject}}}}\"}}\n\
         body: '{{\"to\": \"{{{{to}}}}\", \"text\": \"{{{{text:20}}}}\", \"id\": \"{{{{message}}}}\", \"braces\": \"{{{{{{{{\"}}'\n"
    );
    let (outcome, _) = send(&text, "+49 170/1?x=\"y\"", folder.path()).await;
    accepted(&outcome);
    let got = gots.lock().unwrap()[0].clone();
    assert_eq!(got.uri.to_string(), format!("/send/%2B49%20170%2F1%3Fx%3D%22y%22?key={CANARY}"));
    assert_eq!(got.headers["x-token"], format!("Basic {CANARY}").as_str());
    assert_eq!(got.headers["content-type"], "application/json");
    let body = got.json();
    assert_eq!(body["to"], "+49 170/1?x=\"y\"");
    assert_eq!(body["text"], "down & out <b>\n\"quo…");
    assert_eq!((&body["id"], &body["braces"]), (&json!("INC-17/m3"), &json!("{{")));

    let form = format!(
        "kind: Channel\nname: form\nteam: noc\ntype: http\nmethod: PUT\ncontent: form\nurl: http://127.0.0.1:{port}/form\n\
         body: \"to={{{{to}}}}&text={{{{subject}}}}\"\n"
    );
    accepted(&send(&form, "a&b=c", folder.path()).await.0);
    let got = gots.lock().unwrap()[1].clone();
    assert_eq!(
        (got.method.as_str(), got.headers["content-type"].to_str().unwrap()),
        ("PUT", "application/x-www-form-urlencoded")
    );
    assert!(got.body.starts_with("to=a%26b%3Dc&text=%5BINC-17%20sev1%5D"), "{}", got.body);
    assert_eq!(got.body.matches('&').count(), 1);

    let get = format!(
        "kind: Channel\nname: get\nteam: noc\ntype: http\nmethod: GET\nurl: \"http://127.0.0.1:{port}/old?t={{{{title:5}}}}\"\n"
    );
    accepted(&send(&get, "", folder.path()).await.0);
    let got = gots.lock().unwrap()[2].clone();
    assert_eq!((got.method.as_str(), got.uri.query(), got.body.as_str()), ("GET", Some("t=paym%E2%80%A6"), ""));
}

#[tokio::test]
async fn success_is_what_the_channel_says_it_is() {
    let (port, _) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let define = |path: &str, success: &str| {
        format!(
            "kind: Channel\nname: sms\nteam: noc\ntype: http\nurl: http://127.0.0.1:{port}{path}\nbody: '{{\"a\": 1}}'\nsuccess: {success}\n"
        )
    };
    for success in [
        "{pointer: /status, equals: queued}",
        "{status: 200, pointer: /code, equals: 0}",
        "{pointer: /code, equals: \"0\"}",
    ] {
        accepted(&send(&define("/queued", success), "", folder.path()).await.0);
    }
    for (path, success, words) in [
        ("/rejected", "{pointer: /status, equals: queued}", "/status is \"rejected\" and not \"queued\""),
        ("/queued", "{pointer: /missing}", "there is no /missing in it"),
        ("/not-json", "{pointer: /status}", "the answer is not JSON"),
        ("/queued", "{status: 202}", "200 OK"),
    ] {
        let outcome = send(&define(path, success), "", folder.path()).await.0;
        let (answer, permanent) = failed(&outcome);
        assert!(permanent && answer.contains(words), "{path} {success}: {answer}");
    }
}

#[tokio::test]
async fn a_secret_is_in_the_call_and_nowhere_else() {
    let (port, gots) = server().await;
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), "url", &format!("http://127.0.0.1:{port}/refuse/{CANARY}"));
    keep(folder.path(), "nowhere", &format!("{CANARY}:not-an-address"));
    keep(folder.path(), "token", &format!("{CANARY} \"/&é"));
    let url = format!("http://127.0.0.1:{port}/refuse");
    for text in [
        "kind: Channel\nname: c\nteam: noc\ntype: slack\nurl: {secret: url}\n".to_owned(),
        "kind: Channel\nname: c\nteam: noc\ntype: slack\nurl: {secret: nowhere}\n".to_owned(),
        format!("kind: Channel\nname: c\nteam: noc\ntype: ntfy\nurl: {url}\ntoken: {{secret: token}}\n"),
        format!(
            "kind: Channel\nname: c\nteam: noc\ntype: http\nurl: \"{url}?k={{{{secret:token}}}}\"\n\
             headers: {{X-Key: \"{{{{secret:token}}}}\"}}\nbody: '{{\"k\": \"{{{{secret:token}}}}\"}}'\n"
        ),
    ] {
        let (outcome, channels) = send(&text, "x", folder.path()).await;
        let (answer, _) = failed(&outcome);
        let shown = format!("{answer} {channels:?} {:?} {:?}", channels.gates().standings(), defined(&text));
        assert!(!shown.contains("canary") && !shown.contains("7f3a91"), "{shown}");
    }
    let got = gots.lock().unwrap().clone();
    assert_eq!(got.len(), 3, "the calls that could be made were made");
    assert!(got.iter().all(|got| format!("{got:?}").contains(CANARY)), "with their secrets");
    let missing = "kind: Channel\nname: c\nteam: noc\ntype: slack\nurl: {secret: other}\n";
    let outcome = send(missing, "", folder.path()).await.0;
    let (answer, permanent) = failed(&outcome);
    assert!(permanent && answer.contains("the secret `other` cannot be used"), "{answer}");
}

#[tokio::test]
async fn who_is_too_fast_waits_as_long_as_the_other_side_asks() {
    let (port, _) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let text = format!("kind: Channel\nname: c\nteam: noc\ntype: slack\nurl: http://127.0.0.1:{port}/busy\n");
    let (outcome, channels) = send(&text, "", folder.path()).await;
    assert!(!failed(&outcome).1);
    let channel = defined(&text).into_values().next().unwrap();
    let contact = Contact::Channel { channel: channel.name.clone(), to: "".into() };
    let destination = channels.destination(&contact, Some(&channel));
    assert_eq!((&*destination.name, destination.per_minute), ("channel c", 600));
    let id = wheelhouse_core::case::MessageId::parse("INC-1/m1").unwrap();
    let now = wheelhouse_hub::clock::wall_now();
    let wait = channels.gates().ask(id, &destination, wheelhouse_core::notify::Lane::Notice, false, now).unwrap_err();
    assert_eq!(wait.because, Because::Asked);
}

#[tokio::test]
async fn a_channel_that_the_catalog_lost_is_said_to_be_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut message = outgoing(Contact::Channel { channel: ChannelName::new("gone").unwrap(), to: "x".into() });
    message.channel = None;
    let outcome = channels(folder.path()).send(&message, NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(permanent && answer.contains("the catalog has no channel `gone`"), "{answer}");
}

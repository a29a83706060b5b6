//! HTTP steps against a real server on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;
use wheelhouse_runner::step::{Delivery, HttpStep, Step};
use wheelhouse_runner::{End, Outcome};

use crate::rig::{Heard, Rig, pause, with_secret};

/// Answers each request with what `answer` makes of its head and body, and ends with the test.
fn serve(answer: impl Fn(&str, &str) -> String + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || handle(stream, answer));
        }
    });
    format!("http://{address}")
}

fn handle(mut stream: TcpStream, answer: impl Fn(&str, &str) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap_or(0) > 0 && !head.ends_with("\r\n\r\n") {}
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let _gone = stream.write_all(answer(&head, &String::from_utf8_lossy(&body)).as_bytes());
}

fn says(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn ask(http: HttpStep) -> (Outcome, Heard) {
    Rig::new().run(&Step::http("t", http, 10_000))
}

fn why(outcome: &Outcome) -> &str {
    match &outcome.end {
        End::Failed { why } | End::NotStarted { why } | End::Unknown { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_is_looked_at_and_handed_on() {
    let url = serve(|head, body| says("201 Created", &format!("{} {body}", head.lines().next().unwrap())));
    let mut http = HttpStep::of("post", format!("{url}/restart?now=1"));
    http.body = Some("{}".to_owned());
    let (outcome, heard) = ask(http.clone());
    assert_eq!(outcome.end, End::Succeeded);
    assert_eq!(heard.stdout(), "POST /restart?now=1 HTTP/1.1 {}");
    assert_eq!(json!(outcome.outputs), json!({"status": 201, "body": "POST /restart?now=1 HTTP/1.1 {}"}));
    assert!(outcome.started_at_us.is_some() && outcome.proof.is_none());
    http.expect_status = vec![200, 204];
    assert_eq!(why(&ask(http.clone()).0), "the answer has status 201; expected was 200, 204");
    http.expect_status = vec![201];
    http.expect_body = Some("restarted".to_owned());
    assert!(why(&ask(http).0).ends_with("its body does not contain what was expected"));
}

#[test]
fn a_secret_in_a_header_is_seen_by_the_server_alone() {
    let url = serve(|head, _| says("200 OK", &format!("you sent {head}")));
    let mut http = HttpStep::of("GET", url);
    http.headers.insert("X-Api-Key".to_owned(), "key ${KEY}!".to_owned());
    let rig = Rig::new().knowing(&[("api", b"k3y-of-the-house")]);
    let mut step = with_secret(Step::http("t", http, 10_000), "api", "KEY", Delivery::Environment);
    let (outcome, heard) = rig.run(&step);
    assert_eq!(outcome.end, End::Succeeded);
    assert!(heard.stdout().to_lowercase().contains("x-api-key: key [secret:api]!"), "{}", heard.stdout());
    assert!(!format!("{outcome:?}{:?}", heard.live).contains("k3y"));
    step.secrets.clear();
    let (outcome, _) = rig.run(&step);
    assert_eq!(why(&outcome), "headers.X-Api-Key: the step has no secret `KEY`");
}

#[test]
fn redirects_are_followed_as_often_as_allowed_and_nowhere_else() {
    let other = serve(|_, _| says("200 OK", "elsewhere"));
    let url = serve(move |head, _| {
        let path = head.split(' ').nth(1).unwrap();
        match path.strip_prefix("/again/").and_then(|left| left.parse::<u32>().ok()) {
            Some(0) => says("200 OK", "there"),
            Some(left) => format!(
                "HTTP/1.1 302 Found\r\nLocation: /again/{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                left - 1
            ),
            None => {
                format!("HTTP/1.1 302 Found\r\nLocation: {other}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
        }
    });
    let with = |path: &str, redirects| HttpStep { redirects, ..HttpStep::of("GET", format!("{url}{path}")) };
    assert_eq!(ask(with("/again/3", 3)).1.stdout(), "there");
    assert!(why(&ask(with("/again/3", 2)).0).contains("leads on more often than the step allows"));
    assert!(why(&ask(with("/away", 5)).0).contains("leads to another origin"));
    assert_eq!(why(&ask(with("/again/1", 0)).0), "the answer has status 302; expected was 200 to 299");
}

#[test]
fn what_takes_too_long_or_is_too_much_is_given_up() {
    let url = serve(|head, _| {
        if head.contains("/slow") {
            pause(Duration::from_secs(20));
        }
        says("200 OK", &"x".repeat(100_000))
    });
    let (outcome, _) = Rig::new().run(&Step::http("t", HttpStep::of("GET", format!("{url}/slow")), 300));
    assert!(outcome.end == End::TimedOut && (300_000..1_500_000).contains(&outcome.took_us), "{outcome:?}");
    let begun = Rig::new().begin(Step::http("t", HttpStep::of("GET", format!("{url}/slow")), 15_000));
    begun.started();
    pause(Duration::from_millis(100));
    begun.cancel.cancel();
    let (_, outcome, _) = begun.end();
    assert!(outcome.end == End::Cancelled && outcome.took_us < 5_000_000, "{outcome:?}");
    let (outcome, _) = ask(HttpStep { max_answer_bytes: 50_000, ..HttpStep::of("GET", url) });
    assert_eq!(why(&outcome), "the answer 200 OK has more than 50000 bytes");
}

#[test]
fn whether_it_was_sent_makes_a_difference() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (outcome, _) = ask(HttpStep::of("GET", format!("http://{closed}/")));
    assert!(matches!(outcome.end, End::NotStarted { .. }) && outcome.started_at_us.is_none(), "{outcome:?}");
    let url = serve(|_, _| String::new());
    let (outcome, _) = ask(HttpStep::of("POST", url));
    assert!(
        matches!(&outcome.end, End::Unknown { why } if why.starts_with("the request was sent, and no answer came")),
        "{outcome:?}"
    );
    for (url, expected) in [
        ("ftp://host/", "url: it must begin"),
        ("http://u:p@host/", "url: it must begin"),
        ("nonsense", "url: relative URL"),
    ] {
        assert!(why(&ask(HttpStep::of("GET", url)).0).starts_with(expected), "{url}");
    }
}

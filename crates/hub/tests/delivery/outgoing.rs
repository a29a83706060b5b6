//! The guard, with real listeners and names that mean what a test wants them to.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wheelhouse_hub::delivery::{Channels, Http, HttpSettings, Secret, Secrets};
use wheelhouse_hub::outgoing::{Allowed, Guard, Lookup, Refused, Zone};

use crate::{KEY, NOW, accepted, call, failed};

/// Names that mean these addresses, each time the next ones, and the last ones from then on.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<VecDeque<Vec<IpAddr>>>>, Arc<AtomicUsize>);

impl Names {
    fn meaning(answers: &[&[&str]]) -> Self {
        let answers = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect());
        Self(Arc::new(Mutex::new(answers.collect())), Arc::default())
    }
}

impl Lookup for Names {
    fn addresses(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        async move { answer.ok_or_else(|| io::Error::other("no such name")) }.boxed()
    }
}

/// A listener that counts who comes and answers 200.
async fn listener(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 64 << 10];
            let _read = stream.read(&mut request).await;
            let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await;
        }
    });
    (port, count)
}

fn channels(guard: Guard) -> Channels {
    let http = Http::new(HttpSettings::new(guard)).unwrap();
    Channels::new(None, http, Secret::new(KEY), 8, Secrets::default())
}

fn allowed(texts: &[&str]) -> Vec<Allowed> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn this_machine_is_not_called_however_it_is_spelt() {
    let (port, count) = listener("127.0.0.1").await;
    let channels = channels(Guard::new(Vec::new()));
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "localhost",
        "LOCALHOST",
        "127。0。0。1",
        "①②⑦.0.0.1",
    ] {
        let outcome = channels.send(&call(&format!("http://{host}:{port}/hook")), NOW).await.1;
        let (answer, permanent) = failed(&outcome);
        assert!(permanent && answer.contains("the hub does not call"), "{host}: {answer}");
        assert!(answer.contains("--allow-outgoing"), "{host}: {answer}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "nothing was called");
    let standing = channels.gates().standings();
    assert!(standing.iter().all(|one| one.breaker == wheelhouse_hub::delivery::gate::Breaker::Open { failures: 0 }));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called_unless_allowed() {
    let (port, count) = listener("127.0.0.1").await;
    let url = format!("http://hooks.example.org:{port}/hook");
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254"]
    {
        let names = Names::meaning(&[&[address]]);
        let outcome = channels(Guard::with_lookup(Vec::new(), names)).send(&call(&url), NOW).await.1;
        let (answer, permanent) = failed(&outcome);
        assert!(permanent && answer.contains("(as `hooks.example.org`)"), "{address}: {answer}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    for allowance in ["127.0.0.0/8", "hooks.example.org", "*.example.org"] {
        let guard = Guard::with_lookup(allowed(&[allowance]), Names::meaning(&[&["127.0.0.1"]]));
        accepted(&channels(guard).send(&call(&url), NOW).await.1);
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let guard = Guard::with_lookup(allowed(&["10.0.0.0/8", "other.example.org"]), Names::meaning(&[&["127.0.0.1"]]));
    assert!(failed(&channels(guard).send(&call(&url), NOW).await.1).1);
}

/// The name means something public when it is checked, and this machine a moment later: what was
/// checked is what is called, so the second meaning is never asked for.
#[tokio::test]
async fn a_name_that_changes_its_meaning_gains_nothing() {
    let (inside, count) = listener("127.0.0.1").await;
    let names = Names::meaning(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let asked = Arc::clone(&names.1);
    let mut settings = HttpSettings::new(Guard::with_lookup(allowed(&["192.0.2.1"]), names));
    settings.timeout = std::time::Duration::from_millis(300);
    let channels = Channels::new(None, Http::new(settings).unwrap(), Secret::new(KEY), 8, Secrets::default());
    let url = format!("http://rebinding.example.org:{inside}/hook");
    let first = channels.send(&call(&url), NOW).await.1;
    assert!(!matches!(first, wheelhouse_core::kernel::Outcome::Accepted { .. }), "{first:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one look-up for one call");
    let second = channels.send(&call(&url), NOW).await.1;
    assert!(failed(&second).1 && failed(&second).0.contains("127.0.0.1"), "{second:?}");
    assert_eq!(count.load(Ordering::SeqCst), 0, "nothing inside was called");
}

#[tokio::test]
async fn of_several_addresses_only_open_ones_are_left() {
    let names = Names::meaning(&[&["10.0.0.1", "93.184.216.34", "::1", "2606:4700::1"]]);
    let guard = Guard::with_lookup(Vec::new(), names);
    let found = guard.resolve("mixed.example.org", 443).await.unwrap();
    assert_eq!(found, ["93.184.216.34:443".parse().unwrap(), "[2606:4700::1]:443".parse().unwrap()]);
    let none = Guard::with_lookup(Vec::new(), Names::meaning(&[&[]]));
    assert!(none.resolve("empty.example.org", 443).await.unwrap_err().to_string().contains("has no address"));
    let literal = guard.resolve("[::1]", 443).await.unwrap_err();
    assert!(literal.to_string().contains("this machine"), "{literal}");
}

#[test]
fn urls_are_read_once_and_say_what_is_wrong() {
    let guard = Guard::new(allowed(&["10.1.0.0/16"]));
    assert!(guard.url("http://10.1.2.3/x").is_ok() && guard.url("https://example.org/").is_ok());
    let refused = guard.url("http://10.2.0.1/").unwrap_err();
    assert_eq!(
        refused,
        Refused::Inside { host: "10.2.0.1".into(), address: "10.2.0.1".parse().unwrap(), zone: Zone::Private }
    );
    assert_eq!(guard.url("file:///etc/passwd").unwrap_err(), Refused::Scheme("file".into()));
    assert!(matches!(guard.url("nonsense").unwrap_err(), Refused::NotAnAddress(_)));
    assert!(!guard.url("https://user:hunter2@[::bad").unwrap_err().to_string().contains("hunter2"));
}

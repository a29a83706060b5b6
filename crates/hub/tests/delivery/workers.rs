//! Workers: slots, lanes, and results that always come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Lane};
use wheelhouse_hub::delivery::{Outgoing, Workers};

use crate::{NOW, call, with};

type Done = (u32, Option<ContactKind>, Outcome, bool);

/// A receiver that answers only when the gate opens, and counts the most calls at a time.
struct Gated {
    url: String,
    gate: Arc<Semaphore>,
    most: Arc<AtomicUsize>,
}

impl Gated {
    /// Waits until so many calls have been there at a time.
    async fn reached(&self, calls: usize) {
        while self.most.load(Ordering::SeqCst) < calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn gated() -> Gated {
    let (gate, now, most) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (waits, peak) = (Arc::clone(&gate), Arc::clone(&most));
    let hook = post(async move || {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        waits.acquire().await.unwrap().forget();
        now.fetch_sub(1, Ordering::SeqCst);
        "ok"
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", hook)).await });
    Gated { url, gate, most }
}

fn workers(pages: u16, notices: u16, at_once: usize) -> Workers {
    Workers::new(with(None, at_once), pages, notices, Handle::current())
}

fn message(url: &str, lane: Lane, number: u32) -> Outgoing {
    let mut message = call(url);
    message.lane = lane;
    message.id = format!("INC-17/m{number}");
    message
}

async fn next(done: &mut mpsc::UnboundedReceiver<Done>) -> Done {
    timeout(Duration::from_secs(10), done.recv()).await.expect("nothing was done").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_hang_keep_no_page_waiting() {
    let (slow, quick) = (gated().await, gated().await);
    quick.gate.add_permits(100);
    let workers = workers(2, 3, 8);
    let (done, mut finished) = mpsc::unbounded_channel();
    let spawn = |url: &str, lane, number| {
        let done = done.clone();
        workers.spawn(message(url, lane, number), NOW, move |kind, outcome, repeated| {
            done.send((number, kind, outcome, repeated)).unwrap();
        });
    };
    for number in 1..=5 {
        spawn(&slow.url, Lane::Notice, number);
    }
    assert_eq!((workers.free_notices(), workers.free_pages()), (0, 2), "slots are taken when spawn returns");
    // A page to the same slow host, and one elsewhere: both start at once.
    spawn(&quick.url, Lane::Page, 100);
    let (number, kind, outcome, repeated) = next(&mut finished).await;
    assert_eq!((number, kind, repeated), (100, Some(ContactKind::Webhook), false));
    assert!(matches!(outcome, Outcome::Accepted { .. }));
    assert_eq!(workers.free_pages(), 2, "the slot is free before the result is told");
    slow.reached(3).await;
    slow.gate.add_permits(100);
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(next(&mut finished).await.0);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5], "those without a slot waited and were sent");
    assert_eq!(slow.most.load(Ordering::SeqCst), 3, "never more than there are slots");
    timeout(Duration::from_secs(5), workers.settled()).await.unwrap();
    assert_eq!((workers.free_notices(), workers.free_pages()), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_destination_takes_so_many_at_a_time() {
    let slow = gated().await;
    let workers = workers(8, 8, 2);
    let (done, mut finished) = mpsc::unbounded_channel();
    for number in 1..=6 {
        let done = done.clone();
        workers.spawn(message(&slow.url, Lane::Notice, number), NOW, move |kind, outcome, repeated| {
            done.send((number, kind, outcome, repeated)).unwrap();
        });
    }
    slow.reached(2).await;
    let contact = message(&slow.url, Lane::Notice, 7).contact;
    assert!(!workers.has_room(Lane::Notice, &contact) && workers.has_room(Lane::Page, &contact));
    slow.gate.add_permits(100);
    for _ in 0..6 {
        assert!(matches!(next(&mut finished).await.2, Outcome::Accepted { .. }));
    }
    assert_eq!(slow.most.load(Ordering::SeqCst), 2);
    assert!(workers.has_room(Lane::Notice, &contact));
}

#[test]
fn messages_are_handed_over_from_a_thread_without_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let workers = runtime.block_on(async { workers(1, 1, 1) });
    let (done, finished) = std::sync::mpsc::channel();
    let mut repeat = message("nonsense", Lane::Page, 1);
    repeat.repeated = true;
    workers.spawn(repeat, NOW, move |_, outcome, repeated| done.send((outcome, repeated)).unwrap());
    let (outcome, repeated) = finished.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(matches!(outcome, Outcome::Failed { permanent: true, .. }) && repeated);
}

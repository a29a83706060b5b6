//! Connections from outside, over real sockets: what one of them does never keeps the others from an answer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: what is unexpected ends them")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use wheelhouse_hub::listen::{Bodies, BodyLimits, Limits, listen, take_body};
use wheelhouse_hub::metrics::Metrics;

/// Long enough for anything that is to happen, on a busy machine too.
const LONG: Duration = Duration::from_secs(30);
/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(300);
/// More than the buffers between two sockets hold.
const LARGE: usize = 64 << 20;

const ROOMY: Limits = Limits { connections: 100, head: LONG, unread: LONG };
const ROOMY_BODIES: BodyLimits = BodyLimits { together: 1 << 20, free: 1 << 10, longest: LONG };

struct Server {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stopping: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits, bodies: BodyLimits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Arc::new(Metrics::new());
        let (stopping, stopped) = watch::channel(false);
        let router = Router::new()
            .route("/ok", get(|| async { "ok" }))
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/refuse", post(|| async { StatusCode::FORBIDDEN }))
            .route(
                "/slow",
                get(|| async {
                    sleep(SHORT).await;
                    "slow"
                }),
            )
            .layer(from_fn_with_state(Bodies::new(bodies, metrics.clone()), take_body));
        let ended = tokio::spawn(listen(listener, router, limits, stopped));
        Self { address, metrics, stopping, ended }
    }

    async fn connect(&self) -> Peer {
        Peer(TcpStream::connect(self.address).await.unwrap())
    }
}

struct Peer(TcpStream);

impl Peer {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n")).await;
    }

    /// Sends the head of a request, and so many bytes of its body.
    async fn post(&mut self, path: &str, says: usize, sends: usize) {
        self.send(&format!("POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Length: {says}\r\n\r\n")).await;
        self.0.write_all(&vec![b'x'; sends]).await.unwrap();
    }

    /// One answer, with its body; less where the connection ends before.
    async fn answer(&mut self) -> String {
        let mut said = String::new();
        let mut piece = [0; 4096];
        let is_whole = |said: &str| {
            let (head, body) = said.split_once("\r\n\r\n")?;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
            Some(body.len() >= length.parse::<usize>().unwrap())
        };
        let reading = async {
            while is_whole(&said) != Some(true) {
                match self.0.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => said.push_str(&String::from_utf8_lossy(&piece[..read])),
                }
            }
        };
        assert!(timeout(LONG, reading).await.is_ok(), "still waiting after {said}");
        said
    }

    /// How many bytes come until the connection ends.
    async fn rest(&mut self) -> usize {
        let (mut piece, mut read) = ([0; 4096], 0);
        let reading = async {
            while let Ok(more @ 1..) = self.0.read(&mut piece).await {
                read += more;
            }
        };
        assert!(timeout(LONG, reading).await.is_ok(), "the connection does not end");
        read
    }
}

#[tokio::test]
async fn one_who_sends_no_head_is_cut_off_and_the_others_are_answered() {
    let server = Server::start(Limits { head: SHORT, ..ROOMY }, ROOMY_BODIES).await;
    let (mut silent, mut halfway) = (server.connect().await, server.connect().await);
    halfway.send("GET /ok HTTP/1.1\r\nHo").await;
    let mut other = server.connect().await;
    other.get("/ok").await;
    assert!(other.answer().await.starts_with("HTTP/1.1 200"));
    assert_eq!(silent.rest().await, 0);
    assert!(!halfway.answer().await.contains("200 OK"));
    // A connection that was used and then left alone ends too.
    assert_eq!(other.rest().await, 0);
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_refused_with_words() {
    let limits = BodyLimits { longest: SHORT, ..ROOMY_BODIES };
    let server = Server::start(ROOMY, limits).await;
    for says in [1_000, 100_000] {
        let mut slow = server.connect().await;
        slow.post("/length", says, 10).await;
        let said = slow.answer().await;
        assert!(said.starts_with("HTTP/1.1 408") && said.contains("send less at once"), "{said}");
        assert!(said.contains("connection: close"), "{said}");
    }
    let mut trickling = server.connect().await;
    trickling.post("/length", 100_000, 10).await;
    // However often another byte comes; the answer may be lost with the bytes that cross it.
    let (mut reader, mut writer) = trickling.0.into_split();
    let trickle = tokio::spawn(async move {
        while writer.write_all(b"x").await.is_ok() {
            sleep(SHORT / 20).await;
        }
    });
    let mut some = [0; 4096];
    let read = timeout(LONG, reader.read(&mut some)).await.unwrap().unwrap_or(0);
    assert!(read == 0 || some.starts_with(b"HTTP/1.1 408"));
    timeout(LONG, trickle).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_flood_of_large_bodies_is_turned_away_and_small_ones_are_not() {
    let server = Server::start(ROOMY, ROOMY_BODIES).await;
    let mut first = server.connect().await;
    first.post("/length", 900_001, 900_000).await;
    let mut second = server.connect().await;
    let said = loop {
        // The first one's bytes may not all have come yet.
        second.post("/length", 800_000, 800_000).await;
        let said = second.answer().await;
        if said.starts_with("HTTP/1.1 503") {
            break said;
        }
        assert!(said.ends_with("800000"), "{said}");
    };
    assert!(said.contains("retry-after") && said.contains("send it again"), "{said}");
    assert_eq!(server.metrics.busy.get(), 1);
    // It was read to its end, so its sender heard of it, and can use the connection again.
    second.get("/ok").await;
    assert!(second.answer().await.starts_with("HTTP/1.1 200"));
    let mut small = server.connect().await;
    small.post("/length", 1_000, 1_000).await;
    assert!(small.answer().await.ends_with("1000"));
    first.send("x").await;
    assert!(first.answer().await.ends_with("900001"));
    let mut third = server.connect().await;
    third.post("/length", 800_000, 800_000).await;
    assert!(third.answer().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_nobody_wants_does_not_break_the_connection() {
    let server = Server::start(ROOMY, ROOMY_BODIES).await;
    let mut peer = server.connect().await;
    for bytes in [10, 5_000_000] {
        peer.post("/refuse", bytes, bytes).await;
        assert!(peer.answer().await.starts_with("HTTP/1.1 403"));
        peer.get("/ok").await;
        assert!(peer.answer().await.starts_with("HTTP/1.1 200"));
    }
    // Nothing is held any more.
    peer.post("/length", 1_000_000, 1_000_000).await;
    assert!(peer.answer().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_asks_before_sending_is_answered_without_having_sent() {
    let server = Server::start(ROOMY, ROOMY_BODIES).await;
    let mut peer = server.connect().await;
    peer.send("POST /refuse HTTP/1.1\r\nHost: hub\r\nExpect: 100-continue\r\nContent-Length: 500000\r\n\r\n").await;
    assert!(peer.answer().await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait_and_one_that_does_not_read_is_cut_off() {
    let limits = Limits { connections: 1, unread: SHORT, ..ROOMY };
    let server = Server::start(limits, ROOMY_BODIES).await;
    let mut stuck = server.connect().await;
    stuck.get("/large").await;
    let mut other = server.connect().await;
    other.get("/ok").await;
    assert!(timeout(SHORT / 3, other.0.readable()).await.is_err(), "answered before there was room");
    assert!(other.answer().await.starts_with("HTTP/1.1 200"));
    assert!(stuck.rest().await < LARGE);
}

#[tokio::test]
async fn a_stop_lets_what_is_under_way_finish_and_takes_nothing_new() {
    let server = Server::start(ROOMY, ROOMY_BODIES).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.get("/ok").await;
    idle.answer().await;
    busy.get("/slow").await;
    sleep(SHORT / 3).await;
    server.stopping.send_replace(true);
    assert!(busy.answer().await.ends_with("slow"));
    assert_eq!(idle.rest().await, 0);
    timeout(LONG, server.ended).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

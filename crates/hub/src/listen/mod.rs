//! Connections from outside: how many there may be, how long each may take, and how much they may make
//! the hub hold.
//!
//! Nobody who sends slowly, stops reading, or sends more than there is room for keeps the hub from others.

mod bodies;
mod files;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

pub use bodies::{Bodies, BodyLimits, take_body};

/// The largest head of a request that is read, in bytes.
const LARGEST_HEAD: usize = 64 << 10;
/// How long to wait where no connection can be taken, because files or memory are short.
const PAUSE: Duration = Duration::from_millis(100);

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many there may be at a time; more wait at the door.
    pub connections: usize,
    /// How long a head may take, from the connection's start or the request before: so an idle connection
    /// ends after it as well.
    pub head: Duration,
    /// How long a peer may leave unacknowledged what was sent to it, whether it is gone or does not read.
    pub unread: Duration,
}

impl Limits {
    /// The most connections, unless files are short.
    const MOST: usize = 4_096;

    /// What this process can bear: half of the files that it may open are for connections.
    pub fn of_process() -> Self {
        let connections = files::raise().map_or(Self::MOST, |files| Self::MOST.min(files / 2));
        Self { connections, head: Duration::from_secs(60), unread: Duration::from_secs(60) }
    }
}

/// Answers requests until `stopping` turns true, then waits for those under way.
pub async fn listen(listener: TcpListener, router: Router, limits: Limits, mut stopping: watch::Receiver<bool>) {
    let free = Arc::new(Semaphore::new(limits.connections));
    let under_way = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(LARGEST_HEAD);
    loop {
        let (stream, permit) = tokio::select! {
            next = next(&listener, &free, &limits) => next,
            _stopped = stopping.wait_for(|stopping| *stopping) => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended before its time");
            }
            drop(permit);
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

/// The next connection, as soon as there is room for it.
async fn next(listener: &TcpListener, free: &Arc<Semaphore>, limits: &Limits) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = free.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await.and_then(|(stream, _)| prepared(stream, limits)) {
            Ok(stream) => return (stream, permit),
            // The peer went away while it waited: the next one is worth a try at once.
            Err(error) if is_of_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn prepared(stream: TcpStream, limits: &Limits) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_user_timeout(Some(limits.unread))?;
    Ok(stream)
}

fn is_of_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | NotConnected | InvalidInput)
}

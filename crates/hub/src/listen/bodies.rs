//! Taking the bodies of requests: never too many bytes at a time, never for too long, and each to its end.
//!
//! A connection that still holds unread bytes cannot be used again. Closing it while the sender writes may
//! cost the sender the answer, or the next request that it had put on the same connection. So the rest of
//! a body is read and thrown away where its answer needed only a part of it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep, timeout};
use wheelhouse_wire::api::Problem;

use crate::metrics::Metrics;
use crate::routes::problem_response;

/// The most that is read and thrown away, in bytes.
const MOST_THROWN_AWAY: usize = 64 << 20;
/// How long a sender may take for it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What bodies may cost.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// How many bytes all requests under way may hold together, beyond what is free.
    pub together: usize,
    /// How many bytes of each body are not counted: so a flood of large ones keeps nobody with a small one out.
    pub free: usize,
    /// How long a body may take.
    pub longest: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { together: 128 << 20, free: 64 << 10, longest: Duration::from_secs(60) }
    }
}

/// The bodies of requests under way. Cloning shares it.
#[derive(Clone)]
pub struct Bodies {
    limits: BodyLimits,
    held: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

impl Bodies {
    /// None so far.
    pub fn new(limits: BodyLimits, metrics: Arc<Metrics>) -> Self {
        Self { limits, held: Arc::default(), metrics }
    }
}

/// Answers a request with its body under these limits, after the rest of the body was read and thrown
/// away; where that is too much, the answer says that the connection closes.
pub async fn take_body(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Whoever asks before sending is answered without having sent anything.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let is_small = request.body().size_hint().exact().is_some_and(|bytes| bytes <= bodies.limits.free as u64);
    if is_small && !asks_first {
        small(&bodies.limits, request, next).await
    } else {
        large(&bodies, request, next, asks_first).await
    }
}

/// Reads a small body whole before anybody looks at it.
async fn small(limits: &BodyLimits, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match timeout(limits.longest, to_bytes(body, limits.free)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => closing(problem_response(&Problem::new(400, "broken", "the request broke off"))),
        Err(_) => closing(problem_response(&Refused::Late.problem(limits))),
    }
}

/// Lets a body be read as far as somebody wants it, and its rest be thrown away.
async fn large(bodies: &Bodies, request: Request, next: Next, asks_first: bool) -> Response {
    let (parts, body) = request.into_parts();
    let (end, mut ended) = oneshot::channel();
    let held = Arc::new(Held { all: bodies.held.clone(), here: AtomicUsize::new(0) });
    let (limits, body) = (bodies.limits, Some(body.into_data_stream()));
    let taken = Taken { body, limits, passed: 0, held: held.clone(), late: None, end: Some(end) };
    let response = next.run(Request::from_parts(parts, Body::from_stream(taken))).await;
    // What the reader held is given up with its answer, not with the end of its connection.
    drop(held);
    let Ok(End { refused, rest }) = ended.try_recv() else { return response };
    let is_read = match rest {
        Some(_) if asks_first => true,
        Some(rest) => timeout(LONGEST_WAIT, throw_away(rest)).await.unwrap_or(false),
        None => false,
    };
    let response = match refused {
        Some(refused) => {
            bodies.metrics.busy.add(u64::from(matches!(refused, Refused::Full)));
            problem_response(&refused.problem(&limits))
        }
        None => response,
    };
    if is_read { response } else { closing(response) }
}

/// Says that the connection closes after this answer.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether the body could be read to its end.
async fn throw_away(mut rest: BodyDataStream) -> bool {
    let mut thrown_away = 0;
    while let Some(piece) = rest.next().await {
        let Ok(piece) = piece else { return false };
        thrown_away += piece.len();
        if thrown_away > MOST_THROWN_AWAY {
            return false;
        }
    }
    true
}

/// Bytes that a request holds until it is answered.
struct Held {
    all: Arc<AtomicUsize>,
    here: AtomicUsize,
}

impl Held {
    /// Whether there is room for so many more.
    fn add(&self, bytes: usize, most: usize) -> bool {
        if self.all.fetch_add(bytes, Ordering::Relaxed) + bytes > most {
            self.all.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.here.fetch_add(bytes, Ordering::Relaxed);
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(*self.here.get_mut(), Ordering::Relaxed);
    }
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Refused {
    #[error("there is no room for this request now")]
    Full,
    #[error("the request took too long to come")]
    Late,
}

impl Refused {
    fn problem(self, limits: &BodyLimits) -> Problem {
        match self {
            Self::Full => {
                let words = "the hub holds as many bytes of requests as it may; nothing of this one was taken; \
                             send it again in a moment";
                Problem::new(503, "busy", words)
            }
            Self::Late => {
                let words = format!(
                    "the request took longer than {} s to come; nothing of it was taken; send less at once",
                    limits.longest.as_secs()
                );
                Problem::new(408, "too_slow", words)
            }
        }
    }
}

/// How the reading of a body ended, before the body did.
struct End {
    /// Why it is not taken, if it is not because nobody wanted more of it.
    refused: Option<Refused>,
    /// What has not been read, where it is worth reading.
    rest: Option<BodyDataStream>,
}

/// A body that is counted, and that comes back when whoever reads it has had enough of it.
struct Taken {
    body: Option<BodyDataStream>,
    limits: BodyLimits,
    /// How many bytes have passed.
    passed: usize,
    held: Arc<Held>,
    /// When it takes too long; begins when it does not come at once.
    late: Option<Pin<Box<Sleep>>>,
    end: Option<oneshot::Sender<End>>,
}

impl Taken {
    fn refuse(&mut self, refused: Refused) -> Poll<Option<<Self as Stream>::Item>> {
        let rest = self.body.take().filter(|_| matches!(refused, Refused::Full));
        self.ends(End { refused: Some(refused), rest });
        Poll::Ready(Some(Err(axum::Error::new(refused))))
    }

    fn ends(&mut self, end: End) {
        if let Some(sender) = self.end.take() {
            // Nobody waits for it where the request was given up.
            let _unwanted = sender.send(end);
        }
    }
}

impl Stream for Taken {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match body.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(piece))) => {
                let (before, free) = (self.passed, self.limits.free);
                self.passed += piece.len();
                let counted = self.passed.saturating_sub(free) - before.saturating_sub(free);
                if counted > 0 && !self.held.add(counted, self.limits.together) {
                    return self.refuse(Refused::Full);
                }
                Poll::Ready(Some(Ok(piece)))
            }
            Poll::Ready(ended) => {
                self.body = None;
                Poll::Ready(ended)
            }
            Poll::Pending => {
                let longest = self.limits.longest;
                let late = self.late.get_or_insert_with(|| Box::pin(sleep(longest)));
                match late.as_mut().poll(cx) {
                    Poll::Ready(()) => self.refuse(Refused::Late),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.ends(End { refused: None, rest: Some(body) });
        }
    }
}

//! Reading a request to its end, also where its answer needed only a part of it.
//!
//! A connection that still holds unread bytes cannot be used again. Closing it while the sender writes may
//! cost the sender the answer, or the next request that it had put on the same connection.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The most that is read and thrown away, in bytes.
const MOST_THROWN_AWAY: usize = 64 << 20;
/// How long a sender may take for it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Answers a request, after the rest of its body was read and thrown away; where that is too much, the
/// answer says that the connection closes.
pub async fn finish_reading(request: Request, next: Next) -> Response {
    // Whoever asks before sending is answered without having sent anything.
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let (give_back, mut given_back) = oneshot::channel();
    let lent = Lent { body: Some(body.into_data_stream()), give_back: Some(give_back) };
    let mut response = next.run(Request::from_parts(parts, Body::from_stream(lent))).await;
    if let Ok(rest) = given_back.try_recv()
        && !timeout(LONGEST_WAIT, throw_away(rest)).await.unwrap_or(false)
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
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

/// A body that comes back when whoever reads it has had enough of it.
struct Lent {
    body: Option<BodyDataStream>,
    give_back: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = body.poll_next_unpin(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.body.take(), self.give_back.take()) {
            // Nobody waits for it where the request was given up.
            let _unwanted = give_back.send(body);
        }
    }
}

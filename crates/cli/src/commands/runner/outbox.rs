//! What a step says, on its way to the hub: never held up by it, and bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use wheelhouse_runner::protocol::{Piece, Said};
use wheelhouse_runner::{Chunk, Gap, Sink};

/// How much that is only for those who watch waits; older pieces give way.
const MOST_LIVE: usize = 1 << 20;
/// How much goes at a time, in bytes of text; a piece of it may be six times as long as JSON.
const A_BATCH: usize = 96 << 10;

/// What a step says, and how far the hub has it.
#[derive(Clone, Default)]
pub(super) struct Outbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    moved: Notify,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Piece>,
    live_bytes: usize,
    /// What is to be kept, all of it: the hub may ask for it again.
    kept: Vec<Piece>,
    /// How many kept pieces went.
    sent: u64,
}

impl Outbox {
    /// How many pieces are to be kept.
    pub(super) fn kept_so_far(&self) -> u64 {
        self.lock().kept.len() as u64
    }

    /// What goes next; nothing where all of it went.
    pub(super) fn next(&self) -> Option<Said> {
        let mut inner = self.lock();
        let (mut pieces, mut bytes, from) = (Vec::new(), 0, inner.sent);
        while bytes < A_BATCH {
            let Some(piece) = inner.waiting.pop_front() else { break };
            bytes += weight(&piece);
            if matches!(piece, Piece::Live(_)) {
                inner.live_bytes -= weight(&piece);
            }
            inner.sent += u64::from(piece.is_kept());
            pieces.push(piece);
        }
        (!pieces.is_empty()).then_some(Said { from, pieces })
    }

    /// Notes how many kept pieces the hub has; those that it lacks go again.
    pub(super) fn has(&self, kept: u64) {
        let mut inner = self.lock();
        if kept < inner.sent {
            let range = index(kept)..index(inner.sent).min(inner.kept.len());
            let again: Vec<Piece> = inner.kept.get(range).unwrap_or_default().to_vec();
            again.into_iter().rev().for_each(|piece| inner.waiting.push_front(piece));
            inner.sent = kept;
        }
    }

    /// Waits until there may be something to send.
    pub(super) async fn moved(&self) {
        self.0.moved.notified().await;
    }

    /// Wakes whoever waits.
    pub(super) fn wake(&self) {
        self.0.moved.notify_one();
    }

    fn put(&self, piece: Piece) {
        let mut inner = self.lock();
        match &piece {
            Piece::Live(_) => {
                inner.live_bytes += weight(&piece);
                inner.waiting.push_back(piece);
                while inner.live_bytes > MOST_LIVE {
                    let oldest = inner.waiting.iter().position(|piece| matches!(piece, Piece::Live(_)));
                    let Some(oldest) = oldest.and_then(|oldest| inner.waiting.remove(oldest)) else { break };
                    inner.live_bytes -= weight(&oldest);
                }
            }
            // It was just said: one piece is both.
            Piece::Kept(chunk) if inner.waiting.back() == Some(&Piece::Live(chunk.clone())) => {
                inner.live_bytes -= weight(&piece);
                inner.waiting.pop_back();
                inner.waiting.push_back(Piece::Both(chunk.clone()));
                inner.kept.push(piece);
            }
            _ => {
                inner.waiting.push_back(piece.clone());
                inner.kept.push(piece);
            }
        }
        drop(inner);
        self.wake();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Outbox {
    fn live(&mut self, chunk: &Chunk) {
        self.put(Piece::Live(chunk.clone()));
    }

    fn kept(&mut self, chunk: &Chunk) {
        self.put(Piece::Kept(chunk.clone()));
    }

    fn gap(&mut self, gap: Gap) {
        self.put(Piece::Gap(gap));
    }
}

fn weight(piece: &Piece) -> usize {
    match piece {
        Piece::Both(chunk) | Piece::Live(chunk) | Piece::Kept(chunk) => chunk.text.len() + 96,
        Piece::Gap(_) => 96,
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use wheelhouse_runner::Stream;

    use super::*;

    fn chunk(seq: u64, text: &str) -> Chunk {
        Chunk { seq, stream: Stream::Stdout, at_us: 0, text: text.to_owned(), escaped: false }
    }

    #[test]
    fn what_is_said_and_kept_goes_once_and_again_where_the_hub_lost_it() {
        let mut outbox = Outbox::default();
        for seq in 0..3 {
            outbox.live(&chunk(seq, "said"));
            outbox.kept(&chunk(seq, "said"));
        }
        outbox.live(&chunk(3, "not kept"));
        let first = outbox.next().unwrap();
        assert_eq!((first.from, first.pieces.len()), (0, 4));
        assert_eq!(first.pieces[0], Piece::Both(chunk(0, "said")));
        assert!(outbox.next().is_none());
        outbox.has(3);
        assert!(outbox.next().is_none());
        outbox.has(1);
        let again = outbox.next().unwrap();
        assert_eq!((again.from, again.pieces), (1, vec![Piece::Kept(chunk(1, "said")), Piece::Kept(chunk(2, "said"))]));
    }

    #[test]
    fn a_flood_keeps_what_is_to_be_kept_and_the_newest_of_the_rest() {
        let mut outbox = Outbox::default();
        outbox.live(&chunk(0, "first"));
        outbox.kept(&chunk(0, "first"));
        let text = "x".repeat(10_000);
        for seq in 1..1_000 {
            outbox.live(&chunk(seq, &text));
        }
        assert!(outbox.lock().live_bytes <= MOST_LIVE);
        let batches: Vec<Said> = std::iter::from_fn(|| outbox.next()).collect();
        assert_eq!(batches[0].pieces[0], Piece::Both(chunk(0, "first")));
        assert_eq!(batches.last().unwrap().pieces.last(), Some(&Piece::Live(chunk(999, &text))));
    }
}

//! Output as others see it: numbered pieces of clean text, and a ring of the newest for whoever watches.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Where output came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output, or what another kind of step answered.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A piece of a step's output, redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Its place among all chunks of the step, both streams together, from 0.
    pub seq: u64,
    /// Where it came from.
    pub stream: Stream,
    /// When it was read, in microseconds after the step was begun, on a clock that only goes on.
    pub at_us: u64,
    /// The text. Bytes that are no UTF-8 and zero bytes are written as `\xNN`.
    pub text: String,
    /// Whether something in it was written so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escaped: bool,
}

/// What was not kept between the beginning and the end of a step's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// How many bytes of clean text were dropped.
    pub dropped_bytes: u64,
    /// The number of the first chunk of which something is missing.
    pub from_seq: u64,
    /// The number of the first chunk that was kept again.
    pub to_seq: u64,
}

/// The newest chunks of a step, for those who begin to watch while it runs.
#[derive(Debug)]
pub struct Ring {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    most: usize,
}

/// What a chunk costs beside its text.
const OVERHEAD: usize = 96;

impl Ring {
    /// Returns a ring that takes up `most` bytes at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { chunks: VecDeque::new(), bytes: 0, most }
    }

    /// Adds a chunk, and lets go of the oldest that no longer fit.
    pub fn push(&mut self, chunk: Chunk) {
        self.bytes += weight(&chunk);
        self.chunks.push_back(chunk);
        while self.bytes > self.most {
            let Some(oldest) = self.chunks.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    /// Gives the chunks from number `seq` on that are still there, and whether older ones among them are gone.
    pub fn since(&self, seq: u64) -> (impl Iterator<Item = &Chunk>, bool) {
        let first = self.chunks.partition_point(|chunk| chunk.seq < seq);
        let gone = self.chunks.front().is_some_and(|oldest| oldest.seq > seq);
        (self.chunks.range(first..), gone)
    }

    /// How many bytes it takes up.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

fn weight(chunk: &Chunk) -> usize {
    chunk.text.len() + OVERHEAD
}

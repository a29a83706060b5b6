//! Output on its way out: redacted, made clean text, numbered, kept at both ends, counted.

mod keep;
mod text;

use std::sync::Arc;
use std::time::Duration;

use crate::chunk::{Chunk, Stream};
use crate::outcome::OutputCount;
use crate::redact::{Redactor, Secrets};
use crate::step::OutputLimits;
use crate::{Sink, Started};
use keep::Keep;
use text::Clean;

/// All output of one step.
pub(crate) struct Output<'a> {
    sink: &'a mut dyn Sink,
    keep: Keep,
    stdout: Side,
    stderr: Side,
    count: OutputCount,
    clean: Vec<u8>,
}

struct Side {
    stream: Stream,
    redactor: Redactor,
    text: Clean,
}

impl<'a> Output<'a> {
    pub(crate) fn new(secrets: &Arc<Secrets>, limits: OutputLimits, sink: &'a mut dyn Sink) -> Self {
        let side = |stream| Side { stream, redactor: Redactor::new(Arc::clone(secrets)), text: Clean::default() };
        Self {
            sink,
            keep: Keep::new(limits),
            stdout: side(Stream::Stdout),
            stderr: side(Stream::Stderr),
            count: OutputCount::default(),
            clean: Vec::new(),
        }
    }

    /// Says that the step's own code runs.
    pub(crate) fn started(&mut self, started: &Started) {
        self.sink.started(started);
    }

    /// Takes what was read from a stream.
    pub(crate) fn take(&mut self, stream: Stream, bytes: &[u8], at: Duration) {
        let side = match stream {
            Stream::Stdout => {
                self.count.stdout_bytes += bytes.len() as u64;
                &mut self.stdout
            }
            Stream::Stderr => {
                self.count.stderr_bytes += bytes.len() as u64;
                &mut self.stderr
            }
        };
        self.clean.clear();
        side.redactor.push(bytes, &mut self.clean);
        let piece = side.text.piece(&self.clean);
        let stream = side.stream;
        self.give(stream, piece, at);
    }

    /// Ends both streams: gives what was held back, then the end of what is kept, then the count.
    pub(crate) fn finish(mut self, at: Duration) -> OutputCount {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let side = if stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
            self.clean.clear();
            side.redactor.finish(&mut self.clean);
            self.count.redacted += side.redactor.redacted();
            let pieces = [side.text.piece(&self.clean), side.text.rest()];
            for piece in pieces {
                self.give(stream, piece, at);
            }
        }
        let (gap, tail) = self.keep.end();
        if let Some(gap) = gap {
            self.sink.gap(gap);
        }
        for chunk in tail {
            self.sink.kept(&chunk);
        }
        self.count.gap = gap;
        self.count
    }

    fn give(&mut self, stream: Stream, (text, escaped): (String, bool), at: Duration) {
        if text.is_empty() {
            return;
        }
        let at_us = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let chunk = Chunk { seq: self.count.chunks, stream, at_us, text, escaped };
        self.count.chunks += 1;
        self.sink.live(&chunk);
        if let Some(kept) = self.keep.take(chunk) {
            self.sink.kept(&kept);
        }
    }
}

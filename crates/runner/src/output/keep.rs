//! What is kept of a step's output: the beginning as it comes, the end once it is known to be the end.

use std::collections::VecDeque;

use crate::chunk::{Chunk, Gap};
use crate::step::OutputLimits;

/// The most chunks that wait at the end, however short they are.
const MOST_CHUNKS: usize = 8_192;

/// Decides which chunks are kept.
#[derive(Debug)]
pub(crate) struct Keep {
    head_left: u64,
    tail_most: u64,
    tail: VecDeque<Chunk>,
    tail_bytes: u64,
    gap: Option<Gap>,
}

impl Keep {
    pub(crate) const fn new(limits: OutputLimits) -> Self {
        Self {
            head_left: limits.head_bytes,
            tail_most: limits.tail_bytes,
            tail: VecDeque::new(),
            tail_bytes: 0,
            gap: None,
        }
    }

    /// Takes the next chunk, and gives it back, or its beginning, if that is kept at once.
    pub(crate) fn take(&mut self, mut chunk: Chunk) -> Option<Chunk> {
        let length = chunk.text.len() as u64;
        if self.tail.is_empty() && self.gap.is_none() && length <= self.head_left {
            self.head_left -= length;
            return Some(chunk);
        }
        let fits = boundary(&chunk.text, self.head_left, false);
        self.head_left = 0;
        let rest = chunk.text.split_off(fits);
        let head = (!chunk.text.is_empty()).then(|| chunk.clone());
        chunk.text = rest;
        self.tail_bytes += chunk.text.len() as u64;
        self.tail.push_back(chunk);
        self.shorten();
        head
    }

    /// Gives what was not kept, and the end.
    pub(crate) fn end(&mut self) -> (Option<Gap>, VecDeque<Chunk>) {
        if let (Some(gap), Some(first)) = (&mut self.gap, self.tail.front()) {
            gap.to_seq = first.seq;
        }
        (self.gap, std::mem::take(&mut self.tail))
    }

    fn shorten(&mut self) {
        while self.tail_bytes > self.tail_most || self.tail.len() > MOST_CHUNKS {
            let Some(first) = self.tail.front_mut() else { return };
            let gap = self.gap.get_or_insert(Gap { dropped_bytes: 0, from_seq: first.seq, to_seq: first.seq });
            let over = usize::try_from(self.tail_bytes - self.tail_most.min(self.tail_bytes)).unwrap_or(usize::MAX);
            let whole = over >= first.text.len() || self.tail.len() > MOST_CHUNKS;
            let first = self.tail.front_mut();
            let dropped = match first {
                Some(first) if !whole => {
                    let rest = first.text.split_off(boundary(&first.text, over as u64, true));
                    std::mem::replace(&mut first.text, rest).len() as u64
                }
                _ => self.tail.pop_front().map_or(0, |first| first.text.len() as u64),
            };
            if let Some(first) = self.tail.front() {
                gap.to_seq = first.seq;
            }
            gap.dropped_bytes += dropped;
            self.tail_bytes -= dropped;
        }
    }
}

/// The place next to byte `at` at which no letter is cut: before it, or behind it if `up`.
fn boundary(text: &str, at: u64, up: bool) -> usize {
    let mut place = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(place) {
        place = if up { place + 1 } else { place - 1 };
    }
    place
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::chunk::Stream;

    fn chunk(seq: u64, text: &str) -> Chunk {
        Chunk { seq, stream: Stream::Stdout, at_us: 0, text: text.to_owned(), escaped: false }
    }

    fn kept(head: u64, tail: u64, texts: &[&str]) -> (Vec<String>, Option<Gap>, Vec<(u64, String)>) {
        let mut keep = Keep::new(OutputLimits { head_bytes: head, tail_bytes: tail });
        let numbered = texts.iter().enumerate().map(|(seq, text)| chunk(seq as u64, text));
        let head = numbered.filter_map(|chunk| keep.take(chunk)).map(|chunk| chunk.text).collect();
        let (gap, tail) = keep.end();
        (head, gap, tail.into_iter().map(|chunk| (chunk.seq, chunk.text)).collect())
    }

    #[test]
    fn what_fits_is_kept_as_it_comes() {
        let (head, gap, tail) = kept(10, 10, &["abc", "def"]);
        assert_eq!((head.concat(), gap, tail.len()), ("abcdef".to_owned(), None, 0));
        // What is longer than the beginning may still be kept whole.
        let (head, gap, tail) = kept(4, 10, &["abc", "def", "g"]);
        assert_eq!((head.concat(), gap), ("abcd".to_owned(), None));
        assert_eq!(tail, [(1, "ef".to_owned()), (2, "g".to_owned())]);
    }

    #[test]
    fn the_middle_goes_and_is_counted() {
        let (head, gap, tail) = kept(4, 3, &["abc", "def", "ghi", "jkl", "m"]);
        assert_eq!(head.concat(), "abcd");
        assert_eq!(gap, Some(Gap { dropped_bytes: 6, from_seq: 1, to_seq: 3 }));
        assert_eq!(tail, [(3, "kl".to_owned()), (4, "m".to_owned())]);
        let (head, gap, tail) = kept(0, 0, &["abc", "def"]);
        assert_eq!((head.len(), gap.map(|gap| gap.dropped_bytes), tail.len()), (0, Some(6), 0));
    }

    #[test]
    fn letters_are_not_cut() {
        let (head, gap, tail) = kept(2, 2, &["aé€é"]);
        assert_eq!((head.concat(), tail[0].1.as_str()), ("a".to_owned(), "é"));
        assert_eq!(gap.map(|gap| gap.dropped_bytes), Some(5));
    }
}

//! Redacting a stream that comes in pieces of any size.

use std::collections::VecDeque;
use std::sync::Arc;

use super::automaton::Matcher;
use super::{SHORTEST, Secrets};

/// How many bytes in a row may stand between two characters of a folded spelling.
const FOLD: u32 = 64;

/// One stream on its way from a step to whoever reads it.
#[derive(Debug)]
pub struct Redactor {
    secrets: Arc<Secrets>,
    plain: Option<Matcher>,
    squeezed: Option<Matcher>,
    /// What was taken in and not yet given out; the first byte is number `base` of the stream.
    held: Vec<u8>,
    base: u64,
    next: u64,
    /// Where the characters are that a folded spelling may consist of, for as long as one may.
    places: VecDeque<u64>,
    blanks: u32,
    /// Places to be replaced, in order and apart from each other.
    cuts: VecDeque<Cut>,
    /// Until where the last thing given out was a replacement.
    replaced_until: Option<u64>,
    redacted: u64,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    from: u64,
    to: u64,
    owner: usize,
}

impl Redactor {
    /// Begins with a new stream.
    #[must_use]
    pub fn new(secrets: Arc<Secrets>) -> Self {
        let (plain, squeezed) = (secrets.matcher(false), secrets.matcher(true));
        Self {
            secrets,
            plain,
            squeezed,
            held: Vec::new(),
            base: 0,
            next: 0,
            places: VecDeque::new(),
            blanks: 0,
            cuts: VecDeque::new(),
            replaced_until: None,
            redacted: 0,
        }
    }

    /// Takes the next piece, and adds to `clean` all that can no longer become a part of a secret.
    pub fn push(&mut self, piece: &[u8], clean: &mut Vec<u8>) {
        if self.plain.is_none() && self.squeezed.is_none() {
            clean.extend_from_slice(piece);
            return;
        }
        self.held.extend_from_slice(piece);
        self.search(piece);
        let safe = self.next - self.may_become();
        self.give(safe, clean);
    }

    /// Ends the stream, and adds to `clean` what was held back. A long beginning of a secret is replaced too.
    pub fn finish(&mut self, clean: &mut Vec<u8>) {
        for (beginning, start) in [self.plain_beginning(), self.squeezed_beginning()].into_iter().flatten() {
            if beginning.1 >= SHORTEST {
                self.cut(Cut { from: start, to: self.next, owner: beginning.0 });
            }
        }
        self.give(self.next, clean);
        let secrets = Arc::clone(&self.secrets);
        let redacted = self.redacted;
        *self = Self::new(secrets);
        self.redacted = redacted;
    }

    /// How many places were replaced so far.
    #[must_use]
    pub const fn redacted(&self) -> u64 {
        self.redacted
    }

    /// How many bytes are held back, because they may become a part of a secret.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.held.len()
    }

    fn search(&mut self, piece: &[u8]) {
        let secrets = Arc::clone(&self.secrets);
        for &byte in piece {
            self.next += 1;
            if let (Some(automaton), Some(matcher)) = (&secrets.plain, &mut self.plain)
                && !automaton.ignores(*matcher, byte)
                && let Some((length, owner)) = automaton.step(matcher, byte)
            {
                let from = self.next - length as u64;
                self.cut(Cut { from, to: self.next, owner });
            }
            let (Some(automaton), Some(matcher)) = (&secrets.squeezed, &mut self.squeezed) else { continue };
            if automaton.ignores(*matcher, byte) {
                continue;
            }
            if matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b':') {
                self.blanks += 1;
                if self.blanks > FOLD {
                    *matcher = automaton.begin();
                    self.places.clear();
                }
                continue;
            }
            self.blanks = 0;
            self.places.push_back(self.next - 1);
            let found = automaton.step(matcher, byte);
            let alive = automaton.beginning(*matcher).map_or(0, |(_, length)| length);
            if let Some((length, owner)) = found {
                let from = nth_last(&self.places, length).unwrap_or(self.next - 1);
                self.cut(Cut { from, to: self.next, owner });
            }
            let places = &mut self.places;
            while places.len() > alive {
                places.pop_front();
            }
        }
    }

    /// How many of the last bytes may become a part of a secret.
    fn may_become(&self) -> u64 {
        let starts = [self.plain_beginning(), self.squeezed_beginning()].into_iter().flatten().map(|(_, start)| start);
        starts.min().map_or(0, |start| self.next - start)
    }

    fn plain_beginning(&self) -> Option<((usize, usize), u64)> {
        let beginning = self.secrets.plain.as_ref()?.beginning(self.plain?)?;
        Some((beginning, self.next - beginning.1 as u64))
    }

    fn squeezed_beginning(&self) -> Option<((usize, usize), u64)> {
        let beginning = self.secrets.squeezed.as_ref()?.beginning(self.squeezed?)?;
        Some((beginning, nth_last(&self.places, beginning.1)?))
    }

    fn cut(&mut self, mut cut: Cut) {
        cut.from = cut.from.max(self.base);
        while let Some(last) = self.cuts.back().filter(|last| last.to >= cut.from).copied() {
            cut = Cut { from: cut.from.min(last.from), to: cut.to.max(last.to), owner: last.owner };
            self.cuts.pop_back();
        }
        self.cuts.push_back(cut);
    }

    /// Gives out everything before number `safe`, and the whole of what is replaced from before it.
    fn give(&mut self, safe: u64, clean: &mut Vec<u8>) {
        let mut at = self.base;
        while let Some(cut) = self.cuts.front().filter(|cut| cut.from < safe).copied() {
            self.cuts.pop_front();
            clean.extend_from_slice(self.between(at, cut.from));
            // The next piece of one long place is no place of its own.
            if self.replaced_until != Some(cut.from) {
                clean.extend_from_slice(b"[secret:");
                clean.extend_from_slice(self.secrets.name(cut.owner).as_bytes());
                clean.push(b']');
                self.redacted += 1;
            }
            self.replaced_until = Some(cut.to);
            at = cut.to;
        }
        if at < safe {
            clean.extend_from_slice(self.between(at, safe));
            at = safe;
        }
        let given = usize::try_from(at - self.base).unwrap_or(usize::MAX).min(self.held.len());
        self.held.drain(..given);
        self.base = at;
    }

    fn between(&self, from: u64, to: u64) -> &[u8] {
        let place = |number: u64| usize::try_from(number - self.base).unwrap_or(usize::MAX);
        self.held.get(place(from)..place(to)).unwrap_or_default()
    }
}

fn nth_last(places: &VecDeque<u64>, n: usize) -> Option<u64> {
    places.get(places.len().checked_sub(n)?).copied()
}

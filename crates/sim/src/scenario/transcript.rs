//! The transcript: one line an entry, with exact instants in UTC.

use std::fmt::Write as _;

use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::time::Timestamp;

use super::describe::describe;
use crate::tables::Tables;

/// Lines of what happened, under a heading for each day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transcript {
    text: String,
    day: Option<String>,
    repeats: Option<Repeats>,
}

/// A run of commits in which known signals were told again and nothing else.
#[derive(Clone, Debug)]
struct Repeats {
    from: Timestamp,
    until: Timestamp,
    words: String,
    times: u32,
}

impl Transcript {
    /// Starts with the title.
    pub(crate) fn new(title: &str) -> Self {
        Self { text: format!("# {title}\n"), ..Self::default() }
    }

    /// Writes a line of the story itself.
    pub(crate) fn say(&mut self, now: Timestamp, words: &str) {
        self.flush();
        self.line(now, words);
    }

    /// Writes the entries of a commit.
    pub(crate) fn commit(&mut self, entries: &[Entry], tables: &Tables) {
        for entry in entries {
            let words = describe(entry, tables);
            if is_repetition(&entry.fact) {
                self.repeat(entry.at, words);
            } else {
                self.say(entry.at, &words);
            }
        }
    }

    /// Writes a line of the summary, which has no instant.
    pub(crate) fn end(&mut self, words: &str) {
        self.flush();
        self.text.push_str(words);
        self.text.push('\n');
    }

    /// The whole text.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.text
    }

    fn repeat(&mut self, at: Timestamp, words: String) {
        match &mut self.repeats {
            Some(run) if run.words == words => {
                run.until = at;
                run.times += 1;
            }
            _ => {
                self.flush();
                self.repeats = Some(Repeats { from: at, until: at, words, times: 1 });
            }
        }
    }

    fn flush(&mut self) {
        if let Some(Repeats { from, until, words, times }) = self.repeats.take() {
            let words = if times == 1 {
                words
            } else {
                format!("{words}; the same {} more times until {}", times - 1, clock(until))
            };
            self.line(from, &words);
        }
    }

    fn line(&mut self, at: Timestamp, words: &str) {
        let day = at.to_string().split_once('T').map(|(day, _)| day.to_string());
        if self.day != day {
            let _ = writeln!(self.text, "\n{} UTC", day.as_deref().unwrap_or_default());
            self.day = day;
        }
        let _ = writeln!(self.text, "{:<15}  {words}", clock(at));
    }
}

/// The time of day in UTC, with as many fractional digits as needed.
pub(super) fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.split_once('T').map_or_else(|| text.clone(), |(_, time)| time.trim_end_matches('Z').to_string())
}

fn is_repetition(fact: &Fact) -> bool {
    let Fact::Signals { count, dropped: 0, ignored: 0, cases, .. } = fact else { return false };
    cases.values().map(|tally| tally.repeated).sum::<u64>() == *count
}

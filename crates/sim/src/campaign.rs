//! Very many stories: on all cores, with a memory of how far it got.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::seeded;

/// How many stories a thread takes at a time.
const BLOCK: u64 = 25;
/// How many stories each thread plays to see how fast the machine is.
const SAMPLE: u64 = 50;
/// How often it says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many stories.
    pub amount: Amount,
    /// How many are played at a time.
    pub threads: usize,
    /// Where it is kept how far it got; it goes on from there.
    pub kept: Option<PathBuf>,
    /// Whether a story that breaks a promise is told in full.
    pub retell: bool,
}

/// How many stories are played.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// So many.
    Seeds(u64),
    /// As many as this machine plays in so many minutes, by the speed of the first ones. What is
    /// played later is not cut short, so a machine that slows down takes longer and misses nothing.
    Minutes(u64),
}

/// How far a campaign is.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Seeds below this one are done.
    next: u64,
    /// Blocks beyond it that are done, by their first seed.
    ahead: BTreeSet<u64>,
    failed: BTreeSet<u64>,
}

impl Campaign {
    /// Plays the stories, says how it goes, and gives the seeds that broke a promise.
    ///
    /// # Errors
    /// Says when what is kept cannot be read or written.
    pub fn run(&self) -> Result<BTreeSet<u64>, String> {
        let mut progress = Progress::read(self.kept.as_deref(), self.from)?;
        if progress.next > self.from {
            println!("going on from seed {}; {} failed so far", progress.next, progress.failed.len());
        }
        let end = match self.amount {
            Amount::Seeds(seeds) => self.from.saturating_add(seeds),
            Amount::Minutes(minutes) => {
                let sample = progress.next.saturating_add(SAMPLE * self.threads as u64);
                let a_minute = self.play(&mut progress, sample)? * 60.0;
                // A float of stories is a number of stories; the sample is always played.
                let seeds = format!("{:.0}", a_minute * minutes as f64).parse().unwrap_or(SAMPLE);
                progress.next.saturating_add(seeds)
            }
        };
        let started = now();
        let before = progress.next;
        let speed = self.play(&mut progress, end)?;
        let (played, failed) = (end.saturating_sub(before), progress.failed.len());
        println!(
            "{played} stories in {} s ({speed:.1} a second on {} threads), up to seed {end}: {failed} broke a promise",
            now().duration_since(started).as_secs(),
            self.threads
        );
        Ok(progress.failed)
    }

    /// Plays up to `end`; gives how many stories were played a second.
    fn play(&self, progress: &mut Progress, end: u64) -> Result<f64, String> {
        let (begun, first) = (now(), progress.next);
        let cursor = AtomicU64::new(first);
        let (tell, told) = mpsc::channel();
        let mut said = begun;
        thread::scope(|scope| {
            for _ in 0..self.threads {
                let (tell, cursor, skip) = (tell.clone(), &cursor, progress.ahead.clone());
                scope.spawn(move || play_blocks(cursor, end, &skip, &tell));
            }
            drop(tell);
            for (block, failures) in told {
                for failure in &failures {
                    eprintln!("{failure}");
                    if self.retell {
                        eprintln!("{}", failure.retold());
                    }
                }
                progress.note(block, end, failures.iter().map(|failure| failure.seed));
                progress.keep(self.kept.as_deref())?;
                if now().duration_since(said) >= SAY_EVERY {
                    said = now();
                    let speed = speed(progress.next - first, begun);
                    println!("seed {} of {end}, {speed:.1} a second, {} failed", progress.next, progress.failed.len());
                }
            }
            Ok(speed(end.saturating_sub(first), begun))
        })
    }
}

fn play_blocks(cursor: &AtomicU64, end: u64, skip: &BTreeSet<u64>, tell: &mpsc::Sender<(u64, Vec<seeded::Failure>)>) {
    loop {
        let block = cursor.fetch_add(BLOCK, Ordering::SeqCst);
        if block >= end {
            return;
        }
        let seeds = block..block.saturating_add(BLOCK).min(end);
        let failures = if skip.contains(&block) {
            Vec::new()
        } else {
            seeds.filter_map(|seed| seeded::check(seed, None).err().map(|failure| *failure)).collect()
        };
        if tell.send((block, failures)).is_err() {
            return;
        }
    }
}

impl Progress {
    fn note(&mut self, block: u64, end: u64, failed: impl Iterator<Item = u64>) {
        self.failed.extend(failed);
        self.ahead.insert(block);
        while self.ahead.remove(&self.next) {
            self.next = self.next.saturating_add(BLOCK).min(end);
        }
    }

    /// Lines of `next SEED`, `ahead SEED` and `failed SEED`.
    fn read(kept: Option<&Path>, from: u64) -> Result<Self, String> {
        let fresh = Self { next: from, ..Self::default() };
        let Some(file) = kept.filter(|file| file.exists()) else { return Ok(fresh) };
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut progress = fresh;
        for line in text.lines() {
            let read = line.split_once(' ').and_then(|(word, seed)| Some((word, seed.parse().ok()?)));
            match read {
                Some(("next", seed)) => progress.next = seed,
                Some(("ahead", seed)) => drop(progress.ahead.insert(seed)),
                Some(("failed", seed)) => drop(progress.failed.insert(seed)),
                _ => return Err(format!("{}: `{line}` is not `next`, `ahead` or `failed` and a seed", file.display())),
            }
        }
        Ok(progress)
    }

    fn keep(&self, kept: Option<&Path>) -> Result<(), String> {
        let Some(file) = kept else { return Ok(()) };
        let mut text = format!("next {}\n", self.next);
        for (word, seeds) in [("ahead", &self.ahead), ("failed", &self.failed)] {
            for seed in seeds {
                text.push_str(&format!("{word} {seed}\n"));
            }
        }
        let written = file.with_extension("new");
        let kept = fs::write(&written, text).and_then(|()| fs::rename(&written, file));
        kept.map_err(|error| format!("{}: {error}", file.display()))
    }
}

fn speed(stories: u64, since: Instant) -> f64 {
    stories as f64 / now().duration_since(since).as_secs_f64().max(0.001)
}

#[expect(clippy::disallowed_methods, reason = "says how fast it is; no story knows of it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn it_goes_on_where_it_was_interrupted_and_forgets_no_failure() {
        let mut progress = Progress { next: 100, ..Progress::default() };
        progress.note(125, 1_000, [130].into_iter());
        assert_eq!(progress.next, 100, "a block is missing");
        progress.note(100, 1_000, std::iter::empty());
        assert_eq!((progress.next, progress.ahead.len()), (150, 0));
        progress.note(200, 1_000, std::iter::empty());
        let file = std::env::temp_dir().join(format!("campaign-{}", std::process::id()));
        progress.keep(Some(&file)).unwrap();
        let again = Progress::read(Some(&file), 0).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!((again.next, again.ahead, again.failed), (150, [200].into(), [130].into()));
    }

    #[test]
    fn so_many_seeds_are_played_on_so_many_threads() {
        let campaign = Campaign { from: 7, amount: Amount::Seeds(3), threads: 2, kept: None, retell: false };
        assert_eq!(campaign.run(), Ok(BTreeSet::new()));
    }
}

//! What steps say: kept in files beside the database, its newest part in memory while they run.
//!
//! The record has the digest of each file and not its content: output is long, and nobody may be able to write into the
//! record by printing. A line of a file is a piece of output as JSON.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{BufRead, BufReader, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wheelhouse_core::run::{Epoch, OutputDigest};
use wheelhouse_core::runbook::RunbookHash;
use wheelhouse_runner::{Chunk, Gap, Ring, Sink, Stream};

use super::ASKABLE;

/// How much of a running step's newest output is kept in memory.
const RING: usize = 1 << 20;
/// How many pieces are given at a time.
const MOST_PIECES: usize = 1_000;
/// The largest file of kept output, in bytes: what a runner keeps at both ends, as JSON.
const LARGEST_FILE: u64 = 16 << 20;
/// How many files lie in one folder.
const A_FOLDER: u64 = 1_000;

/// What steps say and said.
pub(crate) struct Outputs {
    folder: PathBuf,
    live: Mutex<BTreeMap<Epoch, Arc<Live>>>,
}

/// The output of a step that runs.
struct Live {
    ring: Mutex<Ring>,
    /// The number of the next piece.
    next: watch::Sender<u64>,
}

/// A line of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Gap { gap: Gap },
    Chunk(Chunk),
}

/// Pieces of output, for whoever looks.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The pieces, in order.
    pub chunks: Vec<Chunk>,
    /// The number from which on to ask next.
    pub next: u64,
    /// What is missing among them.
    pub gaps: Vec<Gap>,
    /// Whether the step still runs.
    pub live: bool,
}

impl Outputs {
    /// Output that is kept in a folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, live: Mutex::default() }
    }

    /// Begins to take in what the step of a lease says.
    pub(crate) fn begin(self: &Arc<Self>, epoch: Epoch) -> Writing {
        let live = Arc::new(Live { ring: Mutex::new(Ring::new(RING)), next: watch::Sender::new(0) });
        lock(&self.live).insert(epoch, live.clone());
        let file = self.open(epoch);
        if let Err(error) = &file {
            tracing::warn!(%epoch, %error, "what a step says cannot be kept");
        }
        Writing {
            outputs: self.clone(),
            epoch,
            live,
            file: file.ok(),
            bytes: 0,
            lost: 0,
            head: String::new(),
            pieces: 0,
        }
    }

    /// Goes on taking in what the step of a lease says, of which an earlier hub may have kept a part.
    pub(crate) fn resume(self: &Arc<Self>, epoch: Epoch) -> std::io::Result<Writing> {
        let path = self.path(epoch);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(self.begin(epoch)),
            Err(error) => return Err(error),
        };
        // The last line may have been cut by a crash; it is sent again.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (mut next, mut pieces, mut head) = (0, 0, String::new());
        for line in text.get(..whole).unwrap_or_default().lines() {
            pieces += 1;
            if let Ok(Line::Chunk(chunk)) = serde_json::from_str(line) {
                next = next.max(chunk.seq + 1);
                if chunk.stream == Stream::Stdout && head.len() + chunk.text.len() <= ASKABLE {
                    head.push_str(&chunk.text);
                }
            }
        }
        let file = OpenOptions::new().write(true).open(&path)?;
        let bytes = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(bytes)?;
        let mut file = file;
        file.seek(std::io::SeekFrom::End(0))?;
        let live = Arc::new(Live { ring: Mutex::new(Ring::new(RING)), next: watch::Sender::new(next) });
        lock(&self.live).insert(epoch, live.clone());
        Ok(Writing { outputs: self.clone(), epoch, live, file: Some(file), bytes, lost: 0, head, pieces })
    }

    /// What the step of a lease said from a number on; waits for more while it runs and nothing is there.
    pub(crate) async fn read(self: &Arc<Self>, epoch: Epoch, from: u64, patience: Duration) -> std::io::Result<Said> {
        let live = lock(&self.live).get(&epoch).cloned();
        let Some(live) = live else {
            let outputs = self.clone();
            return tokio::task::spawn_blocking(move || outputs.kept(epoch, from)).await?;
        };
        let mut next = live.next.subscribe();
        let _more = tokio::time::timeout(patience, next.wait_for(|next| *next > from)).await;
        let ring = lock(&live.ring);
        let (chunks, gone) = ring.since(from);
        let chunks: Vec<Chunk> = chunks.take(MOST_PIECES).cloned().collect();
        let first = chunks.first().map_or(from, |chunk| chunk.seq);
        let gap = Gap { dropped_bytes: 0, from_seq: from, to_seq: first };
        let next = chunks.last().map_or(from, |chunk| chunk.seq + 1);
        Ok(Said { chunks, next, gaps: gone.then_some(gap).into_iter().collect(), live: true })
    }

    /// Takes away what was kept under these leases.
    pub(crate) async fn erase(self: &Arc<Self>, epochs: Vec<Epoch>) {
        let outputs = self.clone();
        let erase = move || {
            for epoch in epochs {
                match std::fs::remove_file(outputs.path(epoch)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        tracing::error!(%epoch, %error, "what a step said could not be erased; take the file away by hand");
                    }
                    _ => {}
                }
            }
        };
        if tokio::task::spawn_blocking(erase).await.is_err() {
            tracing::error!("what steps said could not be erased; ask for the erasure again");
        }
    }

    /// What was kept of it.
    fn kept(&self, epoch: Epoch, from: u64) -> std::io::Result<Said> {
        let mut said = Said { next: from, ..Said::default() };
        let file = match File::open(self.path(epoch)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(said),
            Err(error) => return Err(error),
        };
        for line in BufReader::new(file).lines() {
            // The last line may have been cut by a crash.
            let Ok(line) = serde_json::from_str::<Line>(&line?) else { continue };
            match line {
                Line::Gap { gap } if gap.from_seq >= from => said.gaps.push(gap),
                Line::Chunk(chunk) if chunk.seq >= from => {
                    said.next = chunk.seq + 1;
                    said.chunks.push(chunk);
                }
                Line::Gap { .. } | Line::Chunk(_) => {}
            }
            if said.chunks.len() >= MOST_PIECES {
                break;
            }
        }
        Ok(said)
    }

    fn path(&self, epoch: Epoch) -> PathBuf {
        self.folder.join(format!("{}", epoch.0 / A_FOLDER)).join(format!("{epoch}.jsonl"))
    }

    fn open(&self, epoch: Epoch) -> std::io::Result<File> {
        let path = self.path(epoch);
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)
    }
}

/// The output of one execution, as it comes.
pub(crate) struct Writing {
    outputs: Arc<Outputs>,
    epoch: Epoch,
    live: Arc<Live>,
    file: Option<File>,
    bytes: u64,
    lost: u64,
    head: String,
    /// How many pieces came to be kept.
    pieces: u64,
}

impl Writing {
    /// How many pieces came to be kept.
    pub(crate) const fn pieces(&self) -> u64 {
        self.pieces
    }

    /// The number from which on pieces are new to those who watch.
    pub(crate) fn next(&self) -> u64 {
        *self.live.next.borrow()
    }

    /// How many bytes of it lie in the file.
    pub(crate) const fn kept_bytes(&self) -> u64 {
        self.bytes
    }

    /// What was kept so far, by its digest, and the beginning of what was said on standard output. `said` is how many
    /// bytes the step wrote, `lost` how many of them were not kept.
    pub(crate) fn digest(&self, said: u64, lost: u64) -> (Option<OutputDigest>, String) {
        let synced = self.file.as_ref().map(File::sync_data);
        let digest = match (said, synced) {
            (0, _) | (_, None) => None,
            (bytes, Some(Ok(()))) => {
                let text = std::fs::read_to_string(self.outputs.path(self.epoch)).ok();
                text.map(|text| OutputDigest { hash: RunbookHash::of(&text), bytes, lost: lost + self.lost })
            }
            (_, Some(Err(error))) => {
                tracing::warn!(epoch = %self.epoch, %error, "what a step said is not on the disk");
                None
            }
        };
        (digest, self.head.clone())
    }

    fn write(&mut self, line: &Line) {
        let Ok(mut json) = serde_json::to_vec(line) else { return };
        json.push(b'\n');
        let length = u64::try_from(json.len()).unwrap_or(u64::MAX);
        if self.bytes + length > LARGEST_FILE {
            self.lost += length;
            return;
        }
        let written = self.file.as_mut().map(|file| file.write_all(&json));
        match written {
            Some(Ok(())) => self.bytes += length,
            Some(Err(error)) => {
                tracing::warn!(epoch = %self.epoch, %error, "what a step says cannot be kept any more");
                self.file = None;
            }
            None => {}
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        lock(&self.outputs.live).remove(&self.epoch);
        // Whoever waits for more learns that there is none.
        self.live.next.send_modify(|next| *next = u64::MAX);
    }
}

impl Sink for Writing {
    fn live(&mut self, chunk: &Chunk) {
        lock(&self.live.ring).push(chunk.clone());
        self.live.next.send_replace(chunk.seq + 1);
    }

    fn kept(&mut self, chunk: &Chunk) {
        self.pieces += 1;
        if chunk.stream == Stream::Stdout && self.head.len() + chunk.text.len() <= ASKABLE {
            self.head.push_str(&chunk.text);
        }
        self.write(&Line::Chunk(chunk.clone()));
    }

    fn gap(&mut self, gap: Gap) {
        self.pieces += 1;
        self.write(&Line::Gap { gap });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

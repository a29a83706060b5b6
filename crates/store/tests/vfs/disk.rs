//! The model of a disk behind a volatile cache: what a power cut may take and what it may not.

use std::collections::{BTreeMap, BTreeSet};

use super::locks::{FileLocks, SharedMemory};

/// What reaches the platter in one piece, in bytes; smaller than a page, so that pages tear.
pub const SECTOR: usize = 512;

/// Numbers from a seed (SplitMix64: Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws the next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Draws a number from 0 to `bound - 1`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// One file: its content as programs see it, and as it stood at its last sync.
#[derive(Default)]
pub struct Inode {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// The sectors of `live` that were written since the last sync.
    unsynced: BTreeSet<usize>,
    open_handles: usize,
    pub locks: FileLocks,
    pub memory: SharedMemory,
}

impl Inode {
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Copies from `offset` on and tells how many bytes there were.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> usize {
        let there = self.live.get(offset..).unwrap_or_default();
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        count
    }

    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if end > self.live.len() {
            self.grow(end);
        }
        self.live[offset..end].copy_from_slice(bytes);
        self.unsynced.extend(offset / SECTOR..end.div_ceil(SECTOR));
    }

    pub fn truncate(&mut self, length: usize) {
        if length > self.live.len() {
            self.grow(length);
        }
        self.live.truncate(length);
    }

    fn grow(&mut self, length: usize) {
        self.unsynced.extend(self.live.len() / SECTOR..length.div_ceil(SECTOR));
        self.live.resize(length, 0);
    }

    pub fn sync(&mut self) {
        self.durable.resize(self.live.len(), 0);
        for sector in std::mem::take(&mut self.unsynced) {
            let end = ((sector + 1) * SECTOR).min(self.live.len());
            if let Some(bytes) = self.live.get(sector * SECTOR..end) {
                self.durable[sector * SECTOR..end].copy_from_slice(bytes);
            }
        }
    }

    /// Leaves what a power cut leaves and tells how many written sectors it took.
    ///
    /// An unsynced growth may be kept in part, an unsynced truncation is kept or not. Each unsynced
    /// sector is then kept with a chance of `keep` in 8; a new sector that is lost reads as zeros.
    fn cut(&mut self, random: &mut Random, keep: u64) -> u64 {
        let (old, new) = (self.durable.len(), self.live.len());
        let length = match random.below(3) {
            0 => old,
            1 if new > old => old + random.below((new - old) as u64 + 1) as usize,
            _ => new,
        };
        let mut left = std::mem::take(&mut self.durable);
        left.resize(length, 0);
        let mut taken = 0;
        for sector in std::mem::take(&mut self.unsynced) {
            let end = ((sector + 1) * SECTOR).min(length).min(new);
            if sector * SECTOR < end && random.below(8) < keep {
                left[sector * SECTOR..end].copy_from_slice(&self.live[sector * SECTOR..end]);
            } else {
                taken += 1;
            }
        }
        self.live.clone_from(&left);
        self.durable = left;
        self.locks = FileLocks::default();
        self.memory = SharedMemory::default();
        self.open_handles = 0;
        taken
    }
}

/// All files under one VFS, and the power that keeps their unsynced parts alive.
///
/// A name's creation or deletion is durable once its directory is synced; until then a power cut
/// keeps or drops it by chance, each name for itself.
pub struct Disk {
    inodes: BTreeMap<u64, Inode>,
    live_names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    random: Random,
    last_id: u64,
    /// How many power cuts there were; a handle opened before the last one is dead.
    pub epoch: u64,
    /// Whether everything fails until the power is back.
    pub off: bool,
    /// How many syncs of files succeeded.
    pub syncs: u64,
    /// How many written sectors the power cuts took.
    pub taken: u64,
    cut_after: Option<u64>,
    /// How many bytes all files together may have.
    room: usize,
}

impl Disk {
    pub fn new(seed: u64) -> Self {
        Self {
            inodes: BTreeMap::new(),
            live_names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            random: Random::new(seed),
            last_id: 0,
            epoch: 0,
            off: false,
            syncs: 0,
            taken: 0,
            cut_after: None,
            room: usize::MAX,
        }
    }

    /// Lets the power fail at the `changes`-th change of the disk from now, before it has effect.
    pub fn cut_after(&mut self, changes: u64) {
        self.cut_after = Some(changes);
    }

    /// Gives the disk room for so many bytes more than its files have now.
    pub fn leave_room(&mut self, bytes: usize) {
        self.room = self.used().saturating_add(bytes);
    }

    /// Whether a file may become so long.
    pub fn has_room(&mut self, id: u64, length: usize) -> bool {
        length <= self.inode(id).len() || length - self.inode(id).len() + self.used() <= self.room
    }

    fn used(&self) -> usize {
        self.inodes.values().map(Inode::len).sum()
    }

    /// Counts one change of the disk, which may be the one at which the power fails.
    pub fn change(&mut self) {
        match &mut self.cut_after {
            Some(0 | 1) => self.fail(),
            Some(left) => *left -= 1,
            None => {}
        }
    }

    /// Lets the power fail now; it stays off.
    pub fn fail(&mut self) {
        self.cut_after = None;
        self.off = true;
        self.epoch += 1;
        let live = std::mem::take(&mut self.live_names);
        let durable = std::mem::take(&mut self.durable_names);
        let names: BTreeSet<&String> = live.keys().chain(durable.keys()).collect();
        for name in names {
            let (now, then) = (live.get(name), durable.get(name));
            let left = if now == then || self.random.below(2) == 0 { now } else { then };
            if let Some(&id) = left {
                self.durable_names.insert(name.clone(), id);
            }
        }
        self.live_names.clone_from(&self.durable_names);
        let keep = [0, 1, 4, 7, 8][self.random.below(5) as usize];
        let kept: BTreeSet<u64> = self.durable_names.values().copied().collect();
        self.inodes.retain(|id, _| kept.contains(id));
        for inode in self.inodes.values_mut() {
            self.taken += inode.cut(&mut self.random, keep);
        }
    }

    /// The file that is open under this number.
    pub fn inode(&mut self, id: u64) -> &mut Inode {
        self.inodes.get_mut(&id).expect("a file that is open or has a name exists")
    }

    /// The number of the file of this name.
    pub fn find(&self, name: &str) -> Option<u64> {
        self.live_names.get(name).copied()
    }

    /// Makes an empty file, without a name if none is given.
    pub fn create(&mut self, name: Option<&str>) -> u64 {
        self.last_id += 1;
        self.inodes.insert(self.last_id, Inode::default());
        if let Some(name) = name {
            self.live_names.insert(name.to_owned(), self.last_id);
        }
        self.last_id
    }

    /// Takes a name away; the file lives on for those who have it open.
    pub fn unlink(&mut self, name: &str) -> bool {
        let found = self.live_names.remove(name);
        if let Some(id) = found {
            self.collect(id);
        }
        found.is_some()
    }

    pub fn sync_file(&mut self, id: u64) {
        self.syncs += 1;
        self.inode(id).sync();
    }

    /// Makes the names in one directory durable as they are now.
    pub fn sync_directory_of(&mut self, name: &str) {
        let directory = directory(name).to_owned();
        let mut gone = Vec::new();
        self.durable_names.retain(|name, &mut id| {
            let elsewhere = self::directory(name) != directory;
            if !elsewhere {
                gone.push(id);
            }
            elsewhere
        });
        let names = self.live_names.iter().filter(|(name, _)| self::directory(name) == directory);
        self.durable_names.extend(names.map(|(name, &id)| (name.clone(), id)));
        gone.into_iter().for_each(|id| self.collect(id));
    }

    /// Counts a handle of a file and gives it a number of its own.
    pub fn opened(&mut self, id: u64) -> u64 {
        self.inode(id).open_handles += 1;
        self.last_id += 1;
        self.last_id
    }

    pub fn closed(&mut self, id: u64) {
        self.inode(id).open_handles -= 1;
        self.collect(id);
    }

    /// Frees a file that nobody has open and that no name, now or after a power cut, leads to.
    fn collect(&mut self, id: u64) {
        let named = self.live_names.values().chain(self.durable_names.values()).any(|&n| n == id);
        if !named && self.inodes.get(&id).is_some_and(|inode| inode.open_handles == 0) {
            self.inodes.remove(&id);
        }
    }
}

fn directory(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

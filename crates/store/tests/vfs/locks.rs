//! The locks that connections of one process take on a file, and the shared memory of the WAL.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rusqlite::ffi;

/// Who holds which lock on a database file (<https://sqlite.org/lockingv3.html>).
#[derive(Default)]
pub struct FileLocks(BTreeMap<u64, c_int>);

impl FileLocks {
    /// Raises a handle's lock to `wanted`; `false` when another handle's lock forbids it.
    pub fn raise(&mut self, handle: u64, wanted: c_int) -> bool {
        let held = self.0.get(&handle).copied().unwrap_or(ffi::SQLITE_LOCK_NONE);
        if held >= wanted {
            return true;
        }
        let others = self.0.iter().filter(|(other, _)| **other != handle).map(|(_, level)| *level);
        let others = others.max().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let granted = match wanted {
            ffi::SQLITE_LOCK_SHARED if others >= ffi::SQLITE_LOCK_PENDING => return false,
            ffi::SQLITE_LOCK_SHARED => wanted,
            _ if others >= ffi::SQLITE_LOCK_RESERVED => return false,
            ffi::SQLITE_LOCK_EXCLUSIVE if others >= ffi::SQLITE_LOCK_SHARED => ffi::SQLITE_LOCK_PENDING,
            _ => wanted,
        };
        self.0.insert(handle, granted);
        granted == wanted
    }

    /// Lowers a handle's lock to `level`.
    pub fn lower(&mut self, handle: u64, level: c_int) {
        if level == ffi::SQLITE_LOCK_NONE {
            self.0.remove(&handle);
        } else if let Some(held) = self.0.get_mut(&handle) {
            *held = level.min(*held);
        }
    }

    /// Whether somebody means to write.
    pub fn reserved(&self) -> bool {
        self.0.values().any(|&level| level >= ffi::SQLITE_LOCK_RESERVED)
    }
}

/// One region of shared memory; atomics, because connections on several threads write to it.
pub struct Region(Box<[AtomicU64]>);

impl Region {
    fn new(bytes: usize) -> Self {
        Self((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Where the region starts; good for as long as the region is kept.
    pub fn start(&self) -> *mut std::ffi::c_void {
        self.0.as_ptr().cast_mut().cast()
    }
}

const SLOTS: usize = ffi::SQLITE_SHM_NLOCK as usize;

/// The WAL index of one database, on the heap; gone with the power and with its last user.
#[derive(Default)]
pub struct SharedMemory {
    regions: Vec<Arc<Region>>,
    users: BTreeMap<u64, Slots>,
}

/// Which lock slots one handle holds.
#[derive(Default)]
struct Slots {
    shared: [bool; SLOTS],
    exclusive: [bool; SLOTS],
}

impl SharedMemory {
    /// Gives a handle the region at `index`, made if it may `extend`.
    pub fn map(&mut self, handle: u64, index: usize, bytes: usize, extend: bool) -> Option<Arc<Region>> {
        self.users.entry(handle).or_default();
        while extend && self.regions.len() <= index {
            self.regions.push(Arc::new(Region::new(bytes)));
        }
        self.regions.get(index).cloned()
    }

    /// Locks the slots `first..first + count` for a handle; `false` when another handle forbids it.
    pub fn lock(&mut self, handle: u64, first: usize, count: usize, exclusive: bool) -> bool {
        let range = first..first + count;
        let forbidden = self.users.iter().any(|(&user, slots)| {
            let taken = |held: &[bool; SLOTS]| held[range.clone()].contains(&true);
            user != handle && (taken(&slots.exclusive) || exclusive && taken(&slots.shared))
        });
        if !forbidden {
            let slots = self.users.entry(handle).or_default();
            let held = if exclusive { &mut slots.exclusive } else { &mut slots.shared };
            held[range].fill(true);
        }
        !forbidden
    }

    /// Gives back slots of a handle.
    pub fn unlock(&mut self, handle: u64, first: usize, count: usize) {
        if let Some(slots) = self.users.get_mut(&handle) {
            slots.shared[first..first + count].fill(false);
            slots.exclusive[first..first + count].fill(false);
        }
    }

    /// Lets a handle go, with its locks; the last one takes the memory with it, as the first to
    /// come would clear it anyway.
    pub fn unmap(&mut self, handle: u64) {
        self.users.remove(&handle);
        if self.users.is_empty() {
            self.regions.clear();
        }
    }
}

//! The C functions of an open file: reading, writing, syncing, locking, shared memory.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods};

use super::disk::Disk;
use super::locks::Region;

/// The size that SQLite's Unix VFS gives.
const SECTOR_SIZE: c_int = 4096;

/// What SQLite allocates for an open file.
#[repr(C)]
pub struct FaultFile {
    pub base: sqlite3_file,
    pub handle: *mut Handle,
}

/// One open file.
pub struct Handle {
    pub disk: Arc<Mutex<Disk>>,
    /// Tells handles apart when they lock.
    pub number: u64,
    pub inode: u64,
    pub epoch: u64,
    pub name: Option<String>,
    /// Whether the next sync is the first since a journal's creation and takes the directory along.
    pub sync_directory: bool,
    pub delete_on_close: bool,
    /// Keeps the memory alive that SQLite has pointers to.
    pub mapped: Vec<Arc<Region>>,
}

/// What SQLite calls on an open file.
pub static FILE_METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The disk, also after a test has panicked while it held it.
pub fn held(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SAFETY: the file must be one that `open` opened and `close` has not closed; SQLite uses a file
/// from one thread at a time.
unsafe fn handle<'a>(file: *mut sqlite3_file) -> &'a mut Handle {
    unsafe { &mut *(*file.cast::<FaultFile>()).handle }
}

impl Handle {
    fn dead(&self, disk: &Disk) -> bool {
        disk.off || disk.epoch != self.epoch
    }

    /// Does something with the disk, or answers `error` when this handle is dead.
    fn with(&self, error: c_int, act: impl FnOnce(&mut Disk) -> c_int) -> c_int {
        let mut disk = held(&self.disk);
        if self.dead(&disk) { error } else { act(&mut disk) }
    }

    /// Whether the disk has room for the file to become so long.
    fn has_room(&self, length: usize) -> bool {
        let mut disk = held(&self.disk);
        self.dead(&disk) || disk.has_room(self.inode, length)
    }

    /// The same for what changes the disk, which may be what the power fails at.
    fn change(&self, error: c_int, act: impl FnOnce(&mut Disk)) -> c_int {
        let mut disk = held(&self.disk);
        if !self.dead(&disk) {
            disk.change();
        }
        if self.dead(&disk) {
            return error;
        }
        act(&mut disk);
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: `open` boxed the handle, and SQLite closes a file once.
    let handle = unsafe { Box::from_raw((*file.cast::<FaultFile>()).handle) };
    handle.with(ffi::SQLITE_OK, |disk| {
        disk.inode(handle.inode).locks.lower(handle.number, ffi::SQLITE_LOCK_NONE);
        disk.inode(handle.inode).memory.unmap(handle.number);
        if let Some(name) = handle.name.as_deref().filter(|_| handle.delete_on_close) {
            disk.unlink(name);
        }
        disk.closed(handle.inode);
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite gives `amount` writable bytes, which it may not have initialised.
    let (handle, into) = unsafe {
        ptr::write_bytes(into.cast::<u8>(), 0, amount as usize);
        (handle(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), amount as usize))
    };
    handle.with(ffi::SQLITE_IOERR_READ, |disk| {
        let whole = disk.inode(handle.inode).read(offset as usize, into) == into.len();
        if whole { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
    })
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite gives `amount` readable bytes.
    let (handle, from) = unsafe { (handle(file), std::slice::from_raw_parts(from.cast::<u8>(), amount as usize)) };
    let end = offset as usize + from.len();
    if !handle.has_room(end) {
        return ffi::SQLITE_FULL;
    }
    handle.change(ffi::SQLITE_IOERR_WRITE, |disk| {
        disk.inode(handle.inode).write(offset as usize, from);
    })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    handle.change(ffi::SQLITE_IOERR_TRUNCATE, |disk| {
        disk.inode(handle.inode).truncate(size as usize);
    })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    let result = handle.change(ffi::SQLITE_IOERR_FSYNC, |disk| {
        disk.sync_file(handle.inode);
        if let Some(name) = handle.name.as_deref().filter(|_| handle.sync_directory) {
            disk.sync_directory_of(name);
        }
    });
    handle.sync_directory &= result != ffi::SQLITE_OK;
    result
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    handle.with(ffi::SQLITE_IOERR_FSTAT, |disk| {
        // SAFETY: SQLite gives a place for the size.
        unsafe { *size = disk.inode(handle.inode).len() as i64 };
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    handle.with(ffi::SQLITE_IOERR_LOCK, |disk| busy_unless(disk.inode(handle.inode).locks.raise(handle.number, level)))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    handle.with(ffi::SQLITE_OK, |disk| {
        disk.inode(handle.inode).locks.lower(handle.number, level);
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, result: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    handle.with(ffi::SQLITE_IOERR_CHECKRESERVEDLOCK, |disk| {
        // SAFETY: SQLite gives a place for the result.
        unsafe { *result = disk.inode(handle.inode).locks.reserved().into() };
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    SECTOR_SIZE
}

unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives a file that is open and a place for the pointer.
    let handle = unsafe {
        *out = ptr::null_mut();
        handle(file)
    };
    let mut disk = held(&handle.disk);
    if handle.dead(&disk) {
        return ffi::SQLITE_IOERR_SHMMAP;
    }
    let memory = &mut disk.inode(handle.inode).memory;
    if let Some(region) = memory.map(handle.number, index as usize, bytes as usize, extend != 0) {
        // SAFETY: as above; the handle keeps the region until it unmaps.
        unsafe { *out = region.start() };
        handle.mapped.push(region);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open.
    let handle = unsafe { handle(file) };
    let (first, count) = (first as usize, count as usize);
    let unlocks = flags & ffi::SQLITE_SHM_UNLOCK != 0;
    let when_dead = if unlocks { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHMLOCK };
    handle.with(when_dead, |disk| {
        let memory = &mut disk.inode(handle.inode).memory;
        if unlocks {
            memory.unlock(handle.number, first, count);
            return ffi::SQLITE_OK;
        }
        let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
        busy_unless(memory.lock(handle.number, first, count, exclusive))
    })
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: SQLite gives a file that is open, and uses none of its regions from here on.
    let handle = unsafe { handle(file) };
    let result = handle.with(ffi::SQLITE_OK, |disk| {
        disk.inode(handle.inode).memory.unmap(handle.number);
        ffi::SQLITE_OK
    });
    handle.mapped.clear();
    result
}

fn busy_unless(granted: bool) -> c_int {
    if granted { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

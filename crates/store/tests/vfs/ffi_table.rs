//! The C functions of the VFS itself: opening, deleting and finding files.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::{Arc, Mutex};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_vfs};

use super::disk::Disk;
use super::ffi_file::{FILE_METHODS, FaultFile, Handle, held};

/// The longest path that is taken, in bytes.
const LONGEST_PATH: c_int = 512;

/// What a registered VFS points to.
struct Registered {
    disk: Arc<Mutex<Disk>>,
    default: *mut sqlite3_vfs,
}

/// Registers a VFS; what SQLite may point to afterwards is never freed.
pub fn register(name: &str, disk: Arc<Mutex<Disk>>) {
    let name = CString::new(name).unwrap();
    // SAFETY: sqlite3_vfs_find takes a C string or null; the table and all it points to are leaked
    // and so outlive every connection.
    unsafe {
        assert!(ffi::sqlite3_vfs_find(name.as_ptr()).is_null(), "a VFS {name:?} is registered");
        let default = ffi::sqlite3_vfs_find(ptr::null());
        let mut table: sqlite3_vfs = std::mem::zeroed();
        table.iVersion = 1;
        table.szOsFile = size_of::<FaultFile>() as c_int;
        table.mxPathname = LONGEST_PATH;
        table.zName = name.into_raw();
        table.pAppData = Box::into_raw(Box::new(Registered { disk, default })).cast();
        table.xOpen = Some(open);
        table.xDelete = Some(delete);
        table.xAccess = Some(access);
        table.xFullPathname = Some(full_pathname);
        table.xRandomness = Some(randomness);
        table.xSleep = Some(sleep);
        table.xCurrentTime = Some(current_time);
        let result = ffi::sqlite3_vfs_register(Box::into_raw(Box::new(table)), 0);
        assert_eq!(result, ffi::SQLITE_OK);
    }
}

/// Takes a VFS out of SQLite's list.
pub fn unregister(name: &str) {
    let name = CString::new(name).unwrap();
    // SAFETY: takes a C string, and a pointer that SQLite has just given.
    unsafe {
        ffi::sqlite3_vfs_unregister(ffi::sqlite3_vfs_find(name.as_ptr()));
    }
}

/// SAFETY: the VFS must be one that `register` made.
unsafe fn registered<'a>(vfs: *mut sqlite3_vfs) -> &'a Registered {
    unsafe { &*(*vfs).pAppData.cast::<Registered>() }
}

/// SAFETY: the text must be a C string.
unsafe fn text<'a>(text: *const c_char) -> &'a str {
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    const JOURNALS: c_int = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let file = file.cast::<FaultFile>();
    // SAFETY: SQLite gives `szOsFile` bytes for the file and a C string or null for the name.
    let (registered, name) = unsafe {
        (*file).base.pMethods = ptr::null();
        (registered(vfs), (!name.is_null()).then(|| text(name)))
    };
    let mut disk = held(&registered.disk);
    let found = name.and_then(|name| disk.find(name));
    let creates = flags & ffi::SQLITE_OPEN_CREATE != 0 || name.is_none();
    let only_new = creates && flags & ffi::SQLITE_OPEN_EXCLUSIVE != 0;
    if found.is_none() && creates && !disk.off {
        disk.change();
    }
    if disk.off || found.is_none() && !creates || found.is_some() && only_new {
        return ffi::SQLITE_CANTOPEN;
    }
    let inode = found.unwrap_or_else(|| disk.create(name));
    let number = disk.opened(inode);
    let handle = Handle {
        disk: Arc::clone(&registered.disk),
        number,
        inode,
        epoch: disk.epoch,
        name: name.map(str::to_owned),
        sync_directory: creates && flags & JOURNALS != 0,
        delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
        mapped: Vec::new(),
    };
    // SAFETY: as above; `out_flags` is null or writable.
    unsafe {
        (*file).handle = Box::into_raw(Box::new(handle));
        (*file).base.pMethods = &raw const FILE_METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives the VFS and a C string.
    let (registered, name) = unsafe { (registered(vfs), text(name)) };
    let mut disk = held(&registered.disk);
    if !disk.off {
        disk.change();
    }
    if disk.off {
        return ffi::SQLITE_IOERR_DELETE;
    }
    if !disk.unlink(name) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    if sync != 0 {
        disk.sync_directory_of(name);
    }
    ffi::SQLITE_OK
}

/// Tells whether a file is there; an empty one is not, as in the Unix VFS.
unsafe extern "C" fn access(vfs: *mut sqlite3_vfs, name: *const c_char, _flags: c_int, result: *mut c_int) -> c_int {
    // SAFETY: SQLite gives the VFS, a C string, and a place for the result.
    let (registered, name) = unsafe { (registered(vfs), text(name)) };
    let mut disk = held(&registered.disk);
    if disk.off {
        return ffi::SQLITE_IOERR_ACCESS;
    }
    let there = disk.find(name).is_some_and(|inode| disk.inode(inode).len() > 0);
    // SAFETY: as above.
    unsafe { *result = there.into() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(_: *mut sqlite3_vfs, name: *const c_char, bytes: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives a C string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if name.len() > bytes as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite gives `bytes` writable bytes.
    unsafe { ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(vfs: *mut sqlite3_vfs, bytes: c_int, out: *mut c_char) -> c_int {
    // SAFETY: passes on what SQLite gave to the default VFS, which has this function.
    unsafe {
        let default = registered(vfs).default;
        (*default).xRandomness.unwrap()(default, bytes, out)
    }
}

unsafe extern "C" fn sleep(vfs: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    // SAFETY: passes on what SQLite gave to the default VFS, which has this function.
    unsafe {
        let default = registered(vfs).default;
        (*default).xSleep.unwrap()(default, microseconds)
    }
}

unsafe extern "C" fn current_time(vfs: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: passes on what SQLite gave to the default VFS, which has this function.
    unsafe {
        let default = registered(vfs).default;
        (*default).xCurrentTime.unwrap()(default, out)
    }
}

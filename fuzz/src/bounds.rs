//! What an input may cost: memory, counted by the allocator of the process, and time on the processor.
#![allow(unsafe_code, reason = "an allocator and the clock of a thread are calls without a safe form")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::Target;

/// What an input may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many bytes may be in use at a time, whatever the input.
    pub memory: usize,
    /// How many more for each byte of the input.
    pub memory_per_byte: usize,
    /// How many milliseconds on the processor, in an unoptimised build.
    pub milliseconds: u64,
}

impl Limits {
    /// What suffices for a parser that keeps what it reads.
    pub const USUAL: Self = Self { memory: 1 << 20, memory_per_byte: 64, milliseconds: 2_000 };

    const fn memory_for(self, input: usize) -> usize {
        self.memory + self.memory_per_byte * input
    }
}

/// What an input cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// The most bytes in use at a time.
    pub memory: usize,
    /// Milliseconds on the processor.
    pub milliseconds: u64,
}

/// Runs a target on an input; panics where a law or a limit does not hold.
pub fn hold(target: &Target, input: &[u8]) -> Cost {
    let before = start();
    (target.run)(input);
    let cost = since(before);
    let most = target.limits.memory_for(input.len());
    assert!(
        cost.memory <= most,
        "{} bytes of input took {} bytes of memory; {most} are allowed",
        input.len(),
        cost.memory
    );
    let most = target.limits.milliseconds;
    assert!(
        cost.milliseconds <= most,
        "{} bytes of input took {} ms; {most} are allowed",
        input.len(),
        cost.milliseconds
    );
    cost
}

fn start() -> u64 {
    LIVE.set(0);
    PEAK.set(0);
    processor_time()
}

fn since(before: u64) -> Cost {
    let memory = usize::try_from(PEAK.get()).unwrap_or(0);
    Cost { memory, milliseconds: processor_time().saturating_sub(before) / 1_000_000 }
}

/// How long this thread has been on a processor, in nanoseconds: others do not count.
fn processor_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local that outlives the call.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the system tells no thread how long it has run");
    u64::try_from(time.tv_sec).expect("the system tells times that fit") * 1_000_000_000
        + u64::try_from(time.tv_nsec).expect("the system tells times that fit")
}

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread has in use. A program that wants
/// [`hold`] to see memory makes it its global allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

fn note(change: isize) {
    let _ = LIVE.try_with(|live| {
        let now = live.get() + change;
        live.set(now);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now)));
    });
}

fn size(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(size(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(size(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(-size(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(size(new_size) - size(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

//! What the kernel counts.

use std::fs;

use crate::outcome::Usage;

/// What the children of this process used, and theirs, as far as they were waited for.
pub(crate) fn of_children() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name in brackets: the state is field 3, what children used are fields 16 and 17.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(13);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let tick = 1_000_000 / rustix::param::clock_ticks_per_second().max(1);
    Some(Usage { user_us: next()?.saturating_mul(tick), system_us: next()?.saturating_mul(tick) })
}

/// How many threads there are on the machine.
pub(crate) fn threads_of_all() -> Option<u64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').nth(3)?.split_once('/')?.1.parse().ok()
}

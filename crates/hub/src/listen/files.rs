//! How many files this process may open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most that is asked for.
const MOST: u64 = 65_536;

/// Raises the number as far as the system lets it, and says how many it is then; none if there is no limit.
///
/// Systems begin with 1,024 for the sake of old programs, which is little for a hub in a storm.
pub(super) fn raise() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MOST, |maximum| maximum.min(MOST));
    if current.is_some_and(|current| current < wanted)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok()
    {
        return usize::try_from(wanted).ok();
    }
    current.and_then(|current| usize::try_from(current).ok())
}

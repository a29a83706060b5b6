//! What people do about machines and automations, put into a story.

use wheelhouse_core::time::Duration;

use super::super::catalogs::PEOPLE;
use super::super::script::{Op, Step};
use super::{AUTOMATIONS, BOOKS};
use crate::rng::Rng;

/// Something about machines. Numbers choose among what there is at that time.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// A person starts a run, which perhaps moves by itself, goes back when it fails, or is only tried out.
    Start {
        who: u64,
        fits: bool,
        book: u64,
        case: Option<u64>,
        drill: bool,
        by_itself: bool,
        goes_back: bool,
        tried_out: bool,
    },
    /// A person does what one of the runs wants next, one way or another.
    Tend { who: u64, fits: bool, run: u64, odds: u64 },
    /// A person does anything at all in one of the runs.
    Meddle { who: u64, fits: bool, run: u64, step: u64, odds: u64 },
    /// A person answers a question of an automation.
    Answer { who: u64, fits: bool, which: u64, agrees: bool },
    /// A person halts an automation, or lets it go on.
    Halt { who: u64, which: u64, resume: bool },
    /// A person approves a version of a runbook that may not run: the one in force, or another.
    ApproveVersion { who: u64, fits: bool, book: u64, other: bool },
    /// A runner reports under a lease that is over, was never given, or is another's.
    Stale { which: u64, odds: u64 },
}

/// Puts people who work with machines into a story.
pub(super) fn weave(story: &mut Vec<Step>, seed: u64) {
    let mut rng = Rng::new(seed ^ 0x03ac_30f3);
    for _ in 0..2 + rng.below(3) {
        let place = usize::try_from(rng.below(story.len() as u64 + 1)).unwrap_or(0);
        // In half of them runs meet: they want the same locks.
        let many = if rng.chance(50) { 3 } else { 1 };
        let mut deeds: Vec<Deed> = (0..many).map(|_| start(&mut rng)).collect();
        deeds.extend((0..4 + rng.below(6)).map(|_| work(&mut rng)));
        let gap = 1 + usize::from(rng.chance(40));
        for (index, deed) in deeds.into_iter().enumerate() {
            let step = later(&mut rng, deed);
            story.insert((place + index * gap).min(story.len()), step);
        }
    }
    for _ in 0..6 + rng.below(6) {
        let place = usize::try_from(rng.below(story.len() as u64 + 1)).unwrap_or(0);
        let deed = anything(&mut rng);
        let step = later(&mut rng, deed);
        story.insert(place, step);
    }
}

fn later(rng: &mut Rng, deed: Deed) -> Step {
    let after = match rng.below(10) {
        0..=1 => Duration::ZERO,
        2..=5 => Duration::from_millis(rng.between(0, 40_000)),
        6..=8 => Duration::from_seconds(rng.between(1, 400)),
        _ => Duration::from_minutes(rng.between(1, 90)),
    };
    Step { after, cut: rng.chance(60), what: Op::Machines(deed) }
}

fn start(rng: &mut Rng) -> Deed {
    Deed::Start {
        who: rng.below(PEOPLE),
        fits: rng.chance(90),
        book: rng.below(BOOKS),
        case: rng.chance(55).then(|| rng.number()),
        drill: rng.chance(15),
        by_itself: rng.chance(70),
        goes_back: rng.chance(30),
        tried_out: false,
    }
}

fn work(rng: &mut Rng) -> Deed {
    let (who, fits) = (rng.below(PEOPLE), rng.chance(85));
    match rng.below(100) {
        0..=74 => Deed::Tend { who, fits, run: rng.below(4), odds: rng.below(20) },
        75..=93 => Deed::Meddle { who, fits, run: rng.below(4), step: rng.number(), odds: rng.below(20) },
        _ => Deed::Stale { which: rng.number(), odds: rng.below(8) },
    }
}

fn anything(rng: &mut Rng) -> Deed {
    let who = rng.below(PEOPLE);
    match rng.below(10) {
        0..=5 => Deed::Answer { who, fits: rng.chance(80), which: rng.number(), agrees: rng.chance(85) },
        6..=7 => Deed::Halt { who, which: rng.below(AUTOMATIONS + 1), resume: rng.chance(60) },
        8 => start(rng),
        _ => work(rng),
    }
}

//! What happens in a seeded story: steps that keep their meaning when others are dropped.

use wheelhouse_core::case::Severity;
use wheelhouse_core::time::Duration;

use super::catalogs::{HARBOR, PEOPLE, SERVICES, TEAMS, severity};
use super::machines::{self, Deed};
use super::runbooks::{self, Work};
use crate::rng::Rng;

/// How many catalogs a story has.
pub const CATALOGS: u64 = 3;

/// A story.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed of its catalogs and channels.
    pub seed: u64,
    /// What happens.
    pub steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub struct Step {
    /// How long after the step before.
    pub after: Duration,
    /// Whether the batch is committed after it.
    pub cut: bool,
    /// What.
    pub what: Op,
}

/// What happens. Numbers choose among what there is at that time.
#[derive(Clone, Debug)]
pub enum Op {
    /// A source tells a signal.
    Signal { source: u64, service: u64, alert: &'static str, urgency: u64, drill: bool, text: u64, told: Told },
    /// A person reports trouble.
    Report { who: u64, service: u64, severity: Option<Severity>, drill: bool },
    /// A person does something to a case.
    Act { who: u64, case: u64, act: Act },
    /// Another catalog comes into force.
    Adopt(u64),
    /// A catalog comes into force that says what an open action asks for.
    Mend(u64),
    /// The clock jumps ahead.
    Jump(Duration),
    /// The hub dies, with whatever it had not committed, and starts again after a while.
    Crash(Duration),
    /// An input is set aside, perhaps the timer of a case.
    Quarantine { parked: Option<u64> },
    /// A person silences something, or changes what is silenced, for so many minutes from so many on.
    Silence { who: u64, id: Option<u64>, what: u64, service: u64, ahead: i64, lasts: i64, drill: bool },
    /// A person ends a silence.
    Unsilence { who: u64, id: u64 },
    /// Somebody tells of a change so many minutes ago.
    Change { service: u64, ago: i64, key: Option<u64>, drill: bool },
    /// A drill is over that caused these cases.
    Hold { who: u64, cases: [u64; 2] },
    /// A person starts a run of a runbook, having seen a version of it, perhaps with odd parameters.
    Start { who: u64, fits: bool, runbook: u64, case: Option<u64>, drill: bool, seen: u64, odd: bool },
    /// A person does something in one of the last runs.
    Work { who: u64, fits: bool, run: u64, step: u64, work: Work },
    /// Somebody does something about machines or automations.
    Machines(Deed),
    /// A token is made or the first one revoked.
    Token { revoke: bool },
    /// Cases that are over long since leave memory.
    Evict,
}

/// Whether a signal fires, by its sender's word, in seconds from now.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// Until then.
    Firing(Option<i64>),
    /// Since then.
    Resolved(i64),
}

/// What a person does.
#[derive(Clone, Debug)]
pub enum Act {
    Acknowledge,
    Note,
    Severity(Severity),
    Assign(Option<u64>),
    Team { team: u64, service: Option<u64> },
    Role(Option<u64>),
    Page { team: bool, number: u64 },
    Update,
    Mitigate { ago: Option<i64> },
    Resolve { ago: Option<i64> },
    Reopen,
    Link,
    Missed { audience: bool, number: u64, service: Option<u64> },
}

impl Script {
    /// A story of so many steps.
    pub fn new(seed: u64, steps: usize) -> Self {
        let mut rng = Rng::new(seed);
        // Machines do much between two steps.
        let steps = if machines::are_in(seed) { steps * 2 / 3 } else { steps };
        let mut story = Vec::with_capacity(steps + 24);
        while story.len() < steps {
            match rng.below(100) {
                0..=2 => story.extend(storm(&mut rng)),
                3 => story.extend(flapping(&mut rng)),
                4 => story.extend(nameless(&mut rng)),
                5 => story.extend(maintenance(&mut rng)),
                _ => story.push(step(&mut rng)),
            }
        }
        if runbooks::are_in(seed) {
            runbooks::weave(&mut story, seed);
        }
        if machines::are_in(seed) {
            machines::weave(&mut story, seed);
        }
        Self { seed, steps: story }
    }
}

/// Several services in trouble within seconds, in any order, and their ends some minutes later.
fn storm(rng: &mut Rng) -> Vec<Step> {
    let (drill, many) = (rng.chance(15), 3 + rng.below(6));
    let services: Vec<u64> = (0..many).map(|_| rng.below(HARBOR)).collect();
    let alert = if rng.chance(40) { "Doom" } else { "Errors" };
    let told =
        |service: u64, told: Told| Op::Signal { source: 0, service, alert, urgency: service % 3, drill, text: 0, told };
    let mut steps = Vec::new();
    for service in &services {
        let after = Duration::from_millis(rng.between(0, 40_000));
        steps.push(Step { after, cut: rng.chance(50), what: told(*service, Told::Firing(None)) });
        if rng.chance(20) {
            steps.push(step(rng));
        }
    }
    for service in services {
        let after = Duration::from_seconds(rng.between(0, 240));
        steps.push(Step { after, cut: rng.chance(50), what: told(service, Told::Resolved(0)) });
        if rng.chance(20) {
            steps.push(step(rng));
        }
    }
    steps
}

/// One alert that comes and goes.
fn flapping(rng: &mut Rng) -> Vec<Step> {
    let (service, drill) = (rng.below(3), rng.chance(15));
    let mut steps = Vec::new();
    for _ in 0..4 + rng.below(3) {
        for told in [Told::Firing(None), Told::Resolved(0)] {
            let what = Op::Signal { source: 0, service, alert: "Latency", urgency: 0, drill, text: 0, told };
            steps.push(Step { after: Duration::from_seconds(rng.between(5, 150)), cut: rng.chance(50), what });
        }
        if rng.chance(25) {
            steps.push(step(rng));
        }
    }
    steps
}

/// Alerts of one name and no service, some of them after somebody has taken their case.
fn nameless(rng: &mut Rng) -> Vec<Step> {
    let mut steps = Vec::new();
    for urgency in 0..4 {
        let told = Told::Firing(None);
        let what = Op::Signal { source: 1, service: HARBOR + 2, alert: "Errors", urgency, drill: false, text: 0, told };
        steps.push(Step { after: Duration::from_seconds(rng.between(1, 60)), cut: rng.chance(50), what });
        if urgency == 0 {
            let what = Op::Act { who: rng.below(PEOPLE), case: 1, act: Act::Acknowledge };
            steps.push(Step { after: Duration::from_seconds(5), cut: true, what });
        }
    }
    steps
}

fn step(rng: &mut Rng) -> Step {
    let after = match rng.below(10) {
        0..=2 => Duration::ZERO,
        3..=5 => Duration::from_millis(rng.between(1, 30_000)),
        6..=8 => Duration::from_seconds(rng.between(1, 900)),
        _ => Duration::from_minutes(rng.between(1, 240)),
    };
    let what = match rng.below(100) {
        0..=39 => signal(rng),
        40..=43 => silence(rng),
        44 => around(rng),
        45..=48 => report(rng),
        49..=81 => Op::Act { who: rng.below(PEOPLE), case: rng.number(), act: act(rng) },
        82..=83 => Op::Mend(rng.number()),
        84..=87 => Op::Adopt(rng.below(CATALOGS)),
        88..=90 => {
            let most = if rng.chance(20) { 14_000 } else { 300 };
            Op::Jump(Duration::from_minutes(rng.between(1, most)))
        }
        91..=94 => Op::Crash(Duration::from_seconds(rng.between(1, 3_600))),
        95..=96 => Op::Quarantine { parked: rng.chance(60).then(|| rng.number()) },
        97 => Op::Token { revoke: rng.chance(40) },
        _ => Op::Evict,
    };
    Step { after, cut: rng.chance(60), what }
}

fn signal(rng: &mut Rng) -> Op {
    let told = match rng.below(10) {
        0..=2 => Told::Resolved(rng.between(-600, 600)),
        3..=4 => Told::Firing(None),
        5 => Told::Firing(Some(rng.between(-4_000_000_000_000, 4_000_000_000_000))),
        _ => Told::Firing(Some(rng.between(-5, 900))),
    };
    // Few of each, so that signals meet again: told twice, ended, fired anew.
    let alerts = ["Errors", "Errors", "Errors", "Errors", "Latency", "Doom", "Noise", "Sticky"];
    let service = if rng.chance(80) { rng.below(2) } else { rng.below(SERVICES + 1) };
    Op::Signal {
        source: u64::from(rng.chance(20)),
        service,
        alert: rng.pick(&alerts).copied().unwrap_or("Errors"),
        urgency: if rng.chance(85) { service % 4 } else { rng.below(4) },
        drill: rng.chance(20),
        text: rng.below(3),
        told,
    }
}

/// Work on a service that makes noise, from before an incident to after it, with what else happens.
fn maintenance(rng: &mut Rng) -> Vec<Step> {
    let (service, drill, who) = (rng.below(2), rng.chance(20), rng.below(PEOPLE));
    let mut steps = Vec::new();
    let add = |steps: &mut Vec<Step>, rng: &mut Rng, seconds: i64, what: Op| {
        steps.push(Step { after: Duration::from_seconds(seconds), cut: rng.chance(50), what });
        if rng.chance(30) {
            steps.push(step(rng));
        }
    };
    for alert in ["Errors", "Latency"] {
        let told = Told::Firing(None);
        let signal = Op::Signal { source: 0, service, alert, urgency: service % 4, drill, text: 0, told };
        let (ahead, lasts) = (rng.between(-1, 3), rng.between(5, 90));
        let what = if rng.chance(50) { 0 } else { 1 };
        let silence = Op::Silence { who, id: None, what, service, ahead, lasts, drill };
        let pair = if rng.chance(50) { [signal, silence] } else { [silence, signal] };
        for what in pair {
            let seconds = rng.between(1, 200);
            add(&mut steps, rng, seconds, what);
        }
    }
    for alert in ["Errors", "Latency"] {
        if rng.chance(30) {
            continue;
        }
        let told = Told::Resolved(0);
        let what = Op::Signal { source: 0, service, alert, urgency: service % 4, drill, text: 0, told };
        let seconds = rng.between(1, 1_800);
        add(&mut steps, rng, seconds, what);
    }
    steps
}

fn silence(rng: &mut Rng) -> Op {
    let (who, drill) = (rng.below(PEOPLE), rng.chance(20));
    if rng.chance(20) {
        return Op::Unsilence { who, id: rng.below(8) };
    }
    let ahead = if rng.chance(60) { 0 } else { rng.between(-30, 120) };
    let lasts = if rng.chance(5) { rng.between(-5, 60_000) } else { rng.between(1, 180) };
    Op::Silence {
        who,
        id: rng.chance(25).then(|| rng.below(8)),
        what: rng.below(8),
        service: rng.below(4),
        ahead,
        lasts,
        drill,
    }
}

fn around(rng: &mut Rng) -> Op {
    if rng.chance(40) {
        return Op::Hold { who: rng.below(PEOPLE), cases: [rng.number(), rng.number()] };
    }
    let key = rng.chance(50).then(|| rng.below(4));
    Op::Change { service: rng.below(SERVICES + 1), ago: rng.between(-15, 400), key, drill: rng.chance(20) }
}

fn report(rng: &mut Rng) -> Op {
    let severity = rng.chance(50).then(|| severity(rng));
    Op::Report { who: rng.below(PEOPLE), service: rng.below(SERVICES + 1), severity, drill: rng.chance(25) }
}

fn act(rng: &mut Rng) -> Act {
    let ago = |rng: &mut Rng| rng.chance(30).then(|| rng.between(-60, 900));
    match rng.below(30) {
        0..=6 => Act::Acknowledge,
        7 => Act::Note,
        8..=10 => Act::Severity(severity(rng)),
        11 => Act::Assign(rng.chance(70).then(|| rng.below(PEOPLE))),
        12..=13 => Act::Team { team: rng.below(TEAMS + 1), service: rng.chance(50).then(|| rng.below(SERVICES + 1)) },
        14 => Act::Role(rng.chance(70).then(|| rng.below(PEOPLE))),
        15..=16 => Act::Page { team: rng.chance(30), number: rng.below(PEOPLE) },
        17..=18 => Act::Update,
        19 => Act::Mitigate { ago: ago(rng) },
        20..=21 => Act::Resolve { ago: ago(rng) },
        22 => Act::Reopen,
        23..=28 => Act::Missed {
            audience: rng.chance(50),
            number: rng.below(TEAMS + 1),
            service: rng.chance(40).then(|| rng.below(SERVICES)),
        },
        _ => Act::Link,
    }
}

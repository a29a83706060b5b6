//! What comes of inputs does not depend on where batches are cut, and nobody waits for a lane's flood.

use std::future::{Future, poll_fn};
use std::task::Poll;

use futures_util::future::join_all;
use wheelhouse_core::kernel::{CaseAction, What};
use wheelhouse_core::record::{Canonical, Fact};
use wheelhouse_core::signal::{Signal, Status};

use super::case;
use super::rig::{Rig, alert, person};

/// Numbers from a seed (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What the hub is told; runs of one lane, because within a batch people come before signals.
enum Input {
    Signals(Vec<Signal>),
    Act(u64, CaseAction),
}

/// Firing, told again, ended and fired anew; notes, owners, updates and severities in between.
fn inputs(seed: u64) -> Vec<Vec<Input>> {
    let mut chance = Chance(seed);
    let first = |service: &str| Input::Signals(vec![alert(service, "first")]);
    let mut runs = vec![vec![first("archive"), first("library")]];
    for number in 0..14 {
        let signals = (0..1 + chance.below(6)).map(|_| {
            let told = (0..1 + chance.below(5)).map(|_| {
                let service = ["archive", "library"][usize::try_from(chance.below(2)).unwrap()];
                let mut signal = alert(service, &chance.below(6).to_string());
                if chance.below(3) == 0 {
                    signal.status = Status::Resolved { at: person::now() };
                }
                signal
            });
            Input::Signals(told.collect())
        });
        runs.push(signals.collect());
        let acts = (0..chance.below(5)).map(|act| {
            let action = match chance.below(4) {
                0 => CaseAction::Acknowledge,
                1 => CaseAction::Update(format!("update {number}.{act}")),
                2 => CaseAction::SetSeverity(wheelhouse_core::case::Severity::ALL[chance.below(4) as usize]),
                _ => CaseAction::Note(format!("note {number}.{act}")),
            };
            Input::Act(1 + chance.below(2), action)
        });
        runs.push(acts.collect());
    }
    runs
}

/// Tells everything in order, `cut` inputs at a time, and gives all that the store then says.
async fn outcome(runs: Vec<Vec<Input>>, mut cut: impl FnMut() -> usize) -> (Vec<String>, u64) {
    let rig = Rig::start().await;
    for run in runs {
        let mut rest = run.into_iter().peekable();
        while rest.peek().is_some() {
            let some: Vec<Input> = rest.by_ref().take(cut()).collect();
            join_all(some.into_iter().map(|input| tell(&rig, input))).await;
        }
    }
    let readers = rig.readers();
    let mut said = Vec::new();
    for number in 1..=2 {
        let known = readers.case(case(number)).unwrap().expect("the case is there");
        said.push(format!(
            "{} {} {} {:?} {} members, {} firing",
            known.id,
            known.title,
            known.severity,
            std::mem::discriminant(&known.state),
            known.members,
            known.firing
        ));
        for member in readers.members(case(number), None, 1_000).unwrap().items {
            said.push(format!("{} {} {:?}", known.id, member.signal.labels, (member.case, member.ended_at.is_some())));
        }
        for entry in readers.timeline(case(number), None, 1_000).unwrap().items {
            let entry = Canonical::parse(&entry.canonical).unwrap();
            // Signals of one commit share an entry, and what is claimed in it is the shell's to say.
            if !matches!(entry.fact, Fact::Signals { .. }) {
                said.push(format!("{:?} {} {:?}", entry.subject, entry.fact.kind(), entry.actor));
            }
        }
    }
    let commits = rig.published.borrow().commit;
    (said, commits)
}

async fn tell(rig: &Rig, input: Input) {
    match input {
        Input::Signals(signals) => drop(rig.signals(signals).await.unwrap()),
        // Whether it is allowed is part of what must be the same.
        Input::Act(number, action) => drop(rig.act(case(number), action).await),
    }
}

#[tokio::test]
async fn what_comes_of_inputs_does_not_depend_on_where_batches_are_cut() {
    for seed in 0..6 {
        let (one_by_one, most) = outcome(inputs(seed), || 1).await;
        for cutting in 0..4 {
            let mut chance = Chance(seed * 100 + cutting);
            let (other, commits) = outcome(inputs(seed), || 1 + usize::try_from(chance.below(12)).unwrap()).await;
            assert_eq!(other, one_by_one, "seed {seed}, cut {cutting}");
            assert!(commits <= most, "larger pieces were not fewer batches: {commits} of {most}");
        }
    }
}

/// A person's command is in the batch after the one under way, however much waits in other lanes.
#[tokio::test]
async fn nobody_waits_longer_than_the_next_batch_for_a_flood_of_signals_or_of_results() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("archive", "first")]).await.unwrap();
    let mut flood: Vec<_> = (0..1_500)
        .map(|request| Box::pin(rig.signals((0..8).map(|n| alert("library", &format!("{request}-{n}"))).collect())))
        .collect();
    let mut results: Vec<_> = (0..200).map(|_| Box::pin(rig.hub(What::DoorsReady))).collect();
    for signals in &mut flood {
        begin(signals.as_mut()).await;
    }
    let mut longest = 0;
    for number in 0..25 {
        for result in results.iter_mut().skip(number * 8).take(8) {
            begin(result.as_mut()).await;
        }
        let mut note = Box::pin(rig.act(case(1), CaseAction::Note(format!("note {number}"))));
        begin(note.as_mut()).await;
        let at_most_before = rig.published.borrow().commit;
        let done = note.await.unwrap().commit;
        longest = longest.max(done.saturating_sub(at_most_before));
    }
    assert!(longest <= 2, "a person waited {longest} batches");
    let accepted: u64 = join_all(flood).await.into_iter().map(|taken| taken.unwrap().accepted).sum();
    assert_eq!(accepted, 12_000, "and the flood is taken in as well");
    assert!(join_all(results).await.into_iter().all(|result| result.is_ok()));
}

/// Lets a future begin, which submits what it is about, without waiting for it.
async fn begin<F: Future>(mut future: std::pin::Pin<&mut F>) {
    poll_fn(|cx| {
        let _ = future.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

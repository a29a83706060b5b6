//! Which runs want people is known without a look at every run.

use super::*;

/// The runs that want people, as a look at every run finds them.
fn looked_for(hands: &Hands) -> Vec<RunId> {
    hands.kernel.world.runs().filter(|run| run.wants().next().is_some()).map(|run| run.id).collect()
}

fn known(hands: &Hands) -> Vec<RunId> {
    hands.kernel.world.wanting().map(|run| run.id).collect()
}

#[test]
fn a_run_wants_people_where_it_is_their_turn_and_no_longer() {
    let mut hands = Hands::of(vec![machine("one", plain()), manual("look")]);
    let run = hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Unknown);
    assert_eq!(known(&hands), [run], "nobody knows what became of it");
    let settle = |step: &str| RunAction::Settle { step: id(step), how: Settling::Done, text: Some("looked".into()) };
    hands.act("dana", 1, settle("one")).unwrap();
    let _goes_on = hands.act("dana", 1, RunAction::Resume { text: None });
    assert_eq!(known(&hands), looked_for(&hands));
    hands.act("dana", 1, settle("look")).unwrap();
    assert!(known(&hands).is_empty(), "it is over");
}

proptest! {
    /// Whatever people, runners and time do to several runs.
    #[test]
    fn the_index_is_the_plain_filter(moves in prop::collection::vec((0u8..12, 0usize..6), 1..50)) {
        let steps = vec![
            machine("asks", two_of_payments()),
            machine("locked", Attributes { undo: Some(id("back")), ..with_lock("l") }),
            manual("look"),
            machine("back", plain()),
        ];
        let names = ["asks", "locked", "look", "back"];
        let mut hands = Hands::of(steps);
        let paces = [(Pace::ByItself, true), (Pace::ByItself, false), (Pace::ByHand, false)];
        for (pace, undo) in paces.iter() {
            hands.start("book", *pace, *undo);
        }
        let mut leases: Vec<(RunId, StepId, Epoch)> = Vec::new();
        for (what, which) in moves {
            hands.now += 60;
            hands.kernel.until(hands.now());
            let (run, step) = (1 + which as u64 % 3, id(names[which % 4]));
            let input = RunbookHash::of(step.as_str());
            match what {
                0 => hands.prepare(),
                1 => leases.extend(hands.lease(&[], 1)),
                2..=4 => {
                    let ends = [AttemptEnd::Succeeded, AttemptEnd::Failed, AttemptEnd::Unknown];
                    if let Some(lease) = leases.pop() {
                        let _late = hands.ended(lease, ends[usize::from(what) - 2]);
                    }
                }
                5 => drop(hands.act("nadia", run, RunAction::Approve { step, input })),
                6 => drop(hands.act("ines", run, RunAction::Approve { step, input })),
                7 => drop(hands.act("ines", run, RunAction::Decline { step, text: "no".into() })),
                8 => {
                    let how = if which < 4 { Settling::Done } else { Settling::Failed };
                    let _taken = hands.act("dana", run, RunAction::Settle { step, how, text: Some("so".into()) });
                }
                9 => drop(hands.act("dana", run, RunAction::Pause { text: None })),
                10 => drop(hands.act("dana", run, RunAction::Resume { text: None })),
                _ if which == 0 => drop(hands.act("dana", run, RunAction::Stop { text: None })),
                _ => drop(hands.act("dana", run, RunAction::Execute { step })),
            }
            prop_assert_eq!(known(&hands), looked_for(&hands));
        }
        // A start knows them anew.
        let mut again = wheelhouse_core::World::default();
        again.take_in_runs(hands.kernel.world.runs().cloned().collect::<Vec<_>>());
        prop_assert_eq!(again.wanting().map(|run| run.id).collect::<Vec<_>>(), looked_for(&hands));
    }
}

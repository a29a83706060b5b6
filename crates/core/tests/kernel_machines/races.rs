//! Whatever comes in whatever order.

use super::*;

proptest! {
    /// Whatever the order and whoever answers: a step that wants two never goes before two others agreed to it.
    #[test]
    fn no_race_of_answers_lets_a_step_go_early(answers in prop::collection::vec((0usize..4, any::<bool>(), any::<bool>()), 1..12)) {
        let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
        hands.start("book", Pace::ByItself, false);
        hands.prepare();
        let mut agreed = BTreeSet::new();
        for (who, agrees, sees) in answers {
            let name = ["dana", "nadia", "ines", "stranger"][who];
            let input = RunbookHash::of(if sees { "one" } else { "another" });
            let step = id("one");
            let asks = matches!(hands.state(1, "one"), Some(WorkState::Asking { .. }));
            let action = if agrees { RunAction::Approve { step, input } } else { RunAction::Decline { step, text: "no".into() } };
            let taken = hands.act(name, 1, action).is_ok();
            let may = asks && (name == "nadia" || name == "ines") && !agreed.contains(name) && (sees || !agrees);
            prop_assert_eq!(taken, may, "{} {} {}", name, agrees, sees);
            if taken && agrees { agreed.insert(name); }
            if taken && !agrees {
                agreed.clear();
                prop_assert_eq!(hands.state(1, "one"), None);
                hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
                hands.prepare();
            }
            let ready = matches!(hands.state(1, "one"), Some(WorkState::Ready { .. }));
            prop_assert_eq!(ready, agreed.len() == 2);
            if ready { return Ok(()); }
        }
    }

    /// Whatever runners and people do, in whatever order: the run ends, nothing is carried out under two leases at
    /// once, and a step that may not be done twice never is unless somebody asks for it.
    #[test]
    fn whatever_happens_nothing_runs_twice_unasked(moves in prop::collection::vec((0u8..9, 0usize..4), 1..60)) {
        let steps = vec![
            machine("a", undone_by("back")),
            machine("b", Attributes { parallel: Some("g".into()), ..with_lock("l") }),
            machine("c", Attributes { parallel: Some("g".into()), ..plain() }),
            machine("back", plain()),
        ];
        let names = ["a", "b", "c", "back"];
        let mut hands = Hands::of(steps);
        hands.start("book", Pace::ByItself, false);
        hands.start("book", Pace::ByItself, true);
        let mut leases: Vec<(RunId, StepId, Epoch)> = Vec::new();
        let mut asked: BTreeMap<(RunId, StepId), u32> = BTreeMap::new();
        let mut given: BTreeMap<(RunId, StepId), u32> = BTreeMap::new();
        for (what, which) in moves {
            hands.now += 1;
            hands.kernel.until(hands.now());
            hands.prepare();
            let run = 1 + which as u64 % 2;
            match what {
                0 | 1 => {
                    for lease in hands.lease(&[], 2) {
                        *given.entry((lease.0, lease.1.clone())).or_default() += 1;
                        leases.push(lease);
                    }
                }
                2..=5 => {
                    if let Some(lease) = (!leases.is_empty()).then(|| leases.remove(which % leases.len())) {
                        let ends = [AttemptEnd::Succeeded, AttemptEnd::Failed, AttemptEnd::Unknown, AttemptEnd::Cancelled];
                        let _late = hands.ended(lease, ends[usize::from(what) - 2]);
                    }
                }
                6 => {
                    let step = id(names[which]);
                    if hands.act("dana", run, RunAction::Execute { step: step.clone() }).is_ok() {
                        *asked.entry((RunId(run), step)).or_default() += 1;
                    }
                }
                7 => drop(hands.act("dana", run, RunAction::Cancel { step: id(names[which]), text: None })),
                _ => drop(hands.act("dana", run, if which < 2 { RunAction::Resume { text: None } } else { RunAction::Undo { text: None } })),
            }
            for run in hands.kernel.world.runs() {
                let open = leases.iter().filter(|(id, ..)| *id == run.id);
                let in_hands = run.in_hands().count();
                prop_assert!(in_hands <= open.count());
            }
            let held: Vec<_> = hands.kernel.world.runs().filter(|run| run.locks.contains("l")).collect();
            prop_assert!(held.len() <= 1);
        }
        for (key, times) in &given {
            let by_turn = 1 + asked.get(key).copied().unwrap_or(0);
            // What a person let go, or what was let go for the way back, may come again in its turn.
            let dropped = hands.kernel.entries.iter().filter(|entry| matches!(&entry.fact, Fact::Run(part) if part.run == key.0
                && matches!(&part.what, RunHappening::WorkDropped { step } if *step == key.1))).count();
            // What is done once more, or is open again, is taken back once more.
            let reopened = hands.kernel.entries.iter().filter(|entry| matches!(&entry.fact, Fact::Run(part) if part.run == key.0
                && matches!(&part.what, RunHappening::StepReopened { step } if *step == key.1))).count();
            prop_assert!(*times as usize <= by_turn as usize + dropped + reopened, "{:?} was given {} times", key, times);
        }
        for run in 1..=2 {
            let _over = hands.act("dana", run, RunAction::Stop { text: None });
        }
        for lease in leases {
            let _late = hands.ended(lease, AttemptEnd::Cancelled);
        }
        prop_assert_eq!(hands.kernel.world.runs().len(), 0, "a run that was stopped ends");
    }
}

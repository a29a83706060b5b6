//! People whom runs want are told.

use jiff::tz::TimeZone;
use wheelhouse_core::case::CaseKind;
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::name::{ScheduleName, TeamName};
use wheelhouse_core::notify::{MessageState, Purpose, Recipient, Wanted};
use wheelhouse_core::oncall::{Layer, Period, Rotation, Schedule as OnCall};
use wheelhouse_core::run::Want;

use super::*;

const REQUEST: CaseId = CaseId { kind: CaseKind::Request, number: 1 };
const ACTION: CaseId = CaseId { kind: CaseKind::Action, number: 1 };

/// Who was asked by a case for what, and from when on.
fn asked(hands: &Hands, case: CaseId) -> Vec<(String, Want, Option<i64>)> {
    let queued = hands.kernel.entries.iter().filter(|entry| entry.subject == Some(case));
    let asked = queued.filter_map(|entry| match &entry.fact {
        Fact::MessageQueued { recipient, purpose: Purpose::Wanted { wanted, .. }, not_before, .. } => {
            let Wanted::Run { want, .. } = wanted else { panic!("{wanted:?}") };
            let later = not_before.map(|at| at.since(entry.at).as_seconds());
            Some((recipient.to_string(), *want, later))
        }
        _ => None,
    });
    asked.collect()
}

fn recipient(name: &str) -> Recipient {
    Recipient::Person(PersonName::new(name).unwrap())
}

fn waiting(hands: &Hands, case: CaseId) -> usize {
    hands.kernel.world.messages_of(case).filter(|message| message.state == MessageState::Queued).count()
}

fn is_over(hands: &Hands, case: CaseId) -> bool {
    hands.kernel.world.case(case).is_none_or(|case| case.state.is_resolved())
}

fn on_call(person: &str) -> OnCall {
    let people = vec![PersonName::new(person).unwrap()];
    let rotation = Rotation { people, start: "1970-01-01T00:00:00".parse().unwrap(), every: Period::Weeks(1) };
    OnCall {
        name: ScheduleName::new("payments-on-call").unwrap(),
        team: TeamName::new("payments").unwrap(),
        time_zone: TimeZone::UTC,
        layers: vec![Layer { rotation, from: None, until: None }],
        overrides: Vec::new(),
    }
}

#[test]
fn those_who_can_agree_are_asked_and_let_go_when_it_is_settled() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let ask = |who: &str| (who.to_owned(), Want::Approval, None);
    assert_eq!(asked(&hands, REQUEST), [ask("ines"), ask("nadia")], "not dana, who asks for it");
    let case = hands.kernel.world.case(REQUEST).unwrap();
    assert_eq!((case.team.as_str(), case.title.as_str()), ("payments", "RUN-1 of payments/book asks for agreement"));
    assert_eq!(waiting(&hands, REQUEST), 2);
    let agree = RunAction::Approve { step: id("one"), input: RunbookHash::of("one") };
    hands.act("nadia", 1, agree.clone()).unwrap();
    assert!(!is_over(&hands, REQUEST), "one of two agreed");
    hands.act("ines", 1, agree).unwrap();
    assert!(is_over(&hands, REQUEST));
    assert_eq!(waiting(&hands, REQUEST), 0, "nobody is asked for what is settled");
}

#[test]
fn whoever_is_on_call_is_asked_first_if_that_is_enough() {
    let approve = Some(Approval { count: 1, role: Some(RoleName::new("payments").unwrap()) });
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    let steps = vec![machine("one", Attributes { approve, ..plain() }), manual("look")];
    let book = book("book", steps);
    catalog.runbooks = BTreeMap::from([(book.name.clone(), Arc::new(book))]);
    let schedule = on_call("nadia");
    catalog.schedules.insert(schedule.name.clone(), schedule);
    let mut hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let expected = [("nadia".to_owned(), Want::Approval, None), ("ines".to_owned(), Want::Approval, Some(1_800))];
    assert_eq!(asked(&hands, REQUEST), expected);
    hands.act("nadia", 1, RunAction::Approve { step: id("one"), input: RunbookHash::of("one") }).unwrap();
    assert_eq!(waiting(&hands, REQUEST), 0, "the others are never woken");
}

#[test]
fn a_run_that_halts_tells_whoever_started_it_but_not_who_halts_it() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.act("dana", 1, RunAction::Pause { text: None }).unwrap();
    assert!(hands.kernel.world.case(ACTION).is_none(), "dana knows");
    hands.act("dana", 1, RunAction::Resume { text: None }).unwrap();
    hands.carry_out(AttemptEnd::Failed);
    assert_eq!(asked(&hands, ACTION), [("dana".to_owned(), Want::Resume, None)]);
    hands.act("nadia", 1, RunAction::Stop { text: None }).unwrap();
    assert!(is_over(&hands, ACTION));
}

#[test]
fn a_case_by_which_people_are_asked_goes_on_where_somebody_closed_it_too_early() {
    let steps = vec![machine("one", two_of_payments()), machine("two", plain()), manual("look")];
    let mut hands = Hands::of(steps);
    hands.start("book", Pace::ByHand, false);
    hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
    hands.prepare();
    assert_eq!(waiting(&hands, REQUEST), 2);
    let done = CaseAction::Resolve { at: None, text: Some("done".into()) };
    hands.kernel.act(hands.now(), "ines", REQUEST, done);
    assert!(is_over(&hands, REQUEST));
    // Something else is wanted: it stays in one case, and what was asked before is still taken back.
    hands.act("nadia", 1, RunAction::Execute { step: id("two") }).unwrap();
    hands.carry_out(AttemptEnd::Unknown);
    assert!(!is_over(&hands, REQUEST) && hands.kernel.world.case(ACTION).is_none());
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert!(is_over(&hands, REQUEST));
    assert_eq!(waiting(&hands, REQUEST), 0);
}

#[test]
fn whoever_halts_a_run_has_their_reasons() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.act("nadia", 1, RunAction::Pause { text: None }).unwrap();
    assert!(hands.kernel.world.case(ACTION).is_none(), "nobody is wanted for it");
}

#[test]
fn whoever_has_agreed_is_not_asked_later_on() {
    let approve = Some(Approval { count: 2, role: Some(RoleName::new("payments").unwrap()) });
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    let mut daily = book("daily", vec![machine("one", Attributes { approve, ..plain() }), manual("look")]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    catalog.runbooks = BTreeMap::from([(daily.name.clone(), Arc::new(daily))]);
    for person in ["dana", "nadia"] {
        let schedule = OnCall { name: ScheduleName::new(person).unwrap(), ..on_call(person) };
        catalog.schedules.insert(schedule.name.clone(), schedule);
    }
    let mut hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    hands.prepare();
    assert!(asked(&hands, REQUEST).contains(&("ines".to_owned(), Want::Approval, Some(1_800))));
    assert_eq!(waiting(&hands, REQUEST), 3);
    hands.act("ines", 1, RunAction::Approve { step: id("one"), input: RunbookHash::of("one") }).unwrap();
    let to_ines = hands.kernel.world.messages_of(REQUEST).filter(|message| message.recipient == recipient("ines"));
    assert_eq!((to_ines.count(), waiting(&hands, REQUEST)), (0, 2));
}

#[test]
fn whoever_goes_on_with_the_next_step_is_let_go_where_that_is_for_others() {
    let schedule = on_call("ines");
    let role = Some(RoleName::new(schedule.name.as_str()).unwrap());
    let theirs = Step { attributes: Attributes { role, ..Attributes::default() }, ..manual("theirs") };
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    catalog.schedules.insert(schedule.name.clone(), schedule);
    let book = book("book", vec![machine("one", plain()), manual("look"), manual("again"), theirs]);
    catalog.runbooks = BTreeMap::from([(book.name.clone(), Arc::new(book))]);
    let mut hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Succeeded);
    let done = |step: &str| RunAction::Settle { step: id(step), how: Settling::Done, text: None };
    let to_dana = |hands: &Hands| {
        let messages = hands.kernel.world.messages_of(ACTION);
        messages.filter(|message| message.recipient == recipient("dana")).count()
    };
    hands.act("nadia", 1, done("look")).unwrap();
    assert_eq!(to_dana(&hands), 1, "dana goes on with the next");
    hands.act("nadia", 1, done("again")).unwrap();
    assert_eq!(to_dana(&hands), 0, "the last is for others");
}

#[test]
fn a_team_that_nobody_can_reach_is_asked_all_the_same() {
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    let mut daily = book("daily", vec![machine("one", plain()), manual("look")]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    catalog.runbooks = BTreeMap::from([(daily.name.clone(), Arc::new(daily))]);
    catalog.teams.values_mut().for_each(|team| team.contacts.clear());
    catalog.people.values_mut().for_each(|person| person.contacts.clear());
    let mut hands = Hands { kernel: Kernel::of(catalog), now: 1 };
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    hands.carry_out(AttemptEnd::Failed);
    // Its message fails, and that is said.
    let team = Recipient::Team(TeamName::new("payments").unwrap()).to_string();
    assert_eq!(asked(&hands, ACTION), [(team, Want::Resume, None)]);
}

#[test]
fn a_run_that_nobody_started_tells_the_team_of_its_runbook() {
    let mut daily = book("daily", vec![machine("one", plain()), manual("look")]);
    daily.front.schedule = Some(Schedule::parse("03:00").unwrap());
    let mut hands = Hands::with(vec![daily]);
    let first = next_due(&hands.kernel.world).map(|(at, _)| at).unwrap();
    hands.now = first.since(at(0)).as_seconds();
    hands.kernel.until(hands.now());
    hands.carry_out(AttemptEnd::Unknown);
    let everybody = |want| ["dana", "nadia", "ines"].map(|who| (who.to_owned(), want, None));
    let both = [everybody(Want::Verdict), everybody(Want::Resume)].concat();
    assert_eq!(asked(&hands, ACTION), both);
    let done = RunAction::Settle { step: id("one"), how: Settling::Done, text: None };
    hands.act("nadia", 1, done).unwrap();
    hands.act("nadia", 1, RunAction::Resume { text: None }).unwrap();
    let steps = asked(&hands, ACTION).into_iter().filter(|(_, want, _)| *want == Want::Step).count();
    assert_eq!(steps, 3, "it has come to a step of people");
    hands.act("nadia", 1, RunAction::Settle { step: id("look"), how: Settling::Done, text: None }).unwrap();
    assert!(is_over(&hands, ACTION) && hands.run(1).is_none());
}

#[test]
fn in_a_run_of_a_case_people_are_asked_by_the_case() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    let now = hands.now();
    let incident = hands.kernel.tell(now, kernel_support::signal(1, 0, false, true, now)).unwrap();
    let request = wish("book", Some(incident));
    hands.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
    hands.prepare();
    assert_eq!(asked(&hands, incident).len(), 2);
    assert!(hands.kernel.world.case(REQUEST).is_none());
    let messages = hands.kernel.world.messages_of(incident);
    let numbers: BTreeSet<_> = messages.map(|message| (message.id, message.recipient.clone())).collect();
    assert!(numbers.iter().any(|(_, to)| *to == Recipient::Person(PersonName::new("ines").unwrap())));
    // Nobody answers: it is halted, and dana hears of it by the case as well.
    hands.now += 3_600;
    hands.kernel.until(hands.now());
    assert!(asked(&hands, incident).contains(&("dana".to_owned(), Want::Resume, None)));
}

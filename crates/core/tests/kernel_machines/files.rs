//! Files on steps of runs that are for no case.

use wheelhouse_core::attachment::{Attachment, Attachments, Blob, Described, FileName, MOST, MediaType};
use wheelhouse_core::record::Attached;

use super::*;

fn attach(step: &str, name: &str, bytes: usize) -> RunAction {
    let attachment = Attachment {
        name: FileName::clean(name),
        media_type: MediaType::of(Some("text/plain"), b"").unwrap(),
        description: None,
        text: Some("see the end".into()),
        blob: Arc::new(Blob::new(vec![b'x'; bytes])),
    };
    RunAction::Attach { step: id(step), attachment: Arc::new(attachment) }
}

fn words(refusal: Refusal) -> String {
    refusal.to_string()
}

fn attached(hands: &Hands) -> Attachments {
    hands.kernel.world.run(RunId(1)).unwrap().attachments
}

#[test]
fn the_facts_have_step_number_and_room_and_the_body_has_what_it_could_be_known_by() {
    let mut hands = Hands::of(vec![manual("look"), manual("drain")]);
    hands.start("book", Pace::ByHand, false);
    hands.act("dana", 1, attach("look", "first.log", 10)).unwrap();
    hands.act("omar", 1, attach("drain", "../second.log", 1_025)).unwrap();
    let entry = hands.kernel.entries.last().unwrap().clone();
    let Fact::Run(part) = &entry.fact else { panic!("{entry:?}") };
    assert_eq!(part.what, RunHappening::FileAttached { step: id("drain"), number: 2, kib: 2 });
    assert_eq!((entry.actor.clone(), entry.subject), (person("omar"), None));
    let body = entry.body.clone().unwrap();
    let said = Described::of(&body).unwrap();
    assert_eq!((said.name.as_str(), said.size), ("second.log", 1_025));
    assert_eq!(said.sha256, Blob::new(vec![b'x'; 1_025]).sha256());
    assert_eq!((body["title"].as_str(), body["text"].as_str()), ("drain", "see the end"));
    assert!(matches!(&entry.attached, Attached::File(blob) if blob.bytes().len() == 1_025));
    // The canonical bytes commit to the body by its salted digest alone.
    let canonical = String::from_utf8(entry.seal(9, [3; 32]).canonical).unwrap();
    assert!(!canonical.contains("second.log") && !canonical.contains("1025"), "{canonical}");
    assert_eq!(attached(&hands), Attachments { last: 2, kept: 2, kib: 3 });
    // It settles nothing, and one that is settled takes files as well.
    hands.act("dana", 1, RunAction::Settle { step: id("look"), how: Settling::Done, text: None }).unwrap();
    hands.act("dana", 1, attach("look", "after.log", 1)).unwrap();
    assert_eq!(attached(&hands).last, 3);
}

#[test]
fn what_does_not_fit_or_belongs_elsewhere_is_refused_and_changes_nothing() {
    let mut hands = Hands::of(vec![manual("look")]);
    hands.start("book", Pace::ByHand, false);
    let refused = |hands: &mut Hands, run, action| words(hands.act("dana", run, action).unwrap_err());
    assert!(refused(&mut hands, 1, attach("lok", "a", 1)).contains("look"));
    assert!(refused(&mut hands, 1, attach("look", "a", 0)).contains("one that is not empty"));
    assert!(refused(&mut hands, 1, attach("look", "a", (5 << 20) + 1)).contains("at most 5 MiB"));
    assert!(refused(&mut hands, 2, attach("look", "a", 1)).contains("there is no run RUN-2"));
    assert_eq!(attached(&hands), Attachments::default());
    for number in 0..MOST {
        hands.act("dana", 1, attach("look", &format!("{number}.log"), 1)).unwrap();
    }
    assert_eq!(refused(&mut hands, 1, attach("look", "more", 1)), "RUN-1 has 50 files attached, and cannot take more");
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert_eq!(hands.act("dana", 1, attach("look", "late", 1)).unwrap_err(), Refusal::RunOver(RunId(1)));
}

#[test]
fn a_run_for_a_case_has_its_files_on_the_case() {
    let mut hands = Hands::of(vec![manual("look")]);
    let report = wheelhouse_core::kernel::Report {
        title: "the form does not open".into(),
        text: None,
        service: None,
        severity: None,
        drill: false,
    };
    hands.try_it(person("dana"), What::Report(Box::new(report))).unwrap();
    let request = RunRequest { pace: Pace::ByHand, ..wish("book", CaseId::parse("INC-1")) };
    hands.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
    let refusal = hands.act("dana", 1, attach("look", "a.log", 1)).unwrap_err();
    assert_eq!((refusal.code(), attached(&hands)), ("invalid", Attachments::default()));
    assert!(words(refusal).contains("RUN-1 is for INC-1, so attach the file there"));
}

//! Facts are read as they were written. A fact is told by its field `kind`, and what happens in a run, about an
//! automation or with a message stands in the same object: a field of theirs with the name of a tag would be written
//! and never read again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use wheelhouse_core::affected::Impact;
use wheelhouse_core::automation::{Blast, EventKind, Link};
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::name::{AutomationName, ChannelName, DrillName, PersonName, RoleName, RunnerName, ServiceName};
use wheelhouse_core::notify::{ContactKind, Digest, Purpose, Recipient, Stage, Wanted};
use wheelhouse_core::record::{
    About, AutomationFact, AutomationHappening, AutomationOutcome, ContactTest, DrillHeld, DrillRunFact, DrillStep,
    Erased, Fact, FileAttached, FoundChange, Hash, Head, KeyEventSet, RecordRestored, RunErased, RunFact, RunHappening,
    ScheduleFact, VersionFact,
};
use wheelhouse_core::run::{AttemptEnd, Ending, Epoch, EventType, OutputDigest, Pace, Parent, RunId, Settling, Want};
use wheelhouse_core::runbook::{Doubt, Doubted, Judgement, Mandate, RunbookHash, RunbookName, StepId, Trust};
use wheelhouse_core::signal::SignalNumber;
use wheelhouse_core::time::{Duration, Timestamp};

/// One value of each variant; does not compile where a variant is missing.
macro_rules! one_of_each {
    ($type:ident { $($variant:ident => $sample:expr),* $(,)? }) => {{
        fn name(of: &$type) -> &'static str {
            match of { $($type::$variant { .. } => stringify!($variant)),* }
        }
        let all = vec![$((stringify!($variant), $sample)),*];
        for (variant, sample) in &all {
            assert_eq!(name(sample), *variant, "the sample of another variant");
        }
        all.into_iter().map(|(_, sample)| sample).collect::<Vec<$type>>()
    }};
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn step() -> StepId {
    StepId::new("drain").unwrap()
}

fn hash() -> RunbookHash {
    RunbookHash::of("text")
}

fn book() -> RunbookName {
    RunbookName::parse("payments/drain").unwrap()
}

fn dana() -> PersonName {
    PersonName::new("dana").unwrap()
}

fn case() -> CaseId {
    CaseId::parse("INC-7").unwrap()
}

fn ledger() -> ServiceName {
    ServiceName::new("ledger").unwrap()
}

fn of_runs() -> Vec<RunHappening> {
    let lock = || "db".to_owned();
    one_of_each!(RunHappening {
        Started => RunHappening::Started {
            runbook: book(),
            version: hash(),
            path: "payments:runbooks/drain.md".into(),
            pace: Pace::ByItself,
            undo_on_failure: true,
            dry_run: true,
            parent: Some(Parent { run: RunId(1), step: step() }),
            steps: Vec::new(),
        },
        StepSettled => RunHappening::StepSettled { step: step(), how: Settling::Done },
        StepReopened => RunHappening::StepReopened { step: step() },
        TurnCame => RunHappening::TurnCame { step: step() },
        Prepared => RunHappening::Prepared { step: step(), input: hash(), items: Some(3) },
        ApprovalAsked => RunHappening::ApprovalAsked { step: step(), until: at(9) },
        Approved => RunHappening::Approved { step: step(), input: hash() },
        LockWanted => RunHappening::LockWanted { step: step(), lock: lock() },
        LockTaken => RunHappening::LockTaken { lock: lock() },
        LockReleased => RunHappening::LockReleased { lock: lock() },
        StepReady => RunHappening::StepReady { step: step(), item: 2, from: at(9) },
        Leased => RunHappening::Leased {
            step: step(),
            attempt: 2,
            epoch: Epoch(4),
            runner: RunnerName::new("near").unwrap(),
            until: at(9),
        },
        CancelAsked => RunHappening::CancelAsked { step: step() },
        AttemptEnded => RunHappening::AttemptEnded {
            step: step(),
            epoch: Epoch(4),
            end: AttemptEnd::Failed,
            exit: Some(3),
            gone: Some(true),
            output: Some(OutputDigest { hash: hash(), bytes: 7, lost: 1 }),
        },
        WaitsUntil => RunHappening::WaitsUntil { step: step(), until: at(9), for_event: true },
        EventMade => RunHappening::EventMade { step: step(), event: EventType::new("disk.full").unwrap() },
        Within => RunHappening::Within { step: step(), inner: RunId(8) },
        WorkDropped => RunHappening::WorkDropped { step: step() },
        FileAttached => RunHappening::FileAttached { step: step(), number: 2, kib: 3 },
        Paused => RunHappening::Paused,
        Resumed => RunHappening::Resumed,
        UndoBegun => RunHappening::UndoBegun,
        Stopping => RunHappening::Stopping,
        Ended => RunHappening::Ended { how: Ending::Stopped },
    })
}

fn of_automations() -> Vec<AutomationHappening> {
    let about = About {
        event: EventKind::RunEnded,
        target: "ledger".into(),
        signal: Some(SignalNumber(3)),
        run: Some(RunId(2)),
    };
    let outcome = AutomationOutcome::AwaitsApproval {
        number: 1,
        until: at(9),
        blast: Some(Blast { services: 4, tier: 1 }),
        runbook: book(),
        version: hash(),
        requester: Some(dana()),
        chain: vec![Link { automation: AutomationName::new("restart").unwrap(), target: "ledger".into() }],
    };
    one_of_each!(AutomationHappening {
        Considered => AutomationHappening::Considered { about, outcome },
        Approved => AutomationHappening::Approved { number: 1 },
        Began => AutomationHappening::Began { number: 1, run: RunId(2) },
        Declined => AutomationHappening::Declined { number: 1 },
        Expired => AutomationHappening::Expired { number: 1 },
        Caused => AutomationHappening::Caused { run: RunId(2), case: case() },
        RunOver => AutomationHappening::RunOver { run: RunId(2), failed: true, opens: true },
        Paused => AutomationHappening::Paused,
        Resumed => AutomationHappening::Resumed,
    })
}

fn of_versions() -> Vec<Judgement> {
    let doubt = Doubt { what: Doubted::NotEditor, person: Some(dana()), commit: Some("ab12".into()) };
    let role = || vec![RoleName::new("editors").unwrap()];
    let mandate = Mandate { version: Some(hash()), edit: role(), approve: role(), said: true };
    one_of_each!(Judgement {
        Trusted => Judgement::Trusted { how: Trust::Editors, by: vec![dana()] },
        Quarantined => Judgement::Quarantined { doubts: vec![doubt.clone()], mandate: mandate.clone() },
        Approved => Judgement::Approved { doubts: vec![doubt] },
        Gone => Judgement::Gone { mandate },
    })
}

fn of_messages() -> Vec<Purpose> {
    let message = MessageId { case: case(), number: 4 };
    let wanted = Wanted::Run { run: RunId(2), runbook: book(), want: Want::Approval, step: Some(step()) };
    one_of_each!(Purpose {
        Page => Purpose::Page,
        Told => Purpose::Told {
            stage: Stage::Opened,
            impact: Impact::Down,
            path: vec![ledger()],
            on_behalf_of: Some(Recipient::Person(dana())),
            digest: Digest::default(),
        },
        Informed => Purpose::Informed { stage: Stage::Opened },
        Undeliverable => Purpose::Undeliverable { message },
        Wanted => Purpose::Wanted { wanted, until: Some(at(9)) },
    })
}

/// Facts whose fields stand in a type of their own; those of all others are held against the tag as they are compiled.
fn wrapping() -> Vec<Fact> {
    let head = || Head { origin: "hub".into(), size: 3, root: Hash([7; 32]) };
    let mut all = vec![
        Fact::FileAttached(FileAttached { number: 1, kib: 2 }),
        Fact::DrillHeld(DrillHeld {
            drill: DrillName::new("outage").unwrap(),
            started_at: at(1),
            met: 2,
            missed: 1,
            cases: BTreeSet::from([case()]),
        }),
        Fact::DrillRun(DrillRunFact { run: 1, drill: DrillName::new("outage").unwrap(), step: DrillStep::Held }),
        Fact::RunScheduled(ScheduleFact { runbook: book(), due: at(3), run: Some(RunId(1)) }),
        Fact::ContactTested(ContactTest {
            recipient: Some(Recipient::Person(dana())),
            contact: ContactKind::Email,
            channel: Some(ChannelName::new("chat").unwrap()),
            accepted: true,
        }),
        Fact::KeyEventSet(KeyEventSet { entry: 4, key: true }),
        Fact::ChangeFound(FoundChange {
            change: 2,
            at: at(3),
            before: Duration::from_seconds(4),
            path: vec![ledger()],
            hard: true,
        }),
        Fact::Erased(Erased { bodies: 1, signals: 2, journals: 3, answers: 4, files: 5 }),
        Fact::RunErased(RunErased { run: RunId(1), bodies: 2, files: 3 }),
        Fact::RecordRestored(RecordRestored {
            from: head(),
            origin: "hub/2".into(),
            backup_at: at(5),
            lost: Some(head()),
        }),
    ];
    all.extend(of_runs().into_iter().map(|what| Fact::Run(RunFact { run: RunId(2), what })));
    let automation = || AutomationName::new("restart").unwrap();
    all.extend(
        of_automations().into_iter().map(|what| Fact::Automation(AutomationFact { automation: automation(), what })),
    );
    let version = |judgement| Fact::RunbookVersion(VersionFact { runbook: book(), version: hash(), judgement });
    all.extend(of_versions().into_iter().map(version));
    all.extend(of_messages().into_iter().map(|purpose| Fact::MessageQueued {
        message: MessageId { case: case(), number: 5 },
        recipient: Recipient::Person(dana()),
        purpose,
        not_before: Some(at(8)),
    }));
    all
}

/// Says of a fact which one it is, where its fields stand in a type of their own; does not compile where one is missing.
macro_rules! facts {
    (wrapping: $($wrapping:ident),*; others: $($other:ident),* $(,)?) => {
        const WRAPPING: &[&str] = &[$(stringify!($wrapping)),*];

        fn wraps(fact: &Fact) -> Option<&'static str> {
            match fact {
                $(Fact::$wrapping { .. } => Some(stringify!($wrapping)),)*
                $(Fact::$other { .. })|* => None,
            }
        }
    };
}

// One signal is never written by itself.
facts! {
    wrapping: FileAttached, DrillHeld, DrillRun, RunScheduled, Automation, Run, RunbookVersion, ContactTested, KeyEventSet,
        ChangeFound, Erased, RunErased, RecordRestored, MessageQueued;
    others: Signal, DoorsReady, CatalogAdopted, RepositoryRefused, RepositoryRestored, Signals, CaseOpened, CaseReopened,
        SeverityChanged, Acknowledged, AcknowledgementLapsed, AcknowledgementExtended, EscalationSet,
        EscalationStepped, EscalationParked, MessageAccepted, MessageFailed, MessageWithdrawn, NotTold, Missed,
        Proposed, OwnerSet, TeamSet, RoleSet, Noted, Updated, Mitigated, Resolved, Rechecked, CaseRetired, Linked,
        Unlinked, SymptomSet, FlappingBegun, QuietSet, CaseSilenced, CaseUnsilenced, SilenceSet, SilenceStarted,
        SilenceEndsSoon, SilenceEnded, ChangeTold, TokenCreated, TokenRevoked, Quarantined, HandedOver, SignalsPlaced,
        AnswersKept, HoldSet, HoldLifted
}

#[test]
fn what_was_written_of_every_fact_is_read_again() {
    let facts = wrapping();
    let there: BTreeSet<&str> = facts.iter().filter_map(wraps).collect();
    assert_eq!(there, BTreeSet::from_iter(WRAPPING.iter().copied()), "a fact without a sample");
    for fact in facts {
        let text = serde_json::to_string(&fact).unwrap();
        let again: Fact = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(again, fact, "{text}");
    }
}

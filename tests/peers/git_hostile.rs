//! Repositories that mean harm: what lies in them never does anything, and the hub goes on.

use std::fmt::Write as _;
use std::time::Duration;

use crate::git::{hub, state_of, wait_for_state};
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::repository::{Repository, git};
use crate::support::wait::{SOON, until};

const ORGANIZATION: &str = "
kind: Organization
name: quay
default_team: noc
fallback: {team: noc}
---
{kind: Team, name: noc, members: [grace]}
---
{kind: Person, name: grace, contacts: [{email: grace@quay.example}]}
";

fn started() -> (Repository, Hub, Client) {
    let repository = Repository::new("organization");
    repository.push("org.yaml", ORGANIZATION, "Found the organisation");
    let hub = hub(&[format!("url: '{}', every: 1s", repository.url())], tempfile::tempdir().unwrap());
    let grace = hub.client("person", "grace");
    (repository, hub, grace)
}

/// A commit upon `main` of one file, as `git fast-import` reads it.
fn commit(files: &str) -> String {
    format!(
        "commit refs/heads/main\ncommitter Eve <eve@evil.example> 1790000000 +0000\ndata 4\nEvil\nfrom refs/heads/main^0\n{files}\n"
    )
}

#[test]
fn links_submodules_and_odd_names_are_passed_over() {
    let (repository, hub, grace) = started();
    let clone = repository.clone();
    std::os::unix::fs::symlink("/etc/hostname", clone.join("linked.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc", clone.join("etc")).unwrap();
    repository.write(".gitattributes", "*.yaml filter=evil\n");
    repository.write("\u{1b}[31mred\n.yaml", "{kind: Team, name: red, members: [grace]}\n");
    repository.write("--help.yaml", "{kind: Team, name: help, members: [grace]}\n");
    git(&clone, &["update-index", "--add", "--cacheinfo", &format!("160000,{},inside", repository.head())]);
    git(&clone, &["add", "--all", "--", ".", ":!inside"]);
    git(&clone, &["commit", "--quiet", "--message", "\u{1b}[2Jodd"]);
    git(&clone, &["push", "--quiet", "--force", "origin", "main"]);
    let pushed = repository.head();
    let found = until("the odd version", SOON, || {
        let found = state_of(&grace, "organization");
        (found["adopted"]["revision"] == pushed).then_some(found)
    });
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("linked.yaml") && warnings.contains("symbolic link"), "{warnings}");
    assert!(warnings.contains("inside") && warnings.contains("submodule"), "{warnings}");
    assert!(!found.to_string().contains('\u{1b}'), "{found}");
    let teams: Vec<String> = grace.all("/api/v1/teams").iter().map(|team| team["name"].to_string()).collect();
    assert_eq!(teams, ["\"help\"", "\"noc\"", "\"red\""]);
    // Nothing of it lies in the hub's data as a file.
    let mirror = hub.folder().join("data/repositories/organization");
    assert!(mirror.join("HEAD").exists() && !mirror.join("org.yaml").exists());
}

#[test]
fn what_is_too_large_or_no_text_is_refused_and_a_good_push_goes_on() {
    let (repository, _hub, grace) = started();
    let good = repository.head();
    for (what, text) in [("bytes, more than", "# ".repeat(3 << 20)), ("is not UTF-8", "\u{e9}".to_owned())] {
        let data = if what.contains("UTF-8") { vec![0xff, 0xfe] } else { text.into_bytes() };
        std::fs::write(repository.clone().join("odd.yaml"), data).unwrap();
        repository.commit("Odd");
        git(&repository.clone(), &["push", "--quiet", "--force", "origin", "main"]);
        let refused = wait_for_state(&grace, "organization", "refused");
        assert!(refused["refused"]["text"].as_str().unwrap().contains(what), "{refused}");
        repository.force_back_to(&good);
        wait_for_state(&grace, "organization", "in_force");
    }
}

#[test]
fn a_hundred_thousand_files_stop_nobody() {
    let (repository, hub, grace) = started();
    let mut files = String::new();
    for number in 0..100_000 {
        let _ = write!(files, "M 100644 inline ops/{number}.yaml\ndata 2\n#\n\n");
    }
    repository.import(commit(&files).as_bytes());
    let refused = until("so many files are refused", Duration::from_secs(150), || {
        let found = state_of(&grace, "organization");
        (found["state"] == "refused").then_some(found)
    });
    assert!(refused["refused"]["text"].as_str().unwrap().contains("more than 20000 files"), "{refused}");
    assert_eq!(refused["refused"]["author"], "Eve <eve@evil.example>");
    assert!(hub.is_ready());
    git(&repository.bare(), &["update-ref", "refs/heads/main", "refs/heads/main^"]);
    wait_for_state(&grace, "organization", "in_force");
}

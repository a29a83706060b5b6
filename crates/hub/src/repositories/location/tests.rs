//! Addresses and folders as options write them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;

fn git(text: &str) -> (String, GitLocation) {
    match Location::parse(text).unwrap() {
        (Some(name), Location::Git(git)) => (name.to_string(), *git),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn addresses_with_branch_and_folder() {
    let (name, location) = git("https://git.harbor.example/teams/Payments.git#release/2:ops");
    assert_eq!(name, "payments");
    assert_eq!(location.url.as_str(), "https://git.harbor.example/teams/Payments.git");
    assert_eq!((location.branch.as_deref(), location.folder.as_str()), (Some("release/2"), "ops"));

    let (name, location) = git("pay=git+file:///srv/git/ops.git#:services/pay/ops/");
    assert_eq!((name.as_str(), location.url.scheme()), ("pay", "file"));
    assert_eq!((location.branch.as_deref(), location.folder.as_str()), (None, "services/pay/ops"));
    assert_eq!(Location::Git(Box::new(location)).shown(), "file:///srv/git/ops.git#:services/pay/ops");

    let (name, location) = git("git@git.harbor.example:teams/noc.git#main");
    assert_eq!((name.as_str(), location.url.as_str()), ("noc", "ssh://git@git.harbor.example/teams/noc.git"));
}

#[test]
fn folders_stay_folders_and_are_one_repository_together() {
    let parsed = ["ops", "../payments/ops", "apart=/srv/ops", "./a=b"].map(|text| Location::parse(text).unwrap());
    let all = arrange(parsed.into()).unwrap();
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["folders", "apart"]);
    assert_eq!(all.first().unwrap().location.shown(), "ops, ../payments/ops, ./a=b");
}

#[test]
fn what_cannot_be_used_is_said_and_no_password_shown() {
    for text in [
        "https://",
        "https:///x",
        "ftp://host/x",
        "ext::sh -c id",
        "git+ext://x/y",
        "file://host/x",
        "https://host/x?y=1",
        "ssh://-oProxyCommand=id/x",
        "https://host/x#-b",
        "https://host/x#a..b",
        "https://host/x#main:../up",
        "",
    ] {
        let parsed = Location::parse(text);
        // Without `://` it is a folder's name, which nothing runs.
        assert!(parsed.is_err() || !text.contains("://"), "{text}: {parsed:?}");
    }
    let error = Location::parse("https://dana:geheim@host/x").unwrap_err().to_string();
    assert!(error.contains("token") && !error.contains("geheim") && !error.contains("dana"), "{error}");
    let twice = ["https://a/ops.git", "https://b/ops.git"].map(|text| Location::parse(text).unwrap());
    let error = arrange(twice.into()).unwrap_err().to_string();
    assert!(error.contains("named `ops`") && error.contains("NAME="), "{error}");
}

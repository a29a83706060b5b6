//! What a mapping of the file may say, and what does not go together.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn read(fields: &[(&str, &str)]) -> Result<RepositoryOption, String> {
    let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), Setting::Text((*value).to_owned())));
    RepositoryOption::read(fields.collect(), Path::new("/etc/wheelhouse"))
}

#[test]
fn a_mapping_says_what_an_address_alone_cannot() {
    let option = read(&[
        ("name", "pay"),
        ("url", "https://git.harbor.example/payments.git"),
        ("branch", "main"),
        ("folder", "services/pay/ops"),
        ("every", "5m"),
        ("token-file", "pay.token"),
    ]);
    let options = Serve { ops: vec!["/srv/ops".to_owned()], repositories: vec![option.unwrap()], ..Serve::default() };
    let all = settings(&options).unwrap();
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["folders", "pay"]);
    let pay = all.last().unwrap();
    assert_eq!(pay.every, Duration::from_secs(300));
    assert_eq!(pay.location.shown(), "https://git.harbor.example/payments.git#main:services/pay/ops");
    let Location::Git(git) = &pay.location else { unreachable!("it has an address") };
    assert_eq!(git.credential.token, Some(TokenPlace::File("/etc/wheelhouse/pay.token".into())));
}

#[test]
fn a_token_may_be_a_kept_secret() {
    let option = read(&[("url", "https://h/a.git"), ("token", "forge")]).unwrap();
    let mut options = Serve { repositories: vec![option], ..Serve::default() };
    assert!(settings(&options).unwrap_err().message.contains("the hub keeps none"));
    options.secrets = Some("/run/secrets".into());
    let all = settings(&options).unwrap();
    let Location::Git(git) = &all.first().unwrap().location else { unreachable!("it has an address") };
    assert_eq!(git.credential.token, Some(TokenPlace::File("/run/secrets/forge".into())));
    let option = read(&[("url", "https://h/a.git"), ("token", "../forge")]).unwrap();
    let options = Serve { repositories: vec![option], secrets: Some("/run/secrets".into()), ..Serve::default() };
    assert!(settings(&options).unwrap_err().message.contains("`token`"));
}

#[test]
fn what_does_not_go_together_is_said() {
    for (fields, words) in [
        (&[("name", "a")][..], "needs a `url`"),
        (&[("url", "https://h/a.git"), ("path", "x")], "not both"),
        (&[("path", "x")], "needs a `name`"),
        (&[("path", "x"), ("name", "a"), ("branch", "main")], "only a repository with a `url`"),
        (&[("url", "https://h/a.git"), ("every", "0")], "not an interval"),
        (&[("url", "https://h/a.git"), ("tokenfile", "x")], "did you mean `token-file`?"),
        (&[("url", "https://h/a.git"), ("token-file", "x"), ("token-env", "Y")], "only one of them"),
    ] {
        let why = read(fields).unwrap_err();
        assert!(why.contains(words), "{fields:?}: {why}");
    }
}

#[test]
fn folders_in_a_file_are_relative_to_it_and_addresses_are_not() {
    let folder = Path::new("/etc/wheelhouse");
    assert_eq!(relative_to(folder, "../ops"), "/etc/wheelhouse/../ops");
    assert_eq!(relative_to(folder, "noc=ops"), "noc=/etc/wheelhouse/ops");
    assert_eq!(relative_to(folder, "https://h/a.git#main"), "https://h/a.git#main");
}

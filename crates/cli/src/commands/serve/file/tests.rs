//! The configuration file: what it may hold, and what is said of what it may not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use clap::CommandFactory;

use super::*;
use crate::args::{Cli, LogFormat, SmtpTls};

fn applied(text: &str, mut options: Serve) -> (Serve, Vec<String>) {
    let wrong = apply(text, Path::new("etc/hub.yaml"), &mut options);
    (options, wrong)
}

#[test]
fn every_option_of_the_command_line_may_stand_in_the_file() {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let shown = serve.get_arguments().filter(|argument| !argument.is_hide_set());
    let mut names: Vec<&str> = shown.filter_map(|argument| argument.get_long()).collect();
    names.retain(|name| !["help", "version"].contains(name));
    assert_eq!(names, KEYS);
    for name in KEYS {
        let Err(why) = set(&mut Serve::default(), &Serve::default(), name, Setting::Other("nothing"), Path::new(""))
        else {
            panic!("`{name}` takes nothing as a value");
        };
        assert!(!why.contains("there is no option"), "{why}");
    }
}

#[test]
fn what_was_given_before_goes_before_the_file() {
    let given = Serve { listen: Some("127.0.0.1:1".to_owned()), ops: vec!["here".to_owned()], ..Serve::default() };
    let (options, wrong) = applied("listen: 0.0.0.0:8480\nops: [a, b]\ndata: /var/lib/hub\n", given);
    assert_eq!(wrong, [""; 0]);
    assert_eq!(options.listen.as_deref(), Some("127.0.0.1:1"));
    assert_eq!(options.ops, ["here"]);
    assert_eq!(options.data, Some("/var/lib/hub".into()));
}

#[test]
fn paths_are_relative_to_the_file() {
    let text =
        "# the hub\nops:\n  - ../ops\n  - /srv/ops\nsmtp-tls: required\nlog-format: json\nsmtp: 127.0.0.1:1025\n";
    let (options, wrong) = applied(text, Serve::default());
    assert_eq!(wrong, [""; 0]);
    assert_eq!(options.ops, ["etc/../ops", "/srv/ops"]);
    assert_eq!(options.smtp_tls, Some(SmtpTls::Required));
    assert_eq!(options.log_format, Some(LogFormat::Json));
    assert_eq!(options.smtp.as_deref(), Some("127.0.0.1:1025"));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_where() {
    let text = "lisen: 127.0.0.1:1\nsmtp-tls: maybe\ndata: [a]\nops: {a: b}\nconfig: x\norigin: a\norigin: b\n";
    let (_, wrong) = applied(text, Serve::default());
    // A key given twice is the parser's to find; without it the rest is said at once.
    let (_, rest) = applied(&text.replace("origin: b\n", ""), Serve::default());
    assert!(wrong.iter().any(|line| line.contains("origin")), "{wrong:?}");
    assert_eq!(
        rest,
        [
            "etc/hub.yaml:1:1: there is no option `lisen`; did you mean `listen`?",
            "etc/hub.yaml:2:11: `smtp-tls`: `maybe` is none of none, starttls, required, tls",
            "etc/hub.yaml:3:7: `data`: expected a text, found a list",
            "etc/hub.yaml:4:6: `ops`: there is no field `a`; expected one of name, url, path, branch, folder, every, username, token, token-file, token-env, ssh-key-file, known-hosts-file, webhook-secret-file, signers-file",
            "etc/hub.yaml:5:9: `config` cannot stand in the file itself; give --config on the command line",
        ]
    );
}

#[test]
fn a_file_without_options_is_fine_and_one_that_is_no_yaml_is_not() {
    assert_eq!(applied("# nothing yet\n", Serve::default()).1, [""; 0]);
    assert_eq!(applied("", Serve::default()).1, [""; 0]);
    let (_, wrong) = applied("a: [", Serve::default());
    assert!(wrong.first().unwrap().starts_with("etc/hub.yaml:"), "{wrong:?}");
    let (_, wrong) = applied("- a\n", Serve::default());
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

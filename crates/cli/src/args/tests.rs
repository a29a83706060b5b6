//! The command line, as people write it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use wheelhouse_wire::api::PartyKind;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split(' '))
}

fn refused(line: &str) -> ErrorKind {
    parse(line).map(drop).unwrap_err().kind()
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_argument_explains_itself() {
    fn look(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "`{path}` says nothing about itself");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "`{path}`: {} has no help", argument.get_id());
        }
        command.get_subcommands().for_each(|command| look(command, &path));
    }
    Cli::command().get_subcommands().for_each(|command| look(command, "wheelhouse"));
}

#[test]
fn names_of_cases_have_any_letter_case() {
    for line in ["wheelhouse case ack inc-17", "wheelhouse case ack INC-17", "wheelhouse case acknowledge Inc-17"] {
        let Command::Case(CaseCommand::Ack { id }) = parse(line).unwrap().command else { panic!("{line}") };
        assert_eq!(id.to_string(), "INC-17");
    }
    assert_eq!(refused("wheelhouse case ack 17"), ErrorKind::ValueValidation);
    assert_eq!(refused("wheelhouse case ack INC-0"), ErrorKind::ValueValidation);
}

#[test]
fn people_are_named_plainly_or_exactly() {
    let who = |text: &str| text.parse::<Who>();
    assert_eq!(who("dana"), Ok(Who::Named("dana".to_owned())));
    assert_eq!(who("team:noc"), Ok(Who::Exactly(PartyKind::Team, "noc".to_owned())));
    assert_eq!(who("schedule:a.b"), Ok(Who::Exactly(PartyKind::Schedule, "a.b".to_owned())));
    for text in ["", "Dana", "team:", "audience:press", "a b"] {
        assert!(who(text).is_err(), "{text}");
    }
}

#[test]
fn an_assignment_has_exactly_one_end() {
    assert!(parse("wheelhouse case assign INC-1 dana").is_ok());
    assert!(parse("wheelhouse case assign INC-1 team:payments --service ledger").is_ok());
    assert!(parse("wheelhouse case assign INC-1 --nobody").is_ok());
    assert_eq!(refused("wheelhouse case assign INC-1"), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused("wheelhouse case assign INC-1 dana --nobody"), ErrorKind::ArgumentConflict);
    assert!(parse("wheelhouse case role INC-1 commander dana").is_ok());
    assert!(parse("wheelhouse case role INC-1 commander --nobody").is_ok());
    assert_eq!(refused("wheelhouse case role INC-1 commander"), ErrorKind::MissingRequiredArgument);
}

#[test]
fn words_are_a_closed_set() {
    assert!(parse("wheelhouse case severity INC-1 sev2").is_ok());
    assert_eq!(refused("wheelhouse case severity INC-1 high"), ErrorKind::InvalidValue);
    assert!(parse("wheelhouse case link INC-1 INC-2 --as caused-by").is_ok());
    assert_eq!(refused("wheelhouse case link INC-1 INC-2 --as sibling"), ErrorKind::InvalidValue);
    assert!(parse("wheelhouse schema Service").is_ok());
    assert_eq!(refused("wheelhouse schema Pipeline"), ErrorKind::InvalidValue);
    assert_eq!(refused("wheelhouse case list --state closed"), ErrorKind::InvalidValue);
}

#[test]
fn a_token_has_exactly_one_owner() {
    assert!(parse("wheelhouse token create --source prometheus --expires 90d").is_ok());
    assert_eq!(refused("wheelhouse token create"), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused("wheelhouse token create --person a --source b"), ErrorKind::ArgumentConflict);
    assert_eq!(refused("wheelhouse token create --person a --expires soon"), ErrorKind::ValueValidation);
}

#[test]
fn instants_are_read_with_the_other_arguments() {
    let lines: [&[&str]; 3] = [
        &["wheelhouse", "case", "mitigate", "INC-1", "--at", "10m ago"],
        &["wheelhouse", "case", "resolve", "INC-1", "restarted it", "--at", "14:05"],
        &["wheelhouse", "oncall", "--at", "2026-11-23T02:10:00Z"],
    ];
    for line in lines {
        assert!(Cli::try_parse_from(line).is_ok(), "{line:?}");
    }
    assert_eq!(refused("wheelhouse oncall --at soon"), ErrorKind::ValueValidation);
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    for line in [
        "wheelhouse --output json --url http://hub:1 case list",
        "wheelhouse case list --output json --url http://hub:1",
    ] {
        let cli = parse(line).unwrap();
        assert_eq!((cli.global.output, cli.global.url.as_str()), (Format::Json, "http://hub:1"));
    }
}

#[test]
fn folders_of_serve_come_several_ways() {
    for line in ["wheelhouse serve --ops a --ops b", "wheelhouse serve --ops a b", "wheelhouse serve --ops a,b"] {
        let Command::Serve(options) = parse(line).unwrap().command else { panic!("{line}") };
        assert_eq!(options.ops, ["a", "b"], "{line}");
    }
}

#[test]
fn help_tells_the_exit_codes() {
    let help = Cli::command().render_long_help().to_string();
    assert!(help.contains(EXIT_CODES), "{help}");
}

//! The default policies.

use wheelhouse_hub::authority::Action::{self, *};

use crate::organisation::{allowed_by, authority, why_not};

const HANDLING: [Action; 8] = [Acknowledge, SetSeverity, Assign, SetRole, Update, Mitigate, Resolve, Reopen];
const PEOPLE: [&str; 8] = ["dana", "lee", "ada", "olga", "audrey", "pat", "ina", "otto"];
const TOKENS: [Action; 3] = [CreateToken, RevokeToken, ReadTokens];

#[test]
fn everybody_with_a_token_of_their_own_reads_and_takes_part() {
    let authority = authority(&[]);
    for who in PEOPLE {
        for (action, what, policy) in [
            (ReadCases, "organization", "people-read"),
            (ReadCases, "case", "people-read"),
            (ReadCatalog, "organization", "people-read"),
            (ReadMetrics, "organization", "people-read"),
            (OpenCase, "organization", "people-take-part"),
            (Note, "case", "people-take-part"),
            (Link, "case", "people-take-part"),
            (Page, "case", "people-take-part"),
        ] {
            assert_eq!(allowed_by(&authority, who, action, what), policy, "{who} {action} {what}");
        }
    }
}

#[test]
fn those_who_handle_a_case_are_its_team_the_default_team_operators_and_the_involved() {
    let authority = authority(&[]);
    for action in HANDLING {
        for (who, policy) in [
            ("dana", "team-responds"),
            ("lee", "default-team-responds"),
            ("olga", "operators-respond"),
            ("ina", "involved-respond"),
            ("otto", "involved-respond"),
            ("pat", ""),
            ("ada", ""),
            ("audrey", ""),
            ("bootstrap", ""),
            ("source:prometheus", ""),
        ] {
            assert_eq!(allowed_by(&authority, who, action, "case"), policy, "{who} {action}");
        }
    }
}

#[test]
fn sources_send_their_own_signals_and_nothing_else() {
    let authority = authority(&[]);
    assert_eq!(allowed_by(&authority, "source:prometheus", SendSignals, "source:prometheus"), "sources-send-signals");
    for action in Action::ALL {
        for what in [
            "organization",
            "case",
            "source:probes",
            "source:prometheus",
            "token of source:prometheus",
            "token of dana",
        ] {
            // It sees what fires and what is silenced, and a pipeline tells of its changes.
            let expected = match (*action, what) {
                (SendSignals, "source:prometheus") => continue,
                (ReadSignals, "organization") => "everybody-reads-signals",
                (ReportChange, "organization") => "people-and-pipelines-report-changes",
                _ => "",
            };
            assert_eq!(allowed_by(&authority, "source:prometheus", *action, what), expected, "{action} {what}");
        }
    }
    for who in PEOPLE {
        assert_eq!(allowed_by(&authority, who, SendSignals, "source:prometheus"), "", "{who}");
    }
}

#[test]
fn runners_take_their_own_steps_and_nothing_else() {
    let authority = authority(&[]);
    assert_eq!(allowed_by(&authority, "runner:dmz-1", TakeSteps, "runner:dmz-1"), "runners-take-steps");
    for action in Action::ALL {
        for what in
            ["organization", "case", "drill", "runbook", "runner:dmz-2", "runner:dmz-1", "token of runner:dmz-1"]
        {
            if (*action, what) != (TakeSteps, "runner:dmz-1") {
                assert_eq!(allowed_by(&authority, "runner:dmz-1", *action, what), "", "{action} {what}");
            }
        }
    }
    // One that has left the catalog takes nothing, and nobody else takes steps in a runner's name.
    for who in ["runner:gone", "dana", "ada", "olga", "source:prometheus", "bootstrap"] {
        for what in ["runner:dmz-1", "runner:gone"] {
            assert_eq!(allowed_by(&authority, who, TakeSteps, what), "", "{who} {what}");
        }
    }
    let why = why_not(&authority, "dana", TakeSteps, "runner:dmz-1");
    assert!(why.contains("wheelhouse token create --runner NAME"), "{why}");
    let why = why_not(&authority, "runner:gone", TakeSteps, "runner:gone");
    assert!(why.contains("the catalog no longer has runner `gone`"), "{why}");
}

#[test]
fn tokens_belong_to_people_keepers_and_administrators() {
    let authority = authority(&[]);
    for action in TOKENS {
        for (who, whose, policies) in [
            ("pat", "pat", "people-keep-their-tokens"),
            ("pat", "dana", ""),
            ("pat", "gone", ""),
            ("pat", "source:probes", "teams-keep-tokens-of-their-sources"),
            ("pat", "source:prometheus", ""),
            ("pat", "source:unheard-of", ""),
            ("lee", "source:prometheus", "teams-keep-tokens-of-their-sources"),
            ("pat", "runner:dmz-1", "teams-keep-tokens-of-their-sources"),
            ("lee", "runner:dmz-1", ""),
            ("ada", "runner:dmz-1", "administrators-keep-tokens"),
            ("bootstrap", "runner:dmz-1", "first-start-token"),
            ("olga", "source:prometheus", ""),
            ("ada", "ada", "administrators-keep-tokens people-keep-their-tokens"),
            ("ada", "dana", "administrators-keep-tokens"),
            ("ada", "gone", "administrators-keep-tokens"),
            ("ada", "source:probes", "administrators-keep-tokens"),
            ("bootstrap", "dana", "first-start-token"),
            ("bootstrap", "source:prometheus", "first-start-token"),
        ] {
            assert_eq!(
                allowed_by(&authority, who, action, &format!("token of {whose}")),
                policies,
                "{who} {action} {whose}"
            );
        }
    }
    for (who, action, policy) in [
        ("ada", RevokeToken, "administrators-keep-tokens"),
        ("ada", ReadTokens, "administrators-keep-tokens"),
        ("ada", CreateToken, ""),
        ("bootstrap", RevokeToken, "first-start-token"),
        ("bootstrap", CreateToken, ""),
        ("pat", RevokeToken, ""),
    ] {
        assert_eq!(allowed_by(&authority, who, action, "token of bootstrap"), policy, "{who} {action}");
    }
    assert_eq!(allowed_by(&authority, "ada", ReadTokens, "organization"), "administrators-keep-tokens");
    assert_eq!(allowed_by(&authority, "audrey", ReadTokens, "organization"), "auditors-read-the-record");
    assert_eq!(allowed_by(&authority, "pat", ReadTokens, "organization"), "");
}

#[test]
fn auditors_read_the_record() {
    let authority = authority(&[]);
    for (who, policy) in [
        ("audrey", "auditors-read-the-record"),
        ("bootstrap", "first-start-token"),
        ("pat", ""),
        ("olga", ""),
        ("ada", ""),
        ("source:prometheus", ""),
    ] {
        assert_eq!(allowed_by(&authority, who, ReadRecord, "organization"), policy, "{who}");
    }
}

#[test]
fn the_first_start_token_bootstraps_reads_and_tries_the_doors() {
    let authority = authority(&[]);
    for action in Action::ALL {
        for what in ["organization", "case", "source:prometheus", "token of dana"] {
            let fits = match action {
                OpenCase | ReadRecord | ReadCatalog | ReadMetrics => what == "organization",
                ReadCases => what == "organization" || what == "case",
                ReadTokens => what == "organization" || what == "token of dana",
                CreateToken | RevokeToken => what == "token of dana",
                SendSignals => what == "source:prometheus",
                _ => false,
            };
            let expected = match (*action, what) {
                (ReadSignals, "organization") => "everybody-reads-signals",
                (ReportChange, "organization") => "people-and-pipelines-report-changes",
                _ if fits => "first-start-token",
                _ => "",
            };
            assert_eq!(allowed_by(&authority, "bootstrap", *action, what), expected, "{action} {what}");
        }
    }
}

#[test]
fn refusals_say_who_may_and_what_to_do() {
    let authority = authority(&[]);
    assert_eq!(
        why_not(&authority, "bootstrap", Acknowledge, "case"),
        "the first-start token may not acknowledge INC-17: it makes and revokes tokens, reads, opens cases and sends \
         signals, and no more; make a token of your own with `wheelhouse token create --person NAME`, and use that one \
         (`--token` or WHEELHOUSE_TOKEN)"
    );
    assert_eq!(
        why_not(&authority, "pat", Resolve, "case"),
        "pat may not resolve INC-17: that is for members of the organisation's default team, members of the team that \
         handles the case, operators and people who reported the case, were paged for it or have a role in it; `wheelhouse \
         case page INC-17 TEAM` asks them to act"
    );
    assert_eq!(
        why_not(&authority, "source:prometheus", SendSignals, "source:probes"),
        "source prometheus may not send signals as source probes: the token belongs to source prometheus and sends its \
         signals only; use the token of that source"
    );
    assert_eq!(
        why_not(&authority, "ada", CreateToken, "token of bootstrap"),
        "ada may not make a first-start token: policy `nobody-makes-first-start-tokens` forbids it"
    );
    assert_eq!(
        why_not(&authority, "pat", ReadRecord, "organization"),
        "pat may not read the record of the organisation: that is for auditors and the holder of the first-start token"
    );
}

#[test]
fn whoever_left_the_catalog_may_do_nothing_and_unknown_sources_have_no_door() {
    let authority = authority(&[]);
    for action in Action::ALL {
        for what in ["organization", "case", "source:prometheus", "token of gone"] {
            let why = why_not(&authority, "gone", *action, what);
            assert!(why.contains("the catalog no longer has person `gone`"), "{why}");
        }
    }
    let why = why_not(&authority, "bootstrap", SendSignals, "source:unheard-of");
    assert!(why.contains("the catalog has no source `unheard-of`"), "{why}");
}

#[test]
fn a_team_silences_its_services_and_those_who_answer_for_all_silence_more() {
    let authority = authority(&[]);
    for (who, one, many) in [
        ("dana", "teams-silence-their-services", ""),
        ("olga", "operators-silence", "operators-silence"),
        ("pat", "", ""),
        ("source:prometheus", "", ""),
        ("bootstrap", "", ""),
    ] {
        assert_eq!(allowed_by(&authority, who, SetSilence, "silence of payments-api"), one, "{who}");
        assert_eq!(allowed_by(&authority, who, SetSilence, "silence of *"), many, "{who}");
    }
    // Whoever made one may end it.
    assert_eq!(allowed_by(&authority, "pat", EndSilence, "silence of *"), "authors-end-their-silences");
}

#[test]
fn runbooks_are_run_by_those_who_keep_them_and_for_a_case_by_those_who_handle_it() {
    let authority = authority(&[]);
    for (who, alone, for_the_case) in [
        ("dana", "", "responders-run-runbooks"),
        ("lee", "default-team-runs-runbooks", "default-team-runs-runbooks"),
        ("olga", "operators-run-runbooks", "operators-run-runbooks"),
        ("ada", "", ""),
        ("source:prometheus", "", ""),
        ("bootstrap", "", ""),
    ] {
        assert_eq!(allowed_by(&authority, who, RunRunbook, "runbook"), alone, "{who}");
        assert_eq!(allowed_by(&authority, who, RunRunbook, "runbook for the case"), for_the_case, "{who}");
    }
}

#[test]
fn a_version_is_approved_by_people_and_by_nobody_else_the_version_before_says_which() {
    let authority = authority(&[]);
    for (who, policy) in [
        ("dana", "people-approve-runbooks"),
        ("pat", "people-approve-runbooks"),
        ("source:prometheus", ""),
        ("bootstrap", ""),
    ] {
        assert_eq!(allowed_by(&authority, who, ApproveRunbook, "runbook"), policy, "{who}");
    }
}

#[test]
fn drills_are_run_by_their_team_and_by_those_who_answer_for_all() {
    let authority = authority(&[]);
    for (who, policy) in [
        ("dana", "teams-run-their-drills"),
        ("lee", "default-team-runs-drills"),
        ("olga", "operators-run-drills"),
        ("pat", ""),
        ("ada", ""),
        ("source:prometheus", ""),
        ("bootstrap", ""),
    ] {
        assert_eq!(allowed_by(&authority, who, RunDrill, "drill"), policy, "{who}");
    }
}

#[test]
fn every_action_is_somebodys_by_default() {
    let authority = authority(&[]);
    for action in Action::ALL {
        let anybody = ["dana", "ada", "audrey", "wim", "lex", "source:prometheus", "runner:dmz-1", "bootstrap"]
            .into_iter()
            .any(|who| {
                [
                    "organization",
                    "case",
                    "drill",
                    "automation",
                    "runbook for the case",
                    "contacts",
                    "source:prometheus",
                    "runner:dmz-1",
                    "token of dana",
                    "silence of payments-api",
                ]
                .into_iter()
                .any(|what| !allowed_by(&authority, who, *action, what).is_empty())
            });
        assert!(anybody, "nobody may {action}");
    }
}

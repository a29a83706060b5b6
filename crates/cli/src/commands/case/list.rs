//! `case list`.

use serde_json::Value;
use wheelhouse_core::case::Severity;
use wheelhouse_wire::api::CaseSummary;

use super::super::{Answer, Context};
use crate::args::List;
use crate::client::{page_size, read};
use crate::failure::Failure;
use crate::output::{Look, Table, brief, cell, relative, severity_cell, state_cell};

/// The states of cases that somebody may have to look at.
const LIVE: &str = "open,acknowledged,mitigated";

/// Lists cases, newest first.
pub fn run(options: &List, context: &Context<'_>) -> Result<Answer, Failure> {
    let most = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let listed = context.client()?.list(&["cases"], &query(options, most), most)?;
    let answer = if context.look.json() {
        Answer::json(&Value::Array(listed.items))
    } else {
        let cases: Vec<CaseSummary> = read(Value::Array(listed.items))?;
        let answer = Answer::text(table(&cases, &context.look));
        if cases.is_empty() { answer.note(nothing(options)) } else { answer }
    };
    Ok(if listed.more { answer.note(format!("there are more than {most}; see them with --limit")) } else { answer })
}

fn query(options: &List, most: usize) -> Vec<(&'static str, String)> {
    let mut query = vec![("limit", page_size(most))];
    let mut add = |name, value: Option<String>| query.extend(value.map(|value| (name, value)));
    let state = match options.state.as_slice() {
        [] if options.all => None,
        [] => Some(LIVE.to_owned()),
        states => Some(states.join(",")),
    };
    add("state", state);
    let severities: Vec<&str> = options.severity.iter().map(|severity| Severity::as_str(*severity)).collect();
    add("severity", Some(severities.join(",")).filter(|list| !list.is_empty()));
    add("service", options.service.clone());
    add("team", options.team.clone());
    let kinds: Vec<&str> = options.kind.iter().map(|kind| kind.as_str()).collect();
    add("kind", Some(kinds.join(",")).filter(|list| !list.is_empty()));
    add("text", options.text.clone());
    let drill = match (options.drill, options.real) {
        (true, _) => Some("true"),
        (_, true) => Some("false"),
        (false, false) => None,
    };
    add("drill", drill.map(str::to_owned));
    query
}

fn nothing(options: &List) -> &'static str {
    if options.all { "no case is like that" } else { "no case is like that; --all shows resolved ones as well" }
}

fn table(cases: &[CaseSummary], look: &Look) -> String {
    let headings = ["CASE", "SEVERITY", "STATE", "SERVICE", "TEAM", "OWNER", "OPENED", "FIRING", "NOTE", "TITLE"];
    let mut table = Table::new(&headings).right(7).whole(0).whole(6);
    for case in cases {
        table.row([
            cell(case.id.to_string()),
            severity_cell(case.severity),
            state_cell(&case.state),
            cell(case.service.as_deref().unwrap_or("")),
            cell(&case.team),
            cell(case.owner.as_deref().unwrap_or("")),
            cell(case.opened_at.map(|at| relative(at.0, look.now)).unwrap_or_default()),
            cell(case.firing.to_string()),
            cell(notes(case, look)),
            cell(&case.title),
        ]);
    }
    table.render(look)
}

/// What sets a case apart: `drill, symptom of INC-1, flapping, silenced until 14:00:00`.
fn notes(case: &CaseSummary, look: &Look) -> String {
    let symptom = case.symptom_of.map(|root| format!("symptom of {root}"));
    let drill = case.drill.then(|| "drill".to_owned());
    let flapping = case.flapping_since.map(|_| "flapping".to_owned());
    let silenced = case.silenced_until.map(|until| format!("silenced until {}", brief(until.0, look.now, &look.zone)));
    [drill, symptom, flapping, silenced].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use clap::Parser;
    use jiff::tz::TimeZone;
    use serde_json::json;
    use wheelhouse_core::time::Timestamp;
    use wheelhouse_wire::api::Time;

    use super::*;
    use crate::args::{CaseCommand, Cli, Command};
    use crate::output::Format;

    fn asked(arguments: &[&str]) -> Vec<(&'static str, String)> {
        let all = ["wheelhouse", "case", "list"].iter().chain(arguments);
        let Command::Case(CaseCommand::List(options)) = Cli::try_parse_from(all).unwrap().command else {
            panic!("not a list");
        };
        query(&options, 100)
    }

    #[test]
    fn filters_become_a_query() {
        assert_eq!(asked(&[]), [("limit", "100".into()), ("state", LIVE.into())]);
        assert_eq!(asked(&["--all"]), [("limit", "100".into())]);
        let filters = ["--state", "open,resolved", "--severity", "sev1,sev2", "--service", "ledger", "--real"];
        assert_eq!(
            asked(&filters),
            [
                ("limit", "100".into()),
                ("state", "open,resolved".into()),
                ("severity", "sev1,sev2".into()),
                ("service", "ledger".into()),
                ("drill", "false".into()),
            ]
        );
    }

    #[test]
    fn cases_are_lines() {
        let now = Timestamp::from_jiff("2026-11-23T02:14:00Z".parse().unwrap());
        let look = Look { format: Format::Table, colour: false, width: None, now, zone: TimeZone::UTC };
        let case = json!({
            "id": "INC-17", "kind": "incident", "title": "Ledger is\ndown", "state": "open", "severity": "sev1",
            "service": "ledger", "team": "payments", "owner": null, "drill": false,
            "opened_at": "2026-11-23T02:10:00Z", "resolved_at": null, "firing": 3, "members": 4,
            "next_step": null, "revision": 2,
        });
        let cases: Vec<CaseSummary> = serde_json::from_value(json!([case])).unwrap();
        assert_eq!(
            table(&cases, &look),
            "CASE    SEVERITY  STATE  SERVICE  TEAM      OPENED     FIRING  TITLE\n\
             INC-17  sev1      open   ledger   payments  4 min ago       3  Ledger is down\n"
        );
        let mut silenced = cases;
        silenced[0].silenced_until = Some(Time(Timestamp::from_jiff("2026-11-23T03:00:00Z".parse().unwrap())));
        assert!(table(&silenced, &look).contains("silenced until 03:00:00"), "{}", table(&silenced, &look));
    }
}

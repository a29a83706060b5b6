//! `case actions`: what was decided that must be done.

use serde_json::Value;
use wheelhouse_wire::api::CaseSummary;

use super::super::{Answer, Context};
use crate::args::Actions;
use crate::client::{page_size, read};
use crate::failure::Failure;
use crate::output::{Look, Table, cell, relative, state_cell};

/// The most actions that are listed.
const MOST: usize = 1_000;

/// Lists actions, newest first.
pub fn run(options: &Actions, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut query = vec![("limit", page_size(MOST)), ("kind", "action".to_owned())];
    query.extend((!options.all).then(|| ("state", "open,acknowledged,mitigated".to_owned())));
    query.extend(options.team.clone().map(|team| ("team", team)));
    let listed = context.client()?.list(&["cases"], &query, MOST)?;
    let answer = if context.look.json() {
        Answer::json(&Value::Array(listed.items))
    } else {
        let actions: Vec<CaseSummary> = read(Value::Array(listed.items))?;
        let answer = Answer::text(table(&actions, &context.look));
        match (actions.is_empty(), options.all) {
            (true, true) => answer.note("there are no actions"),
            (true, false) => answer.note("no action is open; --all shows those that are done as well"),
            (false, _) => answer,
        }
    };
    Ok(if listed.more {
        answer.note(format!("there are more than {MOST}; see those of one team with --team"))
    } else {
        answer
    })
}

fn table(actions: &[CaseSummary], look: &Look) -> String {
    let mut table = Table::new(&["ACTION", "STATE", "TEAM", "OWNER", "OPENED", "DRILL", "WHAT"]).whole(0).whole(4);
    for action in actions {
        // An action is not acknowledged or mitigated: it is to be done, or done.
        let state = if action.state == "resolved" { cell("done") } else { state_cell(&action.state) };
        table.row([
            cell(action.id.to_string()),
            state,
            cell(&action.team),
            cell(action.owner.as_deref().unwrap_or("")),
            cell(action.opened_at.map(|at| relative(at.0, look.now)).unwrap_or_default()),
            cell(if action.drill { "drill" } else { "" }),
            cell(&action.title),
        ]);
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::tz::TimeZone;
    use serde_json::json;
    use wheelhouse_core::time::Timestamp;

    use super::*;
    use crate::output::Format;

    #[test]
    fn actions_are_to_be_done_or_done() {
        let now = Timestamp::from_jiff("2026-11-23T02:14:00Z".parse().unwrap());
        let look = Look { format: Format::Table, colour: false, width: None, now, zone: TimeZone::UTC };
        let action = |id: &str, state: &str| {
            json!({
                "id": id, "kind": "action", "title": "portal should say that it depends on ledger", "state": state,
                "severity": "sev4", "service": "portal", "team": "web", "owner": null, "drill": false,
                "opened_at": "2026-11-23T02:10:00Z", "resolved_at": null, "firing": 0, "members": 0,
                "next_step": null, "revision": 2,
            })
        };
        let mut actions = Vec::new();
        for value in [action("ACT-2", "open"), action("ACT-1", "resolved")] {
            actions.push(serde_json::from_value::<CaseSummary>(value).unwrap());
        }
        assert_eq!(
            table(&actions, &look),
            "ACTION  STATE  TEAM  OPENED     WHAT\n\
             ACT-2   open   web   4 min ago  portal should say that it depends on ledger\n\
             ACT-1   done   web   4 min ago  portal should say that it depends on ledger\n"
        );
    }
}

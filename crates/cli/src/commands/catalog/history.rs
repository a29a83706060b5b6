//! `catalog history`: how the catalog changed, who brought it about, and what was refused.

use serde_json::Value;
use wheelhouse_wire::api::CatalogChange;

use super::super::repository::{name_of, short};
use super::super::{Answer, Context};
use crate::client::{page_size, read};
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, exact, toned};

/// Lists the changes of the catalog, newest first.
pub(super) fn run(most: usize, context: &Context<'_>) -> Result<Answer, Failure> {
    let listed = context.client()?.list(&["catalog", "history"], &[("limit", page_size(most))], most)?;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(listed.items)));
    }
    let changes: Vec<CatalogChange> = read(Value::Array(listed.items))?;
    let answer = Answer::text(table(&changes, &context.look));
    Ok(if listed.more {
        answer.note(format!("older changes are not shown; --limit shows more than {most}"))
    } else {
        answer
    })
}

fn table(changes: &[CatalogChange], look: &Look) -> String {
    let mut table = Table::new(&["WHEN", "WHAT", "REPOSITORY", "VERSION", "BY", "SUBJECT"]);
    for change in changes {
        let what = || match (change.adopted, change.errors) {
            (true, _) => toned("adopted", Tone::Good),
            (false, errors) => {
                let case = change.case.map(|case| format!(", {case}")).unwrap_or_default();
                let errors = match errors {
                    Some(1) => "1 error".to_owned(),
                    errors => format!("{} errors", errors.unwrap_or(0)),
                };
                toned(format!("refused: {errors}{case}"), Tone::Alarm)
            }
        };
        let when = || cell(exact(change.at.0, &look.zone));
        for one in &change.repositories {
            table.row([
                when(),
                what(),
                cell(&one.repository),
                cell(short(&one.version.revision)),
                cell(one.version.author.as_deref().map_or("-", name_of)),
                cell(one.version.subject.as_deref().unwrap_or("-")),
            ]);
        }
        for name in &change.dropped {
            table.row([when(), cell("no longer read"), cell(name), cell("-"), cell("-"), cell("-")]);
        }
        for words in &change.shifts {
            table.row([when(), toned("shift", Tone::Warning), cell("-"), cell("-"), cell("-"), cell(words)]);
        }
    }
    table.render(look)
}

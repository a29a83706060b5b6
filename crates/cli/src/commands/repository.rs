//! `repository`: where the catalog comes from, and how each part of it stands.

use serde_json::Value;
use wheelhouse_wire::api::{Repository, RepositoryState, RevisionView};

use super::{Answer, Context};
use crate::args::RepositoryCommand;
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::{Cell, Look, Table, Tone, cell, clean_lines, relative, toned};

/// Lists repositories, or shows one.
pub fn run(command: &RepositoryCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["repositories"], &[], usize::MAX)?.items;
    let look = &context.look;
    match command {
        RepositoryCommand::List if look.json() => Ok(Answer::json(&Value::Array(items))),
        RepositoryCommand::List => {
            let repositories: Vec<Repository> = read(Value::Array(items))?;
            if repositories.is_empty() {
                let text = "the hub was started without `--ops`: the catalog that its data holds stays in force\n";
                return Ok(Answer::text(text));
            }
            Ok(Answer::text(table(&repositories, look)))
        }
        RepositoryCommand::Show { name } => {
            let found = items.into_iter().find(|item| item.get("name").and_then(Value::as_str) == Some(name));
            let Some(found) = found else {
                let shown: String = name.chars().take(80).collect();
                return Err(Failure::new(Exit::Refused, format!("the hub reads no repository `{shown}`"))
                    .help("`wheelhouse repository list` lists those it reads"));
            };
            if look.json() {
                return Ok(Answer::json(&found));
            }
            Ok(Answer::text(details(&read(found)?, look)))
        }
    }
}

fn table(repositories: &[Repository], look: &Look) -> String {
    let mut table = Table::new(&["REPOSITORY", "STATE", "VERSION", "BY", "ADOPTED", "LOOKED AT", "TEAMS", "WHERE"]);
    for one in repositories {
        let version = one.adopted.as_ref();
        let ago =
            |at: Option<wheelhouse_wire::api::Time>| at.map_or_else(|| "-".to_owned(), |at| relative(at.0, look.now));
        table.row([
            cell(&one.name),
            state(one.state),
            cell(version.map_or("-", |version| short(&version.revision))),
            cell(version.and_then(|version| version.author.as_deref()).map_or("-", name_of)),
            cell(ago(version.map(|version| version.at))),
            cell(ago(one.looked_at)),
            cell(one.teams.join(", ")),
            cell(&one.location),
        ]);
    }
    let mut text = table.render(look);
    for one in repositories {
        let what = one.error.as_ref().map(|error| format!("cannot be read: {error}"));
        let refused = one.refused.as_ref();
        let refused = refused
            .map(|refused| format!("its version {} is refused: {}", short(&refused.version.revision), refused.case));
        for words in refused.into_iter().chain(what).chain(one.warnings.iter().cloned()) {
            text.push_str(&clean_lines(&format!("{}: {words}\n", one.name)));
        }
    }
    text
}

fn details(one: &Repository, look: &Look) -> String {
    let mut table = Table::new(&["", ""]);
    table.row([cell("repository"), cell(&one.name)]);
    table.row([cell("where"), cell(&one.location)]);
    table.row([cell("state"), state(one.state)]);
    table.row([cell("teams"), cell(one.teams.join(", "))]);
    if let Some(looked_at) = one.looked_at {
        table.row([cell("looked at"), cell(relative(looked_at.0, look.now))]);
    }
    if let Some(adopted) = &one.adopted {
        table.row([cell("in force"), cell(version(adopted, look))]);
    }
    if let Some(refused) = &one.refused {
        table.row([cell("refused"), cell(version(&refused.version, look))]);
        table.row([cell("case"), cell(refused.case.to_string())]);
    }
    if let Some(error) = &one.error {
        table.row([cell("error"), cell(error)]);
    }
    for warning in &one.warnings {
        table.row([toned("warning", Tone::Warning), cell(warning)]);
    }
    let mut text = table.render(look);
    if let Some(refused) = &one.refused {
        text.push('\n');
        text.push_str(&clean_lines(&refused.text));
    }
    text
}

/// `4f1c… by Dana Okafor, 5 min ago: Takes the night shift`.
fn version(version: &RevisionView, look: &Look) -> String {
    let mut words = short(&version.revision).to_owned();
    if let Some(author) = &version.author {
        words.push_str(&format!(" by {author}"));
    }
    words.push_str(&format!(", {}", relative(version.at.0, look.now)));
    if let Some(subject) = &version.subject {
        words.push_str(&format!(": {subject}"));
    }
    words
}

fn state(state: RepositoryState) -> Cell {
    match state {
        RepositoryState::InForce => toned(state.as_str(), Tone::Good),
        RepositoryState::Refused | RepositoryState::Absent => toned(state.as_str(), Tone::Alarm),
        RepositoryState::Unreachable => toned(state.as_str(), Tone::Warning),
    }
}

/// The beginning of a revision's name.
pub(super) fn short(revision: &str) -> &str {
    wheelhouse_core::catalog::short_revision(revision)
}

/// An author without the mail address.
pub(super) fn name_of(author: &str) -> &str {
    author.split_once(" <").map_or(author, |(name, _)| name)
}

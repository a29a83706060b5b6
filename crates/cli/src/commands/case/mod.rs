//! `case`: opening, finding, reading and working on cases.

mod actions;
mod edit;
mod list;
mod missed;
mod show;
pub(super) mod texts;
mod told;

use wheelhouse_core::attachment::Home;
use wheelhouse_core::case::CaseId;

use super::{Answer, Context, files};
use crate::args::CaseCommand;
use crate::failure::Failure;

/// Runs a command about cases.
pub fn run(command: &CaseCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        CaseCommand::List(options) => list::run(options, context),
        CaseCommand::Show { id, why } => show::run(*id, *why, context),
        CaseCommand::Told { id } => told::run(*id, context),
        CaseCommand::Attach(options) => files::attach(Home::Case(options.id), |_| Ok(None), &options.given, context),
        CaseCommand::Attachments { id } => files::list(Home::Case(*id), context),
        CaseCommand::Download(options) => files::download(Home::Case(options.id), &options.wanted, context),
        CaseCommand::Missed(options) => missed::run(options, context),
        CaseCommand::Actions(options) => actions::run(options, context),
        _ => edit::run(command, context),
    }
}

/// The name of a case as it stands in an address.
fn segment(id: CaseId) -> String {
    id.to_string()
}

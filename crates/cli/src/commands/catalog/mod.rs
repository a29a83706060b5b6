//! `catalog`: the catalog as a whole.

mod diff;
mod history;

use super::{Answer, Context};
use crate::args::CatalogCommand;
use crate::failure::Failure;

/// Runs a command about the catalog.
pub fn run(command: &CatalogCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        CatalogCommand::Diff(options) => diff::run(options, context),
        CatalogCommand::History { limit } => history::run(*limit, context),
    }
}

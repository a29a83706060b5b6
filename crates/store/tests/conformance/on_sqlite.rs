//! The promises, on SQLite, in memory.

type Tested = wheelhouse_store::Sqlite;

#[path = "commits.rs"]
mod commits;
#[path = "histories.rs"]
mod histories;
#[path = "lists.rs"]
mod lists;
#[path = "opened.rs"]
mod opened;

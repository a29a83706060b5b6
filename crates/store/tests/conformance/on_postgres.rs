//! The promises, on PostgreSQL.

type Tested = crate::engine::OnServer;

#[path = "commits.rs"]
mod commits;
#[path = "histories.rs"]
mod histories;
#[path = "lists.rs"]
mod lists;
#[path = "opened.rs"]
mod opened;

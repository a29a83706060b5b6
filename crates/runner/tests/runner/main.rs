//! The runner with real processes, servers and databases: nothing here is played by a double.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod ages;
mod basics;
mod deaths;
mod full_disk;
mod functions;
mod http;
mod limits;
mod output;
mod postgres;
mod rig;
mod secrets;
mod sqlite;
mod starts;
mod stops;
mod tree;
mod users;

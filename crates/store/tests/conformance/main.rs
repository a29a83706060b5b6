//! What a store promises, held by both engines: the same tests on SQLite and on a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::duplicate_mod,
    dead_code,
    reason = "tests, each of them once for each engine"
)]

mod engine;
mod on_postgres;
mod on_sqlite;
mod postgres;
#[path = "../rig/mod.rs"]
mod rig;
mod server;

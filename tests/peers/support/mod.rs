//! What the tests share: the hub and its peers as processes that end with the test.

pub mod alerts;
pub mod catalog;
pub mod client;
pub mod crashes;
pub mod events;
pub mod git_server;
pub mod guide;
pub mod hub;
pub mod mail;
pub mod process;
pub mod program;
pub mod prometheus;
pub mod repository;
pub mod runs;
pub mod said;
pub mod server;
pub mod shell;
pub mod wait;

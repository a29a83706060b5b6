//! The real program among its real peers: Prometheus, Alertmanager's `amtool`, git servers, a mail server, people
//! with the API; killed, restarted and put into the future. Nothing here imports a crate of the hub.
//!
//! `WHEELHOUSE_BIN` names the program to test; without it, it is built. A peer that is not installed
//! fails the test and says what to install.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod amtool;
mod api;
mod automations;
mod backup;
mod channels;
mod doctor;
mod downtime;
mod drill_runs;
mod drills;
mod events;
mod full_disk;
mod git;
mod git_hostile;
mod git_versions;
mod guides;
mod machines;
mod prometheus;
mod record;
mod replicas;
mod runners;
mod sigkill;
mod smtp;
mod support;
mod watching;
mod webhook;

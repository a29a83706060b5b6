//! The HTTP API as strangers, people and browsers meet it.

mod affected;
mod attachments;
mod commands;
mod links;
mod lists;
mod pages;
mod problems;
mod proofs;
mod room;
mod routes;
mod runs;
mod services;
mod session;
mod stopping;
mod stream;
mod tokens;
mod web;

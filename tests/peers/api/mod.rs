//! The HTTP API as strangers, people and browsers meet it.

mod commands;
mod links;
mod pages;
mod problems;
mod routes;
mod stopping;
mod stream;
mod tokens;

//! Foreign formats and the hub's own API: bytes to values and back. Pure: no input, output or clock.
#![forbid(unsafe_code)]

pub mod alertmanager;
pub mod api;
pub mod catalog;
pub mod cloudevents;
pub mod disposition;
pub mod expression;
mod not_json;
pub mod render;
pub mod runbook;
pub mod webhook;

//! HTTP in, commands out: the handlers of the write side.
//!
//! A verb is found under its own name: `booking/place.rs` turns a request into a command and its outcome into an answer.
//! `lanes` decides and commits.

pub mod account;
mod answer;
pub mod api;
pub mod booking;
mod derived_id;
pub mod event;
pub mod openapi;
mod optional_body;
pub mod process;
pub mod routes;
mod verb;
mod webhook;

pub use api::CommandApi;
pub use openapi::openapi;
pub use routes::{operations, routes};

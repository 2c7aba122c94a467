//! HTTP in, commands out: the write side of Evently.
//!
//! A verb is found under its own name: `booking/place.rs` turns a request into a command and its outcome into an answer.
//! [`lane`] decides and commits, [`log_writer`] appends.

pub mod account;
pub mod account_desk;
mod answer;
pub mod booking;
pub mod box_office;
pub mod cashier;
mod derived_id;
pub mod event;
mod facts;
pub mod lane;
pub mod log_writer;
pub mod openapi;
mod optional_body;
mod path_id;
pub mod process;
pub mod routes;
mod webhook;
pub mod write_side;

pub use box_office::EventSummary;
pub use cashier::{Cashier, Gateways};
pub use lane::{Cause, CommandError, Done, Failure, LaneSettings, Store};
pub use openapi::openapi;
pub use routes::{operations, routes};
pub use write_side::{AccountLanes, CommandApi, EventLanes};

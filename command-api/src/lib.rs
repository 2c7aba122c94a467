//! HTTP in, commands out: the write side of Evently.
//!
//! A verb is found under its own name: `booking/place.rs` turns a request into a command and its outcome into an answer.
//! [`lane`] decides and commits, [`log_writer`] appends.

pub mod account;
pub mod account_desk;
mod answer;
pub mod booking;
pub mod box_office;
mod derived_id;
pub mod event;
pub mod lane;
pub mod log_writer;
pub mod openapi;
mod optional_body;
mod path_id;
pub mod routes;
mod wake;
pub mod write_side;

pub use box_office::EventSummary;
pub use lane::{Cause, CommandError, Done, Failure, LaneSettings, Store};
pub use openapi::openapi;
pub use routes::{operations, routes};
pub use wake::{wake_lanes_with_holds, wake_lanes_with_holds_since};
pub use write_side::{AccountLanes, CommandApi, EventLanes};

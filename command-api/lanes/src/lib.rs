//! The write side's way into the log: lanes, what they carry, and the one writer behind them.

mod account_lane;
mod account_lanes;
pub mod command_id;
mod event_lane;
mod event_lanes;
mod lane;
mod log_writer;

pub use account_lanes::AccountLanes;
pub use event_lane::{EventSummary, Sweep, Swept};
pub use event_lanes::EventLanes;
pub use lane::{Cause, CommandError, Done, Failure, LaneSettings, Store};
pub use log_writer::LogWriter;

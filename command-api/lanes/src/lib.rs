//! The write side's way into the log: lanes, what they carry, and the one writer behind them.

mod cause;
mod event_lane;
mod event_lanes;
mod executor;
mod lane;
mod log_writer;
mod trade;

pub use cause::{Actor, Cause};
pub use event_lane::{Booked, HOLD_EXPIRY, Sweep, Swept};
pub use event_lanes::EventLanes;
pub use executor::Executor;
pub use lane::{CommandError, Done, Failure, LaneSettings, Store};
pub use log_writer::LogWriter;

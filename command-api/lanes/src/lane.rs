//! Lanes: one writer for each Event with its Bookings.
//!
//! A lane is a task with a bounded mailbox and its aggregate in memory. It takes whatever waits in the mailbox, decides
//! each order in turn, hands all their facts to the log writer as one unit, and answers after the commit. While one unit
//! commits, the next orders gather: the busier it gets, the larger the units. The version check of the log keeps it
//! right: a lane on another node is merely a race that one of the two loses and decides again.

mod ask;
mod draft;
mod failure;
mod load;
mod registry;
mod run;
mod settings;
mod state;

pub(crate) use ask::Ask;
pub use ask::{CommandError, Done};
pub(crate) use draft::Draft;
pub use failure::Failure;
pub(crate) use registry::Lanes;
pub(crate) use settings::ATTEMPTS_MAX;
pub use settings::LaneSettings;
pub use state::Store;
pub(crate) use state::{LaneState, Order, SnapshotOf};

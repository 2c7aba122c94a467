//! What may happen in Evently: aggregates, commands, facts and refusals. No I/O, no clock, no randomness, no async rules.

pub mod account;
pub mod booking;
pub mod cancellation_policy;
pub mod event;
pub mod ids;
pub mod limits;
pub mod money;
pub mod payment;
mod recorded;
pub(crate) mod seating;
pub mod text;

pub use recorded::Recorded;

#[cfg(test)]
mod fixtures;

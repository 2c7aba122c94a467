//! What may happen in Evently: aggregates, commands, facts and refusals. No I/O, no clock, no randomness, no async rules.

pub mod account;
pub mod booking;
pub mod event;
pub mod ids;
pub mod money;
pub mod payment;
mod recorded;
pub mod text;

pub use recorded::Recorded;

#[cfg(test)]
mod fixtures;

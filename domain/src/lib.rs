//! What may happen in Evently: aggregates, commands, facts and refusals. No I/O, no clock, no randomness, no async rules.

#[macro_use]
mod recorded;

pub mod account;
pub mod booking;
pub mod cancellation;
mod ensure;
pub mod event;
mod fingerprint;
pub mod ids;
mod in_parts;
pub mod instant;
pub mod limits;
pub mod money;
pub mod payment;
pub mod seating;
pub mod text;

pub use fingerprint::{Fingerprint, FingerprintRefusal};
pub use in_parts::InParts;
pub use recorded::Recorded;

#[cfg(test)]
mod fixtures;

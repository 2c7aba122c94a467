//! The verbs of Bookings over HTTP, for buyers: one file each.

pub mod buyer;
pub mod cancel;
mod carry_out;
pub mod confirm;
pub mod extend;
mod fingerprint;
mod not_held;
pub mod pay;
pub mod place;

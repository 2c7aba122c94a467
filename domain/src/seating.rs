//! Seating: places, who has them, and which a buyer gets; what Events and Bookings share.

pub(crate) mod best_available;
pub(crate) mod holdings;
pub(crate) mod layout;
pub(crate) mod lines;
pub(crate) mod request;
pub(crate) mod seats;
mod soundness;

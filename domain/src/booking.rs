//! The Booking aggregate: places of one Event for one buyer, from hold to sale.

pub mod facts;
pub mod reference;

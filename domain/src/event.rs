//! The Event aggregate: what people attend, its seating, and who has which seat.

pub mod details;
pub mod facts;
pub mod plan;

//! Events: lists, details, seat maps, availability, and their bookings for those who run them.

mod availability;
mod bookings;
mod cancellation;
mod get;
mod list;
mod listing;
mod plan;
pub(crate) mod row;
mod seats;
mod sections;

pub(crate) use self::availability::*;
pub(crate) use self::bookings::*;
pub(crate) use self::cancellation::*;
pub(crate) use self::get::*;
pub(crate) use self::list::*;
pub(crate) use self::plan::*;
pub(crate) use self::seats::*;

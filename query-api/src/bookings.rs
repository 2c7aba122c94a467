//! Bookings: the caller's own, one of them, its history.

mod get;
mod history;
mod list;
mod listing;
mod row;

pub(crate) use self::get::*;
pub(crate) use self::history::*;
pub(crate) use self::list::*;
pub(crate) use self::listing::{BookingScope, Listing};

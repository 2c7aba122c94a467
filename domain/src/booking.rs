//! The Booking aggregate: places of one Event for one buyer, from hold to sale.

mod aggregate;
pub mod command;
pub mod confirm;
pub mod expire;
pub mod extend;
pub mod facts;
pub mod place;
pub mod reference;
pub mod release;
pub mod state;
pub mod upcasters;

pub use crate::event::limits::{EXTENSION_MINUTES, HOLD_MINUTES, HOLD_MINUTES_MAX, SEATS_PER_BOOKING_MAX};
pub use command::{BookingCommand, BookingRefusal, Change, decide, overdue_in_the_way};
pub use confirm::{ConfirmBooking, ConfirmRefusal};
pub use expire::{ExpireBooking, ExpireRefusal};
pub use extend::{ExtendBooking, ExtendRefusal};
pub use facts::{BookingFact, BookingLine};
pub use place::{PlaceBooking, PlaceRefusal, SeatRequest};
pub use reference::{Fingerprint, Reference};
pub use release::{ReleaseBooking, ReleaseRefusal};
pub use state::{Booking, EndedBooking, ExpiredBooking, HeldBooking, Placement, Sale};
pub use upcasters::upcasters;

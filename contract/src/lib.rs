//! What the two sides of Evently and their clients say to each other: bodies and status words of the API, and what the
//! JSON columns of read tables hold.

pub mod booking;
pub mod booking_columns;
mod booking_words;
pub mod cancellation;
pub mod event;
pub mod figures;
pub mod money;
pub mod process;
pub mod projection;
mod words;

pub use self::booking::{Booking, BookingStatus};
pub use self::event::{Event, EventStatus};
pub use self::money::Money;
pub use self::projection::ProjectionName;

//! Seating: places, who has them, and which a buyer gets; what Events and Bookings share.

pub(crate) mod availability;
mod best_available;
mod holders;
pub(crate) mod layout;
pub(crate) mod lines;
pub(crate) mod request;
pub(crate) mod seat_map;
pub(crate) mod seats;
mod soundness;
mod stored;

pub use availability::{Holding, SectionState};
pub use lines::{Allotment, BookingLine};
pub use request::{SeatRefusal, SeatRequest};
pub use seat_map::SeatMap;
pub use stored::SeatPart;

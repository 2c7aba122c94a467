//! Which projections there are.

use crate::{ANALYTICS, BOOKINGS, EVENTS, LEDGER, Projection, SEAT_MAPS};

/// Every projection. A new one is added here.
pub static PROJECTIONS: &[&Projection] = &[&EVENTS, &SEAT_MAPS, &BOOKINGS, &LEDGER, &ANALYTICS];

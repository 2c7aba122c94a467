//! Which projections there are.

use crate::{Analytics, Bookings, Events, Ledger, Projection, SeatMaps};

/// Every projection. A new one is added here.
pub static PROJECTIONS: &[&dyn Projection] = &[&Events, &SeatMaps, &Bookings, &Ledger, &Analytics];

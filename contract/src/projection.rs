//! The names of projections, by which their positions are kept and waited for.

use crate::words::words;

words! {
    /// A group of read tables that moves as one; its word is its key in `checkpoints`. For ever: another name is another
    /// projection.
    ProjectionName {
        /// Table `events`.
        Events = "events",
        /// Tables `sections`, `seat_rows` and `seats`.
        Seats = "seats",
        /// Tables `bookings` and `booking_money`.
        Bookings = "bookings",
        /// Table `ledger`.
        Ledger = "ledger",
        /// Tables `analytics_hours` and `analytics_sales`.
        Analytics = "analytics",
    }
}

//! The Booking aggregate: places of one Event for one buyer, from hold to sale.

mod aggregate;
pub mod cancel;
pub mod command;
pub mod confirm;
mod evolve;
pub mod expire;
pub mod extend;
pub mod facts;
pub mod payments;
pub mod place;
pub mod prolong;
pub mod reference;
pub mod request_payment;
pub mod retry_refund;
pub mod settle_payment;
pub mod settle_refund;
pub mod state;

pub use crate::limits::{
    EXTENSION_MINUTES, HOLD_MINUTES, HOLD_MINUTES_MAX, PAYMENT_ATTEMPTS_MAX, SEATS_PER_BOOKING_MAX,
};
pub use cancel::{CancelPlaces, CancelRefusal, CancelRequest, Canceller};
pub use command::{BookingCommand, BookingRefusal, Change, decide, overdue_in_the_way};
pub use confirm::{ConfirmBooking, ConfirmRefusal};
pub use expire::{ExpireBooking, ExpireRefusal};
pub use extend::{ExtendBooking, ExtendRefusal};
pub use facts::{BookingFact, BookingLine, CancelledBy, RefundReason};
pub use payments::{Payment, PaymentOutcome, Payments, Refund, RefundOutcome};
pub use place::{PlaceBooking, PlaceRefusal, SeatRequest};
pub use prolong::{ProlongBooking, ProlongRefusal};
pub use reference::{Fingerprint, Reference};
pub use request_payment::{RequestPayment, RequestPaymentRefusal};
pub use retry_refund::{RetryRefund, RetryRefundRefusal};
pub use settle_payment::{PaymentAnswer, SettlePayment, SettlePaymentRefusal};
pub use settle_refund::{RefundAnswer, SettleRefund, SettleRefundRefusal};
pub use state::{
    Booking, Cancellation, CancelledPlaces, EndedBooking, ExpiredBooking, HeldBooking, PendingBooking,
    Placement, Sale,
};

//! The Booking aggregate: places of one Event for one buyer, from hold to sale.

mod aggregate;
pub mod cancel;
mod change;
pub mod command;
pub mod confirm;
mod evolve;
pub mod expire;
pub mod extend;
pub mod facts;
mod held;
pub mod payments;
pub mod place;
pub mod prolong;
pub mod reference;
pub mod request_payment;
pub mod retry_refund;
pub mod settle_payment;
pub mod settle_refund;
pub mod state;

pub use crate::fingerprint::Fingerprint;
pub use crate::limits::{
    EXTENSION_MINUTES, HOLD_MINUTES, HOLD_MINUTES_MAX, PAYMENT_ATTEMPTS_MAX, SEATS_PER_BOOKING_MAX,
};
pub use crate::seating::{BookingLine, SeatRefusal, SeatRequest};
pub use cancel::{CancelPlaces, CancelRefusal, CancelRequest, Canceller};
pub use change::Change;
pub use command::{BookingCommand, BookingRefusal, decide, expired_holds_blocking};
pub use confirm::{ConfirmBooking, ConfirmRefusal};
pub use expire::{ExpireBooking, ExpireRefusal};
pub use extend::ExtendBooking;
pub use facts::{BookingFact, CancelledBy, RefundReason};
pub use held::NotHeld;
pub use payments::{Payment, PaymentOutcome, Payments, Refund, RefundAbsent, RefundOutcome};
pub use place::{PlaceBooking, PlaceRefusal};
pub use prolong::ProlongBooking;
pub use reference::Reference;
pub use request_payment::{RequestPayment, RequestPaymentRefusal};
pub use retry_refund::RetryRefund;
pub use settle_payment::{PaymentAnswer, SettlePayment, SettlePaymentRefusal};
pub use settle_refund::{RefundAnswer, SettleRefund};
pub use state::{
    Booking, Cancellation, CancelledPlaces, EndedBooking, ExpiredBooking, HeldBooking, PendingBooking,
    Placement, Sale,
};

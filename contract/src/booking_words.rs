//! The words that say where a Booking, its payments and its refunds stand.

use domain::booking;

use crate::words::words;

words! {
    /// Where a Booking stands.
    BookingStatus {
        /// Its places are reserved until `expires_at`.
        Held = "held",
        /// Its places are reserved until the outcome of a payment is known.
        AwaitingPayment = "awaiting_payment",
        /// Its places, or what is left of them, are sold.
        Confirmed = "confirmed",
        /// It has no places any more, and what is due to its buyer, if anything, is not yet returned.
        Cancelled = "cancelled",
        /// It has no places any more, and all that was due to its buyer was returned.
        Refunded = "refunded",
        /// Its buyer gave the places back.
        Released = "released",
        /// The gateway declined too often.
        Failed = "failed",
        /// Its deadline passed before it was confirmed.
        Expired = "expired",
    }
}

words! {
    /// What came of an attempt to pay.
    PaymentStatus {
        /// The gateway has not answered yet.
        Pending = "pending",
        /// The gateway declined it.
        Declined = "declined",
        /// The money was taken.
        Captured = "captured",
    }
}

words! {
    /// What came of a refund.
    RefundStatus {
        /// The gateway has not answered yet.
        Requested = "requested",
        /// The money was returned.
        Settled = "settled",
        /// The gateway refused to return it.
        Refused = "refused",
    }
}

words! {
    /// Why money is returned.
    RefundReason {
        /// Places were cancelled.
        Cancellation = "cancellation",
        /// It came when it could buy nothing any more.
        LateCapture = "late_capture",
    }
}

words! {
    /// Who gave places back.
    CancelledBy {
        /// The buyer.
        Buyer = "buyer",
        /// The organizer of the event, or an administrator.
        Organizer = "organizer",
        /// The cancelling of the event.
        EventCancellation = "event_cancellation",
    }
}

impl BookingStatus {
    /// Where `booking` stands, as its facts say; `None` where nothing was placed.
    pub fn of(booking: &booking::Booking) -> Option<Self> {
        Self::try_from(booking.status().to_owned()).ok()
    }
}

impl From<booking::CancelledBy> for CancelledBy {
    fn from(by: booking::CancelledBy) -> Self {
        match by {
            booking::CancelledBy::Buyer => Self::Buyer,
            booking::CancelledBy::Organizer => Self::Organizer,
            booking::CancelledBy::EventCancellation => Self::EventCancellation,
        }
    }
}

impl From<booking::RefundReason> for RefundReason {
    fn from(reason: booking::RefundReason) -> Self {
        match reason {
            booking::RefundReason::Cancellation => Self::Cancellation,
            booking::RefundReason::LateCapture => Self::LateCapture,
        }
    }
}

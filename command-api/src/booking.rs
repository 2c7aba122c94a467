//! The verbs of Bookings over HTTP, for buyers: one file each.

pub mod buyer;
pub mod cancel;
pub mod confirm;
pub mod extend;
mod fingerprint;
pub mod pay;
pub mod place;

use domain::booking::BookingRefusal;
use edge::problem::Problem;

/// The problem for a refused verb; each verb says beside its handler what its refusals mean.
pub(crate) fn refused(refusal: BookingRefusal) -> Problem {
    match &refusal {
        BookingRefusal::Place(refusal) => place::refused(refusal),
        BookingRefusal::Extend(refusal) => extend::refused(refusal),
        BookingRefusal::Confirm(refusal) => confirm::refused(refusal),
        BookingRefusal::Prolong(refusal) => pay::not_prolonged(*refusal),
        BookingRefusal::RequestPayment(refusal) => pay::refused(refusal),
        BookingRefusal::Cancel(refusal) => cancel::refused(refusal),
        // Of these, nothing comes from a caller.
        BookingRefusal::Expire(_)
        | BookingRefusal::SettlePayment(_)
        | BookingRefusal::SettleRefund(_)
        | BookingRefusal::RetryRefund(_) => Problem::internal(refusal),
    }
}

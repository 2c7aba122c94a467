//! What it means to a caller that a Booking is no hold of theirs that lives: the same for each verb of holds.

use domain::booking::NotHeld;
use edge::problem::{Problem, kinds};

use crate::answer::explained;

pub(super) fn not_held(refusal: &NotHeld) -> Problem {
    match refusal {
        NotHeld::Absent | NotHeld::NotYours => Problem::new(&kinds::NOT_FOUND),
        NotHeld::PaymentInFlight => explained(&kinds::PAYMENT_UNDER_WAY, refusal),
        NotHeld::Confirmed | NotHeld::Ended { .. } => explained(&kinds::INVALID_STATE, refusal),
        NotHeld::Expired { .. } => explained(&kinds::HOLD_EXPIRED, refusal),
    }
}

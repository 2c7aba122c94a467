//! Asking once more for a refund that the gateway refused.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::payments::{RefundAbsent, RefundOutcome};
use crate::booking::state::Booking;
use crate::ids::{BookingId, RefundId};

/// Ask again. Where the refund is not refused, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRefund {
    pub booking: BookingId,
    pub refund: RefundId,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(booking: &Booking, command: &RetryRefund) -> Result<Change, RefundAbsent> {
    let (event, refund) = booking.refund(command.refund)?;
    Ok(match refund.outcome {
        RefundOutcome::Open | RefundOutcome::Settled { .. } => Change::default(),
        RefundOutcome::Refused { .. } => Change::of_booking([BookingFact::RefundRequested {
            refund: refund.id,
            event,
            payment: refund.payment,
            attempt: refund.attempt.saturating_add(1),
            amount: refund.amount,
            reason: refund.reason,
            at: command.at,
        }]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{World, named, place, retry};

    #[test]
    fn only_a_refused_refund_is_asked_for_again() {
        let mut world = World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)]);
        let refusal = world.when(&retry(1, 1, 1)).unwrap_err();
        assert_eq!(refusal, BookingRefusal::RetryRefund(RefundAbsent));
    }
}

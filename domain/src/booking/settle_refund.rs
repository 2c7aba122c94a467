//! Settling a refund: the gateway returned the money, or will not.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::payments::{RefundAbsent, RefundOutcome};
use crate::booking::state::Booking;
use crate::ids::{BookingId, RefundId};
use crate::payment::{DeclineReason, GatewayReference};

/// Take note of what the gateway said. What was noted before, or belongs to an earlier attempt, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettleRefund {
    pub booking: BookingId,
    pub refund: RefundId,
    /// At which attempt.
    pub attempt: u32,
    /// What the gateway said.
    pub answer: RefundAnswer,
    pub at: DateTime<Utc>,
}

/// What a gateway says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAnswer {
    /// It returned the money.
    Settled {
        /// What it calls it.
        reference: GatewayReference,
    },
    /// It will not.
    Refused { reason: DeclineReason },
}

pub(crate) fn decide(booking: &Booking, command: &SettleRefund) -> Result<Change, RefundAbsent> {
    let (event, refund) = booking.refund(command.refund)?;
    let at = command.at;
    let fact = match (&refund.outcome, &command.answer) {
        // Money that is back is back, whatever a later attempt says of it.
        (RefundOutcome::Open | RefundOutcome::Refused { .. }, RefundAnswer::Settled { reference }) => {
            BookingFact::RefundSettled {
                refund: refund.id,
                event,
                amount: refund.amount,
                reason: refund.reason,
                reference: reference.clone(),
                at,
            }
        }
        (RefundOutcome::Open, RefundAnswer::Refused { reason }) if command.attempt == refund.attempt => {
            BookingFact::RefundRefused {
                refund: refund.id,
                event,
                attempt: refund.attempt,
                reason: reason.clone(),
                at,
            }
        }
        (RefundOutcome::Open | RefundOutcome::Settled { .. } | RefundOutcome::Refused { .. }, _) => {
            return Ok(Change::default());
        }
    };
    Ok(Change::of_booking([fact]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{
        World, captured, declined, named, no_refund, pay, place, refund, refunded, retry, settle,
    };

    /// A payment that came too late and is to be returned.
    fn refunding() -> World {
        let place = place(1, 1, named(&["floor-A-1"]), 0);
        let mut world = World::on_sale(&[place, pay(1, 1, 1, 1), settle(1, 1, declined(), 2)]);
        world.when(&settle(1, 1, captured(1_000), 3)).unwrap();
        world
    }

    #[test]
    fn returned_money_is_noted_once() {
        let mut world = refunding();
        let change = world.when(&refund(1, 1, 1, refunded(), 4)).unwrap();
        assert!(matches!(change.booking[..], [BookingFact::RefundSettled { .. }]));
        assert!(world.booking(1).payments().unwrap().are_settled());
        assert!(world.when(&refund(1, 1, 1, refunded(), 5)).unwrap().is_empty());
        assert!(world.when(&refund(1, 1, 1, no_refund(), 5)).unwrap().is_empty());
    }

    #[test]
    fn a_refused_refund_is_asked_for_again_and_settles() {
        let mut world = refunding();
        world.when(&refund(1, 1, 1, no_refund(), 4)).unwrap();
        assert!(!world.booking(1).payments().unwrap().are_settled());
        world.when(&retry(1, 1, 5)).unwrap();
        assert_eq!(world.booking(1).payments().unwrap().refunds()[0].attempt, 2);
        world.when(&refund(1, 1, 2, refunded(), 6)).unwrap();
        assert!(world.booking(1).payments().unwrap().are_settled());
    }

    #[test]
    fn a_refusal_of_an_earlier_attempt_is_old_news() {
        let mut world = refunding();
        world.when(&refund(1, 1, 1, no_refund(), 4)).unwrap();
        world.when(&retry(1, 1, 5)).unwrap();
        assert!(world.when(&refund(1, 1, 1, no_refund(), 6)).unwrap().is_empty());
    }

    #[test]
    fn an_answer_for_no_refund_is_refused() {
        let refusal = refunding().when(&refund(1, 2, 1, refunded(), 4)).unwrap_err();
        assert_eq!(refusal, BookingRefusal::SettleRefund(RefundAbsent));
    }
}

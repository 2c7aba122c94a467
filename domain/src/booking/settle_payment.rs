//! Settling a payment: the gateway's answer is known, and becomes a sale, another try, or a refund.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::change::Change;
use crate::booking::facts::{BookingFact, RefundReason};
use crate::booking::payments::{Payment, PaymentOutcome};
use crate::booking::state::{Booking, HeldBooking};
use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::state::Event;
use crate::ids::{BookingId, EventId, PaymentId, RefundId};
use crate::limits::{PAYMENT_ATTEMPTS_MAX, RETRY_MINUTES};
use crate::money::Money;
use crate::payment::{DeclineReason, GatewayReference};
use crate::seating::lines::allotments;

/// Take note of what the gateway said. What was noted before changes nothing: gateways tell things twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlePayment {
    pub booking: BookingId,
    pub payment: PaymentId,
    pub answer: PaymentAnswer,
    pub at: DateTime<Utc>,
}

/// What a gateway says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentAnswer {
    /// It took the money.
    Captured {
        /// What it calls it.
        reference: GatewayReference,
        amount: Money,
    },
    /// It said no.
    Declined { reason: DeclineReason },
}

/// Why an answer cannot be noted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlePaymentRefusal {
    /// There is no such Booking, or it was never to be paid in this way.
    #[error("there is no such payment")]
    Absent,
    /// The gateway took something else than it was asked for; an administrator must look.
    #[error("{taken} minor units were taken where {asked} were asked for", taken = taken.amount, asked = asked.amount)]
    WrongAmount {
        /// What it was asked for.
        asked: Money,
        taken: Money,
    },
}

/// An attempt to pay, and the Event that it is for.
struct Attempt<'a> {
    event: EventId,
    payment: &'a Payment,
    at: DateTime<Utc>,
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &SettlePayment,
) -> Result<Change, SettlePaymentRefusal> {
    let payment = booking
        .payments()
        .and_then(|payments| payments.attempt(command.payment));
    let (Some(payment), Some(id)) = (payment, booking.event()) else {
        return Err(SettlePaymentRefusal::Absent);
    };
    let attempt = Attempt {
        event: id,
        payment,
        at: command.at,
    };
    match (&payment.outcome, &command.answer) {
        (
            PaymentOutcome::Open | PaymentOutcome::Declined { .. },
            PaymentAnswer::Captured { reference, amount },
        ) => {
            the_amount_is_right(payment, *amount)?;
            Ok(match pending(booking, payment) {
                Some(held) => attempt.sold(command.booking, held, reference),
                None => attempt.too_late(reference),
            })
        }
        (PaymentOutcome::Open, PaymentAnswer::Declined { reason }) => Ok(match pending(booking, payment) {
            Some(held) => attempt.declined(event, command.booking, held, reason),
            None => Change::of_booking([attempt.refusal(reason, None)]),
        }),
        (PaymentOutcome::Declined { .. }, PaymentAnswer::Declined { .. })
        | (PaymentOutcome::Captured { .. }, _) => Ok(Change::default()),
    }
}

/// The hold that waits for this payment.
fn pending<'a>(booking: &'a Booking, payment: &Payment) -> Option<&'a HeldBooking> {
    if let Booking::AwaitingPayment(pending) = booking {
        (pending.payment == payment.id).then_some(&pending.held)
    } else {
        None
    }
}

fn the_amount_is_right(payment: &Payment, taken: Money) -> Result<(), SettlePaymentRefusal> {
    ensure(
        taken == payment.amount,
        SettlePaymentRefusal::WrongAmount {
            asked: payment.amount,
            taken,
        },
    )
}

impl Attempt<'_> {
    /// The hold becomes a sale.
    fn sold(&self, booking: BookingId, held: &HeldBooking, reference: &GatewayReference) -> Change {
        Change {
            event: vec![EventFact::SeatsSold {
                booking,
                buyer: held.placement.buyer,
                places: allotments(&held.placement.lines),
                at: self.at,
            }],
            booking: vec![
                BookingFact::PaymentCaptured {
                    payment: self.payment.id,
                    event: self.event,
                    amount: self.payment.amount,
                    reference: reference.clone(),
                    at: self.at,
                },
                BookingFact::BookingConfirmed { at: self.at },
            ],
        }
    }

    /// The money is returned: it buys nothing. Its refund has the payment's own id, so that there is only one.
    fn too_late(&self, reference: &GatewayReference) -> Change {
        Change::of_booking([
            BookingFact::PaymentCapturedLate {
                payment: self.payment.id,
                event: self.event,
                amount: self.payment.amount,
                reference: reference.clone(),
                at: self.at,
            },
            BookingFact::RefundRequested {
                refund: RefundId::new(self.payment.id.uuid()),
                event: self.event,
                payment: self.payment.id,
                attempt: 1,
                amount: self.payment.amount,
                reason: RefundReason::LateCapture,
                at: self.at,
            },
        ])
    }

    /// The hold goes on, unless this was the last attempt that a Booking has.
    fn declined(
        &self,
        event: &Event,
        booking: BookingId,
        held: &HeldBooking,
        reason: &DeclineReason,
    ) -> Change {
        if held.payments.failed() + 1 >= PAYMENT_ATTEMPTS_MAX {
            return Change {
                event: vec![EventFact::HoldReleased {
                    booking,
                    places: allotments(&held.placement.lines),
                    at: self.at,
                }],
                booking: vec![
                    self.refusal(reason, None),
                    BookingFact::BookingFailed { at: self.at },
                ],
            };
        }
        let until = resumed_until(event, held, self.at);
        Change::of(
            EventFact::HoldResumed {
                booking,
                until,
                at: self.at,
            },
            self.refusal(reason, Some(until)),
        )
    }

    fn refusal(&self, reason: &DeclineReason, until: Option<DateTime<Utc>>) -> BookingFact {
        BookingFact::PaymentDeclined {
            payment: self.payment.id,
            event: self.event,
            reason: reason.clone(),
            until,
            at: self.at,
        }
    }
}

/// The old deadline, or a little later, so that there is time for another try; never beyond the longest hold.
fn resumed_until(event: &Event, held: &HeldBooking, at: DateTime<Utc>) -> DateTime<Utc> {
    let another_try = at + TimeDelta::minutes(RETRY_MINUTES);
    let later = another_try.min(held.placement.longest_hold(event));
    event.held_until(held.until).max(later)
}

#[cfg(test)]
mod tests;

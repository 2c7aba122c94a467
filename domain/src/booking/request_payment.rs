//! Requesting a payment: from now on the hold does not end until the gateway's answer is known.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::held::NotHeld;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::event::refusal::EventCancelled;
use crate::event::state::Event;
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, BookingId, PaymentId};
use crate::payment::{GatewayName, MethodToken};

/// Pay for the places. Asked again for the same, it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPayment {
    pub booking: BookingId,
    pub buyer: AccountId,
    /// This attempt.
    pub payment: PaymentId,
    /// What they pay with.
    pub method: MethodToken,
    /// Who is to take the money.
    pub gateway: GatewayName,
    /// What the request asked for, so that a repeated one is known from another.
    pub request: Fingerprint,
    pub at: DateTime<Utc>,
}

/// Why a payment cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestPaymentRefusal {
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    /// The key of the request was used for another one.
    #[error("the payment exists and was asked for by another request")]
    KeyReused,
    #[error("another payment for the booking is under way")]
    InFlight { payment: PaymentId },
    #[error("the booking costs nothing")]
    NothingToPay,
    #[error(transparent)]
    EventCancelled(#[from] EventCancelled),
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &RequestPayment,
) -> Result<Change, RequestPaymentRefusal> {
    booking.placed_by(command.buyer)?;
    if let Some(known) = booking
        .payments()
        .and_then(|payments| payments.attempt(command.payment))
    {
        return if known.request == command.request {
            Ok(Change::default())
        } else {
            Err(RequestPaymentRefusal::KeyReused)
        };
    }
    let held = booking.payable(event.ends_at(), command.at)?;
    event.takes_place()?;
    Ok(requested(held, command))
}

impl Booking {
    /// The hold that a new payment at `at` would buy, where its Event ends at `ends_at`. Whether that takes place is asked
    /// apart.
    pub fn payable(
        &self,
        ends_at: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> Result<&HeldBooking, RequestPaymentRefusal> {
        if let Self::AwaitingPayment(pending) = self {
            let payment = pending.payment;
            return Err(RequestPaymentRefusal::InFlight { payment });
        }
        let held = self.held(ends_at, at)?;
        // What costs nothing is confirmed without a gateway.
        if held.placement.total.is_zero() {
            return Err(RequestPaymentRefusal::NothingToPay);
        }
        Ok(held)
    }
}

fn requested(held: &HeldBooking, command: &RequestPayment) -> Change {
    Change::of(
        EventFact::HoldSecured {
            booking: command.booking,
            at: command.at,
        },
        BookingFact::PaymentRequested {
            payment: command.payment,
            event: held.placement.event,
            amount: held.placement.total,
            method: command.method.clone(),
            gateway: command.gateway.clone(),
            request: command.request,
            at: command.at,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{
        World, any, booking, cancel_event, confirm, declined, expire, minute, named, pay, payment, place,
        release, settle,
    };

    fn held() -> World {
        World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)])
    }

    fn refused(world: &mut World, command: &crate::booking::BookingCommand) -> RequestPaymentRefusal {
        match world.when(command) {
            Err(BookingRefusal::RequestPayment(refusal)) => refusal,
            other => panic!("expected a refusal to pay, got {other:?}"),
        }
    }

    #[test]
    fn a_requested_payment_secures_the_hold() {
        let mut world = held();
        let change = world.when(&pay(1, 1, 1, 9)).unwrap();
        assert_eq!(
            change.event,
            [EventFact::HoldSecured {
                booking: booking(1),
                at: minute(9)
            }]
        );
        assert!(
            matches!(change.booking[..], [BookingFact::PaymentRequested { amount, .. }] if amount.amount == 1_000)
        );
        assert_eq!(world.booking(1).status(), "awaiting_payment");
    }

    #[test]
    fn a_secured_hold_does_not_end_by_its_deadline() {
        let mut world = held();
        world.when(&pay(1, 1, 1, 9)).unwrap();
        assert_eq!(world.event.seats().overdue(minute(1_000), 9), []);
        assert_eq!(world.event.seats().next_deadline(), None);
        assert!(world.when(&expire(1, 1_000)).unwrap().is_empty());
        assert!(world.when(&place(2, 2, named(&["floor-A-1"]), 1_000)).is_err());
    }

    #[test]
    fn the_same_request_again_changes_nothing_and_another_by_its_key_is_refused() {
        let mut world = held();
        world.when(&pay(1, 1, 1, 1)).unwrap();
        assert!(world.when(&pay(1, 1, 1, 2)).unwrap().is_empty());
        let mut other = pay(1, 1, 1, 2);
        if let crate::booking::BookingCommand::RequestPayment(command) = &mut other {
            command.request = Fingerprint::new(99);
        }
        assert_eq!(refused(&mut world, &other), RequestPaymentRefusal::KeyReused);
    }

    #[test]
    fn one_payment_is_under_way_at_a_time() {
        let mut world = held();
        world.when(&pay(1, 1, 1, 1)).unwrap();
        let refusal = refused(&mut world, &pay(1, 1, 2, 2));
        assert_eq!(refusal, RequestPaymentRefusal::InFlight { payment: payment(1) });
    }

    #[test]
    fn a_hold_that_is_over_is_not_paid() {
        assert_eq!(
            refused(&mut held(), &pay(1, 1, 1, 10)),
            NotHeld::Expired { until: minute(10) }.into()
        );
    }

    #[test]
    fn what_costs_nothing_is_not_paid() {
        let mut world = World::on_sale(&[place(1, 1, any("standing", 1), 0)]);
        assert_eq!(
            refused(&mut world, &pay(1, 1, 1, 1)),
            RequestPaymentRefusal::NothingToPay
        );
        world.when(&confirm(1, 1, 1)).unwrap();
        assert_eq!(refused(&mut world, &pay(1, 1, 1, 1)), NotHeld::Confirmed.into());
    }

    #[test]
    fn what_is_absent_of_another_or_given_back_is_not_paid() {
        assert_eq!(
            refused(&mut World::on_sale(&[]), &pay(1, 1, 1, 1)),
            NotHeld::Absent.into()
        );
        assert_eq!(refused(&mut held(), &pay(1, 2, 1, 1)), NotHeld::NotYours.into());
        let mut released = held();
        released.when(&release(1, 1, 1)).unwrap();
        let ended = NotHeld::Ended { status: "released" }.into();
        assert_eq!(refused(&mut released, &pay(1, 1, 1, 1)), ended);
    }

    #[test]
    fn a_cancelled_event_cannot_be_paid_for() {
        let mut world = held();
        world.organize(&cancel_event(1));
        assert_eq!(refused(&mut world, &pay(1, 1, 1, 2)), EventCancelled.into());
    }

    #[test]
    fn after_a_decline_another_attempt_is_made() {
        let mut world = held();
        world.when(&pay(1, 1, 1, 1)).unwrap();
        world.when(&settle(1, 1, declined(), 2)).unwrap();
        world.when(&pay(1, 1, 2, 3)).unwrap();
        assert_eq!(world.booking(1).payments().unwrap().attempts().len(), 2);
    }
}

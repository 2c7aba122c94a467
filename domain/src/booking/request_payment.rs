//! Requesting a payment: from now on the hold does not end until the gateway's answer is known.

use chrono::{DateTime, Utc};

use crate::booking::command::Change;
use crate::booking::facts::BookingFact;
use crate::booking::reference::Fingerprint;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId, PaymentId};
use crate::payment::{GatewayName, MethodToken};

/// Pay for the places. Asked again for the same, it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPayment {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// This attempt.
    pub payment: PaymentId,
    /// What they pay with.
    pub method: MethodToken,
    /// Who is to take the money.
    pub gateway: GatewayName,
    /// What the request asked for, so that a repeated one is known from another.
    pub request: Fingerprint,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a payment cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestPaymentRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// The key of the request was used for another one.
    #[error("the payment exists and was asked for by another request")]
    KeyReused,
    /// Another attempt has not come to an end.
    #[error("another payment for the booking is under way")]
    InFlight {
        /// Which one.
        payment: PaymentId,
    },
    /// It costs nothing.
    #[error("the booking costs nothing")]
    NothingToPay,
    /// It is paid.
    #[error("the booking is confirmed")]
    Confirmed,
    /// The hold is over.
    #[error("the hold ended at {until}")]
    Expired {
        /// When.
        until: DateTime<Utc>,
    },
    /// Its places were given back.
    #[error("the booking is {status}")]
    Ended {
        /// How it ended.
        status: &'static str,
    },
    /// The Event does not take place.
    #[error("the event is cancelled")]
    EventCancelled,
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &RequestPayment,
) -> Result<Change, RequestPaymentRefusal> {
    let buyer = booking.buyer().ok_or(RequestPaymentRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(RequestPaymentRefusal::NotYours);
    }
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
    let held = held(booking)?;
    hold_is_live(held, command.at)?;
    there_is_something_to_pay(held)?;
    event_takes_place(event)?;
    Ok(requested(held, command))
}

fn held(booking: &Booking) -> Result<&HeldBooking, RequestPaymentRefusal> {
    match booking {
        Booking::Held(held) => Ok(held),
        Booking::Unplaced => Err(RequestPaymentRefusal::Absent),
        Booking::AwaitingPayment(pending) => Err(RequestPaymentRefusal::InFlight {
            payment: pending.payment,
        }),
        Booking::Confirmed(_) => Err(RequestPaymentRefusal::Confirmed),
        Booking::Expired(expired) => Err(RequestPaymentRefusal::Expired { until: expired.until }),
        Booking::Cancelled(_) | Booking::Released(_) | Booking::Failed(_) => {
            Err(RequestPaymentRefusal::Ended {
                status: booking.status(),
            })
        }
    }
}

/// At its deadline a hold is over, whether or not somebody noticed.
fn hold_is_live(held: &HeldBooking, at: DateTime<Utc>) -> Result<(), RequestPaymentRefusal> {
    if at < held.until {
        Ok(())
    } else {
        Err(RequestPaymentRefusal::Expired { until: held.until })
    }
}

/// What costs nothing is confirmed without a gateway.
fn there_is_something_to_pay(held: &HeldBooking) -> Result<(), RequestPaymentRefusal> {
    if held.placement.total.is_zero() {
        Err(RequestPaymentRefusal::NothingToPay)
    } else {
        Ok(())
    }
}

/// Nobody pays for what will not be.
fn event_takes_place(event: &Event) -> Result<(), RequestPaymentRefusal> {
    if event.is_cancelled() {
        Err(RequestPaymentRefusal::EventCancelled)
    } else {
        Ok(())
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
        assert_eq!(world.event.overdue(minute(1_000), 9), []);
        assert_eq!(world.event.next_deadline(), None);
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
            RequestPaymentRefusal::Expired { until: minute(10) }
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
        assert_eq!(
            refused(&mut world, &pay(1, 1, 1, 1)),
            RequestPaymentRefusal::Confirmed
        );
    }

    #[test]
    fn what_is_absent_of_another_or_given_back_is_not_paid() {
        assert_eq!(
            refused(&mut World::on_sale(&[]), &pay(1, 1, 1, 1)),
            RequestPaymentRefusal::Absent
        );
        assert_eq!(
            refused(&mut held(), &pay(1, 2, 1, 1)),
            RequestPaymentRefusal::NotYours
        );
        let mut released = held();
        released.when(&release(1, 1, 1)).unwrap();
        let ended = RequestPaymentRefusal::Ended { status: "released" };
        assert_eq!(refused(&mut released, &pay(1, 1, 1, 1)), ended);
    }

    #[test]
    fn nobody_pays_for_a_cancelled_event() {
        let mut world = held();
        world.organize(&cancel_event(1));
        assert_eq!(
            refused(&mut world, &pay(1, 1, 1, 2)),
            RequestPaymentRefusal::EventCancelled
        );
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

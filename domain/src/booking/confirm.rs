//! Confirming a Booking: the hold becomes a sale, where there is nothing to pay.

use chrono::{DateTime, Utc};

use crate::booking::command::{Change, allotments};
use crate::booking::facts::BookingFact;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::money::Money;

/// Make the hold a sale. Where it is one already, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a Booking cannot be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// Its places were given back.
    #[error("the booking is {status}")]
    Ended {
        /// How it ended.
        status: &'static str,
    },
    /// The hold is over.
    #[error("the hold ended at {until}")]
    Expired {
        /// When.
        until: DateTime<Utc>,
    },
    /// The Event does not take place.
    #[error("the event is cancelled")]
    EventCancelled,
    /// It costs something, which must be paid.
    #[error("the booking must be paid")]
    PaymentRequired {
        /// How much.
        total: Money,
    },
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &ConfirmBooking,
) -> Result<Change, ConfirmRefusal> {
    let buyer = booking.buyer().ok_or(ConfirmRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ConfirmRefusal::NotYours);
    }
    match booking {
        Booking::Unplaced => Err(ConfirmRefusal::Absent),
        Booking::Confirmed(_) => Ok(Change::default()),
        Booking::Cancelled(_) | Booking::Released(_) | Booking::Failed(_) => Err(ConfirmRefusal::Ended {
            status: booking.status(),
        }),
        Booking::AwaitingPayment(pending) => Err(ConfirmRefusal::PaymentRequired {
            total: pending.held.placement.total,
        }),
        Booking::Expired(expired) => Err(ConfirmRefusal::Expired { until: expired.until }),
        Booking::Held(held) => {
            hold_is_live(held, command.at)?;
            event_takes_place(event)?;
            there_is_nothing_to_pay(held)?;
            Ok(sold(held, command))
        }
    }
}

/// At its deadline a hold is over, whether or not somebody noticed.
fn hold_is_live(held: &HeldBooking, at: DateTime<Utc>) -> Result<(), ConfirmRefusal> {
    if at < held.until {
        Ok(())
    } else {
        Err(ConfirmRefusal::Expired { until: held.until })
    }
}

/// Nothing is sold of what will not be.
fn event_takes_place(event: &Event) -> Result<(), ConfirmRefusal> {
    if event.is_cancelled() {
        Err(ConfirmRefusal::EventCancelled)
    } else {
        Ok(())
    }
}

/// What costs something is confirmed by its payment alone.
fn there_is_nothing_to_pay(held: &HeldBooking) -> Result<(), ConfirmRefusal> {
    let total = held.placement.total;
    if total.is_zero() {
        Ok(())
    } else {
        Err(ConfirmRefusal::PaymentRequired { total })
    }
}

fn sold(held: &HeldBooking, command: &ConfirmBooking) -> Change {
    let places = allotments(&held.placement.lines);
    Change::of(
        EventFact::SeatsSold {
            booking: command.booking,
            buyer: held.placement.buyer,
            places,
            at: command.at,
        },
        BookingFact::BookingConfirmed { at: command.at },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{
        World, any, booking, buyer, cancel_event, confirm, expire, minute, place, release,
    };

    fn held_for_nothing() -> World {
        World::on_sale(&[place(1, 1, any("balcony", 2), 0)])
    }

    fn refused(world: &mut World, by: u128, at: i64) -> ConfirmRefusal {
        match world.when(&confirm(1, by, at)) {
            Err(BookingRefusal::Confirm(refusal)) => refusal,
            other => panic!("expected a refusal to confirm, got {other:?}"),
        }
    }

    #[test]
    fn a_hold_with_nothing_to_pay_becomes_a_sale() {
        let mut world = held_for_nothing();
        let change = world.when(&confirm(1, 1, 9)).unwrap();
        assert_eq!(change.booking, [BookingFact::BookingConfirmed { at: minute(9) }]);
        assert!(matches!(change.event[..], [EventFact::SeatsSold { .. }]));
        assert_eq!(world.booking(1).status(), "confirmed");
        assert_eq!(world.event.next_deadline(), None);
        let sold: Vec<_> = world
            .event
            .sales_made()
            .map(|sale| (sale.booking, sale.buyer))
            .collect();
        assert_eq!(sold, [(booking(1), buyer(1))]);
    }

    #[test]
    fn what_costs_something_must_be_paid() {
        let mut world = World::on_sale(&[place(1, 1, any("floor", 1), 0)]);
        assert!(
            matches!(refused(&mut world, 1, 1), ConfirmRefusal::PaymentRequired { total } if total.amount == 1000)
        );
    }

    #[test]
    fn nothing_is_sold_of_a_cancelled_event() {
        let mut world = held_for_nothing();
        world.organize(&cancel_event(1));
        assert_eq!(refused(&mut world, 1, 2), ConfirmRefusal::EventCancelled);
    }

    #[test]
    fn confirming_again_changes_nothing() {
        let mut world = held_for_nothing();
        world.when(&confirm(1, 1, 1)).unwrap();
        assert!(world.when(&confirm(1, 1, 30)).unwrap().is_empty());
    }

    #[test]
    fn a_confirmation_when_the_hold_is_over_is_refused() {
        assert_eq!(
            refused(&mut held_for_nothing(), 1, 10),
            ConfirmRefusal::Expired { until: minute(10) }
        );
    }

    #[test]
    fn what_is_absent_of_another_or_ended_is_not_confirmed() {
        assert_eq!(refused(&mut World::on_sale(&[]), 1, 1), ConfirmRefusal::Absent);
        assert_eq!(refused(&mut held_for_nothing(), 2, 1), ConfirmRefusal::NotYours);
        for (command, refusal) in [
            (release(1, 1, 1), ConfirmRefusal::Ended { status: "released" }),
            (expire(1, 10), ConfirmRefusal::Expired { until: minute(10) }),
        ] {
            let mut world = held_for_nothing();
            world.when(&command).unwrap();
            assert_eq!(refused(&mut world, 1, 11), refusal);
        }
    }
}

//! Confirming a Booking: the hold becomes a sale, where there is nothing to pay.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::held::NotHeld;
use crate::booking::state::{Booking, HeldBooking};
use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::refusal::EventCancelled;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::money::Money;
use crate::seating::lines::allotments;

/// Make the hold a sale. Where it is one already, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmBooking {
    pub booking: BookingId,
    pub buyer: AccountId,
    pub at: DateTime<Utc>,
}

/// Why a Booking cannot be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmRefusal {
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    #[error(transparent)]
    EventCancelled(#[from] EventCancelled),
    #[error("the booking must be paid")]
    PaymentRequired { total: Money },
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &ConfirmBooking,
) -> Result<Change, ConfirmRefusal> {
    let total = booking.placed_by(command.buyer)?.total;
    match booking.held(event.ends_at(), command.at) {
        Err(NotHeld::Confirmed) => Ok(Change::default()),
        Err(NotHeld::PaymentInFlight) => Err(ConfirmRefusal::PaymentRequired { total }),
        Err(refusal) => Err(refusal.into()),
        Ok(held) => {
            event.takes_place()?;
            there_is_nothing_to_pay(total)?;
            Ok(sold(held, command))
        }
    }
}

/// What costs something is confirmed by its payment alone.
fn there_is_nothing_to_pay(total: Money) -> Result<(), ConfirmRefusal> {
    ensure(total.is_zero(), ConfirmRefusal::PaymentRequired { total })
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
        assert_eq!(world.event.seats().next_deadline(), None);
        let sold: Vec<_> = world
            .event
            .seats()
            .sales()
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
        assert_eq!(refused(&mut world, 1, 2), EventCancelled.into());
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
            NotHeld::Expired { until: minute(10) }.into()
        );
    }

    #[test]
    fn what_is_absent_of_another_or_ended_is_not_confirmed() {
        assert_eq!(refused(&mut World::on_sale(&[]), 1, 1), NotHeld::Absent.into());
        assert_eq!(refused(&mut held_for_nothing(), 2, 1), NotHeld::NotYours.into());
        for (command, refusal) in [
            (release(1, 1, 1), NotHeld::Ended { status: "released" }),
            (expire(1, 10), NotHeld::Expired { until: minute(10) }),
        ] {
            let mut world = held_for_nothing();
            world.when(&command).unwrap();
            assert_eq!(refused(&mut world, 1, 11), refusal.into());
        }
    }
}

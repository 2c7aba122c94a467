//! Extending a hold: once, by some minutes, within a cap counted from its start.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::held::NotHeld;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::limits::EXTENSION_MINUTES;

/// Hold the places longer. Asked again, it changes nothing: the one extension is used; nor where the Event ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendBooking {
    pub booking: BookingId,
    pub buyer: AccountId,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, booking: &Booking, command: &ExtendBooking) -> Result<Change, NotHeld> {
    booking.placed_by(command.buyer)?;
    let held = booking.held(event.ends_at(), command.at)?;
    let until = extended_until(event, held);
    if held.extended || until <= held.until {
        return Ok(Change::default());
    }
    Ok(extended(command.booking, until, command.at))
}

fn extended_until(event: &Event, held: &HeldBooking) -> DateTime<Utc> {
    let longer = held.until + TimeDelta::minutes(EXTENSION_MINUTES);
    longer.min(held.placement.longest_hold(event))
}

/// The hold lasts until `until`.
pub(super) fn extended(booking: BookingId, until: DateTime<Utc>, at: DateTime<Utc>) -> Change {
    Change::of(
        EventFact::HoldExtended { booking, until, at },
        BookingFact::BookingExtended { until, at },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{World, any, booking, confirm, expire, extend, minute, place, release};

    fn held() -> World {
        World::on_sale(&[place(1, 1, any("balcony", 2), 0)])
    }

    fn refused(world: &mut World, by: u128, at: i64) -> NotHeld {
        match world.when(&extend(1, by, at)) {
            Err(BookingRefusal::Extend(refusal)) => refusal,
            other => panic!("expected a refusal to extend, got {other:?}"),
        }
    }

    #[test]
    fn a_hold_is_extended_by_five_minutes_in_both_streams() {
        let change = held().when(&extend(1, 1, 9)).unwrap();
        let until = minute(15);
        assert_eq!(
            change.event,
            [EventFact::HoldExtended {
                booking: booking(1),
                until,
                at: minute(9)
            }]
        );
        assert_eq!(
            change.booking,
            [BookingFact::BookingExtended { until, at: minute(9) }]
        );
    }

    #[test]
    fn an_extended_hold_lives_on_until_its_new_deadline() {
        let mut world = held();
        world.when(&extend(1, 1, 9)).unwrap();
        assert_eq!(world.event.seats().overdue(minute(14), 9), []);
        assert_eq!(world.event.seats().overdue(minute(15), 9), [booking(1)]);
        assert_eq!(world.event.seats().next_deadline(), world.booking(1).until());
    }

    #[test]
    fn a_hold_is_extended_once() {
        let mut world = held();
        world.when(&extend(1, 1, 5)).unwrap();
        assert!(world.when(&extend(1, 1, 6)).unwrap().is_empty());
        assert_eq!(world.booking(1).until(), Some(minute(15)));
    }

    #[test]
    fn at_its_deadline_a_hold_is_over() {
        assert_eq!(
            refused(&mut held(), 1, 10),
            NotHeld::Expired { until: minute(10) }
        );
    }

    #[test]
    fn what_is_absent_of_another_or_ended_is_not_extended() {
        assert_eq!(refused(&mut World::on_sale(&[]), 1, 1), NotHeld::Absent);
        assert_eq!(refused(&mut held(), 2, 1), NotHeld::NotYours);
        for (command, refusal) in [
            (confirm(1, 1, 1), NotHeld::Confirmed),
            (release(1, 1, 1), NotHeld::Ended { status: "released" }),
            (expire(1, 10), NotHeld::Expired { until: minute(10) }),
        ] {
            let mut world = held();
            world.when(&command).unwrap();
            assert_eq!(refused(&mut world, 1, 11), refusal);
        }
    }
}

//! Expiring a hold: its deadline passed, and its places are free again.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::facts::EventFact;
use crate::ids::BookingId;
use crate::seating::lines::allotments;

/// End a hold whose deadline passed. Where nothing is held any more, it changes nothing: timers may come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpireBooking {
    pub booking: BookingId,
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be expired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpireRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// Its deadline lies ahead.
    #[error("the hold lasts until {until}")]
    NotOver {
        /// The deadline.
        until: DateTime<Utc>,
    },
}

pub(crate) fn decide(booking: &Booking, command: &ExpireBooking) -> Result<Change, ExpireRefusal> {
    match booking {
        Booking::Unplaced => Err(ExpireRefusal::Absent),
        Booking::Held(held) if command.at < held.until => Err(ExpireRefusal::NotOver { until: held.until }),
        Booking::Held(held) => Ok(Change::of(
            EventFact::HoldExpired {
                booking: command.booking,
                places: allotments(&held.placement.lines),
                at: command.at,
            },
            BookingFact::BookingExpired { at: command.at },
        )),
        Booking::AwaitingPayment(_)
        | Booking::Confirmed(_)
        | Booking::Cancelled(_)
        | Booking::Released(_)
        | Booking::Failed(_)
        | Booking::Expired(_) => Ok(Change::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{World, any, confirm, expire, minute, place, release};

    fn held() -> World {
        World::on_sale(&[place(1, 1, any("standing", 4), 0)])
    }

    #[test]
    fn at_its_deadline_a_hold_expires_and_its_places_are_free() {
        let mut world = held();
        let change = world.when(&expire(1, 10)).unwrap();
        assert_eq!(change.booking, [BookingFact::BookingExpired { at: minute(10) }]);
        assert!(matches!(change.event[..], [EventFact::HoldExpired { .. }]));
        assert_eq!(
            world
                .event
                .seats()
                .sections()
                .map(|section| section.free)
                .sum::<u32>(),
            26
        );
        assert_eq!(world.event.seats().next_deadline(), None);
    }

    #[test]
    fn before_its_deadline_it_does_not() {
        let refusal = ExpireRefusal::NotOver { until: minute(10) };
        assert_eq!(held().when(&expire(1, 9)), Err(BookingRefusal::Expire(refusal)));
    }

    #[test]
    fn a_late_timer_changes_nothing() {
        for command in [confirm(1, 1, 1), release(1, 1, 1), expire(1, 10)] {
            let mut world = held();
            world.when(&command).unwrap();
            assert!(world.when(&expire(1, 12)).unwrap().is_empty());
        }
    }

    #[test]
    fn what_is_absent_does_not_expire() {
        let absent = BookingRefusal::Expire(ExpireRefusal::Absent);
        assert_eq!(World::on_sale(&[]).when(&expire(1, 9)), Err(absent));
    }
}

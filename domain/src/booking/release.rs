//! Releasing a hold: the buyer gives the places back before they are sold.

use chrono::{DateTime, Utc};

use crate::booking::command::{Change, allotments};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::facts::EventFact;
use crate::ids::{AccountId, BookingId};

/// Give the places back. Where they are free already, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// It is sold; giving that back is a cancellation.
    #[error("the booking is confirmed")]
    Confirmed,
}

pub(crate) fn decide(booking: &Booking, command: &ReleaseBooking) -> Result<Change, ReleaseRefusal> {
    let buyer = booking.buyer().ok_or(ReleaseRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ReleaseRefusal::NotYours);
    }
    match booking {
        Booking::Unplaced => Err(ReleaseRefusal::Absent),
        Booking::Confirmed(_) => Err(ReleaseRefusal::Confirmed),
        Booking::Released(_) | Booking::Expired(_) => Ok(Change::default()),
        Booking::Held(held) => {
            let places = allotments(&held.placement.lines);
            Ok(Change::of(
                EventFact::HoldReleased {
                    booking: command.booking,
                    places,
                    at: command.at,
                },
                BookingFact::BookingReleased { at: command.at },
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::BookingRefusal;
    use crate::fixtures::{World, any, buyer, confirm, expire, minute, named, place, release};

    fn held() -> World {
        World::on_sale(&[place(1, 1, named(&["balcony-A-2"]), 0)])
    }

    #[test]
    fn released_places_are_free_and_anybodys() {
        let mut world = held();
        let change = world.when(&release(1, 1, 1)).unwrap();
        assert_eq!(change.booking, [BookingFact::BookingReleased { at: minute(1) }]);
        assert!(matches!(change.event[..], [EventFact::HoldReleased { .. }]));
        assert_eq!(world.event.places_of_buyer(buyer(1)), 0);
        world.when(&place(2, 2, named(&["balcony-A-2"]), 1)).unwrap();
    }

    #[test]
    fn an_overdue_hold_is_released_too() {
        let mut world = held();
        world.when(&release(1, 1, 30)).unwrap();
        assert_eq!(world.booking(1).status(), "released");
    }

    #[test]
    fn what_is_free_already_changes_nothing() {
        for command in [release(1, 1, 1), expire(1, 10)] {
            let mut world = held();
            world.when(&command).unwrap();
            assert!(world.when(&release(1, 1, 11)).unwrap().is_empty());
        }
    }

    #[test]
    fn what_is_absent_of_another_or_sold_is_not_released() {
        let refusal = |world: &mut World, by| world.when(&release(1, by, 1)).unwrap_err();
        assert_eq!(
            refusal(&mut World::on_sale(&[]), 1),
            BookingRefusal::Release(ReleaseRefusal::Absent)
        );
        assert_eq!(
            refusal(&mut held(), 2),
            BookingRefusal::Release(ReleaseRefusal::NotYours)
        );
        let mut sold = World::on_sale(&[place(1, 1, any("standing", 1), 0), confirm(1, 1, 0)]);
        assert_eq!(
            refusal(&mut sold, 1),
            BookingRefusal::Release(ReleaseRefusal::Confirmed)
        );
    }
}

//! Prolonging a hold to the longest that there is, because we cannot take the buyer's money just now.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::command::Change;
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::facts::EventFact;
use crate::ids::{AccountId, BookingId};
use crate::limits::HOLD_MINUTES_MAX;

/// Hold the places as long as any hold lasts. Where that is so, or nothing is held any more, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProlongBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Whose it must be.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be prolonged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProlongRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
}

pub(crate) fn decide(booking: &Booking, command: &ProlongBooking) -> Result<Change, ProlongRefusal> {
    let placement = booking.placement().ok_or(ProlongRefusal::Absent)?;
    if placement.buyer != command.buyer {
        return Err(ProlongRefusal::NotYours);
    }
    let cap = placement.at + TimeDelta::minutes(HOLD_MINUTES_MAX);
    Ok(match booking.until() {
        Some(until) if command.at < until && until < cap => Change::of(
            EventFact::HoldExtended {
                booking: command.booking,
                until: cap,
                at: command.at,
            },
            BookingFact::BookingExtended {
                until: cap,
                at: command.at,
            },
        ),
        Some(_) | None => Change::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::{BookingCommand, BookingRefusal};
    use crate::fixtures::{World, booking, buyer, extend, minute, named, place};

    fn prolong(by: u128, at: i64) -> BookingCommand {
        BookingCommand::Prolong(ProlongBooking {
            booking: booking(1),
            buyer: buyer(by),
            at: minute(at),
        })
    }

    fn held() -> World {
        World::on_sale(&[place(1, 1, named(&["floor-A-1"]), 0)])
    }

    #[test]
    fn a_hold_is_prolonged_to_the_longest_once() {
        let mut world = held();
        world.when(&prolong(1, 3)).unwrap();
        assert_eq!(world.booking(1).until(), Some(minute(HOLD_MINUTES_MAX)));
        assert!(world.when(&prolong(1, 4)).unwrap().is_empty());
        assert!(world.when(&extend(1, 1, 5)).unwrap().is_empty());
    }

    #[test]
    fn a_hold_that_is_over_stays_over() {
        assert!(held().when(&prolong(1, 10)).unwrap().is_empty());
    }

    #[test]
    fn what_is_absent_or_of_another_is_not_prolonged() {
        let refusal = |world: &mut World, by| world.when(&prolong(by, 1)).unwrap_err();
        assert_eq!(
            refusal(&mut World::on_sale(&[]), 1),
            BookingRefusal::Prolong(ProlongRefusal::Absent)
        );
        assert_eq!(
            refusal(&mut held(), 2),
            BookingRefusal::Prolong(ProlongRefusal::NotYours)
        );
    }
}
